//! Use cases: recording where money comes from, what it is granted for, and that it has arrived.

use std::collections::{HashMap, HashSet};

use serde_json::json;
use uuid::Uuid;

use super::model::{
    AppropriationRow, AppropriationSummary, AppropriationView, Arrival, FundSource, LineChange, LineRow, LineSummary, LineView,
    SourceBalances, YearEndMove,
};
use super::requests::{
    AppropriationFilter, ArrivalFilter, ChangeKind, LineFilter, LineScope, NewAppropriation, NewArrival, NewFundSource, NewLineChange,
    NewYearEndMove, YearEndKind,
};
use super::{records, rules, store};
use crate::access::permissions::{CloseBooks, MatchFunds, ReadFunds, RegisterFunds};
use crate::db::{Error, Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{REFERENCE_UNKNOWN, none_at_fault};
use crate::kernel::{AppropriationId, ArrivalId, DocumentId, FieldError, FundSourceId, LineChangeId, LineId, Money, Page, PageRequest};
use crate::ledger::{self, Account, Balances, EntryKind, Move, NewEntry, Scope};
use crate::organisations;

fn source_row(tx: &Tx, id: FundSourceId, version: i32, new: NewFundSource) -> Result<FundSource> {
    none_at_fault(rules::text_fault("/name", &new.name).into_iter().collect())?;
    Ok(FundSource {
        federation_id: tx.federation,
        id,
        name: new.name,
        level: new.level.name().to_owned(),
        return_to_organisation_id: new.return_to_organisation_id,
        version,
        created_at: tx.now(),
    })
}

pub(super) async fn create_source(tx: &mut Tx, _may: &Permit<RegisterFunds>, new: NewFundSource) -> Result<FundSource> {
    let row = source_row(tx, FundSourceId::generate(), 1, new)?;
    store::insert_source(tx, &row).await?;
    Ok(row)
}

pub(super) async fn change_source(
    tx: &mut Tx,
    _may: &Permit<RegisterFunds>,
    id: FundSourceId,
    version: i32,
    new: NewFundSource,
) -> Result<FundSource> {
    let before = store::source(tx, id).await?;
    tx.before(&before);
    let row = source_row(tx, id, version, new)?;
    store::update_source(tx, version, &row).await
}

/// What the ledger has of some lines: the accounts of each source, source by source.
async fn balances_of(tx: &mut Tx, lines: &[LineId]) -> Result<HashMap<LineId, Vec<SourceBalances>>> {
    let mut by_line: HashMap<LineId, Vec<SourceBalances>> = HashMap::new();
    for (line, fund_source_id, balances) in ledger::balances(tx, Scope::Lines(lines), None).await? {
        by_line.entry(line).or_default().push(SourceBalances { fund_source_id, balances });
    }
    Ok(by_line)
}

/// The accounts of one line over all its sources.
async fn balance_of(tx: &mut Tx, line: LineId) -> Result<Balances> {
    Ok(together(balances_of(tx, &[line]).await?.get(&line).into_iter().flatten()))
}

fn together<'a>(sources: impl IntoIterator<Item = &'a SourceBalances>) -> Balances {
    let mut sum = Balances::default();
    for source in sources {
        sum += source.balances;
    }
    sum
}

fn line_summary(row: LineRow, balances: &Balances) -> LineSummary {
    LineSummary {
        id: row.id,
        appropriation_id: row.appropriation_id,
        position: row.position,
        name: row.name,
        purpose: row.purpose,
        fund_source_id: row.fund_source_id,
        project_code: row.project_code,
        functional_code: row.functional_code,
        channels: row.channels,
        granted: balances.granted,
        available: balances.available,
        created_at: row.created_at,
    }
}

fn appropriation_summary(
    row: AppropriationRow,
    documents: &HashMap<DocumentId, organisations::Document>,
    granted: Money,
) -> Result<AppropriationSummary> {
    let document = documents.get(&row.document_id);
    let document = document.ok_or_else(|| Error::Internal(format!("appropriation {} without its document", row.id)))?;
    Ok(AppropriationSummary {
        id: row.id,
        document_id: row.document_id,
        document_number: document.number.clone(),
        document_title: document.title.clone(),
        name: row.name,
        fiscal_year: row.fiscal_year,
        organisation_id: row.organisation_id,
        granted,
        created_at: row.created_at,
    })
}

