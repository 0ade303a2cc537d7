//! `bangfu check`, the part about whom payments reached.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::Counted;
use super::{counts_store, store};
use crate::db::{Result, Tx};
use crate::funds::{self, LineScope};
use crate::kernel::LineId;
use crate::ledger::{self, Difference};

/// What is counted along the log, derived anew; and once everything is counted, held against each payment's own story as well.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(tx: &mut Tx) -> Result<Vec<Difference>> {
    let mut differences = counts_store::check(tx).await?;
    if counts_store::counted_through(tx).await? == ledger::last_log_number(tx).await? {
        let lines: Vec<LineId> = funds::lines_where(tx, LineScope::default()).await?.into_iter().map(|line| line.id).collect();
        let subjects: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let counted = counts_store::counts(tx, "line", &subjects, NaiveDate::MAX).await?;
        let told: HashMap<LineId, Counted> = store::counts(tx, &lines, NaiveDate::MAX, true, None)
            .await?
            .into_iter()
            .filter_map(|(line, counted)| Some((line?, counted)))
            .collect();
        // Every line, also one of which nothing is left on one side.
        for (line, subject) in lines.iter().zip(&subjects) {
            let (told, found) = (told.get(line).copied().unwrap_or_default(), counted.get(subject).copied().unwrap_or_default());
            if found != told {
                differences.push(Difference {
                    what: "beneficiary_day".to_owned(),
                    subject: format!("line {line}"),
                    expected: format!("{told:?}"),
                    found: format!("{found:?}"),
                });
            }
        }
    }
    Ok(differences)
}
