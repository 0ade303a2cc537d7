//! What people read is in Chinese or English; codes and field names are English.

use std::fmt;

/// A language people read. Chinese unless asked otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

impl Lang {
    /// The better of the two for an `Accept-Language` header, by its quality values; Chinese when it names neither.
    #[must_use]
    pub fn from_accept_language(header: Option<&str>) -> Self {
        let quality = |range: &str| -> (Option<Self>, u32) {
            let mut parts = range.split(';').map(str::trim);
            let lang = match parts.next().map(str::to_ascii_lowercase) {
                Some(tag) if tag == "en" || tag.starts_with("en-") => Some(Self::En),
                Some(tag) if tag == "zh" || tag.starts_with("zh-") => Some(Self::Zh),
                _ => None,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
            (lang, weight)
        };
        let mut best = (Self::Zh, 0);
        for range in header.unwrap_or_default().split(',') {
            if let (Some(lang), weight) = quality(range)
                && weight > best.1
            {
                best = (lang, weight);
            }
        }
        best.0
    }

    /// The language of a shell's `LANG` (`en_US.UTF-8`); Chinese when it is unset or names no language (`C`, `POSIX`).
    #[must_use]
    pub fn from_locale(locale: Option<&str>) -> Self {
        if locale.is_some_and(|name| name.to_ascii_lowercase().starts_with("en")) { Self::En } else { Self::Zh }
    }

    /// The tag for `Content-Language`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }
}

/// `0.8` as 800: quality values have at most three decimals, so whole thousandths order them exactly.
fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u32>().unwrap_or(0).saturating_mul(1000).saturating_add(digits.parse().unwrap_or(0))
}

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// 中文
    pub zh: String,
    /// English
    pub en: String,
}

impl Text {
    /// Both languages of one sentence.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The sentence in one language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_quality_wins_and_chinese_is_the_default() {
        assert_eq!(Lang::from_accept_language(None), Lang::Zh);
        assert_eq!(Lang::from_accept_language(Some("fr, de;q=0.9")), Lang::Zh);
        assert_eq!(Lang::from_accept_language(Some("en-GB,en;q=0.9,zh;q=0.8")), Lang::En);
        assert_eq!(Lang::from_accept_language(Some("en;q=0.3, zh-CN;q=0.75")), Lang::Zh);
        assert_eq!(Lang::from_accept_language(Some("en;q=0")), Lang::Zh);
        assert_eq!(Lang::from_accept_language(Some("en;q=abc;;,,,")), Lang::Zh);
    }

    #[test]
    fn a_shell_without_a_language_reads_chinese() {
        assert_eq!(Lang::from_locale(Some("C.UTF-8")), Lang::Zh);
        assert_eq!(Lang::from_locale(Some("en_US.UTF-8")), Lang::En);
        assert_eq!(Lang::from_locale(None), Lang::Zh);
    }
}
