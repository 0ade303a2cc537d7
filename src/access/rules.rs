//! What a token and a session look like, and what a login name and a password must be.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::model::{NewGrant, NewUser};
use crate::kernel::refusal::blank;
use crate::kernel::{Credential, FederationId, FieldError};

/// What a token begins with, so that whoever finds one in a file knows what it is.
const PREFIX: &str = "bangfu_";

/// A token or session secret: 32 random bytes behind the federation it belongs to, so that it can be looked up within that
/// federation and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: String,
    home: FederationId,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Secret").field("home", &self.home).finish_non_exhaustive()
    }
}

impl Secret {
    /// The secret of these random bytes.
    #[must_use]
    pub fn of(home: FederationId, random: [u8; 32]) -> Self {
        Self { text: format!("{PREFIX}{}_{}", home.0.simple(), hex::encode(random)), home }
    }

    /// Reads a secret; `None` for anything that is not shaped like one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (home, random) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let hexadecimal =
            |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if !hexadecimal(home, 32) || !hexadecimal(random, 64) {
            return None;
        }
        let home = FederationId(Uuid::parse_str(home).ok()?);
        Some(Self { text: text.to_owned(), home })
    }

    /// What it is shown as, once.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the database is asked with. It keeps only the hash of this.
    #[must_use]
    pub fn credential(&self) -> Credential {
        Credential { home: self.home, key: Sha256::digest(self.text.as_bytes()).into() }
    }
}

/// What a page that logged in sends along with each change: made of the session's secret, which a foreign page cannot read.
#[must_use]
pub fn csrf_token(session: &Secret) -> String {
    let mut digest = Sha256::new();
    digest.update(b"bangfu.csrf.v1\0");
    digest.update(session.text.as_bytes());
    hex::encode(digest.finalize())
}

/// Characters a password has at least (NIST SP 800-63B asks for length, not for kinds of characters).
const SHORTEST_PASSWORD: usize = 12;
/// Characters it has at most, so that hashing one costs a known amount.
const LONGEST_PASSWORD: usize = 256;

/// A fault when a password is too short, too long, or of one character.
#[must_use]
pub fn password_fault(pointer: &str, password: &str) -> Option<FieldError> {
    let length = password.chars().count();
    let first = password.chars().next();
    let uniform = password.chars().all(|character| Some(character) == first);
    (!(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) || uniform).then(|| {
        FieldError::new(
            pointer,
            "password_weak",
            format!("密码应为{SHORTEST_PASSWORD}至{LONGEST_PASSWORD}个字符，且不能只有一种字符"),
            format!("must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, not all the same"),
        )
    })
}

/// A fault when a login name is not 2 to 64 lower-case letters, digits, dots, dashes and underscores after a letter, or is
/// one that the program acts under itself.
#[must_use]
pub fn login_fault(pointer: &str, login: &str) -> Option<FieldError> {
    let plain = login.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_'));
    let begins = login.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    let reserved = ["shell", "bootstrap", "unknown", "system"].contains(&login);
    (!plain || !begins || reserved || !(2..=64).contains(&login.len())).then(|| {
        FieldError::new(
            pointer,
            "login_malformed",
            "用户名应为2至64位小写字母、数字、点、横线或下划线，以字母开头，且不能是保留名",
            "must be 2 to 64 lower-case letters, digits, dots, dashes and underscores, beginning with a letter, and not reserved",
        )
    })
}

/// Every fault of a new user.
#[must_use]
pub fn user_faults(new: &NewUser) -> Vec<FieldError> {
    let mut faults = blank([("/name", &new.name)]);
    faults.extend(login_fault("/login", &new.login));
    faults.extend(new.password.as_deref().and_then(|password| password_fault("/password", password)));
    faults
}

/// Every fault of a grant.
#[must_use]
pub fn grant_faults(new: &NewGrant) -> Vec<FieldError> {
    blank([("/reason", &new.reason)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_and_names_its_federation() {
        let home = FederationId::generate();
        let secret = Secret::of(home, [7; 32]);
        assert!(secret.text().starts_with("bangfu_"));
        assert_eq!(Secret::parse(secret.text()), Some(secret.clone()));
        assert_eq!(secret.credential().home, home);
        assert_ne!(secret.credential().key, Secret::of(home, [8; 32]).credential().key);
        assert!(!format!("{secret:?} {:?}", secret.credential()).contains("0707"), "nothing prints a secret");
    }

    #[test]
    fn what_is_not_shaped_like_a_secret_is_none() {
        let good = Secret::of(FederationId::generate(), [7; 32]).text().to_owned();
        for bad in [
            "",
            "bangfu_",
            "bangfu_a_b",
            &good[1..],
            &good[..good.len() - 1],
            &good.to_uppercase(),
            &format!("{good}0"),
            &good.replace('_', "-"),
        ] {
            assert_eq!(Secret::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn passwords_are_long_rather_than_complicated() {
        for good in ["correct horse battery", "一二三四五六七八九十甲乙", "aaaaaaaaaaab"] {
            assert!(password_fault("/password", good).is_none(), "{good}");
        }
        for bad in ["", "short", "elevenchars", "aaaaaaaaaaaaaaaa", &"ab".repeat(129)] {
            assert!(password_fault("/password", bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn login_names_are_plain_and_not_the_programs_own() {
        for good in ["zhang.san", "a1", "finance_head-2"] {
            assert!(login_fault("/login", good).is_none(), "{good}");
        }
        for bad in ["", "a", "1a", "Zhang", "张三", "a b", "shell", "unknown", "a|b", &"a".repeat(65)] {
            assert!(login_fault("/login", bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_csrf_token_belongs_to_one_session() {
        let (one, other) = (Secret::of(FederationId::generate(), [1; 32]), Secret::of(FederationId::generate(), [1; 32]));
        assert_eq!(csrf_token(&one), csrf_token(&one));
        assert_ne!(csrf_token(&one), csrf_token(&other));
    }
}
