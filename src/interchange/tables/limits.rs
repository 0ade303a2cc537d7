//! How much of a file is taken in. What goes beyond is refused before it is held.

/// Bounds for reading one file. The defaults suit a federation's lists: a million rows, some tens of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Rows below the heading.
    pub rows: u32,
    /// Columns with something in them.
    pub columns: usize,
    /// Characters of one cell.
    pub cell_chars: usize,
    /// Bytes of one line of a CSV file, line breaks within quotes included.
    pub line_bytes: usize,
    /// Bytes that all parts of an XLSX file inflate to.
    pub inflated_bytes: u64,
    /// Bytes that the shared texts of an XLSX file inflate to; they are held while the file is read. Each counts for what it takes
    /// as `<si><t></t></si>` at least, so that very many empty ones are refused too.
    pub shared_text_bytes: u64,
    /// How many times its size a part of an XLSX file inflates to; parts below a megabyte may do as they like.
    pub inflation: u64,
    /// Parts of an XLSX file.
    pub parts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            rows: 1_000_000,
            columns: 200,
            cell_chars: 4_000,
            line_bytes: 1 << 20,
            inflated_bytes: 512 << 20,
            shared_text_bytes: 192 << 20,
            inflation: 200,
            parts: 1_000,
        }
    }
}