/// Records an appropriation with its lines and grants them in one journal entry.
pub(super) async fn create_appropriation(tx: &mut Tx, _may: &Permit<RegisterFunds>, new: NewAppropriation) -> Result<AppropriationView> {
    none_at_fault(rules::appropriation_faults(&new))?;
    rules::has_happened("/granted_on", new.granted_on, tx.today())?;
    rules::lines_add_up(new.amount.get(), new.lines.iter().map(|line| line.amount.get()))?;
    refuse_unknown_sources(tx, &new).await?;

    let (federation_id, created_at, id) = (tx.federation, tx.now(), AppropriationId::generate());
    let row = AppropriationRow {
        federation_id,
        id,
        document_id: new.document_id,
        name: new.name,
        fiscal_year: new.fiscal_year,
        organisation_id: new.organisation_id,
        created_at,
    };
    let mut lines = Vec::with_capacity(new.lines.len());
    let mut grants = Vec::with_capacity(new.lines.len());
    for (position, line) in (1_i16..).zip(new.lines) {
        let line_id = LineId::generate();
        grants.push(LineChange {
            federation_id,
            id: LineChangeId::generate(),
            allocation_line_id: line_id,
            kind: "initial".to_owned(),
            amount: line.amount.get(),
            document_id: row.document_id,
            effective_on: new.granted_on,
            created_at,
        });
        lines.push(LineRow {
            federation_id,
            id: line_id,
            appropriation_id: id,
            position,
            name: line.name,
            purpose: line.purpose,
            fund_source_id: line.fund_source_id,
            project_code: line.project_code,
            functional_code: line.functional_code,
            channels: line.channels.into_iter().map(|channel| channel.name().to_owned()).collect(),
            created_at,
        });
    }
    store::insert_appropriation(tx, &row, &lines, &grants).await?;

    let documents = organisations::documents(tx, &[row.document_id]).await?;
    let entry = NewEntry {
        reference: format!("grant:{id}"),
        kind: EntryKind::Grant,
        effective_on: new.granted_on,
        reason: format!("下达 {}", row.name),
        about: json!({ "appropriation_id": id, "document_id": row.document_id }),
        moves: lines.iter().zip(&grants).map(|(line, grant)| granting(line.id, line.fund_source_id, grant.amount)).collect(),
    };
    // What the ledger will hold is known beforehand, so nothing needs to be read after the posting, for which others wait.
    let summary = appropriation_summary(row, &documents, new.amount.get())?;
    let fresh = |grant: &LineChange| Balances { granted: grant.amount, available: grant.amount, ..Balances::default() };
    let lines = lines.into_iter().zip(&grants).map(|(line, grant)| line_summary(line, &fresh(grant))).collect();
    ledger::post(tx, entry).await?;
    Ok(AppropriationView { summary, lines })
}

/// Names every line whose source the federation does not have; the constraint could only name the statement.
async fn refuse_unknown_sources(tx: &mut Tx, new: &NewAppropriation) -> Result<()> {
    let ids: Vec<FundSourceId> = new.lines.iter().map(|line| line.fund_source_id).collect();
    let known: HashSet<FundSourceId> = store::known_sources(tx, &ids).await?.into_iter().collect();
    let unknown: Vec<FieldError> = ids
        .iter()
        .enumerate()
        .filter(|(_, id)| !known.contains(id))
        .map(|(index, _)| {
            let pointer = format!("/lines/{index}/fund_source_id");
            FieldError::new(pointer, REFERENCE_UNKNOWN.name, REFERENCE_UNKNOWN.zh, REFERENCE_UNKNOWN.en)
        })
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(REFERENCE_UNKNOWN.refuse().with_fields(unknown).into()) }
}

const fn granting(line: LineId, source: FundSourceId, amount: Money) -> Move {
    Move { line, source, from: Account::Granted, to: Account::Available, amount, subject: None }
}

pub(super) async fn appropriation(tx: &mut Tx, _may: &Permit<ReadFunds>, id: AppropriationId) -> Result<AppropriationView> {
    let row = store::appropriation(tx, id).await?;
    let documents = organisations::documents(tx, &[row.document_id]).await?;
    let lines = store::lines_of(tx, id).await?;
    let lines = summaries(tx, lines).await?;
    let granted = lines.iter().map(|line| line.granted).sum();
    Ok(AppropriationView { summary: appropriation_summary(row, &documents, granted)?, lines })
}

