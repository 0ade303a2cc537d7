//! What is sealed, held against what belongs to it.

use uuid::Uuid;

use super::columns::{SEALED, SealedColumn};
use super::store::{self, SealedRow};
use crate::db::{Result, Tx};
use crate::kernel::vault::{Indexed, Place};
use crate::ledger::Difference;

/// Values read at once.
const BATCH: i64 = 1000;

/// Every sealed value that does not open in its place, or whose commitment or hash is not its own. What was erased is gone
/// with its hash; that nothing else is missing the constraints of the tables say.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(tx: &mut Tx) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for column in SEALED {
        let mut after = Uuid::nil();
        loop {
            let federation = tx.federation;
            let rows = store::batch(tx.conn(), column, federation, after, None, BATCH).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            differences.extend(rows.iter().filter_map(|row| difference(tx, column, row)));
        }
    }
    Ok(differences)
}

fn difference(tx: &Tx, column: &SealedColumn, row: &SealedRow) -> Option<Difference> {
    let place = Place { column: column.name, federation: tx.federation, row: row.id };
    let differs = |suffix: &str, expected: &str, found: String| Difference {
        what: format!("{}_{suffix}", column.name),
        subject: row.id.to_string(),
        expected: expected.to_owned(),
        found,
    };
    let ring = tx.vault().ring();
    let opened = match ring.open(&place, &row.sealed) {
        Ok(opened) => opened,
        Err(error) => return Some(differs("sealed", "a value that opens in its place", error.to_string())),
    };
    if column.commitment.is_some() && row.commitment.as_ref() != Some(&opened.commitment) {
        return Some(differs("commitment", "the commitment of the sealed value", "another".to_owned()));
    }
    let (_, kind) = column.hash?;
    let value = opened.value.expose();
    let digits;
    let value = if kind == Indexed::Phone {
        digits = crate::registry::phone_digits(value);
        &digits
    } else {
        value
    };
    let expected = ring.index(kind, tx.federation, value);
    (row.hash.as_ref() != Some(&expected)).then(|| differs("hash", "the keyed hash of the sealed value", "another".to_owned()))
}
