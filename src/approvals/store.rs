//! The only file that names the tables of reviews.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{Approval, Review};
use crate::db::schema::{approval, review};
use crate::db::{Result, Tx};

pub(super) async fn insert_review(tx: &mut Tx, row: &Review) -> Result<()> {
    diesel::insert_into(review::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

/// The review of a subject that is open or waits for its last step, held so that of two decisions at once the second sees the
/// first.
pub(super) async fn lock_running(tx: &mut Tx, kind: &str, id: Uuid) -> Result<Option<Review>> {
    let federation = tx.federation;
    Ok(review::table
        .filter(review::federation_id.eq(federation))
        .filter(review::subject_kind.eq(kind).and(review::subject_id.eq(id)).and(review::state.eq_any(["open", "approved"])))
        .order((review::submitted_at.desc(), review::id.desc()))
        .select(Review::as_select())
        .for_no_key_update()
        .first(tx.conn())
        .await
        .optional()?)
}

pub(super) async fn review(tx: &mut Tx, id: Uuid) -> Result<Review> {
    let federation = tx.federation;
    Ok(review::table.find((federation, id)).select(Review::as_select()).first(tx.conn()).await?)
}

pub(super) async fn insert_approval(tx: &mut Tx, row: &Approval) -> Result<()> {
    diesel::insert_into(approval::table).values(row).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn approvals(tx: &mut Tx, reviews: &[Uuid]) -> Result<Vec<Approval>> {
    let federation = tx.federation;
    Ok(approval::table
        .filter(approval::federation_id.eq(federation).and(approval::review_id.eq_any(reviews)))
        .order((approval::review_id, approval::step, approval::recorded_at, approval::id))
        .select(Approval::as_select())
        .load(tx.conn())
        .await?)
}

pub(super) async fn set_state(tx: &mut Tx, id: Uuid, state: &str) -> Result<()> {
    let federation = tx.federation;
    diesel::update(review::table.find((federation, id))).set(review::state.eq(state)).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn reviews(tx: &mut Tx, kind: &str, id: Uuid) -> Result<Vec<(Review, Vec<Approval>)>> {
    let federation = tx.federation;
    let reviews: Vec<Review> = review::table
        .filter(review::federation_id.eq(federation).and(review::subject_kind.eq(kind)).and(review::subject_id.eq(id)))
        // The id decides between two of the same moment.
        .order((review::submitted_at, review::id))
        .select(Review::as_select())
        .load(tx.conn())
        .await?;
    let ids: Vec<Uuid> = reviews.iter().map(|review| review.id).collect();
    let mut approvals = approvals(tx, &ids).await?;
    Ok(reviews
        .into_iter()
        .map(|review| {
            let own = approvals.extract_if(.., |approval| approval.review_id == review.id).collect();
            (review, own)
        })
        .collect())
}
