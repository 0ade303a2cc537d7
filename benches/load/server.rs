//! The service as its own process over a durable cluster, and what it takes of memory.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bangfu::db::cluster::{Durability, PrivateCluster};
use bangfu::db::migrations;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use uuid::Uuid;

use super::statements;
use super::table::Table;

/// The token of the first administrator.
pub const TOKEN: &str = "bangfu_00000000000000000000000000000000_7e57000000000000000000000000000000000000000000000000000000007e57";

/// A running service.
pub struct Service {
    child: Child,
    cluster: PrivateCluster,
    directory: PathBuf,
    service_url: String,
    /// Where it listens.
    pub address: String,
}

impl Service {
    /// Starts a cluster, and the service on it twice: the second start finds the database as it will be found every day.
    pub async fn start(table: &mut Table) -> Self {
        let directory = std::env::temp_dir().join(format!("bangfu-bench-{}", Uuid::now_v7().simple()));
        std::fs::create_dir_all(&directory).unwrap();
        open_to_postgres(&directory);
        let cluster = PrivateCluster::start(&directory.join("postgres"), Durability::Full).await.unwrap();
        let cluster = statements::count_them(cluster, &directory.join("postgres")).await;
        let made =
            Command::new(env!("CARGO_BIN_EXE_bangfu")).args(["keys", "new", "--key-file"]).arg(directory.join("keys")).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let service_url = migrations::prepare(&cluster, "bangfu").await.unwrap();
        let mut service = Self { service_url, child: Command::new("true").spawn().unwrap(), cluster, directory, address: String::new() };
        service.launch().await;
        service.child.kill().unwrap();
        service.child.wait().unwrap();
        let began = Instant::now();
        service.launch().await;
        table.time("start to ready on an existing database", began.elapsed(), 1.0);
        tokio::time::sleep(Duration::from_secs(2)).await;
        table.memory("idle, resident", service.resident(), 60.0);
        service
    }

    async fn launch(&mut self) {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        self.address = format!("127.0.0.1:{port}");
        let _ = self.child.wait();
        self.child = Command::new(env!("CARGO_BIN_EXE_bangfu"))
            .arg("serve")
            .env("DATABASE_URL", &self.service_url)
            .env("BANGFU_LISTEN", &self.address)
            .env("BANGFU_TOKEN", TOKEN)
            .env("BANGFU_DATA_DIR", self.directory.join("postgres"))
            .env("BANGFU_KEY_FILE", self.directory.join("keys"))
            .env("BANGFU_FILE_LIMIT", (256 << 20).to_string())
            .env("BANGFU_POOL_SIZE", "24")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(self.directory.join("serve.log")).unwrap())
            .spawn()
            .unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for _ in 0..3000 {
            if client.get(format!("http://{}/readyz", self.address)).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the service does not start:\n{}", std::fs::read_to_string(self.directory.join("serve.log")).unwrap_or_default());
    }

    fn status(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// Resident memory now, MiB.
    pub fn resident(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// Forgets the highest resident memory so far.
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    /// The highest resident memory since it was forgotten, MiB.
    pub fn peak(&self) -> f64 {
        self.status("VmHWM:")
    }

    /// The cluster's URL for its superuser.
    pub fn owner_url(&self, database: &str) -> String {
        self.cluster.url("postgres", database)
    }

    /// Runs SQL as the superuser.
    pub async fn sql(&self, statements: &str) {
        bangfu::db::connect(&self.owner_url("bangfu")).await.unwrap().batch_execute(statements).await.unwrap();
    }

    /// A number that SQL gives.
    pub async fn number(&self, query: &str) -> u64 {
        self.text(&format!("select ({query})::text")).await.parse().unwrap()
    }

    /// A text that SQL gives.
    pub async fn text(&self, query: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            text: String,
        }
        let mut connection = bangfu::db::connect(&self.owner_url("bangfu")).await.unwrap();
        let row: Row = diesel::sql_query(format!("select ({query}) as text")).get_result(&mut connection).await.unwrap();
        row.text
    }

    /// Stops it and removes the cluster.
    pub async fn stop(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.cluster.stop().await.unwrap();
        let _ = std::fs::remove_dir_all(self.directory);
    }
}

/// The cluster runs as the account `postgres` when this runs as root, and has to get at its folder.
fn open_to_postgres(directory: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o777)).unwrap();
}
