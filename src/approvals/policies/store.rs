//! The only file that names the tables of policies.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{Confirmation, Policy, PolicyView};
use crate::db::schema::{approval_policy, approval_policy_confirmation};
use crate::db::{Result, Tx};

pub(super) async fn insert(tx: &mut Tx, row: &Policy) -> Result<()> {
    diesel::insert_into(approval_policy::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_confirmation(tx: &mut Tx, row: &Confirmation) -> Result<()> {
    diesel::insert_into(approval_policy_confirmation::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

/// Every policy with its confirmation, in the order they hold.
pub(super) async fn policies(tx: &mut Tx) -> Result<Vec<PolicyView>> {
    use approval_policy as p;
    use approval_policy_confirmation as c;
    let federation = tx.federation;
    let rows: Vec<(Policy, Option<Confirmation>)> = p::table
        .left_join(c::table.on(c::federation_id.eq(p::federation_id).and(c::policy_id.eq(p::id))))
        .filter(p::federation_id.eq(federation))
        .order((p::valid_from, p::id))
        .select((Policy::as_select(), Option::<Confirmation>::as_select()))
        .load(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|(policy, confirmation)| PolicyView { policy, confirmation }).collect())
}

pub(super) async fn policy(tx: &mut Tx, id: Uuid) -> Result<Policy> {
    let federation = tx.federation;
    Ok(approval_policy::table.find((federation, id)).select(Policy::as_select()).first(tx.conn()).await?)
}

/// The policy in force on a day: of those confirmed and begun the one that began last.
pub(super) async fn in_force(tx: &mut Tx, on: NaiveDate) -> Result<Option<Policy>> {
    use approval_policy as p;
    use approval_policy_confirmation as c;
    let federation = tx.federation;
    Ok(p::table
        .inner_join(c::table.on(c::federation_id.eq(p::federation_id).and(c::policy_id.eq(p::id))))
        .filter(p::federation_id.eq(federation).and(p::valid_from.le(on)))
        .order((p::valid_from.desc(), p::id.desc()))
        .select(Policy::as_select())
        .first(tx.conn())
        .await
        .optional()?)
}
