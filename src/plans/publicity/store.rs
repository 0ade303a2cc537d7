//! The only file that names the tables of notices, objections and the calendar.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{Calendar, CalendarDay, DayKind, Handling, Objection, ObjectionView, PublicEntry, Publicity, PublicityView};
use crate::db::schema::{calendar_day, objection, objection_handling, publicity};
use crate::db::{Result, Tx};
use crate::kernel::{FederationId, PlanId, RosterId};

/// What the calendar says of the days after one; of a year that it does not know, nothing.
pub(super) async fn calendar_after(tx: &mut Tx, from: NaiveDate) -> Result<Calendar> {
    use calendar_day as c;
    let rows: Vec<(NaiveDate, String)> = c::table.filter(c::day.gt(from)).select((c::day, c::kind)).load(tx.conn()).await?;
    Ok(rows.into_iter().map(|(day, kind)| (day, kind == "workday")).collect())
}

/// Every day that the calendar makes other than the week would.
pub(super) async fn calendar(tx: &mut Tx) -> Result<Vec<CalendarDay>> {
    use calendar_day as c;
    let rows: Vec<(NaiveDate, String, String)> = c::table.order(c::day).select((c::day, c::kind, c::name)).load(tx.conn()).await?;
    let kind = |name: &str| if name == "workday" { DayKind::Workday } else { DayKind::Holiday };
    Ok(rows.into_iter().map(|(day, known, name)| CalendarDay { day, kind: kind(&known), name }).collect())
}

pub(super) async fn insert_days(tx: &mut Tx, days: &[CalendarDay]) -> Result<()> {
    use calendar_day as c;
    let kind = |day: &CalendarDay| if day.kind == DayKind::Workday { "workday" } else { "holiday" };
    let rows: Vec<_> = days.iter().map(|day| (c::day.eq(day.day), c::kind.eq(kind(day)), c::name.eq(&day.name))).collect();
    diesel::insert_into(c::table).values(rows).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, row: &Publicity) -> Result<()> {
    diesel::insert_into(publicity::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_objection(tx: &mut Tx, row: &Objection) -> Result<()> {
    diesel::insert_into(objection::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_handling(tx: &mut Tx, row: &Handling) -> Result<()> {
    diesel::insert_into(objection_handling::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

/// The notice of a review.
pub(super) async fn of_review(tx: &mut Tx, review: Uuid) -> Result<Option<Publicity>> {
    use publicity as p;
    let federation = tx.federation;
    Ok(p::table
        .filter(p::federation_id.eq(federation).and(p::review_id.eq(review)))
        .select(Publicity::as_select())
        .first(tx.conn())
        .await
        .optional()?)
}

pub(super) async fn publicity(tx: &mut Tx, id: Uuid) -> Result<Publicity> {
    let federation = tx.federation;
    Ok(publicity::table.find((federation, id)).select(Publicity::as_select()).first(tx.conn()).await?)
}

/// Every notice of a plan, oldest first.
pub(super) async fn of_plan(tx: &mut Tx, plan: PlanId) -> Result<Vec<Publicity>> {
    use publicity as p;
    let federation = tx.federation;
    Ok(p::table
        .filter(p::federation_id.eq(federation).and(p::plan_id.eq(plan)))
        .order(p::id)
        .select(Publicity::as_select())
        .load(tx.conn())
        .await?)
}

/// A notice with its objections.
pub(super) async fn view(tx: &mut Tx, publicity: Publicity) -> Result<PublicityView> {
    use objection as o;
    use objection_handling as h;
    let federation = tx.federation;
    let rows: Vec<(Objection, Option<Handling>)> = o::table
        .left_join(h::table.on(h::federation_id.eq(o::federation_id).and(h::objection_id.eq(o::id))))
        .filter(o::federation_id.eq(federation).and(o::publicity_id.eq(publicity.id)))
        .order(o::id)
        .select((Objection::as_select(), Option::<Handling>::as_select()))
        .load(tx.conn())
        .await?;
    let objections = rows.into_iter().map(|(objection, handling)| ObjectionView { objection, handling }).collect();
    Ok(PublicityView { publicity, objections })
}

/// Those on a roster, in its order, with nothing but name and amount.
pub(super) async fn public_entries(tx: &mut Tx, roster: RosterId) -> Result<Vec<PublicEntry>> {
    let federation = tx.federation;
    Ok(diesel::sql_query(
        "select row_number() over (order by position)::int4 as number, coalesce(registry ->> 'name', '') as name, payee_kind, amount
         from roster_entry where federation_id = $1 and roster_id = $2 and included order by position",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(roster)
    .load(tx.conn())
    .await?)
}

/// The federation and notice that a public address belongs to.
pub(super) async fn by_token(connection: &mut AsyncPgConnection, hash: &[u8]) -> Result<Option<(FederationId, Uuid)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        federation_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        publicity_id: Uuid,
    }
    let row: Option<Row> = diesel::sql_query("select federation_id, publicity_id from publicity_by_token($1)")
        .bind::<Binary, _>(hash.to_vec())
        .get_result(connection)
        .await
        .optional()?;
    Ok(row.map(|row| (FederationId(row.federation_id), row.publicity_id)))
}
