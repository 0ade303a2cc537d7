//! The pool of connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::managed::QueueMode;
use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Error, Opening, Result, Tx, Vault};
use crate::kernel::{Caller, Clock, FederationId};

/// As whom the connections of a pool work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DbRole {
    /// `bangfu_service`: requests.
    Service,
    /// `bangfu_owner`: the command line managing users.
    Owner,
}

impl DbRole {
    const fn name(self) -> &'static str {
        match self {
            Self::Service => "bangfu_service",
            Self::Owner => "bangfu_owner",
        }
    }
}

/// How the pool is made.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// Where the database is; a `postgres://` URL or a keyword string.
    pub url: String,
    /// As whom its connections work.
    pub role: DbRole,
    /// Connections at most.
    pub size: usize,
    /// How long a request waits for a connection before it is told that none is free.
    pub wait: Duration,
}

/// The database as the service sees it.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    clock: Clock,
    vault: Vault,
    /// Set when connections are to end, so that their ending is no news.
    closing: Arc<AtomicBool>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Db").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// Opens one connection that works as a role. Its socket and its driver live on the runtime the pool was made on, not on the
/// worker that happens to need it: other work on that worker would stall the connection for everyone.
fn open(
    url: &str,
    role: DbRole,
    runtime: &tokio::runtime::Handle,
    closing: &Arc<AtomicBool>,
) -> BoxFuture<'static, diesel::ConnectionResult<AsyncPgConnection>> {
    let (url, runtime, closing) = (url.to_owned(), runtime.clone(), closing.clone());
    async move {
        // The socket is watched by the runtime that opens it, so it is opened there too, not on the worker.
        let config = patient(&url).map_err(bad_connection)?;
        let connecting = runtime.spawn(async move { config.connect(tokio_postgres::NoTls).await });
        let (client, driver) = connecting.await.map_err(bad_connection)?.map_err(bad_connection)?;
        runtime.spawn(async move {
            if let Err(error) = driver.await
                && !AtomicBool::load(&closing, Ordering::Relaxed)
            {
                tracing::warn!(%error, "a database connection ended");
            }
        });
        let mut connection = AsyncPgConnection::try_from(client).await?;
        // Nobody waits for a lock, or keeps one without working, longer than any request may take. Rows are found one by one on
        // disks without heads, so an index is worth it early: a plan made while a table is small is kept when it grows. Compiling
        // a plan takes longer than any of these statements.
        let settings =
            "set lock_timeout = '60s'; set idle_in_transaction_session_timeout = '60s'; set random_page_cost = 1.1; set jit = off";
        connection.batch_execute(&format!("set role {}; {settings}", role.name())).await.map_err(bad_connection)?;
        Ok(connection)
    }
    .boxed()
}

/// How long a database that has gone silent is waited for, where the URL does not say: one that failed over without closing its
/// connections would keep whoever waits for an answer until the operating system gives up, a quarter of an hour later.
const SILENCE: Duration = Duration::from_secs(30);

/// How a connection is made, as the URL says.
fn patient(url: &str) -> std::result::Result<tokio_postgres::Config, tokio_postgres::Error> {
    let mut config: tokio_postgres::Config = url.parse()?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(SILENCE);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    if config.get_keepalives_interval().is_none() {
        // While it works long on a statement it is asked whether it is still there.
        config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 3).keepalives_retries(3);
    }
    Ok(config)
}

fn bad_connection(error: impl std::fmt::Display) -> ConnectionError {
    ConnectionError::BadConnection(error.to_string())
}

/// Opens a single connection with the rights of the URL's own user: for migrations.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached.
pub async fn connect(url: &str) -> Result<AsyncPgConnection> {
    let (client, driver) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.map_err(|error| Error::Unavailable(error.to_string()))?;
    tokio::spawn(driver);
    AsyncPgConnection::try_from(client).await.map_err(|error| Error::Unavailable(error.to_string()))
}

