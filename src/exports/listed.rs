//! How a list says what its columns are.

use super::value::Value;

/// A column of a list.
#[derive(Debug)]
pub struct Column<T> {
    /// Its name, as the API has it: the head for who reads English.
    pub name: &'static str,
    /// Its head for who reads Chinese.
    pub zh: &'static str,
    /// What stands in it.
    pub value: for<'a> fn(&'a T) -> Value<'a>,
}

/// A row of a list that can be taken as a file. Declared with [`listed!`](crate::listed).
pub trait Listed: Sized + Send + 'static {
    /// The list's name, as it stands in the address: `instructions`.
    const NAME: &'static str;
    /// What it is, in Chinese and in English.
    const TITLE: (&'static str, &'static str);
    /// Its columns from left to right.
    const COLUMNS: &'static [Column<Self>];
    /// Rows of a page: enough that asking takes less time than reading, few enough that the pages on their way through an export
    /// stay within some megabytes.
    const ROWS: u16;
    /// The column that is added up: the one whose sum the list answers as `totals.amount`. At most one.
    const SUM: &'static [&'static str];
}

/// Declares the columns of a list beside its rows: name of the list, what it is in Chinese and English, the column that is added
/// up (if there is one), rows of a page (where they are large), and for each column its field and its Chinese head; what is no field of the row says how it is had.
#[macro_export]
macro_rules! listed {
    (@rows) => { 4000 };
    (@rows $rows:literal) => { $rows };
    (@value $row:ty, $field:ident, $value:expr) => { $value };
    (@value $row:ty, $field:ident) => { |row: &$row| $crate::exports::ToValue::to_value(&row.$field) };
    ($row:ty = $name:literal, $zh:literal, $en:literal $(, sum $sum:ident)? $(, rows $rows:literal)?; $($field:ident $head:literal $(= $value:expr)?),+ $(,)?) => {
        impl $crate::exports::Listed for $row {
            const NAME: &'static str = $name;
            const TITLE: (&'static str, &'static str) = ($zh, $en);
            const COLUMNS: &'static [$crate::exports::Column<Self>] = &[$($crate::exports::Column {
                name: stringify!($field),
                zh: $head,
                value: $crate::listed!(@value $row, $field $(, $value)?),
            }),+];
            const ROWS: u16 = $crate::listed!(@rows $($rows)?);
            const SUM: &'static [&'static str] = &[$(stringify!($sum))?];
        }
    };
}
