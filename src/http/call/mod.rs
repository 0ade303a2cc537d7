//! Extractors: what a handler's signature says about its caller and its request.
//!
//! [`Reader`] reads; [`Command`] is a POST with a body and an `Idempotency-Key`; [`Edit`] is a PUT with a body and
//! `If-Match`; [`Question`] is a POST without effect. Each names the permission it needs, and hands on the proof of it; each
//! brings the federation the request is about. [`LongCommand`] is a [`Command`] that may also be done as a job. [`Upload`] is a POST with a file, which starts a job. [`OwnReader`] and [`OwnCommand`] are about the caller's own federation, and
//! [`ServiceCommand`] about the service itself. [`Export`] is a [`Reader`] of a whole list, and [`OwnExport`] an [`OwnReader`] of one.

mod command;
mod edit;
mod export;
mod long;
mod question;
mod reach;
mod reader;
mod together;
mod upload;

pub use command::{Command, OwnCommand, ServiceCommand};
pub use edit::Edit;
pub use export::{Export, OwnExport};
pub use long::{LongCommand, Step};
pub use question::{Empty, Plain, Question};
pub use reader::{OwnReader, Reader};
pub use together::Together;
pub use upload::Upload;

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{HttpMessage, HttpRequest, web};
use tracing_actix_web::RequestId;

use self::reach::Named;
use super::CONSTRAINTS;
use super::answer::Answer;
use super::auth::Principal;
use super::body;
use super::error::{ApiError, ApiResult};
use crate::app::AppState;
use crate::db::{Db, Tx};
use crate::kernel::{Caller, Code, FederationId, FieldError, Origin, Permission, Permit, Reach, Refusal, SERVICE, Status, refusal};

/// The header that names the federation.
pub const FEDERATION_HEADER: &str = "Bangfu-Federation";
/// The header that makes a repeated POST harmless.
pub const IDEMPOTENCY_HEADER: &str = "Idempotency-Key";

/// A POST without a key.
pub static IDEMPOTENCY_KEY_MISSING: Code = Code::new(
    "idempotency_key_missing",
    Status::Unreadable,
    "POST 请求需要 Idempotency-Key（1 至 200 个字符）",
    "A POST needs an Idempotency-Key of 1 to 200 characters",
);
/// Several federations and none named.
pub static FEDERATION_NOT_NAMED: Code =
    Code::new("federation_not_named", Status::Unreadable, "请用 Bangfu-Federation 指明工会", "Name the federation with Bangfu-Federation");
/// A path or query that cannot be read.
pub static PARAMETER_INVALID: Code =
    Code::new("parameter_invalid", Status::Unreadable, "查询参数无法读取", "A query parameter cannot be read");

/// The codes of this module.
pub static CODES: &[&Code] = &[&IDEMPOTENCY_KEY_MISSING, &FEDERATION_NOT_NAMED, &PARAMETER_INVALID];

type Extracting<T> = Pin<Box<dyn Future<Output = ApiResult<T>>>>;

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn state(request: &HttpRequest) -> ApiResult<web::Data<AppState>> {
    request
        .app_data::<web::Data<AppState>>()
        .cloned()
        .ok_or_else(|| ApiError(crate::db::Error::Internal("the application has no state".to_owned())))
}

fn principal(request: &HttpRequest) -> ApiResult<Principal> {
    request.extensions().get::<Principal>().cloned().ok_or_else(|| crate::access::TOKEN_MISSING.refuse().into())
}

/// Where a request came from, and what it does: method and route, never the path, which holds ids.
#[must_use]
pub fn origin(request: &HttpRequest) -> Origin {
    let route = request.match_pattern().unwrap_or_default();
    Origin {
        address: request.peer_addr().map(|peer| peer.ip().to_string()),
        request_id: request.extensions().get::<RequestId>().map(ToString::to_string),
        action: format!("{} {route}", request.method()),
    }
}

fn caller_in(request: &HttpRequest, principal: Principal, federation: FederationId) -> Caller {
    Caller::new(federation, principal.user.login, principal.user.grants, principal.credential, origin(request))
}

/// The caller within the federation the request is about: its own. An administrator of the service names one, or there is but
/// one.
async fn caller(request: &HttpRequest, state: &AppState) -> ApiResult<Caller> {
    let principal = principal(request)?;
    let home = principal.credential.home;
    let named = header(request, FEDERATION_HEADER).map(|text| text.parse::<FederationId>().map_err(|_| refusal::NOT_FOUND.refuse()));
    let federation = match named.transpose()? {
        Some(named) if named == home => named,
        Some(named) if home == SERVICE && crate::organisations::federation_ids(&state.db).await?.contains(&named) => named,
        Some(_) => return Err(refusal::NOT_FOUND.refuse().into()),
        None if home == SERVICE => match crate::organisations::federation_ids(&state.db).await?.as_slice() {
            [only] => *only,
            _ => return Err(FEDERATION_NOT_NAMED.refuse().into()),
        },
        None => home,
    };
    Ok(caller_in(request, principal, federation))
}

