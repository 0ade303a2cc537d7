//! The key file: how keys are kept outside the database.
//!
//! Lines of words, so that a person can read, split and copy it:
//!
//! ```text
//! # Anything after a hash is for people.
//! bangfu-keys 1
//! index 1b2c3d4e <32 bytes in base64>
//! data 5f607182 <32 bytes in base64>
//! data 93a4b5c6 <32 bytes in base64>
//! active 93a4b5c6
//! ```
//!
//! The first line says what it is and in which version. There is one `index` key, at least one `data` key, and one of those
//! is `active`. The eight digits are the key's id, which is computed from the key, so a mistyped key is found out. In a
//! variable, semicolons may stand for line ends.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::keyring::{KEY_BYTES, Key, KeyId, Keyring, Purpose};
use crate::kernel::Text;

/// The first line.
const HEADER: &str = "bangfu-keys 1";
/// Data keys at most: who rotates more often than that forgets to finish.
pub const MOST_KEYS: usize = 64;

/// Why a key file cannot be read; `0` is the line. Nothing of the line is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text().en)]
pub enum KeyFileError {
    /// The first line is not `bangfu-keys 1`.
    Header,
    /// A line is none of `index`, `data` and `active` with what belongs to it.
    Line(usize),
    /// A key is not 32 bytes in base64.
    Key(usize),
    /// A key does not have the id beside it.
    Id(usize),
    /// A key stands twice.
    Repeated(usize),
    /// There is no index key, or a second one.
    Index,
    /// There is no data key, or more than [`MOST_KEYS`].
    Data,
    /// There is no active key, a second one, or one that is not in the file.
    Active,
}

impl KeyFileError {
    /// The reason for people.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Header => Text::new(format!("密钥文件首行应为“{HEADER}”"), format!("a key file begins with the line \"{HEADER}\"")),
            Self::Line(line) => Text::new(
                format!("密钥文件第{line}行无法识别，应为 index、data 或 active 行"),
                format!("line {line} of the key file is none of: index ID KEY, data ID KEY, active ID"),
            ),
            Self::Key(line) => Text::new(
                format!("密钥文件第{line}行的密钥应为32字节的base64"),
                format!("the key in line {line} is not 32 bytes in base64"),
            ),
            Self::Id(line) => Text::new(
                format!("密钥文件第{line}行的密钥与其编号不符，可能抄写有误"),
                format!("the key in line {line} does not have the id beside it; was it mistyped?"),
            ),
            Self::Repeated(line) => {
                Text::new(format!("密钥文件第{line}行的密钥重复"), format!("the key in line {line} stands in the file already"))
            }
            Self::Index => Text::new("密钥文件必须恰有一个 index 密钥", "a key file has exactly one index key"),
            Self::Data => {
                Text::new(format!("密钥文件必须有1至{MOST_KEYS}个 data 密钥"), format!("a key file has 1 to {MOST_KEYS} data keys"))
            }
            Self::Active => Text::new(
                "密钥文件必须恰有一行 active，且指向其中一个 data 密钥",
                "a key file names exactly one of its data keys as active",
            ),
        }
    }
}

