//! What stands above an export or a printed form, so that whoever holds it knows what it is.

use chrono::{DateTime, FixedOffset, Utc};

use crate::audit;
use crate::db::{Result, Tx};
use crate::interchange::tables::Heading;
use crate::kernel::Lang;
use crate::kernel::mask::Sight;

/// What an export is of, as far as the request says it.
#[derive(Debug, Clone)]
pub struct About {
    /// What it is, in Chinese and in English.
    pub title: (&'static str, &'static str),
    /// The filter as it was asked for, empty for none.
    pub filter: String,
    /// In which language it is read.
    pub lang: Lang,
}

/// A moment in the time of China, to the second.
#[must_use]
pub fn moment(at: DateTime<Utc>) -> String {
    let china = FixedOffset::east_opt(8 * 3600);
    china.map_or_else(|| at.to_rfc3339(), |china| at.with_timezone(&china).format("%Y-%m-%d %H:%M:%S%:z").to_string())
}

/// Characters of a root that are enough to tell it from another by eye.
const ROOT_SHOWN: usize = 12;

/// The beginning of a root or digest, as it is printed.
#[must_use]
pub fn short_root(root: &str) -> String {
    root.chars().take(ROOT_SHOWN).collect()
}

/// The heading of an export: what, who, when, filter, whether it is masked, and the newest checkpoint.
///
/// # Errors
/// When the database cannot be read.
pub async fn heading(tx: &mut Tx, about: &About) -> Result<Heading> {
    let zh = about.lang == Lang::Zh;
    let pick = |zh_text: &str, en: &str| if zh { zh_text.to_owned() } else { en.to_owned() };
    let checkpoint = match audit::newest_checkpoint(tx).await? {
        Some(newest) => format!("{} {}", newest.size, short_root(&newest.root)),
        None => pick("尚无", "none yet"),
    };
    let filter = if about.filter.is_empty() { pick("全部", "all") } else { about.filter.clone() };
    let sight = match tx.sight() {
        Sight::Masked => pick("已脱敏", "masked"),
        Sight::Clear => pick("明文，按申请导出，注意保密", "in clear, as asked for; keep it confidential"),
    };
    Ok(Heading {
        title: pick(about.title.0, about.title.1),
        facts: vec![
            (pick("导出人", "exported by"), tx.actor.clone()),
            (pick("导出时间", "exported at"), moment(tx.now())),
            (pick("筛选条件", "filter"), filter),
            (pick("个人信息", "personal data"), sight),
            (pick("最新检查点", "newest checkpoint"), checkpoint),
        ],
    })
}