pub(super) async fn appropriations(
    tx: &mut Tx,
    _may: &Permit<ReadFunds>,
    filter: &AppropriationFilter,
) -> Result<Page<AppropriationSummary>> {
    let page = store::appropriations(tx, filter).await?;
    // The total is over everything the filter matches, so every matching line is asked for, not only those of the page.
    let lines: HashMap<LineId, AppropriationId> = store::lines_of_appropriations(tx, filter).await?.into_iter().collect();
    let ids: Vec<LineId> = lines.keys().copied().collect();
    let mut granted: HashMap<AppropriationId, Money> = HashMap::new();
    let mut amount = Money::ZERO;
    for (line, _, balances) in ledger::balances(tx, Scope::Lines(&ids), None).await? {
        amount += balances.granted;
        if let Some(appropriation) = lines.get(&line) {
            *granted.entry(*appropriation).or_default() += balances.granted;
        }
    }
    let documents: Vec<DocumentId> = page.items.iter().map(|row| row.document_id).collect();
    let documents = organisations::documents(tx, &documents).await?;
    let mut totals = page.totals;
    totals.amount = Some(amount);
    let items = page.items.into_iter().map(|row| {
        let granted = granted.get(&row.id).copied().unwrap_or_default();
        appropriation_summary(row, &documents, granted)
    });
    Ok(Page { items: items.collect::<Result<_>>()?, next_cursor: page.next_cursor, totals })
}

async fn summaries(tx: &mut Tx, rows: Vec<LineRow>) -> Result<Vec<LineSummary>> {
    let ids: Vec<LineId> = rows.iter().map(|row| row.id).collect();
    let balances = balances_of(tx, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| (together(balances.get(&row.id).into_iter().flatten()), row))
        .map(|(sum, row)| line_summary(row, &sum))
        .collect())
}

