//! Handing in a file: a POST whose body is the file itself, and that starts a job.

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ContentDisposition, DispositionParam};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};

use super::command::{Key, key_of};
use super::long::Starting;
use super::{Act, Extracting, caller, header, permit, read_bytes, state};
use crate::app::AppState;
use crate::db::{Result, Tx};
use crate::http::body::BODY_IS_FORM;
use crate::http::{ApiError, ApiResult};
use crate::jobs::{JobView, NewFile, Starter};
use crate::kernel::{Permission, Permit};

/// A POST with a file: its bytes, an idempotency key, and a caller who may.
#[derive(Debug)]
pub struct Upload<P> {
    act: Act,
    permit: Permit<P>,
    key: Key,
    starting: Starting,
    file: NewFile,
}

impl<P: Permission> FromRequest for Upload<P> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            Self::extract(&request, payload, state).await
        })
    }
}

impl<P: Permission> Upload<P> {
    async fn extract(request: &HttpRequest, payload: Payload, state: web::Data<AppState>) -> ApiResult<Self> {
        let caller = caller(request, &state).await?;
        let permit = permit::<P>(&state.db, &caller, request).await?;
        key_of(request)?;
        // Its boundaries would be read as rows.
        if header(request, CONTENT_TYPE.as_str()).is_some_and(|declared| declared.to_ascii_lowercase().starts_with("multipart/")) {
            return Err(BODY_IS_FORM.refuse().into());
        }
        let bytes = read_bytes(request, payload, state.file_limit).await?;
        let key = Key::of(request, &state.db, &caller, &bytes)?;
        let starting = Starting::of(request, &state, &caller)?;
        // What a file names is looked up by the job, row by row.
        let act = Act::of(request, &state.db, caller, &permit, &[]);
        Ok(Self { act, permit, key, starting, file: NewFile { name: file_name(request), bytes } })
    }

    /// Starts a job over the file, in one transaction together with the request's idempotency key; answers 202 with the job.
    ///
    /// # Errors
    /// What `work` returns; [`crate::db::idempotency::KEY_REUSED`] for a key with another request.
    pub async fn start(self, work: impl AsyncFnOnce(&mut Tx, &Permit<P>, &Starter, NewFile) -> Result<JobView>) -> ApiResult<HttpResponse> {
        let Self { act, permit, key, starting, file } = self;
        starting.start(&act, &key, None, async |tx, starter| work(tx, &permit, starter, file).await).await
    }
}

/// What the file is called. In a header and not in the address, which is logged: a name may be a person's.
fn file_name(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get(CONTENT_DISPOSITION)?;
    let disposition = ContentDisposition::from_raw(header).ok()?;
    let extended = disposition.parameters.iter().find_map(|parameter| match parameter {
        DispositionParam::FilenameExt(name) => String::from_utf8(name.value.clone()).ok(),
        _ => None,
    });
    let name = extended.or_else(|| disposition.get_filename().map(str::to_owned))?;
    // The last part of a path, of a length that a file system would take too.
    let name: String = name.rsplit(['/', '\\']).next()?.chars().filter(|c| !c.is_control()).take(120).collect();
    (!name.trim().is_empty()).then_some(name)
}
