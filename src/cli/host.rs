//! The database a subcommand works on: the one it was given, or the private cluster.

use crate::config::DatabaseSettings;
use crate::db::cluster::{Durability, PrivateCluster};
use crate::db::migrations::prepare;
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

    /// As [`Host::open`], for what only the owner of the schema may do: the URL is the owner's.
    pub async fn open_as_owner(settings: &DatabaseSettings) -> anyhow::Result<Self> {
        if let Some(url) = settings.owner_database_url.as_ref().or(settings.database_url.as_ref()) {
            return Ok(Self { url: url.clone(), cluster: None });
        }
        let host = Self::open(settings).await?;
        let url = host.cluster.as_ref().map_or(host.url, |cluster| cluster.url("postgres", DATABASE));
        Ok(Self { url, cluster: host.cluster })
    }

    /// A throw-away cluster, gone when it is closed.
    pub async fn temporary() -> anyhow::Result<Self> {
        Self::prepare(PrivateCluster::start_temporary().await?).await
    }

    async fn prepare(cluster: PrivateCluster) -> anyhow::Result<Self> {
        let url = prepare(&cluster, DATABASE).await?;
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
