//! `bangfu keys`: the keys that personal data is encrypted with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::host::Host;
use super::vault::{find, said, told};
use crate::config::{DatabaseSettings, KeySettings};
use crate::db::vault::write_file;
use crate::db::{Db, DbRole, PoolSettings, known_keys, register_keys, retire_keys, write_horizon};
use crate::kernel::vault::{KeyId, Keyring};
use crate::kernel::{Caller, Clock, FederationId, Text};
use crate::personal::columns::SEALED;
use crate::personal::{counts_by_key, rotate_batch};

/// How long to wait for requests that began before the key was changed, between two passages.
const PAUSE: Duration = Duration::from_millis(500);
/// Passages at most: every one leaves only what was written in the meantime.
const PASSAGES: usize = 1000;

/// Makes, lists and changes keys.
#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key file; one that is there is left alone 生成密钥文件（不覆盖已有文件）
    New(New),
    /// List the keys and how many values each sealed; shows no key 列出密钥编号及其加密的条数（不显示密钥）
    List(OfDatabase),
    /// Make a new key and encrypt everything with it, while the service goes on 更换密钥并重新加密（服务不停）
    Rotate(Rotate),
}

/// Makes a key file.
#[derive(Debug, Args)]
struct New {
    /// Where. 密钥文件路径。
    #[arg(long, env = "BANGFU_KEY_FILE")]
    key_file: PathBuf,
    /// Say nothing when there is one already. 已有文件时不报错。
    #[arg(long)]
    if_missing: bool,
}

/// Which database, and its keys.
#[derive(Debug, Args)]
struct OfDatabase {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    keys: KeySettings,
}

/// Encrypts everything with a new key. Interrupted, it is run again and goes on with the key it made. With several hosts,
/// give each the new file at once, or the service there cannot open what is sealed with the new key.
#[derive(Debug, Args)]
struct Rotate {
    #[command(flatten)]
    of: OfDatabase,
    /// Afterwards take keys that seal nothing any more out of the file. Copies of the database made before cannot be read
    /// then. 完成后从文件中删除不再使用的旧密钥（此前的数据库备份将无法读取）。
    #[arg(long)]
    forget: bool,
}

impl Keys {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            KeysCommand::New(new) => new.run(),
            KeysCommand::List(list) => list.list().await,
            KeysCommand::Rotate(rotate) => rotate.run().await,
        }
    }
}

impl New {
    fn run(self) -> anyhow::Result<ExitCode> {
        if self.if_missing && self.key_file.exists() {
            return Ok(ExitCode::SUCCESS);
        }
        write_file(&self.key_file, &Keyring::generate(), false)?;
        told(&self.key_file);
        Ok(ExitCode::SUCCESS)
    }
}

impl OfDatabase {
    /// The database as its owner: sealed tables are changed by nobody else, and every federation is read.
    async fn open(&self) -> anyhow::Result<(Host, Db)> {
        let host = Host::join(&self.database).await?;
        let vault = find(&self.keys, &self.database, &host.owner_url).await?;
        let pool = PoolSettings { url: host.owner_url.clone(), role: DbRole::Owner, size: 2, wait: Duration::from_secs(30) };
        Ok((host, Db::new(&pool, Clock::System, vault)?))
    }

    async fn list(self) -> anyhow::Result<ExitCode> {
        let (host, db) = self.open().await?;
        let ring = db.vault().ring();
        let counts = counts(&db).await?;
        let known = known_keys(&mut *db.connection().await?).await?;
        super::print(&format!("{}\tindex\t{}", ring.index_id(), in_words(&Text::new("索引", "found with"))));
        let held: Vec<String> = ring.data_ids().map(|id| id.to_string()).collect();
        let missing = counts.keys().filter(|id| !held.contains(*id));
        for id in held.iter().chain(missing) {
            let state = match () {
                () if *id == ring.active().to_string() => Text::new("使用中", "active"),
                () if !held.contains(id) => Text::new("不在密钥文件中", "not in the key file"),
                () if known.iter().any(|key| key.id == *id && key.retired_at.is_some()) => Text::new("已停用", "retired"),
                () => Text::new("旧密钥", "old"),
            };
            super::print(&format!("{id}\tdata\t{}\t{}", counts.get(id).copied().unwrap_or_default(), in_words(&state)));
        }
        db.close();
        host.close().await?;
        Ok(ExitCode::SUCCESS)
    }
}

fn in_words(text: &Text) -> &str {
    text.get(super::lang())
}

