//! Files in: what a bank or platform says became of a batch. Every line that can be taken as it stands becomes evidence; the
//! others are told of, each with the reason, and change nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::model::{ResultFormat, ResultQuery, ResultReport};
use super::naming::{self, Answered, Names, Naming};
use super::store;
use crate::access::permissions::Pay;
use crate::access::{self, OUT_OF_REACH};
use crate::db::{Error, Result, Tx};
use crate::imports;
use crate::interchange::bank::layout::{Layout, LayoutResults};
use crate::interchange::bank::pain002::Pain002;
use crate::interchange::bank::reference::{self, Short};
use crate::interchange::bank::result::{self, ResultFile, ResultLine};
use crate::interchange::bank::row::Row;
use crate::interchange::tables::file_digest;
use crate::jobs::{self, Doing, Done, JobView, NewFile, NewJob, Output, Starter, Work};
use crate::kernel::refusal::FIELDS_INVALID;
use crate::kernel::vault::Indexed;
use crate::kernel::{BatchId, Permit, PositiveMoney, Refusal, Text};
use crate::layouts::{self, LayoutPurpose, NEUTRAL};
use crate::payments::error::{EVIDENCE_AMOUNT_DIFFERS, REFERENCE_NOT_ISSUED};
use crate::payments::evidence::{EvidenceKind, EvidenceRequest, EvidenceResult, NewEvidence, take_in};
use crate::payments::instructions::model::Outcome;

/// The kind of the job.
const RESULTS: &str = "payments.results";
/// Lines left out that are named.
const NAMED: usize = 1000;

/// The jobs of this folder.
pub(in crate::payments) fn works() -> Vec<Box<dyn Work>> {
    vec![Box::new(TakeResults)]
}

#[derive(Debug, Serialize, Deserialize)]
struct Parameters {
    format: ResultFormat,
    layout: LayoutNamed,
    occurred_on: Option<NaiveDate>,
    #[serde(default)]
    batch_id: Option<BatchId>,
    dry_run: bool,
}

/// The layout's name and version, and nothing for a format without one.
type LayoutNamed = Option<(String, i32)>;

/// Starts the job that takes a result file in.
///
/// # Errors
/// A layout that is not there.
pub(super) async fn start(tx: &mut Tx, _may: &Permit<Pay>, starter: &Starter, file: NewFile, query: &ResultQuery) -> Result<JobView> {
    let begins = file.bytes.iter().find(|byte| !byte.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(byte));
    let format = query.format.unwrap_or(if begins == Some(&b'<') { ResultFormat::Pain002 } else { ResultFormat::Layout });
    let layout = match format {
        ResultFormat::Pain002 => None,
        ResultFormat::Layout => {
            let named = layouts::layout_by_name(tx, LayoutPurpose::Results, query.layout.as_deref().unwrap_or(NEUTRAL)).await?;
            Some((named.name, named.version))
        }
    };
    let (occurred_on, batch_id) = (query.occurred_on, query.batch_id);
    let parameters = Parameters { format, layout, occurred_on, batch_id, dry_run: query.dry_run.unwrap_or_default() };
    let parameters = serde_json::to_value(parameters).map_err(|error| Error::Internal(error.to_string()))?;
    jobs::start(tx, starter, NewJob { kind: RESULTS, parameters, file: Some(file), makes: None }).await
}

/// The job.
#[derive(Debug)]
struct TakeResults;

impl Work for TakeResults {
    fn kind(&self) -> &'static str {
        RESULTS
    }

    fn run<'a>(&'a self, doing: &'a Doing) -> BoxFuture<'a, Result<Done>> {
        run(doing).boxed()
    }
}

/// Why lines are left out, by line.
type LeftOut = BTreeMap<u32, (String, Text)>;