pub(super) async fn line(tx: &mut Tx, _may: &Permit<ReadFunds>, id: LineId) -> Result<LineView> {
    let row = store::line(tx, id).await?;
    let arrived = records::arrived(tx, &[id], None).await?.remove(&id).unwrap_or_default();
    let sources = balances_of(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let balances = together(&sources);
    let identity_difference = balances.identity_difference();
    Ok(LineView { summary: line_summary(row, &balances), arrived, balances, identity_difference, sources })
}

pub(super) async fn lines(tx: &mut Tx, _may: &Permit<ReadFunds>, filter: &LineFilter) -> Result<Page<LineSummary>> {
    let scope = LineScope {
        appropriation: filter.appropriation_id,
        fiscal_year: filter.fiscal_year,
        fund_source: filter.fund_source_id,
        organisation: None,
    };
    let page = store::line_page(tx, &scope, &filter.page()).await?;
    let every = store::line_ids(tx, &scope).await?;
    let amount = ledger::balances(tx, Scope::Lines(&every), None).await?.into_iter().map(|(_, _, balances)| balances.granted).sum();
    let mut totals = page.totals;
    totals.amount = Some(amount);
    Ok(Page { items: summaries(tx, page.items).await?, next_cursor: page.next_cursor, totals })
}

/// Adds to what a line was granted, or withdraws of it what is still available.
pub(super) async fn change_line(tx: &mut Tx, _may: &Permit<RegisterFunds>, id: LineId, new: NewLineChange) -> Result<LineChange> {
    none_at_fault(rules::day_fault("/effective_on", new.effective_on).into_iter().collect())?;
    rules::has_happened("/effective_on", new.effective_on, tx.today())?;
    let line = store::line(tx, id).await?;
    let amount = new.amount.get();
    if new.kind == ChangeKind::Withdrawal {
        store::lock_lines(tx, &[id]).await?;
        refuse_to_withdraw_what_arrived(tx, id, amount).await?;
    }
    let change = LineChange {
        federation_id: tx.federation,
        id: LineChangeId::generate(),
        allocation_line_id: id,
        kind: new.kind.name().to_owned(),
        amount,
        document_id: new.document_id,
        effective_on: new.effective_on,
        created_at: tx.now(),
    };
    store::insert_change(tx, &change).await?;
    let grant = granting(id, line.fund_source_id, amount);
    let (kind, word, posting) = match new.kind {
        ChangeKind::Addition => (EntryKind::Grant, "追加", grant),
        ChangeKind::Withdrawal => (EntryKind::Withdraw, "调减", Move { from: grant.to, to: grant.from, ..grant }),
    };
    let entry = NewEntry {
        reference: format!("line-change:{}", change.id),
        kind,
        effective_on: change.effective_on,
        reason: format!("{word} {}", line.name),
        about: json!({ "line_change_id": change.id, "document_id": change.document_id }),
        moves: vec![posting],
    };
    ledger::post(tx, entry).await?;
    Ok(change)
}

/// A withdrawal takes back a grant whose money has not come; money that has come is returned or reclaimed instead. What is
/// beyond the available is left to the ledger to refuse, which says how much is missing.
async fn refuse_to_withdraw_what_arrived(tx: &mut Tx, id: LineId, amount: Money) -> Result<()> {
    let balances = balance_of(tx, id).await?;
    if amount > balances.available {
        return Ok(());
    }
    let arrived = records::arrived(tx, &[id], None).await?.remove(&id).unwrap_or_default();
    Ok(rules::arrivals_within_grant(arrived, balances.granted - amount)?)
}

/// The changes of a line. They and nothing else make up what it was granted, so their total is what the ledger says.
pub(super) async fn changes(tx: &mut Tx, _may: &Permit<ReadFunds>, id: LineId, page: &PageRequest) -> Result<Page<LineChange>> {
    store::line(tx, id).await?;
    let mut changes = store::changes(tx, id, page).await?;
    changes.totals.amount = Some(balance_of(tx, id).await?.granted);
    Ok(changes)
}

/// Records money reaching the account. The line is held, so that two arrivals at once cannot pass the grant together.
pub(super) async fn create_arrival(tx: &mut Tx, _may: &Permit<MatchFunds>, new: NewArrival) -> Result<Arrival> {
    let faults = rules::text_fault("/account", &new.account).into_iter().chain(rules::day_fault("/arrived_on", new.arrived_on));
    none_at_fault(faults.collect())?;
    rules::has_happened("/arrived_on", new.arrived_on, tx.today())?;
    let (line, amount) = (new.allocation_line_id, new.amount.get());
    lock_referred_line(tx, line).await?;
    let arrived = records::arrived(tx, &[line], None).await?.remove(&line).unwrap_or_default();
    let balances = balance_of(tx, line).await?;
    rules::arrivals_within_grant(arrived + amount, balances.granted)?;
    let row = Arrival {
        federation_id: tx.federation,
        id: ArrivalId::generate(),
        allocation_line_id: line,
        amount,
        arrived_on: new.arrived_on,
        account: new.account,
        created_at: tx.now(),
    };
    store::insert_arrival(tx, &row).await?;
    Ok(row)
}

/// Holds the line that a body refers to.
pub(super) async fn lock_referred_line(tx: &mut Tx, line: LineId) -> Result<()> {
    if store::lock_lines(tx, &[line]).await?.is_empty() {
        return Err(REFERENCE_UNKNOWN.at("/allocation_line_id", REFERENCE_UNKNOWN.zh, REFERENCE_UNKNOWN.en).into());
    }
    Ok(())
}

pub(super) async fn arrivals(tx: &mut Tx, _may: &Permit<ReadFunds>, filter: &ArrivalFilter) -> Result<Page<Arrival>> {
    let days = [("arrived_from", filter.arrived_from), ("arrived_to", filter.arrived_to)];
    let mut faults: Vec<FieldError> = days.into_iter().filter_map(|(name, day)| rules::day_fault(name, day?)).collect();
    faults.extend(filter.arrived_from.zip(filter.arrived_to).and_then(|(from, to)| rules::turned_round("arrived_to", from, to)));
    none_at_fault(faults)?;
    store::arrivals(tx, filter).await
}

/// Books what becomes of money left at the year's end.
pub(super) async fn move_at_year_end(tx: &mut Tx, _may: &Permit<CloseBooks>, id: LineId, new: NewYearEndMove) -> Result<YearEndMove> {
    let faults = rules::text_fault("/reason", &new.reason).into_iter().chain(rules::day_fault("/effective_on", new.effective_on));
    none_at_fault(faults.collect())?;
    rules::has_happened("/effective_on", new.effective_on, tx.today())?;
    let line = store::line(tx, id).await?;
    let source = new.fund_source_id.unwrap_or(line.fund_source_id);
    if store::known_sources(tx, &[source]).await?.is_empty() {
        return Err(REFERENCE_UNKNOWN.at("/fund_source_id", REFERENCE_UNKNOWN.zh, REFERENCE_UNKNOWN.en).into());
    }
    let (kind, to) = match new.kind {
        YearEndKind::CarryOver => (EntryKind::CarryOver, Account::CarriedOver),
        YearEndKind::Reclaim => (EntryKind::Reclaim, Account::Reclaimed),
    };
    let amount = new.amount.get();
    let entry = NewEntry {
        // A repeated request is held off by its Idempotency-Key; several such moves of one line are each their own event.
        reference: format!("year-end:{}", Uuid::now_v7()),
        kind,
        effective_on: new.effective_on,
        reason: new.reason.clone(),
        about: json!({ "allocation_line_id": id, "kind": new.kind.name() }),
        moves: vec![Move { line: id, source, from: Account::Available, to, amount, subject: None }],
    };
    let booked = ledger::post(tx, entry).await?;
    Ok(YearEndMove {
        journal_entry_id: booked.entry,
        allocation_line_id: id,
        fund_source_id: source,
        kind: new.kind,
        amount,
        effective_on: new.effective_on,
        reason: new.reason,
    })
}
