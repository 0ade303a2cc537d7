//! Files out: a batch as one file. It is written once and kept as it was written (ADR 0022), so that asked for again it is the same
//! bytes, whatever has become of the names and accounts in it.

use super::kept::{self, Cutter, Making, Packed};
use super::model::{BatchFile, NewBatchFile, OrderFormat};
use super::store;
use crate::access::permissions::Pay;
use crate::db::{Error, Result, Tx};
use crate::interchange::bank::layout::{Layout, LayoutPayments};
use crate::interchange::bank::pain001::Pain001;
use crate::interchange::bank::payment::{Bank, Order, Party, Payment};
use crate::kernel::refusal::{FIELDS_INVALID, NOT_FOUND, REFERENCE_UNKNOWN};
use crate::kernel::{BatchId, Money, Permit, Refusal};
use crate::layouts::{self, LayoutPurpose, NEUTRAL};
use crate::payments::error::{BATCH_FILE_NOT_KEPT, BATCH_FILE_WRITTEN, BATCH_SENT, BATCH_WITHOUT_ACCOUNTS};
use crate::payments::instructions::holds::refuse_contradicted;
use crate::payments::instructions::model::{Batch, Instruction};
use crate::payments::instructions::store as instructions;
use crate::{plans, registry};

/// Writes the file of a batch. Asked again for the same, it is the one that was written.
///
/// # Errors
/// [`BATCH_FILE_WRITTEN`] when it was written otherwise; [`BATCH_SENT`] when it went without one; evidence that an earlier attempt
/// may have been paid; [`BATCH_WITHOUT_ACCOUNTS`] for cash; what the format cannot hold.
pub(super) async fn write(tx: &mut Tx, _may: &Permit<Pay>, id: BatchId, asked: &NewBatchFile) -> Result<BatchFile> {
    let batch = instructions::lock_batch(tx, id).await?;
    tx.about("batches", id);
    let (layout_name, layout_version, layout) = match asked.format {
        OrderFormat::Pain001 if asked.layout.is_some() => {
            return Err(FIELDS_INVALID.at("/layout", "pain.001 没有版式", "pain.001 has no layout").into());
        }
        OrderFormat::Pain001 => (None, None, None),
        OrderFormat::Layout => {
            let named = layouts::layout_by_name(tx, LayoutPurpose::Payments, asked.layout.as_deref().unwrap_or(NEUTRAL)).await?;
            (Some(named.name), Some(named.version), Some(named.layout))
        }
    };
    if let Some(known) = store::of_batch(tx, id).await? {
        let same = known.format == asked.format.name()
            && known.layout_name == layout_name
            && known.from_account_id == asked.from_account_id
            && asked.requested_on.is_none_or(|on| on == known.requested_on);
        return if same { Ok(known) } else { Err(BATCH_FILE_WRITTEN.refuse().with("format", known.format).into()) };
    }
    // A first file after the batch went another way would be a second order to pay.
    if let Some(sent_on) = batch.sent_on {
        return Err(BATCH_SENT.refuse().with("sent_on", sent_on).into());
    }
    refuse_contradicted(tx, id).await?;
    // Held, so that nobody gives a payment up while it is being written into the file.
    instructions::lock_batch_instructions(tx, id).await?;
    let rows = store::handed_over(tx, id).await?;
    let total: Money = rows.iter().map(|row| row.amount).sum();
    let mut file = BatchFile {
        federation_id: tx.federation,
        batch_id: id,
        format: asked.format.name().to_owned(),
        layout_name,
        layout_version,
        from_account_id: asked.from_account_id,
        requested_on: asked.requested_on.unwrap_or_else(|| tx.today()),
        message_id: id.0.simple().to_string(),
        count: i32::try_from(rows.len()).map_err(|error| Error::Internal(error.to_string()))?,
        total,
        digest: String::new(),
        written_by: tx.actor.clone(),
        written_at: tx.now(),
    };
    if rows.is_empty() {
        return Err(BATCH_WITHOUT_ACCOUNTS.refuse().into());
    }
    file.digest = making(tx, &file, &batch, rows, layout).await?.keep(tx, id).await?;
    store::insert(tx, &file).await?;
    Ok(file)
}

/// The file of a batch on its way out.
#[derive(Debug)]
pub(super) struct Content {
    /// A name for it.
    pub name: String,
    /// How many bytes it has.
    pub length: u64,
    /// Its pieces in order.
    pub pieces: Vec<Packed>,
}

/// The file of a batch as it was written. It holds accounts in clear, so that it was fetched is told by the act's event.
///
/// # Errors
/// Not found when none was written; [`BATCH_FILE_NOT_KEPT`] for one that was written before files were kept, and cannot be made
/// again.
pub(super) async fn fetch(tx: &mut Tx, _may: &Permit<Pay>, id: BatchId) -> Result<Content> {
    let file = store::of_batch(tx, id).await?.ok_or_else(|| NOT_FOUND.refuse())?;
    let batch = instructions::batch(tx, id).await?;
    tx.about("batches", id);
    tx.after(&file);
    if batch.sent_on.is_none() {
        refuse_contradicted(tx, id).await?;
    }
    let mut pieces = kept::kept(tx, id).await?;
    if pieces.is_empty() {
        pieces = made_again(tx, &file, &batch).await?;
    }
    let (length, digest, pieces) = kept::measured(pieces).await?;
    if digest != file.digest {
        return Err(Error::Internal(format!("the file of batch {id} is not what was written")));
    }
    let extension = if file.format == OrderFormat::Pain001.name() { "xml" } else { "txt" };
    Ok(Content { name: format!("{}.{extension}", file.message_id), length, pieces })
}

