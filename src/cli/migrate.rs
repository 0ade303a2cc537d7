//! `bangfu migrate`

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::host::Host;
use crate::config::DatabaseSettings;
use crate::db::migrations;
use crate::kernel::Text;

/// Brings the database up to date.
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    database: DatabaseSettings,

    /// Lets role bangfu_service log in with this password. 服务角色的登录密码。
    #[arg(long, env = "BANGFU_SERVICE_PASSWORD", hide_env_values = true)]
    service_password: Option<String>,
}

impl Migrate {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let given = self.database.owner_database_url.as_ref().or(self.database.database_url.as_ref());
        let Some(url) = given else {
            // Opening the private cluster migrates it.
            Host::open(&self.database).await?.close().await?;
            super::say(&Text::new("数据库已是最新版本。", "The database is up to date."));
            return Ok(ExitCode::SUCCESS);
        };
        let done = migrations::migrate(url, self.service_password.as_deref()).await.context("migrate")?;
        super::say(&Text::new(
            format!("数据库已是最新版本（本次应用 {} 项）。", done.len()),
            format!("The database is up to date ({} changes applied).", done.len()),
        ));
        Ok(ExitCode::SUCCESS)
    }
}
