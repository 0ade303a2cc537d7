//! Where the keys of personal data come from: a file, a variable, or made at the first start of a private cluster.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::config::{DatabaseSettings, KeySettings};
use crate::db::vault::{Vault, write_file};
use crate::db::{Db, KeyMismatch, connect, known_keys, register_keys};
use crate::kernel::vault::Keyring;
use crate::kernel::{Clock, Text};

/// The variable that holds the content of a key file.
pub(super) const KEYS_VARIABLE: &str = "BANGFU_KEYS";

/// The key file that a private cluster has when none is named: beside its data directory, so that no copy of the one takes
/// the other along.
#[must_use]
pub(super) fn beside(data_dir: &Path) -> PathBuf {
    let name = data_dir.file_name().map_or_else(|| "bangfu".to_owned(), |name| name.to_string_lossy().into_owned());
    data_dir.with_file_name(format!("{name}.keys"))
}

/// The keys a command is told to use, for the database that `url` names.
pub(super) async fn find(keys: &KeySettings, database: &DatabaseSettings, url: &str) -> anyhow::Result<Vault> {
    let content = std::env::var(KEYS_VARIABLE).ok().filter(|content| !content.trim().is_empty()).map(zeroize::Zeroizing::new);
    let file = match (&keys.key_file, content) {
        (Some(_), Some(_)) => {
            return Err(said("BANGFU_KEY_FILE 与 BANGFU_KEYS 只能设置一个", "give BANGFU_KEY_FILE or BANGFU_KEYS, not both"));
        }
        (None, Some(content)) => {
            let ring = Keyring::parse(&content).map_err(|error| said(error.text().zh, error.text().en)).context(KEYS_VARIABLE)?;
            return Ok(Vault::of(ring));
        }
        (Some(file), None) => file.clone(),
        (None, None) if database.database_url.is_none() => beside(&database.data_dir),
        (None, None) => {
            return Err(said(
                "未设置密钥：请用 bangfu keys new 生成密钥文件，并以 BANGFU_KEY_FILE（或 BANGFU_KEYS）指明",
                "there are no keys: make a key file with `bangfu keys new` and name it with BANGFU_KEY_FILE (or give BANGFU_KEYS)",
            ));
        }
    };
    if !file.exists() && database.database_url.is_none() {
        make(&file, url).await?;
    }
    Vault::from_file(&file).with_context(|| format!("key file {} / 密钥文件", file.display()))
}

pub(super) fn said(zh: impl Into<String>, en: impl Into<String>) -> anyhow::Error {
    let text = Text::new(zh, en);
    anyhow::anyhow!("{}", text.get(super::lang()))
}

/// Makes the key file of a private cluster at its first start; not when the database was written with keys that are gone.
async fn make(file: &Path, url: &str) -> anyhow::Result<()> {
    let known = known_keys(&mut connect(url).await?).await?;
    if let Some(key) = known.iter().find(|key| key.purpose == "index").or(known.first()) {
        return Err(said(
            format!("找不到密钥文件 {}，而数据库中的个人信息是用它加密的（密钥 {}）。请从备份中恢复该文件。", file.display(), key.id),
            format!(
                "the key file {} is missing, and this database was written with it (key {}): restore it from your copy",
                file.display(),
                key.id
            ),
        ));
    }
    write_file(file, &Keyring::generate(), false).with_context(|| format!("make the key file {}", file.display()))?;
    told(file);
    Ok(())
}

/// Tells that a key file was made, and what depends on it.
pub(super) fn told(file: &Path) {
    super::say(&Text::new(
        format!(
            "已生成个人信息密钥文件 {}。请立即另存一份：丢失后，身份证号、银行卡号和电话将永远无法读取；也不要与数据库备份放在一起。",
            file.display()
        ),
        format!(
            "Made the key file {}. Keep a copy of it elsewhere, now: without it nobody can ever read an identity number, card number or phone again; and keep it apart from copies of the database.",
            file.display()
        ),
    ));
}

/// Refuses keys that do not belong to the database, and writes down that these are used.
pub(super) async fn admit(db: &Db) -> anyhow::Result<()> {
    let mut connection = db.connection().await?;
    match register_keys(&mut connection, &db.vault().ring(), Clock::System.now()).await? {
        None => Ok(()),
        Some(KeyMismatch::Index(id)) => Err(said(
            format!("密钥与数据库不符：数据库使用的索引密钥是 {id}"),
            format!("these keys belong to another database: this one was written with the index key {id}"),
        )),
        Some(KeyMismatch::Data(id)) => Err(said(
            format!("密钥文件缺少密钥 {id}，数据库中仍有用它加密的内容"),
            format!("the key file does not have the key {id}, with which values of this database are sealed"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_file_lies_beside_the_data_directory() {
        assert_eq!(beside(Path::new("./data/postgres")), Path::new("./data/postgres.keys"));
        assert_eq!(beside(Path::new("/srv/bangfu/")), Path::new("/srv/bangfu.keys"));
    }
}
