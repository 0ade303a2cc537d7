//! The database a subcommand works on: the one it was given, or the private cluster.

use crate::config::DatabaseSettings;
use crate::db::cluster::{Durability, PrivateCluster};
use crate::db::migrations::prepare;
use crate::kernel::Text;

/// A database at this program's version, and the cluster it lives in when that is our own.
pub struct Host {
    /// For the service.
    pub url: String,
    /// For what only the schema's owner may.
    pub owner_url: String,
    cluster: Option<PrivateCluster>,
}

/// The name of the database in a private cluster.
const DATABASE: &str = "bangfu";
/// Whom a private cluster belongs to.
const OWNER: &str = "postgres";

impl Host {
    /// Finds or starts the database. A private cluster is migrated at once; a given database only by `bangfu migrate`.
    pub async fn open(settings: &DatabaseSettings) -> anyhow::Result<Self> {
        if let Some(url) = &settings.database_url {
            let owner_url = settings.owner_database_url.clone().unwrap_or_else(|| url.clone());
            return Ok(Self { url: url.clone(), owner_url, cluster: None });
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

    /// As [`Host::open`], and beside a service that runs on the private cluster: what it serves is used, and left running.
    pub async fn join(settings: &DatabaseSettings) -> anyhow::Result<Self> {
        let served = |user| PrivateCluster::served_by_another(&settings.data_dir, user, DATABASE);
        match (&settings.database_url, served("bangfu_service"), served(OWNER)) {
            (None, Some(url), Some(owner_url)) => Ok(Self { url, owner_url, cluster: None }),
            _ => Self::open(settings).await,
        }
    }

    /// A throw-away cluster, gone when it is closed.
    pub async fn temporary() -> anyhow::Result<Self> {
        Self::prepare(PrivateCluster::start_temporary().await?).await
    }

    async fn prepare(cluster: PrivateCluster) -> anyhow::Result<Self> {
        let url = prepare(&cluster, DATABASE).await?;
        Ok(Self { url, owner_url: cluster.url(OWNER, DATABASE), cluster: Some(cluster) })
    }

    /// Stops the private cluster, if there is one.
    pub async fn close(self) -> anyhow::Result<()> {
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(())
    }
}