/// A file from before files were kept, made again from what it was made from, and kept from now on.
async fn made_again(tx: &mut Tx, file: &BatchFile, batch: &Batch) -> Result<Vec<Packed>> {
    // Two who ask at once wait for each other, and the second finds it kept.
    instructions::lock_batch(tx, batch.id).await?;
    let kept = kept::kept(tx, batch.id).await?;
    if !kept.is_empty() {
        return Ok(kept);
    }
    let layout = match (&file.layout_name, file.layout_version) {
        (Some(name), Some(version)) => Some(layouts::layout_of_version(tx, LayoutPurpose::Payments, name, version).await?),
        _ => None,
    };
    let rows = store::handed_over(tx, batch.id).await?;
    let (pieces, digest) = making(tx, file, batch, rows, layout).await?.gather().await?;
    if digest != file.digest {
        return Err(BATCH_FILE_NOT_KEPT.refuse().with("written_at", file.written_at).into());
    }
    kept::keep(tx, batch.id, &pieces).await?;
    Ok(pieces)
}

/// The file of a batch, if it was written.
pub(super) async fn of_batch(tx: &mut Tx, id: BatchId) -> Result<BatchFile> {
    store::of_batch(tx, id).await?.ok_or_else(|| NOT_FOUND.refuse().into())
}

/// Refuses to take a payment out of a batch whose file may be with the bank already.
pub(in crate::payments) async fn refuse_written(tx: &mut Tx, batch: BatchId) -> Result<()> {
    match store::of_batch(tx, batch).await? {
        Some(file) if instructions::batch(tx, batch).await?.sent_on.is_none() => {
            Err(BATCH_FILE_WRITTEN.refuse().with("written_at", file.written_at).into())
        }
        _ => Ok(()),
    }
}

/// Begins to write the file.
async fn making(tx: &mut Tx, file: &BatchFile, batch: &Batch, rows: Vec<Instruction>, layout: Option<Layout>) -> Result<Making> {
    let order = order(tx, file, batch).await?;
    let payments = payments(tx, batch, rows).await?;
    Ok(Making::begin(move |out| match layout {
        None => pain001(out, &order, &payments),
        Some(layout) => laid_out(out, &layout, &order, &payments),
    }))
}

fn pain001(out: Cutter, order: &Order, payments: &[Payment]) -> std::result::Result<Cutter, Refusal> {
    let mut file = Pain001::begin(out, order)?;
    payments.iter().try_for_each(|payment| file.push(payment))?;
    file.finish()
}

fn laid_out(out: Cutter, layout: &Layout, order: &Order, payments: &[Payment]) -> std::result::Result<Cutter, Refusal> {
    let mut file = LayoutPayments::begin(out, layout, order)?;
    payments.iter().try_for_each(|payment| file.push(payment))?;
    file.finish()
}

async fn order(tx: &mut Tx, file: &BatchFile, batch: &Batch) -> Result<Order> {
    let unknown = || REFERENCE_UNKNOWN.at("/from_account_id", "不是本工会组织的账户", "is no account of an organisation of the federation");
    let account = registry::accounts_of_payments(tx, &[file.from_account_id]).await?.remove(&file.from_account_id);
    let account = account.filter(|account| account.of_organisation).ok_or_else(unknown)?;
    let number = account.number.ok_or_else(unknown)?;
    Ok(Order {
        message_id: file.message_id.clone(),
        created_at: file.written_at,
        requested_on: file.requested_on,
        debtor: Party {
            name: account.holder_name,
            account: number.expose().to_owned(),
            bank: Bank { code: None, name: account.bank_name },
        },
        batch_reference: short(batch.id),
        count: u32::try_from(file.count).map_err(|error| Error::Internal(error.to_string()))?,
        total: file.total,
    })
}

/// A batch as files call it: sixteen of its id's digits, those that are random, because many formats have room for no more.
fn short(batch: BatchId) -> String {
    batch.0.simple().to_string().chars().skip(16).collect()
}

async fn payments(tx: &mut Tx, batch: &Batch, rows: Vec<Instruction>) -> Result<Vec<Payment>> {
    let purpose = plans::plan(tx, batch.plan_id).await?.purpose;
    let ids: Vec<_> = rows.iter().filter_map(|row| row.payee_account_id).collect();
    let accounts = registry::accounts_of_payments(tx, &ids).await?;
    let mut payments = Vec::with_capacity(rows.len());
    for (sequence, row) in (1_u32..).zip(rows) {
        let account = row.payee_account_id.and_then(|id| accounts.get(&id));
        let number = account.and_then(|account| account.number.as_ref());
        let number = number.ok_or_else(|| BATCH_WITHOUT_ACCOUNTS.refuse())?.expose().to_owned();
        payments.push(Payment {
            reference: row.reference,
            sequence,
            amount: row.amount,
            creditor_name: row.holder_name,
            creditor_account: number,
            creditor_bank: account.and_then(|account| account.bank_name.clone()).map(|name| Bank { code: None, name: Some(name) }),
            remittance: purpose.clone(),
        });
    }
    Ok(payments)
}
