//! Plays the bank: takes batches as files, answers them with result files of up to a thousand lines, and keeps a book of the
//! account that pays, from which its statements are written.

mod book;
mod camt;
mod orders;

use std::collections::HashMap;
use std::fmt::Write as _;

use anyhow::Context;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::book::Book;
pub use self::book::{Entry, Statement, What};
pub use self::orders::Payment;
use super::case::{BankResult, Chapter, Exception, Reissued};
use super::client::{Api, text};
use super::names::Names;
use crate::kernel::Money;

/// The account of the city's union, which pays.
const PAID_FROM: &str = "@organisation-account/city";

/// Lines a result file has at most.
const LINES: usize = 1000;

/// The bank.
pub struct Bank<'a> {
    api: &'a Api,
    names: &'a Names,
    book: Book,
    /// References by the service's ids of instructions, which a bank does not know.
    references: HashMap<String, Uuid>,
}

/// What a bank says of one instruction.
struct Said<'a> {
    outcome: &'a str,
    on: &'a str,
    code: Option<&'a str>,
}

impl<'a> Bank<'a> {
    /// A bank with which the account that pays holds this much.
    pub fn new(api: &'a Api, names: &'a Names, holding: Money) -> Self {
        Self { api, names, book: Book::opened_with(holding), references: HashMap::new() }
    }

    /// Writes a batch's file, takes it to the bank, and hands the batch over.
    pub async fn send(&mut self, origin: &str, batch: &str, step: &str, sent_on: &str) -> anyhow::Result<()> {
        let from = self.names.id(PAID_FROM).with_context(|| origin.to_owned())?;
        let asked = json!({ "format": "pain001", "from_account_id": from, "requested_on": sent_on });
        let written = self.api.post(origin, &format!("{step}/file"), &format!("/batches/{batch}/file"), &asked).await?;
        let file = self.api.fetch(origin, &format!("/batches/{batch}/file/content")).await?;
        anyhow::ensure!(
            hex::encode(Sha256::digest(&file)) == text(&written, "/digest")?,
            "{origin}: the bank got another file than was written"
        );
        let orders = orders::read(&file).with_context(|| origin.to_owned())?;
        self.book.receive(orders, day(sent_on)?).with_context(|| origin.to_owned())?;
        self.api.post(origin, step, &format!("/batches/{batch}/send"), &json!({ "sent_on": sent_on })).await?;
        Ok(())
    }

    /// Answers all payments of a plan: everything settles on one day but the exceptions, which have their own stories.
    pub async fn answer(&mut self, origin: &str, step: &str, plan: &str, batches: &[Value], result: &BankResult) -> anyhow::Result<()> {
        let mut exceptions: HashMap<String, &Exception> = HashMap::new();
        for exception in &result.exceptions {
            let payee = self.names.id(&exception.payee).with_context(|| origin.to_owned())?;
            exceptions.insert(payee, exception);
        }
        let settled = Said { outcome: "settled", on: &result.settled_on, code: None };
        let mut stories = Vec::new();
        for batch in batches {
            let path = format!("/instructions?plan_id={plan}&batch_id={}", text(batch, "/id")?);
            let mut plain = Vec::new();
            for instruction in self.api.list(&path).await? {
                match exceptions.remove(text(&instruction, "/payee_id")?) {
                    Some(exception) => stories.push((instruction, exception)),
                    None => plain.push(instruction),
                }
            }
            for (index, file) in plain.chunks(LINES).enumerate() {
                let step = format!("{step}/result/{}/{index}", text(batch, "/channel")?);
                self.evidence(origin, &step, file, &settled).await?;
            }
        }
        if let Some(exception) = exceptions.values().next() {
            anyhow::bail!("{origin}: nothing is paid to {} by this plan", exception.payee);
        }
        for (instruction, exception) in stories {
            self.story(origin, &format!("{step}/story/{}", exception.payee), instruction, exception).await?;
        }
        Ok(())
    }

