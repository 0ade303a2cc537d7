//! Builds the service from its settings, for `bangfu serve` and for tests alike.

use std::net::SocketAddr;
use std::time::Duration;

pub use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use tracing_actix_web::TracingLogger;
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use crate::access::Reaches;
use crate::access::permissions::Pay;
use crate::audit::Sealer;
use crate::db::Db;
use crate::exports::Lists;
use crate::http::auth::Lookups;
use crate::http::call::Together;
use crate::http::limits::LoginLimits;
use crate::http::metrics::{Metrics, measure};
use crate::http::openapi::{DOCUMENT, Description, Methods};
use crate::http::span::QuietSpan;
use crate::http::{self, problem};
use crate::jobs::{Bell, Worker};
use crate::payments::EvidenceRequest;

/// What every request can reach.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The database.
    pub db: Db,
    /// Hashes the log and signs checkpoints.
    pub sealer: Sealer,
    /// What lies under the organisations that roles were granted in.
    pub reaches: Reaches,
    /// Who credentials belong to, looked up once for requests that come at the same time.
    pub lookups: Lookups,
    /// How often somebody may try to log in.
    pub login_limits: LoginLimits,
    /// Whether session cookies go over TLS only.
    pub secure_cookies: bool,
    /// What is counted.
    pub metrics: Metrics,
    /// Bytes a body may have.
    pub body_limit: usize,
    /// Bytes a file may have.
    pub file_limit: usize,
    /// Wakes the workers of jobs.
    pub bell: Bell,
    /// Evidence of single payments that waits to be taken in together.
    pub evidence: Together<EvidenceRequest, Pay>,
}

/// How the server listens.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Worker threads.
    pub workers: usize,
    /// How long running requests may take after SIGTERM.
    pub shutdown: Duration,
}

/// The OpenAPI document of the service.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, document) = App::new().into_utoipa_app().openapi(Description::openapi()).configure(http::configure).split_for_parts();
    http::openapi::complete(document)
}

/// Starts listening. The server runs when the returned future is awaited, and stops on SIGTERM or SIGINT after the
/// requests that run have ended.
///
/// # Errors
/// When the address cannot be bound or the OpenAPI document cannot be written.
pub fn serve(state: AppState, settings: &ServerSettings) -> std::io::Result<(Server, Vec<SocketAddr>)> {
    let state = web::Data::new(state);
    let lists = web::Data::new(lists());
    let methods = web::Data::new(Methods::of(DOCUMENT).map_err(std::io::Error::other)?);
    let server = HttpServer::new(move || {
        let (app, _) = App::new().into_utoipa_app().openapi(Description::openapi()).configure(http::configure).split_for_parts();
        app.app_data(state.clone())
            .app_data(lists.clone())
            .app_data(methods.clone())
            .service(http::openapi::read_openapi)
            .service(http::openapi::docs())
            .wrap(from_fn(measure))
            .wrap(from_fn(problem::render))
            .wrap(TracingLogger::<QuietSpan>::new())
            .wrap(Compress::default())
    })
    // Who has gone away waits for nothing any more: neither for its turn nor for an answer.
    .h1_allow_half_closed(false)
    .workers(settings.workers)
    .shutdown_timeout(settings.shutdown.as_secs())
    .bind(settings.listen)?;
    let addresses = server.addrs();
    Ok((server.run(), addresses))
}

/// Every list that can be taken whole.
#[must_use]
pub fn lists() -> Lists {
    let lists = [
        crate::registry::lists(),
        crate::organisations::lists(),
        crate::funds::lists(),
        crate::plans::lists(),
        crate::payments::lists(),
        crate::findings::lists(),
        crate::ledger::lists(),
        crate::reconciliation::lists(),
        crate::audit::lists(),
        crate::approvals::lists(),
        crate::layouts::lists(),
        crate::access::lists(),
        crate::jobs::lists(),
    ];
    Lists::new(lists.into_iter().flatten().collect())
}

/// A worker that knows every kind of job.
#[must_use]
pub fn worker(db: &Db, reaches: &Reaches) -> Worker {
    let works = [
        crate::registry::works(),
        crate::funds::works(),
        crate::plans::works(),
        crate::payments::works(),
        crate::reconciliation::works(),
        vec![lists().work()],
    ];
    let works = works.into_iter().flatten().collect();
    Worker::new(db.clone(), reaches.clone(), works, http::CONSTRAINTS)
}

/// Seals the log of every federation and of the service itself, and counts beneficiaries as far.
///
/// # Errors
/// When the database or the directory of the checkpoints cannot be written.
pub async fn seal_all(db: &Db, sealer: &Sealer) -> crate::db::Result<()> {
    let federations = crate::organisations::federation_ids(db).await?;
    for federation in federations.into_iter().chain([crate::kernel::SERVICE]) {
        if let Some(checkpoint) = sealer.seal_any(federation).await? {
            crate::reconciliation::count_through(db, federation, &checkpoint).await?;
        }
    }
    Ok(())
}
