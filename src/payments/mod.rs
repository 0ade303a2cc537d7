//! stub
pub fn configure(_: &mut utoipa_actix_web::service_config::ServiceConfig) {}
pub static CODES: &[&crate::kernel::Code] = &[];
pub static CONSTRAINTS: &[crate::db::Constraint] = &[];
