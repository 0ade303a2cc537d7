//! Handlers: postings of a line, and closing a period.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::model::{PostingExportFilter, PostingView};
use super::store;
use crate::access::permissions::{CloseBooks, ReadReconciliation};
use crate::exports::{AnyList, ExportQuery, FileAnswer, WholeList};
use crate::http::{Answer, ApiResult, Command, Export, Reader, Refusals, Views};
use crate::kernel::refusal::FIELDS_INVALID;
use crate::kernel::{LineId, Totals};

/// The lists of this module that can be taken whole.
pub fn lists() -> Vec<&'static dyn AnyList> {
    vec![&POSTINGS]
}

/// Mounts the routes of this module.
pub fn configure(config: &mut ServiceConfig) {
    config.service(export_postings);
    config.service(list_postings).service(close_period);
}

/// Which postings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PostingFilter {
    /// Of this line.
    allocation_line_id: Option<LineId>,
    /// Of this instruction, transfer, return or recovery.
    subject_id: Option<Uuid>,
    /// After this log number.
    after: Option<i64>,
    /// After this position of the entry `after` names; after all of it when absent.
    after_position: Option<i32>,
    /// 1 to 1000 postings; 100 when absent.
    limit: Option<u16>,
}

/// Some postings, with totals over all that match.
#[derive(Debug, Serialize, ToSchema)]
struct Postings {
    /// In the order they became known.
    items: Vec<PostingView>,
    /// What to pass as `after` for more; absent when there is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
    /// What to pass as `after_position` with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after_position: Option<i32>,
    /// Over everything the filter matches.
    totals: Totals,
}

static POSTINGS: WholeList<ReadReconciliation, PostingExportFilter, PostingView> =
    WholeList { route: "postings/export", page: |tx, _may, _of, filter| Box::pin(store::posting_page(tx, filter)) };

/// All postings that match, in the order they became known, as a file.
#[utoipa::path(tag = "ledger", security(("token" = ["reconciliation.read"])), params(ExportQuery, PostingExportFilter), responses(FileAnswer, Refusals))]
#[get("/postings/export")]
async fn export_postings(export: Export<ReadReconciliation, PostingExportFilter>) -> ApiResult<HttpResponse> {
    export.list(&POSTINGS).await
}

/// Postings in the order they became known.
#[utoipa::path(tag = "ledger", security(("token" = ["reconciliation.read"])), params(PostingFilter),
    responses((status = 200, body = Postings), Refusals))]
#[get("/postings")]
pub(crate) async fn list_postings(reader: Reader<ReadReconciliation>, filter: web::Query<PostingFilter>) -> ApiResult<HttpResponse> {
    let limit = usize::from(filter.limit.unwrap_or(100).clamp(1, 1000));
    let subject = filter.subject_id.map(|subject| vec![subject]);
    let after = (filter.after.unwrap_or(0), filter.after_position.unwrap_or(i32::MAX));
    let postings = reader
        .read(async |tx, _may| {
            let fetch = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            let mut items = store::postings_of(tx, subject.as_deref(), filter.allocation_line_id, after, fetch).await?;
            let more = items.len() > limit;
            items.truncate(limit);
            let last = items.last().filter(|_| more);
            Ok(Postings {
                next_after: last.map(|posting| posting.log_number),
                next_after_position: last.map(|posting| posting.position),
                totals: store::posting_totals(tx, filter.subject_id, filter.allocation_line_id).await?,
                items,
            })
        })
        .await?;
    Views::one(&postings)
}

/// A closing of an accounting period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPeriodClosing {
    /// The last day of the period.
    closed_through: NaiveDate,
    /// Why now.
    reason: String,
}

/// How far the books are closed.
#[derive(Debug, Serialize, ToSchema)]
struct PeriodClosing {
    /// Entries dated on or before this day are refused with 423.
    closed_through: NaiveDate,
}

/// Closes the books (结账) through a day; they cannot be opened again.
#[utoipa::path(tag = "ledger", security(("token" = ["funds.close"])), request_body = NewPeriodClosing, params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PeriodClosing), Refusals))]
#[post("/period-closings")]
pub(crate) async fn close_period(command: Command<NewPeriodClosing, CloseBooks>) -> ApiResult<HttpResponse> {
    command
        .run(async |tx, _may, new| {
            if new.closed_through > tx.today() {
                return Err(FIELDS_INVALID
                    .at("/closed_through", "不能为未来的日期结账", "a period that is not over cannot be closed")
                    .into());
            }
            Answer::ok(&PeriodClosing { closed_through: store::close_period(tx, new.closed_through, &new.reason).await? })
        })
        .await
}