/// The caller within its own federation, which for administrators of the service is the service.
fn own_caller(request: &HttpRequest) -> ApiResult<Caller> {
    let principal = principal(request)?;
    let home = principal.credential.home;
    Ok(caller_in(request, principal, home))
}

/// What is wrong with a query, as its reader says it.
pub(crate) fn unreadable_query(error: &impl std::fmt::Display) -> Refusal {
    let reason = error.to_string();
    let english = reason.rsplit(": ").next().unwrap_or_default().to_owned();
    // Their names and words are English in any case.
    let chinese = match english.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        Some(name) => format!("没有查询参数「{name}」"),
        None => format!("{}（{english}）", PARAMETER_INVALID.zh),
    };
    PARAMETER_INVALID.because(chinese, format!("{}: {english}", PARAMETER_INVALID.en))
}

/// Refuses a query whose values the database cannot hold. What the values mean is the filter's matter.
fn storable_query(request: &HttpRequest) -> ApiResult<()> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).map_err(|_| PARAMETER_INVALID.refuse())?;
    let faults: Vec<FieldError> = pairs.iter().filter_map(|(name, value)| body::unstorable_text(name, value)).collect();
    if faults.is_empty() { Ok(()) } else { Err(PARAMETER_INVALID.refuse().with_fields(faults).into()) }
}

/// Bytes of a body that is looked into for a reason: larger ones are files of evidence or recipients, which have none.
const LARGEST_WITH_REASON: usize = 64 * 1024;

/// What a request is about, as its address says it: `plans` and the id; and why.
#[derive(Debug, Clone)]
struct Subject {
    kind: String,
    id: Option<String>,
    reason: Option<String>,
}

impl Subject {
    fn of(request: &HttpRequest) -> Self {
        let route = request.match_pattern().unwrap_or_default();
        let kind = route.trim_start_matches("/v1/").split('/').next().unwrap_or_default().to_owned();
        Self { kind, id: request.match_info().get("id").or_else(|| request.match_info().get("code")).map(str::to_owned), reason: None }
    }

    /// Takes in why it is done, where the body says so: each kind of request has its own word for it.
    fn with_reason(mut self, bytes: &[u8]) -> Self {
        if bytes.len() <= LARGEST_WITH_REASON
            && let Ok(body) = serde_json::from_slice::<serde_json::Value>(bytes)
        {
            let said = ["reason", "opinion", "note"].into_iter().filter_map(|field| body.get(field)?.as_str());
            self.reason = said.filter(|text| !text.trim().is_empty()).map(str::to_owned).next();
        }
        self
    }

    fn tell(&self, tx: &mut Tx, answer: Option<&Answer>) {
        if let Some(reason) = &self.reason {
            tx.because(reason);
        }
        let made = answer.and_then(|answer| answer.body().get("id").and_then(serde_json::Value::as_str));
        if let Some(id) = self.id.as_deref().or(made) {
            tx.about(&self.kind, id);
        }
        if let Some(answer) = answer {
            tx.after(answer.body());
        }
    }
}

/// Refusals that tell an auditor something: who may not, and what the rules and the state of things forbade.
fn worth_auditing(refusal: &Refusal) -> bool {
    matches!(refusal.code.status, Status::Forbidden | Status::Conflict | Status::Unprocessable | Status::PeriodClosed)
}

/// Records that an operation over money was refused, in an act of its own, because nothing else of the request is kept.
async fn audit_refusal(db: &Db, caller: &Caller, subject: &Subject, money: bool, error: &crate::db::Error) {
    let Some(refusal) = error.refusal(CONSTRAINTS).filter(|refusal| money && worth_auditing(refusal)) else { return };
    let written = db
        .write(&caller.clone().acting_by_none(), async |tx| {
            subject.tell(tx, None);
            tx.refused(refusal.code.name);
            tx.after(&refusal.facts);
            Ok(())
        })
        .await;
    if let Err(error) = written {
        tracing::error!(error = %error.described(), "a refusal could not be audited");
    }
}

