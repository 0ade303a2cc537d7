//! A cell as a file has it, before anything is known of its column.

/// How a cell came to its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Written as text.
    Text,
    /// A quantity of a workbook; the text is its shortest decimal form.
    Number,
    /// A day of a workbook, the text ISO 8601.
    Date,
    /// A formula; the text is what was last computed, or the formula itself.
    Formula,
    /// An error of a spreadsheet, such as `#N/A`.
    Error,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawCell {
    pub text: String,
    pub origin: Origin,
}

impl RawCell {
    pub const fn empty() -> Self {
        Self { text: String::new(), origin: Origin::Text }
    }

    pub const fn new(text: String, origin: Origin) -> Self {
        Self { text, origin }
    }
}

/// One row, numbered as a spreadsheet shows it, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawRow {
    pub number: u32,
    pub cells: Vec<RawCell>,
}
