//! Every route, module by module. What is under `/v1` answers nobody without a token or
//! session, but for the login itself.

use actix_web::middleware::from_fn;
use actix_web::web;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use super::call::unreadable_query;
use super::error::ApiError;
use super::{auth, health, problem};
use crate::kernel::refusal;

/// Mounts every route.
pub fn configure(config: &mut ServiceConfig) {
    // A malformed id in a path names nothing; a malformed filter must not be ignored.
    config.app_data(web::PathConfig::default().error_handler(|_, _| ApiError::from(refusal::NOT_FOUND.refuse()).into()));
    config.app_data(web::QueryConfig::default().error_handler(|error, _| ApiError::from(unreadable_query(&error)).into()));
    config
        .service(health::read_liveness)
        .service(health::read_readiness)
        .service(health::read_metrics)
        .service(problem::list_problems)
        .service(problem::read_problem);
    config.configure(crate::access::configure_public).configure(crate::plans::configure_public);
    config.service(
        scope("/v1")
            .wrap(from_fn(auth::require_user))
            // The router tries one after the other: first what banks' interfaces ask for all day.
            .configure(crate::payments::configure)
            .configure(crate::access::configure)
            .configure(crate::audit::configure)
            .configure(crate::exports::configure)
            .configure(crate::jobs::configure)
            .configure(crate::organisations::configure)
            .configure(crate::registry::configure)
            .configure(crate::funds::configure)
            .configure(crate::plans::configure)
            .configure(crate::approvals::configure)
            .configure(crate::layouts::configure)
            .configure(crate::personal::configure)
            .configure(crate::findings::configure)
            .configure(crate::ledger::configure)
            .configure(crate::reconciliation::configure),
    );
}
