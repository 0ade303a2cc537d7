//! The database a subcommand works on: the one it was given, or the private cluster.

use anyhow::Context;

use crate::config::DatabaseSettings;
use crate::db::cluster::{Durability, PrivateCluster};
use crate::db::migrations::migrate;
use crate::kernel::Text;

/// A database at this program's version, and the cluster it lives in when that is our own.
pub struct Host {
    /// For the service.
    pub url: String,
    cluster: Option<PrivateCluster>,
}

/// The name of the database in a private cluster.
const DATABASE: &str = "bangfu";

impl Host {
    /// Finds or starts the database. A private cluster is migrated at once; a given database only by `bangfu migrate`.
    pub async fn open(settings: &DatabaseSettings) -> anyhow::Result<Self> {
        if let Some(url) = &settings.database_url {
            return Ok(Self { url: url.clone(), cluster: None });
        }
        super::say(&Text::new(
            format!("未设置 DATABASE_URL，使用私有 PostgreSQL 集群 {}（完全持久化）。", settings.data_dir.display()),
            format!(
                "DATABASE_URL is not set; using the private PostgreSQL cluster in {} with full durability.",
                settings.data_dir.display()
            ),
        ));
        let cluster = PrivateCluster::start(&settings.data_dir, Durability::Full).await?;
        Self::prepare(cluster).await
    }

    /// A throw-away cluster, gone when it is closed.
    pub async fn temporary() -> anyhow::Result<Self> {
        Self::prepare(PrivateCluster::start_temporary().await?).await
    }

    async fn prepare(cluster: PrivateCluster) -> anyhow::Result<Self> {
        let url = prepare_database(&cluster, DATABASE).await?;
        Ok(Self { url, cluster: Some(cluster) })
    }

    /// Stops the private cluster, if there is one.
    pub async fn close(self) -> anyhow::Result<()> {
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(())
    }
}

/// Makes and migrates a database of a private cluster, and returns the URL the service connects to it with.
pub async fn prepare_database(cluster: &PrivateCluster, database: &str) -> anyhow::Result<String> {
    use diesel_async::SimpleAsyncConnection;
    let mut maintenance = crate::db::connect(&cluster.url("postgres", "postgres")).await?;
    // There is no "create database if not exists"; that it exists already is what a second start finds.
    let created = maintenance.batch_execute(&format!("create database {database}")).await;
    if let Err(error) = created
        && !error.to_string().contains("already exists")
    {
        return Err(error).context("create database");
    }
    migrate(&cluster.url("postgres", database), None).await?;
    let mut owner = crate::db::connect(&cluster.url("postgres", "postgres")).await?;
    owner.batch_execute("alter role bangfu_service login").await?;
    Ok(cluster.url("bangfu_service", database))
}
