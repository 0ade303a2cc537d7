//! `bangfu check`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::host::Host;
use crate::config::{DatabaseSettings, KeySettings};
use crate::db::{Db, DbRole, PoolSettings};
use crate::kernel::{Caller, Clock, Text};

/// Re-derives every balance and every state from the sealed rows.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    keys: KeySettings,
}

impl Check {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let host = Host::open(&self.database).await?;
        let vault = super::vault::find(&self.keys, &self.database, &host.url).await?;
        let pool = PoolSettings { url: host.url.clone(), role: DbRole::Service, size: 1, wait: Duration::from_secs(30) };
        let db = Db::new(&pool, Clock::System, vault)?;
        let mut wrong = 0_usize;
        for federation in crate::organisations::federation_ids(&db).await? {
            let caller = Caller::program(federation, "check");
            let differences = db.read(&caller, async |tx| crate::reconciliation::check(tx).await).await?;
            for difference in &differences {
                super::print(&format!(
                    "{federation}\t{}\t{}\texpected {}\tfound {}",
                    difference.what, difference.subject, difference.expected, difference.found
                ));
            }
            wrong = wrong.saturating_add(differences.len());
        }
        db.close();
        host.close().await?;
        if wrong == 0 {
            super::say(&Text::new("账目与封存记录一致。", "The books agree with the sealed rows."));
            return Ok(ExitCode::SUCCESS);
        }
        super::say(&Text::new(format!("发现 {wrong} 处不一致。"), format!("{wrong} differences found.")));
        Ok(ExitCode::FAILURE)
    }
}
