//! `bangfu audit`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::host::Host;
use crate::audit::dump::{self, Names, Sink};
use crate::config::{DatabaseSettings, SealSettings};
use crate::db::{Db, DbRole, Error, PoolSettings, Result, Vault};
use crate::kernel::vault::Keyring;
use crate::kernel::{Caller, Clock, FederationId, Text};

/// The log and its checkpoints, at a shell.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    command: AuditCommand,
}

/// What to do with them.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Sign a checkpoint over everything there is, and write the export that it vouches for 签署检查点并导出日志
    Export(Export),
    /// Print the public key of a federation's checkpoints 输出检查点公钥
    Key(Key),
}

/// Writes an export.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    seals: SealSettings,
    /// Which federation. 工会编号。
    #[arg(long)]
    federation: FederationId,
    /// With names in clear, and why; recorded in the log. Without it names are masked. 明文导出姓名的原因。
    #[arg(long, value_name = "REASON")]
    clear_because: Option<String>,
    /// Where to write the checkpoint. 检查点写入的文件。
    #[arg(long)]
    checkpoint: PathBuf,
    /// Where to write the export. 导出文件。
    export: PathBuf,
}

/// Prints a public key.
#[derive(Debug, Args)]
pub struct Key {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    seals: SealSettings,
    /// Which federation. 工会编号。
    #[arg(long)]
    federation: FederationId,
}

struct File(std::io::BufWriter<std::fs::File>);

impl Sink for File {
    async fn line(&mut self, text: String) -> Result<()> {
        writeln!(self.0, "{text}").map_err(|error| Error::Internal(format!("the export cannot be written: {error}")))
    }
}

fn pool(host: &Host) -> Result<Db> {
    let settings = PoolSettings { url: host.url.clone(), role: DbRole::Service, size: 1, wait: Duration::from_secs(30) };
    // Nothing encrypted is read or written: any keys will do.
    Db::new(&settings, Clock::System, Vault::of(Keyring::generate()))
}

/// Records, as the schema's owner, that somebody at the shell took names in clear.
async fn record(host: &Host, federation: FederationId, reason: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!reason.trim().is_empty(), "the reason is blank / 原因不能为空");
    let settings = PoolSettings { url: host.owner_url.clone(), role: DbRole::Owner, size: 1, wait: Duration::from_secs(30) };
    let db = Db::new(&settings, Clock::System, Vault::of(Keyring::generate()))?;
    db.write(&Caller::program(federation, "bangfu audit export"), async |tx| {
        tx.because(reason);
        tx.about("clear_export", tx.act());
        Ok(())
    })
    .await?;
    db.close();
    Ok(())
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            AuditCommand::Export(export) => export.run().await,
            AuditCommand::Key(key) => key.run().await,
        }
    }
}

impl Export {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let host = Host::open(&self.database).await?;
        if let Some(reason) = &self.clear_because {
            record(&host, self.federation, reason).await?;
        }
        let names = if self.clear_because.is_some() { Names::Clear } else { Names::Masked };
        let db = pool(&host)?;
        let sealer = super::sealing::sealer(&db, &self.seals, &self.database)?;
        let checkpoint = sealer.seal(self.federation).await?;
        std::fs::write(&self.checkpoint, &checkpoint.note).with_context(|| self.checkpoint.display().to_string())?;
        let file = std::fs::File::create(&self.export).with_context(|| self.export.display().to_string())?;
        let mut file = File(std::io::BufWriter::new(file));
        db.read(&Caller::program(self.federation, "audit export"), async |tx| dump::export(tx, names, &mut file).await).await?;
        file.0.flush()?;
        db.close();
        host.close().await?;
        super::say(&Text::new(
            format!("已导出，检查点 {}，公钥 {}", checkpoint.size, sealer.verifier(self.federation)),
            format!("Exported with checkpoint {}, public key {}", checkpoint.size, sealer.verifier(self.federation)),
        ));
        Ok(ExitCode::SUCCESS)
    }
}

impl Key {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let host = Host::open(&self.database).await?;
        let db = pool(&host)?;
        super::print(&super::sealing::sealer(&db, &self.seals, &self.database)?.verifier(self.federation).to_string());
        db.close();
        host.close().await?;
        Ok(ExitCode::SUCCESS)
    }
}
