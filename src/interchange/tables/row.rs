//! One row of a file, by the columns of its table.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::cell::{Origin, RawRow};
use super::fault::{Fault, Reason, shortened, shown};
use super::header::Layout;
use super::normal::normal;
use super::schema::{Choice, Column, Kind, Table};
use super::value::{Value, read};
use crate::kernel::Money;
use crate::kernel::identity_number::IdentityNumber;

/// A table and how one file lays it out.
#[derive(Debug)]
pub(super) struct Shape {
    pub table: &'static Table,
    pub layout: Layout,
}

/// One row, its cells normalised and not yet read. Each getter reads one cell; the columns are named as the [`Table`] names them.
///
/// Every getter gives `Ok(None)` for an empty cell, or for a column that the file does not have.
///
/// # Errors
/// Every getter gives a [`Fault`] with the code `required` for an empty cell in a required column, `formula`,
/// `spreadsheet_error`, `spreadsheet_overflow`, `scientific_notation`, `trailing_decimal`, `digits_lost`, `leading_zero_lost` or
/// `turned_into_day` for what a spreadsheet has damaged, `column_undeclared` when the table has no such column of the getter's kind (a defect of the caller), and the
/// codes named beside it.
#[derive(Debug, Clone)]
pub struct Row {
    number: u32,
    shape: Arc<Shape>,
    cells: Vec<Option<Held>>,
}

#[derive(Debug, Clone)]
struct Held {
    text: String,
    origin: Origin,
}

impl Row {
    pub(super) fn new(shape: &Arc<Shape>, raw: &RawRow) -> Self {
        let cells = shape.table.columns.iter().zip(&shape.layout.places).map(|(column, place)| {
            let cell = raw.cells.get((*place)?)?;
            let text = normal(column.kind, &cell.text);
            // A formula without a result is still a formula.
            (!text.is_empty() || cell.origin == Origin::Formula).then_some(Held { text, origin: cell.origin })
        });
        Self { number: raw.number, shape: Arc::clone(shape), cells: cells.collect() }
    }