/// The permit for `P`, or its refusal, which is audited where money is concerned.
async fn permit<P: Permission>(db: &Db, caller: &Caller, request: &HttpRequest) -> ApiResult<Permit<P>> {
    match caller.permit::<P>() {
        Ok(permit) => Ok(permit),
        Err(refusal) => Err(not_permitted(db, caller, request, P::MONEY, refusal).await),
    }
}

async fn not_permitted(db: &Db, caller: &Caller, request: &HttpRequest, money: bool, refusal: Refusal) -> ApiError {
    let error = crate::db::Error::Refused(refusal);
    audit_refusal(db, caller, &Subject::of(request), money, &error).await;
    error.into()
}

/// An act of a request, whatever its body and permission: what is needed to open it and to end it.
#[derive(Debug)]
struct Act {
    db: Db,
    caller: Caller,
    reach: Reach,
    money: bool,
    subject: Subject,
    named: Named,
}

impl Act {
    fn of<P: Permission>(request: &HttpRequest, db: &Db, caller: Caller, permit: &Permit<P>, body: &[u8]) -> Self {
        Self {
            db: db.clone(),
            caller: caller.acting_by(permit),
            reach: permit.reach().clone(),
            money: P::MONEY,
            subject: Subject::of(request).with_reason(body),
            named: Named::of(request).with_body(body),
        }
    }

    /// Opens it, unless something named lies out of reach.
    async fn begin(&self) -> ApiResult<Tx> {
        let mut tx = self.db.begin_act(&self.caller).await?;
        match self.named.require(&mut tx, &self.reach).await {
            Ok(()) => Ok(tx),
            Err(error) => Err(self.refused(tx, error).await),
        }
    }

    /// Ends it with nothing kept but, where money is concerned, the event that it was refused.
    async fn refused(&self, tx: Tx, error: crate::db::Error) -> ApiError {
        let error = match tx.end::<()>(Err(error)).await {
            Ok(()) => crate::db::Error::Internal("a refusal that was none".to_owned()),
            Err(error) => error,
        };
        audit_refusal(&self.db, &self.caller, &self.subject, self.money, &error).await;
        error.into()
    }

    /// Ends it with its event, and all of it kept.
    async fn done(&self, tx: Tx) -> ApiResult<()> {
        self.done_with(tx, async |_| Ok(())).await
    }

    /// As [`Act::done`], with what is written last.
    async fn done_with(&self, tx: Tx, last: impl AsyncFnOnce(&Tx) -> crate::db::Result<()>) -> ApiResult<()> {
        if let Err(error) = tx.keep_with(last).await {
            audit_refusal(&self.db, &self.caller, &self.subject, self.money, &error).await;
            return Err(error.into());
        }
        Ok(())
    }
}

async fn read_body(request: &HttpRequest, payload: Payload, limit: usize) -> ApiResult<Vec<u8>> {
    let declared = header(request, CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
    if declared.split(';').next().map(str::trim) != Some("application/json") {
        return Err(body::BODY_NOT_DECLARED_JSON.refuse().into());
    }
    read_bytes(request, payload, limit).await
}

/// The bytes of a body. One that says that it is too large is not read at all.
async fn read_bytes(request: &HttpRequest, payload: Payload, limit: usize) -> ApiResult<Vec<u8>> {
    let announced = header(request, CONTENT_LENGTH.as_str()).and_then(|length| length.parse::<usize>().ok());
    Ok(body::read(payload, announced, limit).await?)
}

/// Declares the filter of a list: its fields, plus `cursor` and `limit`. Unknown parameters are refused, because a
/// misspelt filter would silently match everything.
#[macro_export]
macro_rules! list_filter {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$type>,)*
            /// The `next_cursor` of the page before; absent for the first.
            pub cursor: Option<uuid::Uuid>,
            /// How many rows, 1 to 1000; 100 when absent.
            #[param(minimum = 1, maximum = 1000)]
            pub limit: Option<u16>,
            /// See [`PageRequest`]($crate::kernel::PageRequest).
            #[serde(skip)]
            #[param(ignore)]
            pub walking: Option<u16>,
        }

        impl $name {
            /// Which page is asked for.
            #[must_use]
            pub const fn page(&self) -> $crate::kernel::PageRequest {
                $crate::kernel::PageRequest { cursor: self.cursor, limit: self.limit, walking: self.walking }
            }
        }

        impl $crate::kernel::page::Walk for $name {
            fn walk_on(&mut self, cursor: Option<uuid::Uuid>, rows: u16) {
                self.cursor = cursor;
                self.walking = Some(rows);
            }

            fn asks_for_page(&self) -> bool {
                self.cursor.is_some() || self.limit.is_some()
            }
        }
    };
}