impl Keyring {
    /// Reads a key file.
    ///
    /// # Errors
    /// [`KeyFileError`], with the line where there is one.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let lines = text.split(['\n', ';']).map(|line| line.split('#').next().unwrap_or_default().trim()).zip(1..);
        let mut lines = lines.filter(|(line, _)| !line.is_empty());
        if lines.next().is_none_or(|(line, _)| words(line) != words(HEADER)) {
            return Err(KeyFileError::Header);
        }
        let (mut index, mut data, mut active) = (None, Vec::<Key>::new(), None);
        for (line, number) in lines {
            match words(line).as_slice() {
                ["index", id, key] if index.is_none() => index = Some(read(Purpose::Index, id, key, number)?),
                ["index", ..] if index.is_some() => return Err(KeyFileError::Index),
                ["data", id, key] => {
                    let key = read(Purpose::Data, id, key, number)?;
                    if data.iter().any(|known| known.id == key.id) {
                        return Err(KeyFileError::Repeated(number));
                    }
                    data.push(key);
                }
                ["active", id] if active.is_none() => active = Some(id.parse::<KeyId>().map_err(|()| KeyFileError::Line(number))?),
                ["active", ..] if active.is_some() => return Err(KeyFileError::Active),
                _ => return Err(KeyFileError::Line(number)),
            }
        }
        let index = index.ok_or(KeyFileError::Index)?;
        if data.is_empty() || data.len() > MOST_KEYS {
            return Err(KeyFileError::Data);
        }
        let active = active.filter(|id| data.iter().any(|key| key.id == *id)).ok_or(KeyFileError::Active)?;
        Ok(Self { index, data, active })
    }

    /// The key file of these keys.
    #[must_use]
    pub fn print(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(1024 + self.data.len() * 64));
        text.push_str("# bangfu: the keys of the personal data. Whoever has this file and the database can read all of it;\n");
        text.push_str("# without this file nobody can, ever again. Keep a copy elsewhere.\n");
        text.push_str("# 个人信息密钥：丢失后无法恢复，请另行妥善备份，切勿与数据库备份放在一起。\n");
        text.push_str(HEADER);
        text.push('\n');
        let keys = std::iter::once((Purpose::Index, &self.index)).chain(self.data.iter().map(|key| (Purpose::Data, key)));
        for (purpose, key) in keys {
            text.push_str(purpose.name());
            text.push_str(&format!(" {} ", key.id));
            text.push_str(&Zeroizing::new(STANDARD.encode(&key.bytes[..])));
            text.push('\n');
        }
        text.push_str(&format!("active {}\n", self.active));
        text
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn read(purpose: Purpose, id: &str, key: &str, line: usize) -> Result<Key, KeyFileError> {
    let id: KeyId = id.parse().map_err(|()| KeyFileError::Line(line))?;
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    let decoded = Zeroizing::new(STANDARD.decode(key).map_err(|_| KeyFileError::Key(line))?);
    if decoded.len() != KEY_BYTES {
        return Err(KeyFileError::Key(line));
    }
    bytes.copy_from_slice(&decoded);
    let key = Key::new(purpose, bytes);
    if key.id == id { Ok(key) } else { Err(KeyFileError::Id(line)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<String, KeyFileError> {
        Keyring::parse(text).map(|ring| ring.print().to_string())
    }

    #[test]
    fn what_is_printed_is_read_again() {
        let mut ring = Keyring::generate();
        ring.renew();
        let text = ring.print();
        assert_eq!(parse(&text).as_deref(), Ok(text.as_str()));
        let in_a_variable: String = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(";");
        assert_eq!(parse(&in_a_variable).as_deref(), Ok(text.as_str()), "semicolons stand for line ends");
        assert_eq!(parse(&text.replace('\n', "\r\n")).as_deref(), Ok(text.as_str()), "as Windows writes it");
    }

    #[test]
    fn every_fault_of_a_key_file_has_its_reason() {
        let (ring, other) = (Keyring::generate(), Keyring::generate());
        let text = ring.print().to_string();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let [header, index, data, active] = lines[..] else { panic!("{lines:?}") };
        let file = |lines: &[&str]| parse(&lines.join("\n"));
        let text = other.print().to_string();
        let foreign: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let mistyped = data.replacen(&data[14..16], if &data[14..16] == "AA" { "BB" } else { "AA" }, 1);
        assert!(file(&[header, index, data, active]).is_ok());
        for (lines, expected) in [
            (vec![], KeyFileError::Header),
            (vec![index, data, active], KeyFileError::Header),
            (vec!["bangfu-keys 2", index, data, active], KeyFileError::Header),
            (vec![header, data, active], KeyFileError::Index),
            (vec![header, index, foreign[1], data, active], KeyFileError::Index),
            (vec![header, index, active], KeyFileError::Data),
            (vec![header, index, data], KeyFileError::Active),
            (vec![header, index, data, active, active], KeyFileError::Active),
            (vec![header, index, data, foreign[3]], KeyFileError::Active),
            (vec![header, index, data, data, active], KeyFileError::Repeated(4)),
            (vec![header, index, &mistyped, active], KeyFileError::Id(3)),
            (vec![header, index, &data.replacen("data", "index", 1)], KeyFileError::Index),
            (vec![header, &data.replacen("data", "index", 1), data, active], KeyFileError::Id(2)),
            (vec![header, index, &data[..data.len() - 4], active], KeyFileError::Key(3)),
            (vec![header, index, &data.replace('=', "!"), active], KeyFileError::Key(3)),
            (vec![header, index, "data zzzzzzzz AAAA", active], KeyFileError::Line(3)),
            (vec![header, index, data, active, "more"], KeyFileError::Line(5)),
            (vec![header, index, "data", active], KeyFileError::Line(3)),
        ] {
            assert_eq!(file(&lines), Err(expected), "{expected:?}");
            assert!(!expected.text().zh.is_ascii() && expected.text().en.is_ascii());
        }
    }

    #[test]
    fn a_fault_repeats_nothing_of_the_file() {
        let error = parse("bangfu-keys 1\ndata 12345678 c2VjcmV0").unwrap_err();
        assert_eq!(error.to_string(), "the key in line 2 is not 32 bytes in base64");
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in "(bangfu-keys 1\n)?(\\PC|\n|;){0,200}") {
            prop_assert!(Keyring::parse(&text).is_err());
        }
    }
}