    /// The row as a spreadsheet shows it, from 1.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// SHA-256 over what the row means, column by column in the table's order. The same row
    /// saved in another format, encoding or order of columns has the same digest; a cell that cannot be read counts by its text.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut sha = Sha256::new();
        let mut add = |text: Option<&str>| {
            // A length in front keeps `ab|c` and `a|bc` apart; an empty cell has none.
            let length = text.and_then(|text| u32::try_from(text.len()).ok()).unwrap_or(u32::MAX);
            sha.update(length.to_be_bytes());
            sha.update(text.unwrap_or_default().as_bytes());
        };
        add(Some(self.shape.table.name));
        for (column, cell) in self.shape.table.columns.iter().zip(&self.cells) {
            let value = cell
                .as_ref()
                .map(|held| read(column.kind, &held.text, held.origin).map_or_else(|_| held.text.clone(), |value| value.canonical()));
            add(value.as_deref());
        }
        sha.finalize().into()
    }

    /// Every fault of the row by its columns' kinds, in the table's order; empty when all can be read.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.shape.table.columns.iter().filter_map(|column| self.value(column.name).err()).collect()
    }

    /// A fault of this row that a rule of the domain found in a column, with the cell's value masked.
    #[must_use]
    pub fn fault(&self, column: &'static str, code: impl Into<Cow<'static, str>>, zh: impl Into<String>, en: impl Into<String>) -> Fault {
        Fault { code: code.into(), ..self.fault_at(column, Reason::new("", zh, en)) }
    }

    /// The normalised text of a cell, whatever its kind, without reading it: for a domain that keeps what people wrote.
    #[must_use]
    pub fn written(&self, column: &str) -> Option<&str> {
        let (index, _) = self.shape.table.column(column)?;
        self.cells.get(index)?.as_ref().map(|held| held.text.as_str())
    }

    /// A text, a code, or the name or code of something that is recorded.
    #[expect(clippy::missing_errors_doc, reason = "the type says which errors all getters give")]
    pub fn text(&self, column: &'static str) -> Result<Option<String>, Fault> {
        self.typed(column, |value| if let Value::Text(text) = value { Some(text) } else { None })
    }

    /// A person's name.
    #[expect(clippy::missing_errors_doc, reason = "the type says which errors all getters give")]
    pub fn name(&self, column: &'static str) -> Result<Option<String>, Fault> {
        self.text(column)
    }

    /// An identity number.
    ///
    /// # Errors
    /// `identity_number_17_digits`, and the codes of [`crate::kernel::identity_number::IdentityNumberError`].
    pub fn identity(&self, column: &'static str) -> Result<Option<IdentityNumber>, Fault> {
        self.typed(column, |value| if let Value::Identity(number) = value { Some(number) } else { None })
    }

    /// The digits of an account or card, 8 to 32.
    ///
    /// # Errors
    /// `account_character`, `account_length`.
    pub fn account(&self, column: &'static str) -> Result<Option<String>, Fault> {
        self.text(column)
    }

    /// The digits of a phone number, without the country's code.
    ///
    /// # Errors
    /// `phone_ten_digits`, `phone_character`, `phone_malformed`.
    pub fn phone(&self, column: &'static str) -> Result<Option<String>, Fault> {
        self.text(column)
    }

    /// The digits of a code.
    ///
    /// # Errors
    /// `digits_character`, `digits_length`, `leading_zero_lost`.
    pub fn digits(&self, column: &'static str) -> Result<Option<String>, Fault> {
        self.text(column)
    }

    /// An amount of yuan.
    ///
    /// # Errors
    /// The codes of [`crate::kernel::money::MoneyError`].
    pub fn money(&self, column: &'static str) -> Result<Option<Money>, Fault> {
        self.typed(column, |value| if let Value::Money(amount) = value { Some(amount) } else { None })
    }

    /// A day, from 1880 to 2199.
    ///
    /// # Errors
    /// `date_serial`, `date_ambiguous`, `date_unknown`, `date_has_time`, `date_malformed`.
    pub fn date(&self, column: &'static str) -> Result<Option<NaiveDate>, Fault> {
        self.typed(column, |value| if let Value::Date(day) = value { Some(day) } else { None })
    }

    /// A whole number within the column's bounds.
    ///
    /// # Errors
    /// `integer_fraction`, `integer_malformed`, `integer_out_of_range`.
    pub fn integer(&self, column: &'static str) -> Result<Option<i64>, Fault> {
        self.typed(column, |value| if let Value::Integer(number) = value { Some(number) } else { None })
    }

    /// One of the column's choices.
    ///
    /// # Errors
    /// `choice_unknown`.
    pub fn choice(&self, column: &'static str) -> Result<Option<&'static Choice>, Fault> {
        self.typed(column, |value| if let Value::Choice(choice) = value { Some(choice) } else { None })
    }

    /// Yes or no.
    ///
    /// # Errors
    /// `flag_unknown`.
    pub fn flag(&self, column: &'static str) -> Result<Option<bool>, Fault> {
        self.typed(column, |value| if let Value::Flag(flag) = value { Some(flag) } else { None })
    }

    fn typed<T>(&self, column: &'static str, take: impl FnOnce(Value) -> Option<T>) -> Result<Option<T>, Fault> {
        match self.value(column)? {
            None => Ok(None),
            Some(value) => take(value).map(Some).ok_or_else(|| self.undeclared(column)),
        }
    }

    fn value(&self, name: &'static str) -> Result<Option<Value>, Fault> {
        let Some((index, column)) = self.shape.table.column(name) else {
            return Err(self.undeclared(name));
        };
        match self.cells.get(index).and_then(Option::as_ref) {
            Some(held) => read(column.kind, &held.text, held.origin).map(Some).map_err(|reason| self.fault_at(name, reason)),
            None if column.required => Err(self.fault_at(name, Reason::new("required", "必填，不能为空", "must be filled in"))),
            None => Ok(None),
        }
    }

    fn undeclared(&self, column: &'static str) -> Fault {
        self.fault_at(
            column,
            Reason::new("column_undeclared", "程序读取了表中未定义的列", "the program read a column that the table does not declare"),
        )
    }

    fn fault_at(&self, name: &'static str, Reason { code, text }: Reason) -> Fault {
        let found = self.shape.table.column(name);
        let held = found.and_then(|(index, _)| self.cells.get(index)?.as_ref());
        let header =
            found.and_then(|(index, _)| self.shape.layout.heads.get(index)).map_or_else(|| name.to_owned(), |head| shortened(head));
        let kind = found.map_or(Kind::Text, |(_, column)| column.kind);
        let value = held.map_or_else(String::new, |held| shown(kind, &held.text));
        Fault { row: self.number, column: name, header, value, code: code.into(), text }
    }
}

/// Whether the example of a declared column would be taken.
pub(super) fn example(column: &Column) -> Result<(), Reason> {
    let text = normal(column.kind, column.example);
    if text.is_empty() { Ok(()) } else { read(column.kind, &text, Origin::Text).map(drop) }
}
