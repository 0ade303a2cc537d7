//! What a table looks like: its columns, and what may stand in them. Data that domains declare.

use crate::kernel::{Lang, Text};

use super::{header, row};

/// A text in both languages, for declarations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// 中文
    pub zh: &'static str,
    /// English
    pub en: &'static str,
}

impl Words {
    /// Both languages of one text.
    #[must_use]
    pub const fn new(zh: &'static str, en: &'static str) -> Self {
        Self { zh, en }
    }

    /// The text in one language.
    #[must_use]
    pub const fn get(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    /// The same as the kernel's text.
    #[must_use]
    pub fn text(self) -> Text {
        Text::new(self.zh, self.en)
    }
}

/// A kind of file that people fill in: a list of households, of payee accounts.
#[derive(Debug)]
pub struct Table {
    /// Stable snake_case name, part of the API.
    pub name: &'static str,
    /// What people call it.
    pub title: Words,
    /// Its columns, in the order in which templates show them and digests take them.
    pub columns: &'static [Column],
}

impl Table {
    /// The column of a name, with its place.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<(usize, &Column)> {
        self.columns.iter().enumerate().find(|(_, column)| column.name == name)
    }

    /// What is wrong with the declaration, for the tests of whoever declares: heads that name two columns, examples that the
    /// reader would refuse, names that are not snake_case. Empty when all is well.
    #[must_use]
    pub fn flaws(&self) -> Vec<String> {
        let mut flaws = Vec::new();
        let mut seen: Vec<(String, &str)> = Vec::new();
        for column in self.columns {
            if !column.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
                flaws.push(format!("{} is not snake_case", column.name));
            }
            for head in column.heads() {
                let key = header::key(head);
                match seen.iter().find(|(known, _)| *known == key) {
                    Some((_, owner)) if *owner != column.name => flaws.push(format!("{head} names {owner} and {}", column.name)),
                    Some(_) => {}
                    None => seen.push((key, column.name)),
                }
            }
            if let Err(reason) = row::example(column) {
                flaws.push(format!("the example of {} is refused: {}", column.name, reason.code));
            }
        }
        flaws
    }
}

/// One column of a [`Table`].
#[derive(Debug)]
pub struct Column {
    /// Stable snake_case name, part of the API; also its English head.
    pub name: &'static str,
    /// Its Chinese head.
    pub zh: &'static str,
    /// Other heads under which files have it, in either language.
    pub aliases: &'static [&'static str],
    /// What stands in it.
    pub kind: Kind,
    /// Whether every row must fill it.
    pub required: bool,
    /// An invented value as people would write it; empty for none.
    pub example: &'static str,
    /// What people should know when they fill it in.
    pub note: Words,
}

impl Column {
    /// A column that may be left empty, without aliases, example or note.
    #[must_use]
    pub const fn new(name: &'static str, zh: &'static str, kind: Kind) -> Self {
        Self { name, zh, aliases: &[], kind, required: false, example: "", note: Words::new("", "") }
    }

    /// The same column, to be filled in every row.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same column with other heads that files use.
    #[must_use]
    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// The same column with an invented example.
    #[must_use]
    pub const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// The same column with a note for people.
    #[must_use]
    pub const fn note(self, zh: &'static str, en: &'static str) -> Self {
        Self { note: Words::new(zh, en), ..self }
    }

    /// Its head in one language.
    #[must_use]
    pub const fn head(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.name,
        }
    }

    /// All heads under which it is known.
    pub fn heads(&self) -> impl Iterator<Item = &'static str> {
        [self.name, self.zh].into_iter().chain(self.aliases.iter().copied())
    }
}

/// What stands in a column. Decides how a cell is normalised, read, masked and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words; inner spaces and line breaks are kept.
    Text,
    /// A person's name; an inner `·` is kept, blanks between Chinese characters are not.
    Name,
    /// An identity number of 18 characters (GB 11643).
    Identity,
    /// The number of a card or account, 8 to 32 digits.
    Account,
    /// A number or code that people give and nobody counts with, such as a dossier's: width and blanks carry no meaning, a leading
    /// zero does, so it is refused where a workbook holds it as a quantity.
    Code,
    /// The code or name of something that is recorded already, as [`super::reference`] compares them. Read as a code, but it may be
    /// held as a quantity: one that has lost digits names nothing.
    Reference,
    /// A mobile number, or a landline with or without its area code.
    Phone,
    /// A number that is not counted with: digits only, leading zeros meant.
    Digits {
        /// Fewest digits.
        shortest: usize,
        /// Most digits.
        longest: usize,
    },
    /// An amount of yuan, as [`crate::kernel::Money`] reads it.
    Money,
    /// A day, the year first.
    Date,
    /// A whole number.
    Integer {
        /// The least that is accepted.
        least: i64,
        /// The most that is accepted.
        most: i64,
    },
    /// One of a list.
    Choice(&'static [Choice]),
    /// Yes or no.
    Flag,
}

impl Kind {
    /// Whether it is a number that spreadsheets damage when they take it for a quantity.
    #[must_use]
    pub const fn is_code(self) -> bool {
        matches!(self, Self::Identity | Self::Account | Self::Phone | Self::Digits { .. } | Self::Code | Self::Reference)
    }
}

/// One of the values of a [`Kind::Choice`].
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// Stable snake_case name, part of the API.
    pub name: &'static str,
    /// Its name in Chinese.
    pub zh: &'static str,
    /// Other ways to write it.
    pub aliases: &'static [&'static str],
}

impl Choice {
    /// A choice with its names.
    #[must_use]
    pub const fn new(name: &'static str, zh: &'static str, aliases: &'static [&'static str]) -> Self {
        Self { name, zh, aliases }
    }

    /// Its name in one language.
    #[must_use]
    pub const fn word(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.name,
        }
    }
}
