//! Bank statements in the neutral layout, and the jobs that take them in.

use bangfu::kernel::Role;
use serde_json::Value;

use super::{Reply, TestApp};

/// Where statements are handed in, of an account that the file does not name.
pub const STATEMENTS: &str = "/v1/bank-statements?account=基本户";

/// A line of a statement. Each has the bank's own reference, so that equal ones are different movements.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The day of booking.
    pub on: String,
    /// What came, or nothing.
    pub came: String,
    /// What went, or nothing.
    pub went: String,
    /// The bank's own reference.
    pub entry: String,
    /// The other side's name.
    pub name: String,
    /// The other side's account.
    pub account: String,
    /// The bank's word for it.
    pub code: String,
    /// Its text.
    pub remittance: String,
    /// A reference of a payment.
    pub reference: String,
}

impl Row {
    /// Money that left.
    pub fn debit(on: &str, amount: &str, entry: &str) -> Self {
        Self { on: on.to_owned(), went: amount.to_owned(), entry: entry.to_owned(), ..Self::default() }
    }

    /// Money that came.
    pub fn credit(on: &str, amount: &str, entry: &str) -> Self {
        Self { on: on.to_owned(), came: amount.to_owned(), entry: entry.to_owned(), ..Self::default() }
    }

    /// The same, naming an instruction.
    #[must_use]
    pub fn of(mut self, instruction: &Value) -> Self {
        self.reference = instruction["reference"].as_str().unwrap().replace('-', "");
        self
    }

    /// The same, to or from an account.
    #[must_use]
    pub fn with(mut self, account: &str) -> Self {
        account.clone_into(&mut self.account);
        self
    }

    /// The same, with the bank's word for it.
    #[must_use]
    pub fn coded(mut self, code: &str) -> Self {
        code.clone_into(&mut self.code);
        self
    }
}

/// A file of these lines.
pub fn csv(rows: &[Row]) -> Vec<u8> {
    let mut text = "\u{FEFF}入账日期,起息日期,收入,支出,余额,交易流水号,对方户名,对方账号,摘要代码,附言,参考号\r\n".to_owned();
    for row in rows {
        let Row { on, came, went, entry, name, account, code, remittance, reference } = row;
        text += &format!("{on},,{came},{went},,{entry},{name},{account},{code},{remittance},{reference}\r\n");
    }
    text.into_bytes()
}

impl TestApp {
    /// Hands a file of statements in and waits for the job.
    pub async fn statement_job(&self, path: &str, bytes: &[u8]) -> Value {
        let started = self.upload(path, "statement", bytes).await.expect(202);
        self.ended(Role::Cashier, &started.id()).await
    }

    /// What came of a file of statements.
    pub async fn statements(&self, path: &str, bytes: &[u8]) -> Value {
        let job = self.statement_job(path, bytes).await;
        assert_eq!(job["state"], "succeeded", "{job}");
        job["result"].clone()
    }

    /// The one statement that these lines are.
    pub async fn bank_statement(&self, rows: &[Row]) -> Value {
        self.statement_at(STATEMENTS, rows).await
    }

    /// As [`TestApp::statement`], handed in with other parameters.
    pub async fn statement_at(&self, path: &str, rows: &[Row]) -> Value {
        self.statements(path, &csv(rows)).await["statements"][0].clone()
    }

    /// The exceptions of a statement: kind, difference, and how many candidates.
    pub async fn exceptions(&self, statement: &Value) -> Vec<Value> {
        self.all(&format!("/v1/statement-exceptions?statement_id={}", statement["id"].as_str().unwrap()), 100).await
    }

    /// A decision of the checker.
    pub async fn resolve(&self, exception: &Value, body: &Value) -> Reply {
        self.post(&format!("/v1/statement-exceptions/{}/resolve", exception["id"].as_str().unwrap()), body).await
    }
}
