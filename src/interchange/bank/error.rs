//! Why a file to or from a bank is refused, and why a single row of it cannot be used.

use crate::kernel::refusal::{Code, Status};

/// Nothing in the file.
pub static FILE_EMPTY: Code = Code::new("bank_file_empty", Status::Unreadable, "文件为空", "The file is empty");
/// Bytes that are not text of the encoding.
pub static FILE_ENCODING: Code = Code::new(
    "bank_file_encoding",
    Status::Unreadable,
    "文件编码不正确或不受支持",
    "The file is not text of its encoding, or the encoding is not supported",
);
/// Not the format that was expected.
pub static FILE_FORMAT: Code = Code::new("bank_file_format", Status::Unreadable, "文件格式不符", "The file is not of the expected format");
/// It ends too early.
pub static FILE_TRUNCATED: Code = Code::new("bank_file_truncated", Status::Unreadable, "文件不完整", "The file ends too early");
/// Larger than is read: of a file, a line, an element, or a depth.
pub static FILE_TOO_LARGE: Code =
    Code::new("bank_file_too_large", Status::Unprocessable, "文件或其中一项超过上限", "The file, or one item of it, is over the limit");
/// A document type or an entity of its own: never expanded.
pub static FILE_DOCTYPE: Code = Code::new(
    "bank_file_doctype",
    Status::Unprocessable,
    "不接受含文档类型定义或自定义实体的 XML 文件",
    "XML with a document type or entities of its own is not accepted",
);
/// The transport failed while the file was being read.
pub static FILE_UNREADABLE: Code = Code::new("bank_file_unreadable", Status::Unreadable, "文件无法读取", "The file cannot be read");
/// A header line is not the one that the layout describes.
pub static HEADER_UNEXPECTED: Code =
    Code::new("bank_header_unexpected", Status::Unprocessable, "首行与版式不符", "A header line is not as the layout describes");
/// A trailer line is missing or not the one that the layout describes.
pub static TRAILER_UNEXPECTED: Code = Code::new(
    "bank_trailer_unexpected",
    Status::Unprocessable,
    "末行缺失或与版式不符",
    "A trailer line is missing or not as the layout describes",
);
/// Control totals differ from what was read.
pub static CONTROL_TOTALS_MISMATCH: Code =
    Code::new("bank_control_totals_mismatch", Status::Unprocessable, "控制合计与明细不符", "The control totals differ from the rows read");
/// Opening balance and lines do not give the closing balance.
pub static STATEMENT_UNBALANCED: Code = Code::new(
    "statement_unbalanced",
    Status::Unprocessable,
    "期初余额加明细不等于期末余额",
    "Opening balance and lines do not give the closing balance",
);
/// Lines outside any statement, or a statement without an account.
pub static STATEMENT_INCOMPLETE: Code =
    Code::new("statement_incomplete", Status::Unprocessable, "对账单缺少必要内容", "The statement lacks something it must have");
/// A layout contradicts itself.
pub static LAYOUT_INVALID: Code = Code::new("bank_layout_invalid", Status::Unprocessable, "版式定义有误", "The layout contradicts itself");
/// A payment has text that the file cannot carry.
pub static PAYMENT_UNWRITABLE: Code =
    Code::new("bank_payment_unwritable", Status::Unprocessable, "该笔支付无法写入文件", "This payment cannot be written to the file");
/// The payments given are not those of the order: count, total, or a reference twice.
pub static ORDER_MISMATCH: Code =
    Code::new("bank_order_mismatch", Status::Unprocessable, "支付明细与批次不符", "The payments are not those of the order");
/// The order itself has text that the file cannot carry.
pub static ORDER_UNWRITABLE: Code =
    Code::new("bank_order_unwritable", Status::Unprocessable, "批次信息无法写入文件", "The order cannot be written to the file");
/// The file could not be written out.
pub static FILE_UNWRITABLE: Code =
    Code::new("bank_file_unwritable", Status::Unprocessable, "文件写出失败", "The file could not be written out");
/// A row has not the columns it should.
pub static ROW_SHAPE: Code =
    Code::new("bank_row_shape", Status::Unprocessable, "该行的列与版式不符", "The row has not the columns of the layout");
/// A row is not text of the file's encoding, or has characters no text has.
pub static ROW_ENCODING: Code =
    Code::new("bank_row_encoding", Status::Unprocessable, "该行编码不正确", "The row is not text of the file's encoding");
/// An amount that is none.
pub static ROW_AMOUNT: Code =
    Code::new("bank_row_amount", Status::Unprocessable, "该行金额无法识别", "The amount of the row cannot be read");
/// A date that is none.
pub static ROW_DATE: Code = Code::new("bank_row_date", Status::Unprocessable, "该行日期无法识别", "The date of the row cannot be read");
/// Neither credit nor debit.
pub static ROW_DIRECTION: Code =
    Code::new("bank_row_direction", Status::Unprocessable, "该行借贷方向无法识别", "The row is neither credit nor debit");
/// An amount in another currency than yuan.
pub static ROW_CURRENCY: Code = Code::new("bank_row_currency", Status::Unprocessable, "该行币种不是人民币", "The row is not in yuan");
/// Something a row must have is missing.
pub static ROW_INCOMPLETE: Code =
    Code::new("bank_row_incomplete", Status::Unprocessable, "该行缺少必要内容", "The row lacks something it must have");
/// A statement names a movement that the bank has not booked.
pub static ROW_NOT_BOOKED: Code = Code::new("bank_row_not_booked", Status::Unprocessable, "该笔尚未入账", "The movement is not booked yet");

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &FILE_EMPTY,
    &FILE_ENCODING,
    &FILE_FORMAT,
    &FILE_TRUNCATED,
    &FILE_TOO_LARGE,
    &FILE_DOCTYPE,
    &FILE_UNREADABLE,
    &HEADER_UNEXPECTED,
    &TRAILER_UNEXPECTED,
    &CONTROL_TOTALS_MISMATCH,
    &STATEMENT_UNBALANCED,
    &STATEMENT_INCOMPLETE,
    &LAYOUT_INVALID,
    &PAYMENT_UNWRITABLE,
    &ORDER_MISMATCH,
    &ORDER_UNWRITABLE,
    &FILE_UNWRITABLE,
    &ROW_SHAPE,
    &ROW_ENCODING,
    &ROW_AMOUNT,
    &ROW_DATE,
    &ROW_DIRECTION,
    &ROW_CURRENCY,
    &ROW_INCOMPLETE,
    &ROW_NOT_BOOKED,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name_and_both_languages() {
        let names: std::collections::BTreeSet<_> = CODES.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), CODES.len());
        assert!(CODES.iter().all(|code| !code.zh.is_ascii() && code.en.is_ascii()));
    }
}
