//! Jobs on a service of one's own, done when the test says so.

use std::time::Duration;

use bangfu::access::Reaches;
use bangfu::app;
use bangfu::db::{Result, connect};
use bangfu::http::CONSTRAINTS;
use bangfu::jobs::{Doing, Done, Work, Worker};
use bangfu::kernel::Role;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::Value;

use super::app::unique;
use super::{Aid, Reply, TestApp, sql, world};

/// A federation whose jobs nobody does, with the owner's address of its database.
pub fn unattended(test: impl AsyncFnOnce(&Aid, &str)) {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve_without_workers().await;
        let app = TestApp::on(db, address).await;
        let aid = Aid::new(&app).await;
        test(&aid, &scratch.owner_url).await;
        app.finish().await;
    });
}

/// Changes rows past the service.
pub async fn owner_does(url: &str, statement: &str) {
    connect(url).await.unwrap().batch_execute(statement).await.unwrap();
}

/// Takes a role away from its user.
pub async fn take_away(app: &TestApp, url: &str, role: Role) {
    let statement = format!(
        "update role_grant set revoked_at = now(), revoked_by = 'shell', revoke_reason = 'test' where federation_id = '{}' and role = '{role}'",
        app.federation
    );
    owner_does(url, &statement).await;
}

/// A worker that does a job when it is told to.
pub fn worker(app: &TestApp) -> Worker {
    app::worker(&app.db, &Reaches::default())
}

/// Work during whose end another worker takes the job over, as after a pause that was longer than the lease.
struct Overtaken {
    owner: String,
    work: Box<dyn Work>,
}

impl Work for Overtaken {
    fn kind(&self) -> &'static str {
        self.work.kind()
    }

    fn action(&self) -> String {
        self.work.action()
    }

    fn subject(&self, parameters: &Value) -> Option<(&'static str, String)> {
        self.work.subject(parameters)
    }

    fn run<'a>(&'a self, doing: &'a Doing) -> BoxFuture<'a, Result<Done>> {
        async move {
            let done = self.work.run(doing).await?;
            let lost = "update job set lease_id = gen_random_uuid(), lease_until = clock_timestamp() - interval '1 second' where state = 'running'";
            owner_does(&self.owner, lost).await;
            Ok(done)
        }
        .boxed()
    }
}

/// A worker that does all of some work, and has lost its lease by then.
pub fn overtaken(app: &TestApp, owner: &str, works: Vec<Box<dyn Work>>) -> Worker {
    let overtaken = |work| -> Box<dyn Work> { Box::new(Overtaken { owner: owner.to_owned(), work }) };
    Worker::new(app.db.clone(), Reaches::default(), works.into_iter().map(overtaken).collect(), CONSTRAINTS)
}

impl TestApp {
    /// POST as the user of a role, who prefers a job.
    pub async fn prefer_job(&self, role: Role, path: &str, body: &Value) -> Reply {
        let request = self.request_as(role, Method::POST, path).header("Idempotency-Key", unique("key"));
        self.send(request.header("Prefer", "respond-async").json(body)).await
    }

    /// A job as its starter sees it.
    pub async fn job(&self, role: Role, id: &str) -> Value {
        self.get_as(role, &format!("/v1/jobs/{id}")).await.expect(200).body
    }

    /// Does the next job, and gives this one as it is afterwards.
    pub async fn worked(&self, role: Role, id: &str) -> Value {
        assert!(worker(self).work(self.federation).await.unwrap());
        self.job(role, id).await
    }
}

/// Waits until a query's answer is another one than `from`.
pub async fn changed(owner: &str, query: &str, from: &str) {
    let mut reader = connect(owner).await.unwrap();
    while sql::texts(&mut reader, query).await == [from] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A table that nobody writes to, or that nobody reads either, until it is let go.
pub struct Held(AsyncPgConnection);

impl Held {
    /// Holds a table from those who write.
    pub async fn table(owner: &str, table: &str) -> Self {
        Self::in_mode(owner, table, "exclusive").await
    }

    /// Holds a table from those who read, too.
    pub async fn from_readers(owner: &str, table: &str) -> Self {
        Self::in_mode(owner, table, "access exclusive").await
    }

    async fn in_mode(owner: &str, table: &str, mode: &str) -> Self {
        let mut holding = connect(owner).await.unwrap();
        holding.batch_execute(&format!("begin; lock table {table} in {mode} mode")).await.unwrap();
        Self(holding)
    }

    /// Waits until somebody waits for the table.
    pub async fn awaited(owner: &str, table: &str) {
        let waiting = format!("select count(*)::text from pg_locks where relation = '{table}'::regclass and not granted");
        changed(owner, &waiting, "0").await;
    }

    /// Lets it go.
    pub async fn let_go(mut self) {
        self.0.batch_execute("rollback").await.unwrap();
    }
}

/// Does a job that is cancelled while it waits to write to a table, and gives it as it is afterwards: its worker has known of the
/// wish before it could go on.
pub async fn cancelled_while_writing(app: &TestApp, owner: &str, role: Role, id: &str, table: &str) -> Value {
    let held = Held::table(owner, table).await;
    let cancelling = async {
        Held::awaited(owner, table).await;
        app.post_as(role, &format!("/v1/jobs/{id}/cancel"), &serde_json::json!({})).await.expect(200);
        // The worker sees it when it renews its lease.
        let lease = format!("select lease_until::text from job where id = '{id}'");
        let before = sql::texts(&mut connect(owner).await.unwrap(), &lease).await.remove(0);
        changed(owner, &lease, &before).await;
        held.let_go().await;
    };
    tokio::join!(app.worked(role, id), cancelling).0
}