async fn run(doing: &Doing) -> Result<Done> {
    let parameters: Parameters =
        serde_json::from_value(doing.parameters.clone()).map_err(|error| Error::Internal(format!("stored parameters: {error}")))?;
    let may = doing.caller.permit::<Pay>()?;
    let layout = match &parameters.layout {
        Some((name, version)) => {
            let mut tx = doing.db.begin_reading(&doing.caller).await?;
            let layout = layouts::layout_of_version(&mut tx, LayoutPurpose::Results, name, *version).await;
            Some(tx.end(layout).await?)
        }
        None => None,
    };
    let bytes = doing.file.clone();
    let read = tokio::task::spawn_blocking(move || read(&bytes, layout.as_ref()));
    let (lines, file, mut left_out) = read.await.map_err(|error| Error::Internal(error.to_string()))??;
    doing.total(lines.len());
    // Not before the file is read: a transaction that waits is ended by the database after a while.
    let mut tx = doing.begin_act(&may).await?;
    let mut report = ResultReport {
        dry_run: parameters.dry_run,
        file_digest: file_digest(&doing.file),
        lines: u64::from(file.rows),
        file_status: file.status.clone(),
        file_reason: file.reason.clone(),
        ..ResultReport::default()
    };
    let names = names(&mut tx, &lines, &file, parameters.batch_id).await?;
    let good = usable(&mut tx, &may, lines, &names, &file, parameters.occurred_on, &mut left_out).await?;
    doing.done(0)?;
    let taken = take(&mut tx, &may, &report.file_digest, good.items, &mut left_out).await?;
    let without_amount = good.without_amount.iter().filter(|line| !left_out.contains_key(line));
    report.without_amount = u64::try_from(without_amount.count()).unwrap_or(u64::MAX);
    doing.done(usize::try_from(taken.applied).unwrap_or_default())?;
    report.applied = taken.applied;
    report.confirmed = taken.confirmed;
    report.contradicted = taken.contradicted;
    report.repeated = taken.repeated;
    report.left_out = u64::try_from(left_out.len()).unwrap_or(u64::MAX);
    let named = left_out.into_iter().take(NAMED);
    report.lines_left_out = named.map(|(line, (code, text))| json!({ "line": line, "code": code, "zh": text.zh, "en": text.en })).collect();
    let result = serde_json::to_value(&report).map_err(|error| Error::Internal(error.to_string()))?;
    if parameters.dry_run {
        drop(tx);
        return Ok(Done { tx: None, result, output: Output::Nothing });
    }
    Ok(Done { tx: Some(tx), result, output: Output::Nothing })
}

type ReadFile = (Vec<ResultLine>, ResultFile, LeftOut);

/// Reads a file whole: its control totals stand at the end, and hold for all of it.
fn read(bytes: &[u8], layout: Option<&Layout>) -> std::result::Result<ReadFile, Refusal> {
    let (mut lines, mut left_out) = (Vec::new(), LeftOut::new());
    let mut take = |row: Row<ResultLine>| match row {
        Row::Read(line) => lines.push(line),
        Row::Faulty(fault) => {
            left_out.insert(fault.line, (fault.code.name.to_owned(), fault.text));
        }
    };
    let file = match layout {
        None => {
            let mut reader = Pain002::new(bytes)?;
            for row in reader.by_ref() {
                take(row?);
            }
            reader.file().clone()
        }
        Some(layout) => {
            let mut reader = LayoutResults::new(bytes, layout)?;
            for row in reader.by_ref() {
                take(row?);
            }
            reader.file().clone()
        }
    };
    Ok((lines, file, left_out))
}

const fn outcome(outcome: result::Outcome) -> Outcome {
    match outcome {
        result::Outcome::Settled => Outcome::Settled,
        result::Outcome::Failed => Outcome::Failed,
        result::Outcome::Unknown => Outcome::Unknown,
        result::Outcome::Bounced => Outcome::Bounced,
    }
}