impl Db {
    /// Makes the pool. Call it on the main runtime: connections live there. Nothing is opened yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the settings make no pool.
    pub fn new(settings: &PoolSettings, clock: Clock, vault: Vault) -> Result<Self> {
        let runtime = tokio::runtime::Handle::current();
        let closing = Arc::new(AtomicBool::new(false));
        let (known, role) = (closing.clone(), settings.role);
        let mut config = ManagerConfig::default();
        // A connection whose server has gone is known by its closed socket; asking each one first costs a round trip a request.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |url| open(url, role, &runtime, &known));
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(&settings.url, config);
        let pool = Pool::builder(manager)
            .max_size(settings.size)
            .wait_timeout(Some(settings.wait))
            // The connection used last is used next: it has its statements prepared and planned.
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { pool, clock, vault, closing })
    }

    /// The clock everything under this database reads.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// The keys that personal data is sealed and found with.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// A connection of the pool, as `bangfu_service`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none is free in time or the database cannot be reached.
    pub async fn connection(&self) -> Result<Object<AsyncPgConnection>> {
        self.pool.get().await.map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// Runs `work` in one transaction of one federation: all of it is kept, or on any error none of it. It is an act: the
    /// database authenticates who does it, and it ends with its audit event.
    ///
    /// # Errors
    /// What `work` returns, a refusal of the database to authenticate the caller, or [`Error::Unavailable`].
    pub async fn write<R>(&self, caller: &Caller, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> Result<R> {
        let tx = self.begin_act(caller).await?;
        tx.finish(work).await
    }

    /// Runs `work` in one snapshot that cannot write: every figure it reads is of the same moment. An auditor's runs as the
    /// auditors' own role.
    ///
    /// # Errors
    /// What `work` returns, or [`Error::Unavailable`].
    pub async fn read<R>(&self, caller: &Caller, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> Result<R> {
        let tx = Tx::begin_reading(self, caller).await?;
        tx.finish(work).await
    }

    /// Opens an act, for callers that end it themselves with [`Tx::end`]. Dropped instead, it is rolled back.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn begin_act(&self, caller: &Caller) -> Result<Tx> {
        Tx::begin_act(self, caller).await
    }

    /// Acts that are done together: of one user with one credential on one federation, each from where its caller says. What is
    /// written in it says of which act it is (docs/adr/0020). It is open once the opening has been sent. It waits two seconds for a
    /// lock at most.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn acts(&self, callers: &[&Caller]) -> Result<(Tx, Opening)> {
        Tx::acts_of(self, callers, true).await
    }

    /// Opens a snapshot, as [`Db::begin_act`] does an act.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn begin_reading(&self, caller: &Caller) -> Result<Tx> {
        Tx::begin_reading(self, caller).await
    }

    /// Runs `work` in a transaction that is no act: nobody does anything in it, and it can write no row that names an act. For
    /// the sealer, and for what else follows from the log as its leaves do: beneficiaries, and reports as issued.
    ///
    /// # Errors
    /// What `work` returns, or [`Error::Unavailable`].
    pub async fn seal<R>(&self, federation: FederationId, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> Result<R> {
        let tx = Tx::begin_unattended(self, federation).await?;
        tx.finish(work).await
    }

    /// Opens a transaction that is no act, as [`Db::seal`] does: for the leases, progress and files of jobs.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin_unattended(&self, federation: FederationId) -> Result<Tx> {
        Tx::begin_unattended(self, federation).await
    }

    /// Runs a login: an act of whom the door in it will name.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn log_in<R>(&self, caller: &Caller, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> Result<R> {
        let tx = Tx::begin_login(self, caller).await?;
        tx.finish(work).await
    }

    /// How many connections exist, are idle, and may exist; for the metrics.
    #[must_use]
    pub fn usage(&self) -> (usize, usize, usize) {
        let status = self.pool.status();
        (status.size, status.available, status.max_size)
    }

    /// Whether [`Db::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Closes the pool; requests still running keep their connections.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        self.pool.close();
    }
}
