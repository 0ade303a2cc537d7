//! `bangfu serve`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::host::Host;
use crate::access::{Reaches, first_administrator};
use crate::app::{self, AppState, Server, ServerSettings};
use crate::audit::Sealer;
use crate::config::{DatabaseSettings, KeySettings, ListenSettings, SealSettings};
use crate::db::{Db, DbRole, PoolSettings, Vault, migrations};
use crate::http::auth::Lookups;
use crate::http::call::Together;
use crate::http::limits::LoginLimits;
use crate::http::metrics::Metrics;
use crate::jobs::Bell;
use crate::kernel::{Clock, Text};

/// Runs the service.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    keys: KeySettings,
    #[command(flatten)]
    listen: ListenSettings,
    #[command(flatten)]
    seals: SealSettings,
}

/// A service that listens.
pub(super) struct Running {
    pub(super) server: Server,
    pub(super) db: Db,
    pub(super) address: SocketAddr,
    /// The token in clear, when it was made just now.
    pub(super) new_token: Option<String>,
}

/// Starts the service on a database that is up to date, with the sealer that `sealer` makes.
pub(super) async fn start(
    url: &str,
    database: &DatabaseSettings,
    listen: &ListenSettings,
    vault: Vault,
    sealer: impl FnOnce(&Db) -> anyhow::Result<Sealer>,
    seal_every: Duration,
) -> anyhow::Result<Running> {
    let pool = PoolSettings {
        url: url.to_owned(),
        role: DbRole::Service,
        size: database.pool_size,
        wait: Duration::from_secs(database.pool_wait_seconds),
    };
    let db = Db::new(&pool, Clock::System, vault)?;
    let mut connection = db.connection().await.context("DATABASE_URL")?;
    if !migrations::is_current(&mut connection).await.unwrap_or(false) {
        anyhow::bail!("the database is not at this version; run `bangfu migrate` first / 数据库版本不符，请先运行 bangfu migrate");
    }
    drop(connection);
    super::vault::admit(&db).await?;
    // A token that the operator chose is known to the operator; one that was made just now is told once.
    let new_token = first_administrator(&db, listen.token.as_deref()).await?.filter(|_| listen.token.is_none());
    let sealer = sealer(&db)?;
    let (reaches, bell) = (Reaches::default(), Bell::default());
    let state = AppState {
        db: db.clone(),
        sealer: sealer.clone(),
        reaches: reaches.clone(),
        login_limits: LoginLimits::default(),
        secure_cookies: !listen.plain_cookies,
        metrics: Metrics::new()?,
        body_limit: listen.body_limit,
        file_limit: listen.file_limit,
        bell: bell.clone(),
        evidence: Together::default(),
        lookups: Lookups::default(),
    };
    let settings =
        ServerSettings { listen: listen.listen, workers: listen.workers, shutdown: Duration::from_secs(listen.shutdown_seconds) };
    let (server, addresses) = app::serve(state, &settings).with_context(|| format!("listen on {}", listen.listen))?;
    let address = addresses.first().copied().context("no address")?;
    tokio::spawn(super::sealing::keep_sealing(db.clone(), sealer, seal_every));
    for _ in 0..listen.job_workers {
        tokio::spawn(app::worker(&db, &reaches).keep_working(bell.clone()));
    }
    Ok(Running { server, db, address, new_token })
}

/// Tells where the service is and how to log in. A fresh token is printed here and nowhere else.
pub(super) fn announce(running: &Running) {
    let address = running.address;
    super::say(&Text::new(
        format!("服务地址 http://{address}，接口文档 http://{address}/docs/"),
        format!("Listening on http://{address}, API page http://{address}/docs/"),
    ));
    if let Some(token) = &running.new_token {
        super::say(&Text::new(
            format!("首次启动，已生成管理员 admin 的令牌（仅显示这一次，只保存其哈希）：\n  Authorization: Bearer {token}"),
            format!(
                "First start: this token of the administrator admin is shown once, only its hash is kept:\n  Authorization: Bearer {token}"
            ),
        ));
    }
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let host = Host::open(&self.database).await?;
        let vault = super::vault::find(&self.keys, &self.database, &host.url).await?;
        let sealer = |db: &Db| super::sealing::sealer(db, &self.seals, &self.database);
        let every = Duration::from_secs(self.seals.seal_seconds.max(1));
        let running = start(&host.url, &self.database, &self.listen, vault, sealer, every).await?;
        announce(&running);
        // The server itself stops on SIGTERM and SIGINT: no new connections, then the requests that run.
        running.server.await?;
        running.db.close();
        host.close().await?;
        super::say(&Text::new("服务已停止。", "Stopped."));
        Ok(ExitCode::SUCCESS)
    }
}
