//! The only file that names the tables of special approvals.

use diesel::prelude::*;
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{Special, SpecialDecision, SpecialView};
use crate::db::schema::{special_approval, special_decision};
use crate::db::{Result, Tx};

pub(super) async fn insert(tx: &mut Tx, row: &Special) -> Result<()> {
    diesel::insert_into(special_approval::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn insert_decision(tx: &mut Tx, row: &SpecialDecision) -> Result<()> {
    diesel::insert_into(special_decision::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

/// What was proposed for a subject, oldest first, with what was decided.
pub(super) async fn specials(tx: &mut Tx, kind: &str, id: Uuid) -> Result<Vec<SpecialView>> {
    use special_approval as s;
    use special_decision as d;
    let federation = tx.federation;
    let rows: Vec<(Special, Option<SpecialDecision>)> = s::table
        .left_join(d::table.on(d::federation_id.eq(s::federation_id).and(d::special_id.eq(s::id))))
        .filter(s::federation_id.eq(federation).and(s::subject_kind.eq(kind)).and(s::subject_id.eq(id)))
        .order(s::id)
        .select((Special::as_select(), Option::<SpecialDecision>::as_select()))
        .load(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|(special, decision)| SpecialView { special, decision }).collect())
}

pub(super) async fn special(tx: &mut Tx, id: Uuid) -> Result<Special> {
    let federation = tx.federation;
    Ok(special_approval::table.find((federation, id)).select(Special::as_select()).first(tx.conn()).await?)
}

/// What the database finds missing for a roster: the same list that keeps its plan from being approved.
pub(super) async fn missing(tx: &mut Tx, roster: Uuid) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Array<Text>)]
        missing: Vec<String>,
    }
    let federation = tx.federation;
    let row: Row = diesel::sql_query("select plan_specials_missing($1, $2) as missing")
        .bind::<SqlUuid, _>(federation)
        .bind::<SqlUuid, _>(roster)
        .get_result(tx.conn())
        .await?;
    Ok(row.missing)
}
