//! stub
pub fn configure(_: &mut utoipa_actix_web::service_config::ServiceConfig) {}
pub static CODES: &[&crate::kernel::Code] = &[];
pub static CONSTRAINTS: &[crate::db::Constraint] = &[];
pub async fn check(tx: &mut crate::db::Tx) -> crate::db::Result<Vec<crate::ledger::Difference>> {
    crate::ledger::check(tx).await
}
