//! Allocation lines and fund sources as bare rows, for tests of the ledger alone.

use bangfu::db::{Error, Result};
use bangfu::http::CONSTRAINTS;
use bangfu::kernel::{FundSourceId, LineId, Money};
use bangfu::ledger::{self, Account, Balances, Booked, EntryKind, Move, NewEntry, Scope};
use chrono::NaiveDate;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use serde_json::json;
use uuid::Uuid;

use super::TestApp;
use super::app::unique;

/// Lines and sources that money can be booked on.
#[derive(Debug, Clone)]
pub struct Books {
    /// Allocation lines, sorted by id.
    pub lines: Vec<LineId>,
    /// Fund sources, sorted by id.
    pub sources: Vec<FundSourceId>,
}

/// A date.
pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An amount.
pub fn yuan(text: &str) -> Money {
    text.parse().unwrap()
}

impl Books {
    /// One posting on the first line and source.
    pub fn one(&self, from: Account, to: Account, amount: &str) -> Move {
        Move { line: self.lines[0], source: self.sources[0], from, to, amount: yuan(amount), subject: None }
    }
}

/// An entry under a reference of its own.
pub fn entry(kind: EntryKind, on: &str, moves: Vec<Move>) -> NewEntry {
    NewEntry { reference: unique("event"), kind, effective_on: day(on), reason: "测试".to_owned(), about: json!({}), moves }
}

/// The code of a refusal.
#[track_caller]
pub fn code(error: &Error) -> &'static str {
    error.refusal(CONSTRAINTS).unwrap_or_else(|| panic!("a failure, not a refusal: {error:?}")).code.name
}

impl TestApp {
    /// Lines and sources without any money.
    pub async fn books(&self, lines: usize, sources: usize) -> Books {
        let mut statement = String::new();
        let federation = self.federation;
        let (document, organisation, appropriation) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        let books = Books {
            lines: (0..lines).map(|_| LineId::generate()).collect(),
            sources: (0..sources).map(|_| FundSourceId::generate()).collect(),
        };
        statement += &format!(
            "insert into organisation (federation_id, id, kind, name, created_at)
             values ('{federation}', '{organisation}', 'city_union', '{organisation}', now());
             insert into document (federation_id, id, issuer, number, title, kind, issued_on, created_at)
             values ('{federation}', '{document}', '财政局', '{document}', '通知', 'allocation', '2022-01-01', now());
             insert into appropriation (federation_id, id, document_id, name, fiscal_year, organisation_id, created_at)
             values ('{federation}', '{appropriation}', '{document}', '{appropriation}', 2022, '{organisation}', now());"
        );
        for source in &books.sources {
            statement += &format!(
                "insert into fund_source (federation_id, id, name, level, created_at)
                 values ('{federation}', '{source}', '{source}', 'city', now());"
            );
        }
        for (position, line) in books.lines.iter().enumerate() {
            statement += &format!(
                "insert into allocation_line (federation_id, id, appropriation_id, position, name, purpose, fund_source_id, channels, created_at)
                 values ('{federation}', '{line}', '{appropriation}', {position}, '{line}', '送温暖', '{}', '{{one_card}}', now());",
                books.sources[0]
            );
        }
        self.db.write(&self.caller(), async |tx| Ok(tx.conn().batch_execute(&statement).await?)).await.unwrap();
        books
    }

    /// Books an entry through the ledger's door, as a service would.
    pub async fn book(&self, entry: NewEntry) -> Result<Booked> {
        self.db.write(&self.caller(), async |tx| ledger::post(tx, entry).await).await
    }

    /// Grants money to the first line and source.
    pub async fn grant(&self, books: &Books, on: &str, amount: &str) {
        let moves = vec![books.one(Account::Granted, Account::Available, amount)];
        self.book(entry(EntryKind::Grant, on, moves)).await.unwrap();
    }

    /// Every balance of the federation, now or as of the end of a day.
    pub async fn balances(&self, as_of: Option<NaiveDate>) -> Vec<(LineId, FundSourceId, Balances)> {
        self.db.read(&self.caller(), async |tx| ledger::balances(tx, Scope::All, as_of).await).await.unwrap()
    }

    /// Runs a statement as the service role and gives what the database says to it.
    pub async fn statement(&self, statement: &str) -> Result<usize> {
        self.db.write(&self.caller(), async |tx| Ok(diesel::sql_query(statement).execute(tx.conn()).await?)).await
    }
}
