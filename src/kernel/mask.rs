//! How personal values are shown: by default in every answer, and more strictly in lists that are put up in public.
//!
//! The one place where it is decided, so that an answer can be held against it. Every function takes the value in clear and
//! gives what may be seen of it; none of them fails, and what is not understood is hidden altogether.

use super::identity_number::IdentityNumber;

/// How much of personal values whoever reads may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sight {
    /// As every answer shows them.
    #[default]
    Masked,
    /// All of them: an export that was asked for in clear, with a reason that is recorded.
    Clear,
}

impl Sight {
    fn of(self, value: &str, masked: fn(&str) -> String) -> String {
        match self {
            Self::Masked => masked(value),
            Self::Clear => value.to_owned(),
        }
    }

    /// A person's name, as [`name`] masks it.
    #[must_use]
    pub fn name(self, value: &str) -> String {
        self.of(value, name)
    }

    /// An identity number, as [`identity_number`] masks it.
    #[must_use]
    pub fn identity_number(self, value: &str) -> String {
        self.of(value, identity_number)
    }

    /// The number of an account, as [`account_number`] masks it.
    #[must_use]
    pub fn account_number(self, value: &str) -> String {
        self.of(value, account_number)
    }

    /// A phone, as [`phone`] masks it.
    #[must_use]
    pub fn phone(self, value: &str) -> String {
        self.of(value, phone)
    }
}

/// Stars at most: a longer name does not show how long it is.
const MOST_STARS: usize = 2;

/// Surnames of two characters that are common (复姓). One that is not listed shows its first character only, which hides more.
const COMPOUND: &[&str] = &[
    "欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "司空", "夏侯", "端木", "长孙", "宇文", "东方", "南宫",
    "西门", "百里", "轩辕", "钟离", "独孤", "赫连", "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔", "申屠", "闾丘", "拓跋", "呼延",
    "第五", "鲜于", "万俟", "闻人",
];

/// A person's name in answers: the surname and a star for each further character, two at most. `王小明` is `王**`, `王明` is
/// `王*`, `欧阳修文` is `欧阳**`; a name in Latin letters or with a middle dot shows its first letter: `J**`, `阿**`. A name of
/// one character is hidden.
#[must_use]
pub fn name(name: &str) -> String {
    let (shown, hidden) = split(name.trim());
    format!("{shown}{}", "*".repeat(hidden.clamp(1, MOST_STARS)))
}

/// A person's name in a public list (公示): the surname and always two stars, so that not even its length can be told.
#[must_use]
pub fn public_name(name: &str) -> String {
    let (shown, _) = split(name.trim());
    format!("{shown}{}", "*".repeat(MOST_STARS))
}

/// What of a name is shown, and how many characters are not.
fn split(name: &str) -> (String, usize) {
    let length = name.chars().count();
    let compound = COMPOUND.iter().any(|surname| name.starts_with(surname)) && (3..=4).contains(&length);
    let shown = match length {
        0 | 1 => 0,
        _ if compound => 2,
        _ => 1,
    };
    (name.chars().take(shown).collect(), length.saturating_sub(shown))
}

/// An identity number in answers: `510502********123X`, without the date of birth. What is none is hidden.
#[must_use]
pub fn identity_number(number: &str) -> String {
    IdentityNumber::parse(number).map_or_else(|_| "*".repeat(18), |number| number.masked())
}

/// An identity number in a public list: `**************123X`, the last four characters only. With region and last four, and
/// a birthday that neighbours know, one could work out the whole number.
#[must_use]
pub fn public_identity_number(number: &str) -> String {
    IdentityNumber::parse(number)
        .map_or_else(|_| "*".repeat(18), |number| format!("{}{}", "*".repeat(14), number.as_str().get(14..).unwrap_or_default()))
}

/// The number of a card or account: `****0019`, the last four characters; its length is hidden too. Accounts never stand in
/// public lists.
#[must_use]
pub fn account_number(number: &str) -> String {
    let length = number.chars().count();
    // Of a number hardly longer than four, four would be nearly all.
    let shown = match length {
        0..=4 => 0,
        5..=8 => 2,
        _ => 4,
    };
    let skipped = length.saturating_sub(shown);
    format!("****{}", number.chars().skip(skipped).collect::<String>())
}

/// A phone number: `199****2835`; of a short number the last two characters only. Phones never stand in public lists.
#[must_use]
pub fn phone(phone: &str) -> String {
    let characters: Vec<char> = phone.chars().collect();
    let (first, last) = match characters.len() {
        0..=4 => (0, 0),
        5..=10 => (0, 2),
        _ => (3, 4),
    };
    let head: String = characters.iter().take(first).collect();
    let tail: String = characters.iter().skip(characters.len().saturating_sub(last)).collect();
    format!("{head}****{tail}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_shows_its_surname() {
        for (full, shown, public) in [
            ("王小明", "王**", "王**"),
            ("王明", "王*", "王**"),
            (" 王明 ", "王*", "王**"),
            ("欧阳修", "欧阳*", "欧阳**"),
            ("欧阳修文", "欧阳**", "欧阳**"),
            ("欧阳", "欧*", "欧**"),
            ("阿依古丽·买买提", "阿**", "阿**"),
            ("东方红卫星厂", "东**", "东**"),
            ("John Smith", "J**", "J**"),
            ("王", "*", "**"),
            ("", "*", "**"),
        ] {
            assert_eq!((name(full), public_name(full)), (shown.to_owned(), public.to_owned()), "{full}");
        }
    }

    #[test]
    fn an_identity_number_hides_the_birth_and_in_public_the_region_too() {
        assert_eq!(identity_number("510599199001010017"), "510599********0017");
        assert_eq!(public_identity_number("510599199001010017"), "**************0017");
        for broken in ["", "510599199001010018", "5105991990010100"] {
            assert_eq!((identity_number(broken), public_identity_number(broken)), ("*".repeat(18), "*".repeat(18)), "{broken}");
        }
    }

    #[test]
    fn an_account_shows_its_end() {
        assert_eq!(account_number("6229990000000000019"), "****0019");
        assert_eq!(account_number("12-345"), "****45");
        assert_eq!(account_number(""), "****");
    }

    #[test]
    fn a_phone_shows_its_ends_only() {
        assert_eq!(phone("19900002835"), "199****2835");
        assert_eq!(phone("2835123"), "****23");
        assert_eq!(phone(""), "****");
    }

    proptest! {
        #[test]
        fn no_mask_gives_the_value_away(value in "[\\p{L}0-9]{2,40}") {
            for masked in [name(&value), public_name(&value), identity_number(&value), public_identity_number(&value), account_number(&value), phone(&value)] {
                prop_assert!(masked.contains('*') && !masked.contains(&value), "{}", masked);
            }
        }

        #[test]
        fn a_public_name_tells_no_more_than_the_masked_one(value in "\\PC{0,40}") {
            prop_assert_eq!(public_name(&value).replace('*', ""), name(&value).replace('*', ""));
        }
    }
}
