//! Reading sealed rows, table by table, as the texts that are hashed.

use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::TryStreamExt;
use uuid::Uuid;

use crate::audit::export::{Entry, Sealed};
use crate::audit::rows::{Kind, Row};
use crate::audit::tables::{self, CURRENT, Form, Table};
use crate::audit::tree::{Hash, leaf_hash};
use crate::db::{Error, Result, Tx};

#[derive(QueryableByName)]
struct LogRow {
    #[diesel(sql_type = BigInt)]
    log_number: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    journal_entry_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    audit_event_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Integer>)]
    edition: Option<i32>,
    #[diesel(sql_type = Nullable<diesel::sql_types::Binary>)]
    leaf_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<diesel::sql_types::Binary>)]
    row_hashes: Option<Vec<u8>>,
}

#[derive(QueryableByName)]
struct RowOf {
    #[diesel(sql_type = SqlUuid)]
    link: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Array<Nullable<Text>>)]
    texts: Vec<Option<String>>,
}

/// The log numbers after `after`, `limit` of them at most, each with its rows and with what was sealed for it.
pub(in crate::audit) async fn entries(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<Entry>> {
    let (edition, log) = log(tx, after, limit).await?;
    if log.is_empty() {
        // Only to plan the next statement, over all sealed tables, takes milliseconds, and a report asks each time.
        return Ok(Vec::new());
    }
    let mut rows = rows_of(tx, edition, &log).await?;
    log.into_iter().map(|row| assemble(row, edition, &mut rows)).collect()
}

/// What a log number stands for, as far as sealing needs it: of an act that wrote hundreds of thousands of rows, a hash of each.
pub(in crate::audit) struct Hashed {
    pub(in crate::audit) log_number: u64,
    pub(in crate::audit) kind: Kind,
    /// The bytes of the row that heads it; absent when that is gone.
    pub(in crate::audit) header: Option<Vec<u8>>,
    /// The hashes of the other rows, in the order in which they are sealed.
    pub(in crate::audit) rows: Vec<Hash>,
}

/// The log numbers after `after`, `limit` of them at most, none of which is sealed yet, with the hashes of their rows. These are
/// read one by one.
pub(in crate::audit) async fn hashed(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<Hashed>> {
    let (edition, log) = log(tx, after, limit).await?;
    if log.is_empty() {
        return Ok(Vec::new());
    }
    let tables = tables_of(edition)?;
    let mut heads: HashMap<Uuid, Vec<u8>> = HashMap::new();
    let mut others: HashMap<Uuid, Vec<(usize, String, Hash)>> = HashMap::new();
    each_row(tx, tables, &log, |place, table, link, row| {
        let bytes = row.bytes(table, edition);
        if [Kind::JournalEntry, Kind::AuditEvent].iter().any(|kind| kind.table() == table.name) {
            heads.insert(link, bytes);
        } else {
            others.entry(link).or_default().push((place, order(&row, table), leaf_hash(&bytes)));
        }
    })
    .await?;
    let hashed = |row: LogRow| {
        let (kind, id) = stands_for(&row)?;
        let mut rows = others.remove(&id).unwrap_or_default();
        rows.sort_unstable();
        let rows = rows.into_iter().map(|(.., hash)| hash).collect();
        Ok(Hashed { log_number: number(row.log_number)?, kind, header: heads.remove(&id), rows })
    };
    log.into_iter().map(hashed).collect()
}

/// The log numbers after `after`, `limit` of them at most, as far as they are of one edition, and that edition.
async fn log(tx: &mut Tx, after: i64, limit: i64) -> Result<(u32, Vec<LogRow>)> {
    let federation = tx.federation;
    let mut log: Vec<LogRow> = diesel::sql_query(
        "select l.log_number, l.journal_entry_id, l.audit_event_id, s.edition, s.leaf_hash, s.row_hashes
         from ledger_log l
         left join sealed_leaf s on s.federation_id = l.federation_id and s.log_number = l.log_number
         where l.federation_id = $1 and l.log_number > $2
         order by l.log_number limit $3",
    )
    .bind::<SqlUuid, _>(federation)
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .load(tx.conn())
    .await?;
    // One query reads the rows of one edition.
    let edition = edition_of(log.as_slice().first())?;
    let same = log.iter().take_while(|row| edition_of(Some(row)).is_ok_and(|of| of == edition)).count();
    log.truncate(same);
    Ok((edition, log))
}

fn edition_of(row: Option<&LogRow>) -> Result<u32> {
    match row.and_then(|row| row.edition) {
        Some(edition) => u32::try_from(edition).map_err(|error| Error::Internal(error.to_string())),
        None => Ok(CURRENT),
    }
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks_exact(32).filter_map(|chunk| chunk.try_into().ok()).collect()
}

/// What a log number stands for: its kind, and the row that heads it.
fn stands_for(row: &LogRow) -> Result<(Kind, Uuid)> {
    match (row.journal_entry_id, row.audit_event_id) {
        (Some(id), _) => Ok((Kind::JournalEntry, id)),
        (None, Some(id)) => Ok((Kind::AuditEvent, id)),
        (None, None) => Err(Error::Internal(format!("log number {} stands for nothing", row.log_number))),
    }
}

fn number(of: i64) -> Result<u64> {
    u64::try_from(of).map_err(|error| Error::Internal(error.to_string()))
}

fn assemble(row: LogRow, edition: u32, rows: &mut HashMap<Uuid, Vec<Row>>) -> Result<Entry> {
    let (kind, id) = stands_for(&row)?;
    let mut found = rows.remove(&id).unwrap_or_default();
    let head = found.iter().position(|row| row.0 == kind.table());
    // A header that is gone leaves a row without columns: it hashes to nothing that was ever sealed.
    let header = head.map_or_else(|| Row(kind.table().to_owned(), Vec::new()), |at| found.remove(at));
    let sealed = match (row.leaf_hash.map(|hash| Hash::try_from(hash.as_slice())), row.row_hashes) {
        (Some(Ok(leaf)), Some(row_hashes)) => Some(Sealed { leaf, rows: hashes(&row_hashes) }),
        _ => None,
    };
    Ok(Entry { log_number: number(row.log_number)?, kind, edition, header, rows: found, masked: Vec::new(), sealed })
}

/// One query over every table of an edition. `$2` are journal entries, `$3` acts.
fn statement(tables: &[Table]) -> String {
    let part = |table: &Table| {
        let ids = if ["journal_entry", "posting"].contains(&table.name) { "$2" } else { "$3" };
        let (link, texts, name) = (table.link(), table.texts_sql(), table.name);
        format!(
            "select r.{link} as link, '{name}' as name, {texts} as texts from {name} r where r.federation_id = $1 and r.{link} = any({ids})"
        )
    };
    tables.iter().map(part).collect::<Vec<_>>().join(" union all ")
}

fn tables_of(edition: u32) -> Result<&'static [Table]> {
    tables::edition(edition).ok_or_else(|| Error::Internal(format!("sealed with edition {edition}, which this program does not know")))
}

async fn rows_of(tx: &mut Tx, edition: u32, log: &[LogRow]) -> Result<HashMap<Uuid, Vec<Row>>> {
    let mut rows: HashMap<Uuid, Vec<(usize, String, Row)>> = HashMap::new();
    each_row(tx, tables_of(edition)?, log, |place, table, link, row| {
        rows.entry(link).or_default().push((place, order(&row, table), row));
    })
    .await?;
    let sorted = |mut rows: Vec<(usize, String, Row)>| {
        rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        rows.into_iter().map(|(_, _, row)| row).collect()
    };
    Ok(rows.into_iter().map(|(link, rows)| (link, sorted(rows))).collect())
}

/// Reads the rows that some log numbers stand for one by one: with each the place of its table, the table, and the row that heads it.
async fn each_row(
    tx: &mut Tx,
    tables: &'static [Table],
    log: &[LogRow],
    mut take: impl FnMut(usize, &'static Table, Uuid, Row),
) -> Result<()> {
    let federation = tx.federation;
    let mut found = diesel::sql_query(statement(tables))
        .bind::<SqlUuid, _>(federation)
        .bind::<Array<SqlUuid>, _>(log.iter().filter_map(|row| row.journal_entry_id).collect::<Vec<Uuid>>())
        .bind::<Array<SqlUuid>, _>(log.iter().filter_map(|row| row.audit_event_id).collect::<Vec<Uuid>>())
        .load_stream::<RowOf>(tx.conn())
        .await?;
    while let Some(row) = found.try_next().await? {
        if let Some((place, table)) = tables.iter().enumerate().find(|(_, table)| table.name == row.name) {
            take(place, table, row.link, Row(row.name, row.texts));
        }
    }
    Ok(())
}

/// By what rows of one table are ordered: their key, numbers by size. Joined by what stands in no text and before everything else, so
/// that the parts are compared one after the other.
fn order(row: &Row, table: &Table) -> String {
    let part = |column: &&str| {
        let text = row.get(table, column).unwrap_or_default();
        let form = table.columns.iter().find(|(name, _)| name == column).map(|(_, form)| *form);
        if form == Some(Form::Integer) { format!("{text:0>20}") } else { text.to_owned() }
    };
    table.key.iter().map(part).collect::<Vec<_>>().join("\0")
}

/// Rows of sealed tables that no log number stands for: there should be none.
pub(in crate::audit) async fn outside(tx: &mut Tx) -> Result<Vec<Row>> {
    let part = |table: &Table| {
        let (link, texts, name) = (table.link(), table.texts_sql(), table.name);
        let log = if ["journal_entry", "posting"].contains(&name) { "journal_entry_id" } else { "audit_event_id" };
        format!(
            "select r.{link} as link, '{name}' as name, {texts} as texts from {name} r where r.federation_id = $1
             and not exists (select from ledger_log l where l.federation_id = r.federation_id and l.{log} = r.{link})"
        )
    };
    let query = tables_of(CURRENT)?.iter().map(part).collect::<Vec<_>>().join(" union all ");
    let federation = tx.federation;
    let found: Vec<RowOf> = diesel::sql_query(query).bind::<SqlUuid, _>(federation).load(tx.conn()).await?;
    Ok(found.into_iter().map(|row| Row(row.name, row.texts)).collect())
}

#[derive(QueryableByName)]
struct Claim {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Array<Nullable<Text>>)]
    texts: Vec<Option<String>>,
}

