//! Doing what may take a while: a POST that is done at once, or, for who prefers that, as a job (RFC 7240, `respond-async`).

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing_actix_web::RequestId;
use uuid::Uuid;

use super::command::{Begun, Command, Key, begin, end};
use super::reach::Named;
use super::{Act, Extracting, Subject, caller, principal, state};
use crate::app::AppState;
use crate::db::{Error, Result, Tx};
use crate::http::answer::Answer;
use crate::http::{ApiError, ApiResult, body, language};
use crate::jobs::{Bell, Doing, Done, JOB_ELSEWHERE, JobView, NewFile, NewJob, Output, Starter, Work};
use crate::kernel::{Caller, Lang, Permission, Permit};

/// The header by which a client says how it would like to be answered.
const PREFER: &str = "Prefer";
/// The preference for an answer before the work is done.
const RESPOND_ASYNC: &str = "respond-async";

/// How a step is done, to what has this id, as the body says.
pub type Stepping<T, P, R> = for<'a> fn(&'a mut Tx, &'a Permit<P>, Uuid, &'a T) -> BoxFuture<'a, Result<R>>;

/// A step that may take a while. Declared once, beside its handler: done at once or as a job, it is the same.
#[derive(Debug)]
pub struct Step<T, P, R> {
    /// The kind of the job that does it.
    pub kind: &'static str,
    /// Its route without `/v1/`, such as `plans/{id}/release`.
    pub route: &'static str,
    /// What is done, to what has the id of the address.
    pub run: Stepping<T, P, R>,
}

/// A POST that is done at once or as a job: a body, an idempotency key, and a caller who may.
#[derive(Debug)]
pub struct LongCommand<T, P> {
    command: Command<T, P>,
    /// The body as it came, for the job.
    bytes: Vec<u8>,
    starting: Starting,
    lang: Lang,
    respond_async: bool,
}

/// Who would start a job, and what tells the workers.
#[derive(Debug)]
pub(super) struct Starting {
    pub(super) starter: Starter,
    pub(super) bell: Bell,
    /// Whether it is one's own federation.
    at_home: bool,
}

impl Starting {
    pub(super) fn of(request: &HttpRequest, state: &AppState, caller: &Caller) -> ApiResult<Self> {
        let principal = principal(request)?;
        let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
        let starter = Starter { user: principal.user.user, own: caller.permit()?, request_id };
        Ok(Self { starter, bell: state.bell.clone(), at_home: principal.credential.home == caller.federation })
    }

    /// Starts a job within the act of a request, and ends that.
    ///
    /// # Errors
    /// What `work` returns; [`JOB_ELSEWHERE`], because the job's token is its starter's and stands with the job.
    pub(super) async fn start(
        &self,
        act: &Act,
        key: &Key,
        applied: Option<&'static str>,
        work: impl AsyncFnOnce(&mut Tx, &Starter) -> Result<JobView>,
    ) -> ApiResult<HttpResponse> {
        let mut tx = match begin(act, key).await? {
            Begun::Open(tx) => *tx,
            Begun::Answered(answer) => return Ok(answer),
        };
        let started = if self.at_home { Box::pin(work(&mut tx, &self.starter)).await } else { Err(JOB_ELSEWHERE.refuse().into()) };
        let answer = started.and_then(|job| Answer::accepted(&job)).map(|answer| match applied {
            Some(preference) => answer.preference_applied(preference),
            None => answer,
        });
        let answer = end(act, key, tx, answer.map(|answer| (answer.clone(), answer))).await?;
        self.bell.ring();
        Ok(answer)
    }
}

/// Whether a client asks to be answered before the work is done.
fn prefers_async(request: &HttpRequest) -> bool {
    let said = request.headers().get_all(PREFER).filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(',')).any(|preference| {
        let name = preference.split(['=', ';']).next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case(RESPOND_ASYNC)
    })
}

impl<T: DeserializeOwned + 'static, P: Permission> FromRequest for LongCommand<T, P> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let caller = caller(&request, &state).await?;
            let (command, bytes) = Command::extract_with_bytes(&request, payload, &state, caller).await?;
            let starting = Starting::of(&request, &state, &command.act.caller)?;
            Ok(Self { command, bytes, starting, lang: language(&request), respond_async: prefers_async(&request) })
        })
    }
}