/// How many values each key sealed, in all federations.
async fn counts(db: &Db) -> anyhow::Result<BTreeMap<String, i64>> {
    let mut all = BTreeMap::new();
    for federation in crate::organisations::federation_ids(db).await? {
        for (key, count) in db.read(&caller(federation), async |tx| counts_by_key(tx).await).await? {
            let sum: &mut i64 = all.entry(key).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    Ok(all)
}

fn caller(federation: FederationId) -> Caller {
    Caller::program(federation, "bangfu keys rotate")
}

impl Rotate {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let (host, db) = self.of.open().await?;
        let outcome = self.rotate(&db).await;
        db.close();
        host.close().await?;
        outcome?;
        Ok(ExitCode::SUCCESS)
    }

    async fn rotate(&self, db: &Db) -> anyhow::Result<()> {
        super::vault::admit(db).await?;
        let active = begin(db).await?;
        let mut sealed: BTreeMap<FederationId, usize> = BTreeMap::new();
        passage(db, &mut sealed).await?;
        tokio::time::sleep(PAUSE).await;
        // What began before the service took up the new key may still write with the old one: the last passage comes after it.
        let begun = write_horizon(&mut *db.connection().await?).await?.begun;
        for _ in 0..PASSAGES {
            let settled = write_horizon(&mut *db.connection().await?).await?.ended >= begun;
            if passage(db, &mut sealed).await? == 0 && settled {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let left: i64 = counts(db).await?.into_iter().filter(|(key, _)| *key != active.to_string()).map(|(_, count)| count).sum();
        if left > 0 {
            return Err(said(format!("仍有 {left} 条未重新加密，请再次运行"), format!("{left} values are left; run it again")));
        }
        finish(db, active, &sealed, self.forget).await?;
        let all: usize = sealed.values().sum();
        super::say(&Text::new(
            format!("密钥 {active} 已启用，重新加密 {all} 条。请更新密钥文件的备份。"),
            format!("The key {active} is active; {all} values were encrypted with it. Renew your copy of the key file."),
        ));
        Ok(())
    }
}

/// Makes a new key and lets the service take it up; not while an earlier rotation is unfinished, which then goes on.
async fn begin(db: &Db) -> anyhow::Result<KeyId> {
    let Some(file) = db.vault().file() else {
        return Err(said("轮换密钥需要密钥文件（BANGFU_KEY_FILE）", "keys are rotated in a key file: name it with BANGFU_KEY_FILE"));
    };
    let ring = db.vault().ring();
    let active = ring.active();
    let unfinished = counts(db).await?.keys().any(|key| *key != active.to_string());
    if unfinished {
        super::say(&Text::new(
            format!("继续上次未完成的轮换（密钥 {active}）。"),
            format!("Going on with the rotation to the key {active} that was not finished."),
        ));
    } else {
        let mut renewed = Keyring::parse(&ring.print())?;
        renewed.renew();
        write_file(file, &renewed, true)?;
    }
    let ring = db.vault().ring();
    register_keys(&mut *db.connection().await?, &ring, Clock::System.now()).await?;
    Ok(ring.active())
}

/// One passage over every column of every federation; how many values it met that another key had sealed.
async fn passage(db: &Db, sealed: &mut BTreeMap<FederationId, usize>) -> anyhow::Result<usize> {
    let mut met = 0_usize;
    for federation in crate::organisations::federation_ids(db).await? {
        for column in SEALED {
            let mut after = Uuid::nil();
            loop {
                let batch = db
                    .write(&caller(federation), async |tx| {
                        // The whole rotation is one deed and is told of once, at its end.
                        tx.nothing_done();
                        rotate_batch(tx, column, after).await
                    })
                    .await?;
                let Some(batch) = batch else { break };
                after = batch.last;
                met = met.saturating_add(batch.sealed).saturating_add(batch.left);
                let sum = sealed.entry(federation).or_default();
                *sum = sum.saturating_add(batch.sealed);
            }
        }
    }
    Ok(met)
}

/// Writes down, in the log of every federation, which key its values are sealed with now.
async fn finish(db: &Db, active: KeyId, sealed: &BTreeMap<FederationId, usize>, forget: bool) -> anyhow::Result<()> {
    for (federation, count) in sealed {
        db.write(&caller(*federation), async |tx| {
            tx.about("vault_key", active);
            tx.after(&json!({ "key": active.to_string(), "values": count }));
            Ok(())
        })
        .await?;
    }
    retire_keys(&mut *db.connection().await?, active, Clock::System.now()).await?;
    if let (true, Some(file)) = (forget, db.vault().file()) {
        let mut ring = Keyring::parse(&db.vault().ring().print())?;
        let old: Vec<KeyId> = ring.data_ids().filter(|id| *id != active).collect();
        old.into_iter().for_each(|id| ring.forget(id));
        write_file(file, &ring, true)?;
    }
    Ok(())
}
