//! What all tests of the process share: runtime, cluster, database, service.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use bangfu::access::{Reaches, first_administrator};
use bangfu::app::{self, AppState, ServerSettings};
use bangfu::audit::Sealer;
use bangfu::audit::note::NoteSigner;
use bangfu::db::cluster::PrivateCluster;
use bangfu::db::migrations::migrate;
use bangfu::db::{self, Db, DbRole, PoolSettings, Vault};
use bangfu::http::auth::Lookups;
use bangfu::http::call::Together;
use bangfu::http::limits::LoginLimits;
use bangfu::http::metrics::Metrics;
use bangfu::jobs::Bell;
use bangfu::kernel::Clock;
use bangfu::kernel::vault::Keyring;
use diesel_async::SimpleAsyncConnection;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// The token of the first administrator of every service of the tests.
pub const TOKEN: &str = "bangfu_00000000000000000000000000000000_7e57000000000000000000000000000000000000000000000000000000007e57";
/// Bytes a body may have in tests: small, so that going over it is cheap.
pub const BODY_LIMIT: usize = 256 * 1024;
/// Bytes a file may have in tests.
pub const FILE_LIMIT: usize = 4 * 1024 * 1024;
/// "Today" for every service of the tests. The case of 2022 with its payments until 2023-02 lies before it.
pub const TODAY: &str = "2023-03-15";
/// More than any test has requests at once, so that a test meets an exhausted pool only when it makes one itself.
const POOL: usize = 24;
/// How long a request waits for a connection.
const WAIT: Duration = Duration::from_secs(30);
/// Databases left behind by a killed run on a cluster that is not our own are dropped after this time.
const STALE_AFTER: Duration = Duration::from_secs(3600);
const PREFIX: &str = "bangfu_test_";

/// Runtime, cluster and service, started by the first test that needs them. A static is never dropped: the private
/// cluster goes when its supervisor sees this process end, however it ends.
pub struct World {
    runtime: Runtime,
    cluster: Cluster,
    /// The shared database, as its owner.
    pub owner_url: String,
    service_url: String,
    /// The shared database, as the service sees it.
    pub db: Db,
    /// Where the shared service listens.
    pub address: SocketAddr,
    /// Its connections live on the runtime above, so one client serves all tests.
    pub client: reqwest::Client,
}

/// The shared world.
pub fn world() -> &'static World {
    static WORLD: LazyLock<World> = LazyLock::new(World::start);
    &WORLD
}

enum Cluster {
    /// Kept, because dropping it stops it.
    Private(Box<PrivateCluster>),
    /// `TEST_DATABASE_URL`: any database of a cluster in which its user may create databases and roles.
    Given(String),
}

impl Cluster {
    async fn find() -> Self {
        if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
            let given = Self::Given(url);
            given.drop_stale().await;
            return given;
        }
        let cluster = PrivateCluster::start_temporary().await;
        Self::Private(Box::new(cluster.expect("a private cluster; `make postgres` installs PostgreSQL")))
    }

    fn owner_url(&self, database: &str) -> String {
        match self {
            Self::Private(cluster) => cluster.url("postgres", database),
            Self::Given(url) => with_database(url, database),
        }
    }

    /// A given cluster may ask for a password that the tests do not know; there the pool's `set role` has to do.
    fn service_url(&self, database: &str) -> String {
        match self {
            Self::Private(cluster) => cluster.url("bangfu_service", database),
            Self::Given(_) => self.owner_url(database),
        }
    }

    fn maintenance_url(&self) -> String {
        match self {
            Self::Private(cluster) => cluster.url("postgres", "postgres"),
            Self::Given(url) => url.clone(),
        }
    }

    /// Makes an empty database.
    async fn create(&self) -> String {
        let name = format!("{PREFIX}{}", Uuid::now_v7().simple());
        let mut connection = db::connect(&self.maintenance_url()).await.expect("the cluster can be reached");
        connection.batch_execute(&format!("create database {name}")).await.expect("a database can be created");
        name
    }

    async fn migrate(&self, database: &str) {
        migrate(&self.owner_url(database), None).await.expect("migrations succeed");
        if let Self::Private(_) = self {
            let mut connection = db::connect(&self.maintenance_url()).await.unwrap();
            connection.batch_execute("alter role bangfu_service login").await.unwrap();
        }
    }

    /// Names are made of the time (UUID version 7), so what is old can be told from what another run uses now.
    async fn drop_stale(&self) {
        let mut connection = db::connect(&self.maintenance_url()).await.expect("TEST_DATABASE_URL can be reached");
        let names =
            super::sql::texts(&mut connection, &format!("select datname::text from pg_database where datname like '{PREFIX}%'")).await;
        for name in names {
            let made = name.strip_prefix(PREFIX).and_then(|id| Uuid::parse_str(id).ok()).and_then(|id| id.get_timestamp());
            let now = Uuid::now_v7().get_timestamp().unwrap().to_unix().0;
            if made.is_some_and(|made| made.to_unix().0 + STALE_AFTER.as_secs() < now) {
                // Refused while somebody is connected, which is as it should be.
                let _ = connection.batch_execute(&format!("drop database {name}")).await;
            }
        }
    }
}