    async fn story(&mut self, origin: &str, step: &str, mut instruction: Value, exception: &Exception) -> anyhow::Result<()> {
        for (index, chapter) in exception.story.iter().enumerate() {
            let step = format!("{step}/{index}");
            match chapter {
                Chapter::Evidence(said) => {
                    let said = Said { outcome: &said.outcome, on: &said.on, code: said.code.as_deref() };
                    self.evidence(origin, &step, std::slice::from_ref(&instruction), &said).await?;
                }
                Chapter::Reissue(again) => instruction = self.reissue(origin, &step, &instruction, again).await?,
            }
        }
        Ok(())
    }

    /// Makes and sends another attempt; the new instruction.
    async fn reissue(&mut self, origin: &str, step: &str, instruction: &Value, again: &Reissued) -> anyhow::Result<Value> {
        let path = format!("/instructions/{}/reissue", text(instruction, "/id")?);
        let made = self.api.post(origin, step, &path, &again.body).await?;
        self.send(origin, text(&made, "/batch_id")?, &format!("{step}/send"), &again.sent_on).await?;
        Ok(made)
    }

    /// Hands in a result file as the neutral layout has it, and waits until every line of it is taken in.
    async fn evidence(&mut self, origin: &str, step: &str, instructions: &[Value], said: &Said<'_>) -> anyhow::Result<()> {
        let mut file = String::from("\u{feff}参考号,结果,金额,日期,原因\r\n");
        let mut total = Money::ZERO;
        let (on, why) = (day(said.on)?, said.code.unwrap_or_default());
        for instruction in instructions {
            let (reference, amount) = (text(instruction, "/reference")?, text(instruction, "/amount")?);
            total += amount.parse::<Money>().with_context(|| amount.to_owned())?;
            writeln!(file, "{reference},{},{amount},{},{why}\r", said.outcome, said.on)?;
            let reference: Uuid = reference.parse().with_context(|| reference.to_owned())?;
            self.book.say(reference, said.outcome, on, why).with_context(|| origin.to_owned())?;
            self.references.insert(text(instruction, "/id")?.to_owned(), reference);
        }
        writeln!(file, "合计,{},{total},\r", instructions.len())?;
        let report = self.api.upload(origin, step, "/results?format=layout", "回盘.csv", file.into_bytes()).await?;
        let left_out = report.pointer("/lines_left_out/0");
        anyhow::ensure!(left_out.is_none(), "{origin}: a line of the result file was left out: {left_out:?}");
        Ok(())
    }

    /// Money that is returned to whom it came from leaves the same account, without an order of ours.
    pub fn give_back(&mut self, on: &str, amount: &str, to: &str) -> anyhow::Result<()> {
        self.book.give_back(day(on)?, amount.parse().with_context(|| amount.to_owned())?, to);
        Ok(())
    }

    /// The statements of the account up to a day.
    pub fn statements(self, until: &str) -> anyhow::Result<Statements> {
        let until = day(until)?;
        let statements = self.book.statements(until)?;
        let file = self.book.account().filter(|_| !statements.is_empty()).map(|account| camt::write(account, &statements)).transpose()?;
        Ok(Statements { file, statements, overdue: self.book.overdue(until), references: self.references })
    }
}

/// What a bank writes of an account, and what it knows of it.
pub struct Statements {
    /// The file; none when nothing was ever ordered from the account.
    pub file: Option<Vec<u8>>,
    /// What it says.
    pub statements: Vec<Statement>,
    /// References of payments that are overdue without an answer.
    pub overdue: Vec<Uuid>,
    /// References by the service's ids of instructions.
    pub references: HashMap<String, Uuid>,
}

fn day(text: &str) -> anyhow::Result<chrono::NaiveDate> {
    text.parse().with_context(|| format!("{text} is no day"))
}

#[cfg(test)]
pub mod tests {
    use super::Statement;

    /// Statements of December with nothing, of January with three payments, money given back and a charge, and of February with
    /// what came back.
    pub fn statements() -> Vec<Statement> {
        super::book::tests::book().statements(super::book::tests::day("2023-02-28")).unwrap()
    }
}