impl<T: DeserializeOwned, P: Permission> LongCommand<T, P> {
    /// Starts a job in any case; answers 202 with it.
    ///
    /// # Errors
    /// What `work` returns; [`JOB_ELSEWHERE`]; [`crate::db::idempotency::KEY_REUSED`].
    pub async fn start(self, work: impl AsyncFnOnce(&mut Tx, &Caller, &Starter, T, Lang) -> Result<JobView>) -> ApiResult<HttpResponse> {
        let Self { command: Command { act, key, body, .. }, starting, lang, .. } = self;
        starting.start(&act, &key, None, async |tx, starter| work(tx, &act.caller, starter, body, lang).await).await
    }

    /// Does a step at once, as [`Command::run`], and answers as `answer` says; or starts the job that does it
    /// and answers 202 with that, for a client that prefers it.
    ///
    /// # Errors
    /// What the step returns, when it is done at once; [`JOB_ELSEWHERE`]; [`crate::db::idempotency::KEY_REUSED`].
    pub async fn run<R>(
        self,
        step: &'static Step<T, P, R>,
        id: Uuid,
        answer: impl FnOnce(&R) -> Result<Answer>,
    ) -> ApiResult<HttpResponse> {
        let Self { command, bytes, starting, respond_async, .. } = self;
        if respond_async {
            let file = Some(NewFile { name: None, bytes });
            let new = NewJob { kind: step.kind, parameters: json!({ "id": id }), file, makes: None };
            let start = async |tx: &mut Tx, starter: &Starter| crate::jobs::start(tx, starter, new).await;
            return starting.start(&command.act, &command.key, Some(RESPOND_ASYNC), start).await;
        }
        command.run(async |tx, permit, body| answer(&(step.run)(tx, permit, id, &body).await?)).await
    }
}

/// The job that does a step, as the request would have: the same permission, the same reach, the same event.
struct StepWork<T: 'static, P: 'static, R: 'static>(&'static Step<T, P, R>);

impl<T, P, R> Step<T, P, R>
where
    T: DeserializeOwned + Send + Sync,
    P: Permission,
    R: Serialize + Send,
{
    /// The job that does it.
    #[must_use]
    pub fn work(&'static self) -> Box<dyn Work> {
        Box::new(StepWork(self))
    }
}

fn id_in(parameters: &Value) -> Option<Uuid> {
    parameters.get("id").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok())
}

impl<T, P, R> StepWork<T, P, R> {
    /// The collection of what it is done to, as [`Subject::of`] reads it off an address.
    fn collection(&self) -> &'static str {
        self.0.route.split('/').next().unwrap_or_default()
    }
}

impl<T, P, R> Work for StepWork<T, P, R>
where
    T: DeserializeOwned + Send + Sync,
    P: Permission,
    R: Serialize + Send,
{
    fn kind(&self) -> &'static str {
        self.0.kind
    }

    fn action(&self) -> String {
        format!("POST /v1/{}", self.0.route)
    }

    fn subject(&self, parameters: &Value) -> Option<(&'static str, String)> {
        id_in(parameters).map(|id| (self.collection(), id.to_string()))
    }

    fn run<'a>(&'a self, doing: &'a Doing) -> BoxFuture<'a, Result<Done>> {
        async move {
            let id = id_in(&doing.parameters).ok_or_else(|| Error::Internal("a step without what it is done to".to_owned()))?;
            let body: T = body::parse(&doing.file)?;
            let permit = doing.caller.permit::<P>()?;
            let named = Named::at(self.0.route, false, Some(id)).with_body(&doing.file);
            doing.total(1);
            doing.done(0)?;
            let mut tx = doing.begin_act(&permit).await?;
            let outcome = async {
                named.require(&mut tx, permit.reach()).await?;
                (self.0.run)(&mut tx, &permit, id, &body).await
            };
            match outcome.await.and_then(|done| doing.done(1).map(|()| done)) {
                Ok(done) => {
                    let subject = Subject { kind: self.collection().to_owned(), id: Some(id.to_string()), reason: None };
                    subject.with_reason(&doing.file).tell(&mut tx, None);
                    let result = serde_json::to_value(&done).map_err(|error| Error::Internal(error.to_string()))?;
                    Ok(Done { tx: Some(tx), result, output: Output::Nothing })
                }
                Err(error) => tx.end(Err(error)).await,
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_client_prefers_a_job_when_it_says_so_in_any_of_its_preferences() {
        let prefers = |values: &[&str]| {
            let request = values.iter().fold(TestRequest::default(), |request, value| request.append_header((PREFER, *value)));
            prefers_async(&request.to_http_request())
        };
        assert!(
            prefers(&["respond-async"]) && prefers(&["return=minimal, Respond-Async; wait=10"]) && prefers(&["wait=1", "respond-async"])
        );
        assert!(!prefers(&[]) && !prefers(&["respond-asynchronously"]) && !prefers(&["wait=respond-async"]));
    }
}