fn with_database(url: &str, database: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let authority = address.find("://").map_or(0, |at| at + 3);
    let end = address[authority..].find('/').map_or(address.len(), |at| authority + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{database}{query}", &address[..end])
}

/// The moment all services of the tests live in.
pub fn clock() -> Clock {
    Clock::Fixed(format!("{TODAY}T02:00:00Z").parse().unwrap())
}

fn pool(url: String, size: usize, wait: Duration, vault: Vault) -> Db {
    Db::new(&PoolSettings { url, role: DbRole::Service, size, wait }, clock(), vault).unwrap()
}

/// Where the services of the tests write their checkpoints.
pub static CHECKPOINTS: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("bangfu-checkpoints-{}", Uuid::now_v7().simple())));

/// A sealer with the key of all tests.
pub fn sealer(db: &Db) -> Sealer {
    static SIGNER: LazyLock<NoteSigner> = LazyLock::new(|| NoteSigner::generate("bangfu"));
    Sealer::new(db.clone(), SIGNER.clone(), Some(CHECKPOINTS.clone()))
}

/// Starts the real service in this process, on a port of its own.
async fn start_service(db: &Db, workers: usize) -> SocketAddr {
    first_administrator(db, Some(TOKEN)).await.expect("the first administrator is made");
    let often = NonZeroU32::new(100_000).unwrap();
    let (reaches, bell) = (Reaches::default(), Bell::default());
    for _ in 0..workers {
        tokio::spawn(app::worker(db, &reaches).keep_working(bell.clone()));
    }
    let state = AppState {
        db: db.clone(),
        sealer: sealer(db),
        reaches,
        // All tests come from one address; what is tested is the limit by name.
        login_limits: LoginLimits::per_minute(often, NonZeroU32::new(20).unwrap()),
        secure_cookies: true,
        metrics: Metrics::new().unwrap(),
        body_limit: BODY_LIMIT,
        file_limit: FILE_LIMIT,
        bell,
        evidence: Together::default(),
        lookups: Lookups::default(),
    };
    let settings = ServerSettings { listen: SocketAddr::from(([127, 0, 0, 1], 0)), workers: 2, shutdown: Duration::from_secs(1) };
    let (server, addresses) = app::serve(state, &settings).expect("the service starts");
    tokio::spawn(async move {
        // It takes SIGINT and SIGTERM for itself; to a test run they mean: stop at once.
        let _ = server.await;
        std::process::exit(130);
    });
    addresses[0]
}

impl World {
    fn start() -> Self {
        // The tests' own threads wait in `block_on`; these carry the server's acceptor, connections and the client.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (cluster, owner_url, service_url, db, address) = runtime.block_on(async {
            let cluster = Cluster::find().await;
            let database = cluster.create().await;
            cluster.migrate(&database).await;
            let service_url = cluster.service_url(&database);
            let db = pool(service_url.clone(), POOL, WAIT, Vault::of(Keyring::generate()));
            let address = start_service(&db, 2).await;
            let owner_url = cluster.owner_url(&database);
            (cluster, owner_url, service_url, db, address)
        });
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        Self { runtime, cluster, owner_url, service_url, db, address, client }
    }

    /// The shared database, as the service logs in to it.
    pub fn service_url(&self) -> &str {
        &self.service_url
    }

    /// Runs a test on the shared runtime, so that what it starts outlives it.
    pub fn block_on<R>(&self, work: impl Future<Output = R>) -> R {
        self.runtime.block_on(work)
    }

    /// An empty database, for tests that need one whole: migrations, tampering, `check`.
    pub async fn empty_database(&self) -> Scratch {
        let database = self.cluster.create().await;
        let vault = Vault::of(Keyring::generate());
        Scratch { owner_url: self.cluster.owner_url(&database), service_url: self.cluster.service_url(&database), vault }
    }

    /// A migrated database of its own.
    pub async fn scratch(&self) -> Scratch {
        let scratch = self.empty_database().await;
        migrate(&scratch.owner_url, None).await.expect("migrations succeed");
        scratch
    }
}

/// A database of one test. It goes with the cluster.
pub struct Scratch {
    /// As its owner.
    pub owner_url: String,
    service_url: String,
    /// The keys of every service on it.
    pub vault: Vault,
}

impl Scratch {
    /// A service of its own on it.
    pub async fn serve(&self) -> (Db, SocketAddr) {
        self.serve_with(4, WAIT).await
    }

    /// A service with so many connections at most, for which requests wait so long.
    pub async fn serve_with(&self, connections: usize, wait: Duration) -> (Db, SocketAddr) {
        let db = pool(self.service_url.clone(), connections, wait, self.vault.clone());
        let address = start_service(&db, 2).await;
        (db, address)
    }

    /// A service whose jobs are done by nobody: a test does them when it wants.
    pub async fn serve_without_workers(&self) -> (Db, SocketAddr) {
        let db = pool(self.service_url.clone(), 4, WAIT, self.vault.clone());
        let address = start_service(&db, 0).await;
        (db, address)
    }
}
