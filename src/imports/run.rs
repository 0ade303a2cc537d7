//! The job that takes a file in.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::Value;

use super::list::{Filed, Known, List, Unit, Wrong};
use super::model::Take;
use super::report::{Outcome, Report, outcome};
use super::store;
use crate::db::{Error, Result, Tx};
use crate::interchange::tables::{Fault, Faults, Limits, Reader, annotate, file_digest};
use crate::jobs::{Doing, Done, Output, Work};
use crate::kernel::vault::Indexed;
use crate::kernel::{Lang, Refusal};
use crate::organisations;

/// Faults that are kept with their words: a file of a million bad rows would not fit otherwise. The others are counted.
const FAULTS_KEPT: usize = 10_000;
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

/// A file that was read: what could be, and what is wrong with the rest.
struct ReadFile<T> {
    units: Vec<Unit<T>>,
    digests: HashMap<u32, [u8; 32]>,
    faults: Faults,
    unknown_columns: Vec<String>,
    rows: u64,
}

/// What became of the rows.
#[derive(Default)]
struct Taking {
    taken: Vec<u32>,
    repeated: u64,
    wrongs: Vec<Wrong>,
    more_wrongs: u64,
    refused: HashSet<u32>,
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Reads a file whole. Of a unit with a row that cannot be read, the other rows are refused with it.
fn read<L: List>(list: &L, bytes: &Arc<[u8]>, known: &Known) -> std::result::Result<(ReadFile<L::Content>, HashSet<u32>), Refusal> {
    let mut reader = Reader::open(bytes.clone(), list.table(), &Limits::default())?;
    let (mut rows, mut digests, mut faults, mut refused) = (Vec::new(), HashMap::new(), Faults::new(FAULTS_KEPT), HashSet::new());
    while let Some(row) = reader.next().transpose()? {
        let mut found = Faults::default();
        digests.insert(row.number(), row.digest());
        match list.read(&row, known, &mut found) {
            Some(content) if found.kept().is_empty() => rows.push(Filed { row: row.number(), content }),
            _ => {
                refused.insert(row.number());
                found.kept().iter().cloned().for_each(|fault| faults.push(fault));
            }
        }
    }
    let count = count(digests.len());
    let file = ReadFile { units: units(list, rows), digests, faults, unknown_columns: reader.unknown_columns().to_vec(), rows: count };
    Ok((file, refused))
}

/// Puts together what is taken whole, in the order of the first row of each.
fn units<L: List>(list: &L, rows: Vec<Filed<L::Content>>) -> Vec<Unit<L::Content>> {
    let mut units: Vec<Unit<L::Content>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let whole = list.whole(&row.content);
        let known = whole.as_ref().and_then(|key| places.get(key).copied());
        match known.and_then(|place| units.get_mut(place)) {
            Some(unit) => unit.rows.push(row),
            None => {
                if let Some(key) = whole {
                    places.insert(key, units.len());
                }
                units.push(Unit { rows: vec![row] });
            }
        }
    }
    units
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
        let known = Known::of(organisations, regions);
        // Reading takes seconds of CPU for a large file: not on a thread that others wait for.
        let (list, given) = (self.list.clone(), bytes.clone());
        let read = tokio::task::spawn_blocking(move || read(&*list, &given, &known));
        let (file, unreadable) = read.await.map_err(|error| Error::Internal(error.to_string()))??;
        // Not before the file is read: a transaction that waits is ended by the database after a while.
        let mut tx = doing.db.begin_act(&doing.caller).await?;
        doing.total(usize::try_from(file.rows).unwrap_or(usize::MAX));
        let mut taking = Taking { refused: unreadable, ..Taking::default() };
        let ReadFile { units, digests, faults, unknown_columns, rows } = file;
        let mut units = units.into_iter();
        loop {
            let batch: Vec<Unit<L::Content>> = units.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let size = batch.len();
            self.take(&mut tx, &may, &parameters.about, batch, &digests, &mut taking).await?;
            tx.grown_by(size).await?;
            doing.done(taking.taken.len().saturating_add(usize::try_from(taking.repeated).unwrap_or_default()))?;
        }
        let (refused, most) = (count(taking.refused.len()), Limits::default());
        let outcome = outcome(parameters.take, count(taking.taken.len()), refused);
        let kept = matches!(outcome, Outcome::Taken | Outcome::PartlyTaken) && !parameters.dry_run;
        let taken = if outcome == Outcome::Refused { 0 } else { count(taking.taken.len()) };
        let list = self.list.clone();
        let lang = if parameters.lang == Lang::En.tag() { Lang::En } else { Lang::Zh };
        let (wrongs, counted) = (taking.wrongs, faults.more().saturating_add(taking.more_wrongs));
        let told = tokio::task::spawn_blocking(move || told(&*list, &bytes, &faults, wrongs, lang, &most));
        let (faults, annotated, digest) = told.await.map_err(|error| Error::Internal(error.to_string()))??;
        let report = Report {
            list: self.list.table().name.to_owned(),
            take: parameters.take,
            dry_run: parameters.dry_run,
            outcome,
            file_digest: digest,
            rows,
            taken,
            repeated: taking.repeated,
            refused,
            unknown_columns,
            more_faults: faults.more().saturating_add(counted),
            faults: faults.kept().iter().filter_map(|fault| serde_json::to_value(fault).ok()).collect(),
        };
        let tx = if kept {
            Some(tx)
        } else {
            drop(tx);
            None
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
        // What a list is about is part of what a row says: the same recipient may be reported for two transfers.
        let hash = |tx: &Tx, row: u32| {
            tx.index(Indexed::ImportedRow, &format!("{about}{}", digests.get(&row).map(hex::encode).unwrap_or_default()))
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
                taking.taken.extend(rows);
            } else {
                taking.refused.extend(rows);
                let room = FAULTS_KEPT.saturating_sub(taking.wrongs.len());
                taking.more_wrongs = taking.more_wrongs.saturating_add(count(wrongs.len().saturating_sub(room)));
                taking.wrongs.extend(wrongs.into_iter().take(room));
            }
        }
        store::remember(tx, table, &remembered).await
    }
}

type Told = (Faults, Option<Vec<u8>>, String);

/// The faults as people are told them, by row, and the file given back with them. What the domain found wrong gets the words
/// and values of its cells by reading the file again: nobody holds a hundred thousand rows for the few at fault.
fn told<L: List>(
    list: &L,
    bytes: &Arc<[u8]>,
    read: &Faults,
    wrongs: Vec<Wrong>,
    lang: Lang,
    limits: &Limits,
) -> std::result::Result<Told, Refusal> {
    let mut found: Vec<Fault> = read.kept().to_vec();
    if !wrongs.is_empty() {
        let mut by_row: HashMap<u32, Vec<Wrong>> = HashMap::new();
        for wrong in wrongs {
            by_row.entry(wrong.row).or_default().push(wrong);
        }
        let mut reader = Reader::open(bytes.clone(), list.table(), limits)?;
        while let Some(row) = reader.next().transpose()? {
            for wrong in by_row.remove(&row.number()).unwrap_or_default() {
                found.push(row.fault(wrong.column, wrong.code, wrong.text.zh, wrong.text.en));
            }
        }
    }
    found.sort_by_key(|fault| fault.row);
    let mut faults = Faults::default();
    let annotated = match found.as_slice() {
        [] => None,
        found => Some(annotate(bytes.clone(), list.table(), found, lang, limits)?),
    };
    for fault in found {
        faults.push(fault);
    }
    Ok((faults, annotated, file_digest(bytes)))
}