/// What the database says of columns that follow from the log: id and texts of each row of a table.
pub(in crate::audit) async fn claims(
    tx: &mut Tx,
    table: &str,
    key: &[&str],
    columns: &[(&str, Form)],
) -> Result<Vec<(String, Vec<Option<String>>)>> {
    let columns: Vec<String> = columns.iter().map(|(name, form)| form.sql(name)).collect();
    let key: Vec<String> = key.iter().map(|column| format!("r.{column}::text")).collect();
    let query = format!(
        "select {} as id, array[{}]::text[] as texts from {table} r where r.federation_id = $1 order by 1",
        key.join(" || ' ' || "),
        columns.join(", ")
    );
    let federation = tx.federation;
    let found: Vec<Claim> = diesel::sql_query(query).bind::<SqlUuid, _>(federation).load(tx.conn()).await?;
    Ok(found.into_iter().map(|claim| (claim.id, claim.texts)).collect())
}

/// Whether a table has a row of this id.
pub(in crate::audit) async fn exists(tx: &mut Tx, table: &str, id: Uuid) -> Result<bool> {
    let federation = tx.federation;
    let found: Vec<Claim> = diesel::sql_query(format!(
        "select r.id::text as id, '{{}}'::text[] as texts from {table} r where r.federation_id = $1 and r.id = $2"
    ))
    .bind::<SqlUuid, _>(federation)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn())
    .await?;
    Ok(!found.is_empty())
}
