//! Alive, ready, and what the metrics say.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::db::migrations;

/// Whether the service can answer requests, and what is in the way.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// All of the below.
    pub ready: bool,
    /// The database answers.
    pub database: bool,
    /// The database is at this program's version.
    pub migrations: bool,
    /// A connection was free.
    pub pool: bool,
}

/// The process is alive. Touches nothing else.
#[utoipa::path(tag = "service", responses((status = 200, description = "Alive")))]
#[get("/healthz")]
pub async fn read_liveness() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// The database is reachable, at this version, and the pool is not exhausted.
#[utoipa::path(tag = "service", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
#[get("/readyz")]
pub async fn read_readiness(state: web::Data<AppState>) -> HttpResponse {
    let connection = tokio::time::timeout(std::time::Duration::from_secs(2), state.db.connection()).await;
    let (size, idle, most) = state.db.usage();
    let pool = idle > 0 || size < most || matches!(connection, Ok(Ok(_)));
    let (database, migrations) = match connection {
        Ok(Ok(mut connection)) => match migrations::is_current(&mut connection).await {
            Ok(current) => (true, current),
            Err(_) => (false, false),
        },
        _ => (false, false),
    };
    let readiness = Readiness { ready: database && migrations && pool, database, migrations, pool };
    // application/json keeps the body: this answer is no problem document even when it is a 503.
    if readiness.ready { HttpResponse::Ok().json(readiness) } else { HttpResponse::ServiceUnavailable().json(readiness) }
}

/// Prometheus metrics.
#[utoipa::path(tag = "service", responses((status = 200, content_type = "text/plain", body = String)))]
#[get("/metrics")]
pub async fn read_metrics(state: web::Data<AppState>) -> HttpResponse {
    let (size, idle, most) = state.db.usage();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(state.metrics.render(size, idle, most))
}
