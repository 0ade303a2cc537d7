//! The job that takes a file in.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::Value;

use super::list::{Known, List, Unit};
use super::model::Take;
use super::reading::{ReadFile, read};
use super::refused::Refused;
use super::report::{Outcome, Report, outcome};
use super::store;
use super::telling::{Told, tell};
use crate::db::{Error, Result, Tx};
use crate::interchange::tables::file_digest;
use crate::jobs::{Doing, Done, Output, Work};
use crate::kernel::Lang;
use crate::kernel::vault::Indexed;
use crate::organisations;

/// Units taken in with the same statements.
const BATCH: usize = 1000;

/// The job for a list.
#[derive(Debug)]
pub struct Import<L> {
    kind: &'static str,
    list: Arc<L>,
}

impl<L: List> Import<L> {
    /// The job of this kind, for this list.
    #[must_use]
    pub fn work(kind: &'static str, list: L) -> Box<dyn Work> {
        Box::new(Self { kind, list: Arc::new(list) })
    }
}

#[derive(Debug, Deserialize)]
struct Parameters {
    dry_run: bool,
    take: Take,
    lang: String,
    about: Value,
}

/// What became of the rows.
struct Taking {
    taken: u64,
    repeated: u64,
    refused: Refused,
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl<L: List> Work for Import<L> {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn run<'a>(&'a self, doing: &'a Doing) -> BoxFuture<'a, Result<Done>> {
        self.import(doing).boxed()
    }
}

impl<L: List> Import<L> {
    async fn import(&self, doing: &Doing) -> Result<Done> {
        let parameters: Parameters =
            serde_json::from_value(doing.parameters.clone()).map_err(|error| Error::Internal(format!("stored parameters: {error}")))?;
        let may = doing.caller.permit::<L::May>()?;
        let bytes = doing.file.clone();
        let mut tx = doing.db.begin_reading(&doing.caller).await?;
        let known = organisations::known_by_name(&mut tx).await;
        let (organisations, regions) = tx.end(known).await?;
        let known = Arc::new(Known::of(organisations, regions));
        // Reading takes seconds of CPU for a large file: not on a thread that others wait for.
        let (list, given, naming) = (self.list.clone(), bytes.clone(), known.clone());
        let read = tokio::task::spawn_blocking(move || read(&*list, &given, &naming).map(|file| (file, file_digest(&given))));
        let (ReadFile { units, digests, refused, unknown_columns, rows }, digest) =
            read.await.map_err(|error| Error::Internal(error.to_string()))??;
        // Not before the file is read: a transaction that waits is ended by the database after a while.
        let mut tx = doing.begin_act(&may).await?;
        store::hold_file(&mut tx, self.list.table().name, &digest).await?;
        doing.total(usize::try_from(rows).unwrap_or(usize::MAX));
        let mut taking = Taking { taken: 0, repeated: 0, refused };
        let mut units = units.into_iter();
        loop {
            let batch: Vec<Unit<L::Content>> = units.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let size = batch.len();
            self.take(&mut tx, &may, &parameters.about, batch, &digests, &mut taking).await?;
            tx.grown_by(size).await?;
            doing.done(usize::try_from(taking.taken.saturating_add(taking.repeated)).unwrap_or(usize::MAX))?;
        }
        let Taking { taken, repeated, refused } = taking;
        let refused_rows = refused.rows();
        let outcome = outcome(parameters.take, taken, refused_rows);
        let kept = matches!(outcome, Outcome::Taken | Outcome::PartlyTaken) && !parameters.dry_run;
        let tx = if kept {
            Some(tx)
        } else {
            drop(tx);
            None
        };
        let list = self.list.clone();
        let lang = if parameters.lang == Lang::En.tag() { Lang::En } else { Lang::Zh };
        let told = tokio::task::spawn_blocking(move || tell(&*list, &bytes, &known, refused, lang));
        let Told { faults, more, annotated } = told.await.map_err(|error| Error::Internal(error.to_string()))??;
        let report = Report {
            list: self.list.table().name.to_owned(),
            take: parameters.take,
            dry_run: parameters.dry_run,
            outcome,
            file_digest: digest,
            rows,
            taken: if outcome == Outcome::Refused { 0 } else { taken },
            repeated,
            refused: refused_rows,
            unknown_columns,
            more_faults: more,
            faults: faults.kept().iter().filter_map(|fault| serde_json::to_value(fault).ok()).collect(),
        };
        let result = serde_json::to_value(report).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Done { tx, result, output: annotated.map_or(Output::Nothing, Output::File) })
    }

    /// Takes a batch in: what was taken in before is passed over, and what is taken now is remembered.
    async fn take(
        &self,
        tx: &mut Tx,
        may: &crate::kernel::Permit<L::May>,
        about: &Value,
        units: Vec<Unit<L::Content>>,
        digests: &HashMap<u32, [u8; 32]>,
        taking: &mut Taking,
    ) -> Result<()> {
        let table = self.list.table().name;
        let within = self.list.within(about);
        let hash = |tx: &Tx, row: u32| {
            tx.index(Indexed::ImportedRow, &format!("{within}{}", digests.get(&row).map(hex::encode).unwrap_or_default()))
        };
        let mut hashes: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for row in units.iter().flat_map(|unit| &unit.rows) {
            hashes.insert(row.row, hash(tx, row.row));
        }
        let before = store::taken_before(tx, table, &hashes.values().cloned().collect::<Vec<_>>()).await?;
        let (known, new): (Vec<_>, Vec<_>) =
            units.into_iter().partition(|unit| unit.rows.iter().all(|row| hashes.get(&row.row).is_some_and(|hash| before.contains(hash))));
        taking.repeated = taking.repeated.saturating_add(count(known.iter().map(|unit| unit.rows.len()).sum()));
        let rows: Vec<Vec<u32>> = new.iter().map(|unit| unit.rows.iter().map(|row| row.row).collect()).collect();
        if new.is_empty() {
            return Ok(());
        }
        let verdicts = self.list.take(tx, may, about, new).await?;
        let mut remembered = Vec::new();
        for (rows, wrongs) in rows.into_iter().zip(verdicts) {
            if wrongs.is_empty() {
                remembered.extend(rows.iter().filter_map(|row| hashes.get(row).cloned()));
                taking.taken = taking.taken.saturating_add(count(rows.len()));
            } else {
                taking.refused.unit(&rows, wrongs);
            }
        }
        store::remember(tx, table, &remembered).await
    }
}
