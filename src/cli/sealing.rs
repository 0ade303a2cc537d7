//! The key that checkpoints are signed with, and where they are written.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::audit::Sealer;
use crate::audit::note::NoteSigner;
use crate::config::{DatabaseSettings, SealSettings};
use crate::db::Db;
use crate::kernel::Text;

/// What the key is called; each federation's checkpoints are signed under the name of its log.
const NAME: &str = "bangfu";

/// The sealer of a service.
pub(super) fn sealer(db: &Db, seals: &SealSettings, database: &DatabaseSettings) -> anyhow::Result<Sealer> {
    let key = seals.signing_key.clone().unwrap_or_else(|| beside(&database.data_dir, "signing.key"));
    let directory = seals.checkpoint_dir.clone().unwrap_or_else(|| beside(&database.data_dir, "checkpoints"));
    Ok(Sealer::new(db.clone(), signer(&key)?, Some(directory)))
}

/// A sealer whose key is gone with the process.
pub(super) fn throwaway(db: &Db) -> Sealer {
    Sealer::new(db.clone(), NoteSigner::generate(NAME), None)
}

/// How often a throw-away service seals.
pub(super) const OFTEN: Duration = Duration::from_secs(1);

/// Seals every federation's log now and then, until the database is closed.
pub(super) async fn keep_sealing(db: Db, sealer: Sealer, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        if db.is_closed() {
            return;
        }
        if let Err(error) = crate::app::seal_all(&db, &sealer).await {
            tracing::error!(error = error.described(), "the log could not be sealed");
        }
    }
}

fn beside(data_dir: &Path, name: &str) -> PathBuf {
    data_dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).join(name)
}

/// The key of a file; made, for its owner alone, when there is no such file.
fn signer(path: &Path) -> anyhow::Result<NoteSigner> {
    match std::fs::read_to_string(path) {
        Ok(text) => NoteSigner::parse(text.trim_end()).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn make(path: &Path) -> anyhow::Result<NoteSigner> {
    let signer = NoteSigner::generate(NAME);
    // Whole under another name first; then it takes the name only if nobody else has taken it meanwhile.
    let unfinished = path.with_extension(format!("{}.part", uuid::Uuid::now_v7().simple()));
    let write = || {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(signer.secret().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        let named = std::fs::hard_link(&unfinished, path);
        std::fs::remove_file(&unfinished)?;
        named
    };
    match write() {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return self::signer(path),
        Err(error) => {
            let place = format!("the signing key cannot be written to {}; name another place with --signing-key", path.display());
            return Err(error).context(place);
        }
    }
    super::say(&Text::new(
        format!("已生成检查点签名密钥 {}，请另存备份。", path.display()),
        format!("Made the key that checkpoints are signed with, {}; keep a copy of it elsewhere.", path.display()),
    ));
    Ok(signer)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let directory = std::env::temp_dir().join(format!("bangfu-key-{}", uuid::Uuid::new_v4().simple()));
        let path = directory.join("signing.key");
        let made = signer(&path).unwrap().verifier();
        assert_eq!(signer(&path).unwrap().verifier(), made);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "PRIVATE+KEY+nonsense").unwrap();
        assert!(signer(&path).is_err(), "a broken key is not written over");
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn key_and_checkpoints_lie_beside_the_data() {
        assert_eq!(beside(Path::new("./data/postgres"), "signing.key"), Path::new("./data/signing.key"));
        assert_eq!(beside(Path::new("postgres"), "signing.key"), Path::new("./signing.key"));
    }
}
