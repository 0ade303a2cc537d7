//! Why a whole file is refused. What is wrong with one row is a [`super::Fault`].

use crate::kernel::{Code, Refusal, Status};

/// Nothing is in the file.
pub static TABLE_EMPTY: Code = Code::new("table_empty", Status::Unprocessable, "文件是空的", "The file is empty");
/// The file is larger than is accepted.
pub static TABLE_TOO_LARGE: Code = Code::new("table_too_large", Status::TooLarge, "文件过大", "The file is too large");
/// The file is neither XLSX nor CSV.
pub static TABLE_FORMAT: Code =
    Code::new("table_format", Status::Unprocessable, "文件不是 XLSX 或 CSV 表格", "The file is neither an XLSX nor a CSV table");
/// The text is neither UTF-8 nor GB18030.
pub static TABLE_ENCODING: Code =
    Code::new("table_encoding", Status::Unprocessable, "文件的编码无法识别", "The encoding of the file cannot be read");
/// No line of heads among the first rows.
pub static TABLE_HEADER_MISSING: Code = Code::new(
    "table_header_missing",
    Status::Unprocessable,
    "前二十行内没有找到表头",
    "No column heads were found in the first twenty rows",
);
/// A column that every row must fill is not there.
pub static TABLE_COLUMN_MISSING: Code =
    Code::new("table_column_missing", Status::Unprocessable, "缺少必填的列", "A required column is missing");
/// Two columns of the file are the same column.
pub static TABLE_COLUMN_TWICE: Code = Code::new("table_column_twice", Status::Unprocessable, "同一列出现了两次", "A column is there twice");
/// More than one sheet of a workbook has rows of the table.
pub static TABLE_SEVERAL_SHEETS: Code =
    Code::new("table_several_sheets", Status::Unprocessable, "多个工作表都有数据", "Several sheets have rows");
/// More rows than are accepted, or rows that go on on a further sheet.
pub static TABLE_TOO_MANY_ROWS: Code = Code::new("table_too_many_rows", Status::Unprocessable, "行数过多", "There are too many rows");
/// More columns than are accepted.
pub static TABLE_TOO_MANY_COLUMNS: Code =
    Code::new("table_too_many_columns", Status::Unprocessable, "列数过多", "There are too many columns");
/// A cell is longer than is accepted.
pub static TABLE_CELL_TOO_LONG: Code = Code::new("table_cell_too_long", Status::Unprocessable, "单元格内容过长", "A cell is too long");
/// A line of a CSV file is longer than is accepted; often a quotation mark that is never closed.
pub static TABLE_LINE_TOO_LONG: Code = Code::new("table_line_too_long", Status::Unprocessable, "某一行过长", "A line is too long");
/// A quotation mark is never closed.
pub static TABLE_QUOTE_OPEN: Code =
    Code::new("table_quote_open", Status::Unprocessable, "引号没有配对", "A quotation mark is never closed");
/// A workbook that inflates beyond measure, is encrypted, or whose parts contradict its directory.
pub static TABLE_ARCHIVE_UNSAFE: Code = Code::new(
    "table_archive_unsafe",
    Status::Unprocessable,
    "工作簿的压缩内容不被接受",
    "The workbook's compressed content is not accepted",
);
/// A workbook whose parts cannot be read.
pub static TABLE_WORKBOOK_MALFORMED: Code =
    Code::new("table_workbook_malformed", Status::Unprocessable, "工作簿已损坏，无法读取", "The workbook is damaged and cannot be read");
/// A table could not be written: its destination failed, or a text fits into no cell.
pub static TABLE_NOT_WRITTEN: Code = Code::new("table_not_written", Status::Internal, "表格未能写出", "The table could not be written");

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &TABLE_EMPTY,
    &TABLE_TOO_LARGE,
    &TABLE_FORMAT,
    &TABLE_ENCODING,
    &TABLE_HEADER_MISSING,
    &TABLE_COLUMN_MISSING,
    &TABLE_COLUMN_TWICE,
    &TABLE_SEVERAL_SHEETS,
    &TABLE_TOO_MANY_ROWS,
    &TABLE_TOO_MANY_COLUMNS,
    &TABLE_CELL_TOO_LONG,
    &TABLE_LINE_TOO_LONG,
    &TABLE_QUOTE_OPEN,
    &TABLE_ARCHIVE_UNSAFE,
    &TABLE_WORKBOOK_MALFORMED,
    &TABLE_NOT_WRITTEN,
];

/// The workbook cannot be read: which part of it, for whoever made it.
pub(super) fn malformed(what: &str) -> Refusal {
    TABLE_WORKBOOK_MALFORMED
        .because(format!("工作簿已损坏，无法读取（{what}）"), format!("the workbook is damaged and cannot be read ({what})"))
}

/// More rows than the limit.
pub(super) fn too_many_rows(limit: u32) -> Refusal {
    TABLE_TOO_MANY_ROWS
        .because(format!("行数超过{limit}，请分成几个文件"), format!("there are more than {limit} rows; split the file"))
        .with("limit", limit)
}

/// More columns than the limit.
pub(super) fn too_many_columns(row: u32, limit: usize) -> Refusal {
    TABLE_TOO_MANY_COLUMNS
        .because(format!("第{row}行超过{limit}列"), format!("row {row} has more than {limit} columns"))
        .with("row", row)
        .with("limit", limit)
}

/// A carriage return that ends a line for some programs and not for others.
pub(super) fn lines_run_together(row: u32) -> Refusal {
    TABLE_FORMAT
        .because(
            format!("第{row}行中间有单独的回车（CR），可能是几行连在了一起；请另存为「CSV UTF-8」或 XLSX"),
            format!("row {row} has a carriage return (CR) inside, where lines may run together; save the file as \"CSV UTF-8\" or XLSX"),
        )
        .with("row", row)
}

/// A cell longer than the limit.
pub(super) fn cell_too_long(row: u32, limit: usize) -> Refusal {
    TABLE_CELL_TOO_LONG
        .because(format!("第{row}行有单元格超过{limit}个字符"), format!("row {row} has a cell of more than {limit} characters"))
        .with("row", row)
        .with("limit", limit)
}