/// The bank's own code, with the code of its reason. A reason in words stays in the line's own text: it may name somebody.
fn code_of(code: Option<String>, reason: Option<String>) -> Option<String> {
    let reason = reason.and_then(|reason| reason.split_whitespace().next().map(str::to_owned));
    let reason = reason.filter(|reason| reason.len() <= 8 && reason.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    match (code, reason) {
        (Some(code), Some(reason)) => Some(format!("{code} {reason}")),
        (code, reason) => code.or(reason),
    }
}

/// Reads what the lines of a file may name.
async fn names(tx: &mut Tx, lines: &[ResultLine], file: &ResultFile, asked: Option<BatchId>) -> Result<Names> {
    let mut names = Names { batch: answered(tx, file, asked).await?, ..Names::default() };
    let references: Vec<Uuid> = lines.iter().filter_map(|line| line.reference).collect();
    names.whole = store::issued(tx, &references).await?.into_iter().map(|issued| (issued.reference, issued)).collect();
    let shorts: HashSet<Short> = lines.iter().filter_map(naming::short_of).collect();
    for issued in store::issued_by_short(tx, &shorts.into_iter().collect::<Vec<_>>()).await? {
        names.short.entry(Short::of(issued.reference)).or_default().push(issued);
    }
    if let Some(batch) = names.batch.as_ref().map(|batch| batch.id).filter(|_| lines.iter().any(naming::is_by_number)) {
        names.numbered = (1..).zip(store::issued_in_order(tx, batch).await?).collect();
    }
    Ok(names)
}

/// The batch that a file answers: the one it names, by the identification or the reference of the file that was sent; or the one it
/// is said to answer. None when neither names one, or they name several.
async fn answered(tx: &mut Tx, file: &ResultFile, asked: Option<BatchId>) -> Result<Option<Answered>> {
    let id = file.message_id.as_deref().and_then(reference::parse);
    let mut named = store::called(tx, id, file.batch_reference.as_deref().map(str::trim)).await?;
    let Some(asked) = asked else { return Ok(if named.len() == 1 { named.pop() } else { None }) };
    if named.iter().any(|batch| batch.id != asked) {
        return Err(FIELDS_INVALID.at("/batch_id", "文件所答复的是另一批次", "the file answers another batch").into());
    }
    Ok(store::called(tx, Some(asked.0), None).await?.pop())
}

/// Lines that can be taken as evidence, and which of them name no amount.
#[derive(Default)]
struct Usable {
    items: Vec<NewEvidence>,
    without_amount: Vec<u32>,
}

/// The lines that name a payment of ours, its amount and a day, and lie within reach.
async fn usable(
    tx: &mut Tx,
    may: &Permit<Pay>,
    lines: Vec<ResultLine>,
    names: &Names,
    file: &ResultFile,
    day: Option<NaiveDate>,
    left_out: &mut LeftOut,
) -> Result<Usable> {
    let outside = outside(tx, may, names).await?;
    let mut usable = Usable { items: Vec::with_capacity(lines.len()), without_amount: Vec::new() };
    for line in lines {
        let mut leave = |code: &str, zh: &str, en: &str| {
            left_out.insert(line.line, (code.to_owned(), Text::new(zh, en)));
        };
        let issued = match names.of(&line, |account| tx.index(Indexed::AccountNumber, account)) {
            Naming::One(issued) => issued,
            Naming::Nothing => {
                leave(REFERENCE_NOT_ISSUED.name, REFERENCE_NOT_ISSUED.zh, REFERENCE_NOT_ISSUED.en);
                continue;
            }
            Naming::Several => {
                leave("reference_ambiguous", "该参考号不止指一笔支付指令", "the reference may mean more than one payment");
                continue;
            }
            Naming::NoBatch => {
                leave(
                    "batch_not_named",
                    "该行只有序号，而文件没有写明批次，请指明 batch_id",
                    "the line has only a number, and the file names no batch; give batch_id",
                );
                continue;
            }
            Naming::OtherAccount => {
                leave(
                    "account_differs",
                    "该行账号不是此序号支付指令的收款账号",
                    "the line's account is not that of the payment with this number",
                );
                continue;
            }
        };
        if outside.contains(&issued.reference) {
            leave(OUT_OF_REACH.name, OUT_OF_REACH.zh, OUT_OF_REACH.en);
            continue;
        }
        let given = line.amount.is_some();
        let amount = match line.amount {
            Some(amount) if amount == issued.amount => amount,
            // Status reports need not repeat it: what names our reference, in an answer to that very file, is about our amount.
            None if names.is_answered(&line, issued, file) => issued.amount,
            Some(amount) if amount.is_positive() => {
                leave(EVIDENCE_AMOUNT_DIFFERS.name, EVIDENCE_AMOUNT_DIFFERS.zh, EVIDENCE_AMOUNT_DIFFERS.en);
                continue;
            }
            // A line without an amount cannot be held against the payment, and what cannot be compared is not taken.
            _ => {
                leave("amount_missing", "该行没有金额，无法核对", "the line names no amount to compare");
                continue;
            }
        };
        let Some(occurred_on) = line.occurred_on.or(day) else {
            leave("date_missing", "该行没有日期，请指明 occurred_on", "the line names no day; give occurred_on");
            continue;
        };
        if !given {
            usable.without_amount.push(line.line);
        }
        usable.items.push(NewEvidence {
            reference: issued.reference,
            outcome: outcome(line.outcome),
            amount: PositiveMoney::new(amount)?,
            occurred_on,
            line_number: i32::try_from(line.line).ok(),
            code: code_of(line.code, line.reason),
            raw_text: Some(line.raw),
            witnesses: Vec::new(),
            statement_line: None,
        });
    }
    Ok(usable)
}

/// The payments that lie out of reach.
async fn outside(tx: &mut Tx, may: &Permit<Pay>, names: &Names) -> Result<HashSet<Uuid>> {
    let Some(within) = may.reach().organisations() else { return Ok(HashSet::new()) };
    let short = names.short.values().flatten();
    let references: HashSet<Uuid> =
        names.whole.values().chain(short).chain(names.numbered.values()).map(|issued| issued.reference).collect();
    let named: Vec<(String, Uuid)> = references.into_iter().map(|reference| ("references".to_owned(), reference)).collect();
    Ok(access::outside(tx, &named, &within).await?.into_iter().collect())
}

/// Takes lines in. Those that the rules refuse are left out, and the others taken without them; a refusal that names no line is
/// one of the whole file.
async fn take(tx: &mut Tx, may: &Permit<Pay>, digest: &str, mut items: Vec<NewEvidence>, left_out: &mut LeftOut) -> Result<EvidenceResult> {
    loop {
        if items.is_empty() {
            return Ok(EvidenceResult::default());
        }
        let request = EvidenceRequest { kind: EvidenceKind::BankResult, file_digest: Some(digest.to_owned()), items };
        imports::save(tx).await?;
        let refusal = match take_in(tx, may, &request).await {
            Ok(result) => {
                imports::release(tx).await?;
                return Ok(result);
            }
            Err(error) => imports::refuse(tx, error).await?,
        };
        let refused = places(&refusal);
        if !refused.keys().any(|place| *place < request.items.len()) {
            return Err(refusal.into());
        }
        items = Vec::with_capacity(request.items.len());
        for (place, item) in request.items.into_iter().enumerate() {
            match refused.get(&place) {
                Some(why) => {
                    let line = item.line_number.and_then(|line| u32::try_from(line).ok()).unwrap_or_default();
                    left_out.insert(line, why.clone());
                }
                None => items.push(item),
            }
        }
    }
}

/// The places that a refusal names, each with the first reason.
fn places(refusal: &Refusal) -> HashMap<usize, (String, Text)> {
    let mut places = HashMap::new();
    for field in &refusal.fields {
        let place = field.pointer.strip_prefix("/items/").and_then(|rest| rest.split('/').next()?.parse().ok());
        if let Some(place) = place {
            places.entry(place).or_insert_with(|| (field.code.clone(), field.text.clone()));
        }
    }
    places
}
