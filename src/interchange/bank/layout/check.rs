//! Whether a layout describes a file at all, with everything that is wrong with it at once.

use std::collections::BTreeSet;

use super::{Amounts, Column, Field, Kind, Layout, Purpose};
use crate::interchange::bank::error::LAYOUT_INVALID;
use crate::interchange::bank::row::is_plain;
use crate::kernel::refusal::{FieldError, Refusal};

/// Cells of a line, and lines before or after the rows, at most.
const MOST_COLUMNS: usize = 100;
const MOST_FRAMES: usize = 50;

impl Layout {
    /// Whether it describes a file for this purpose.
    ///
    /// # Errors
    /// `bank_layout_invalid`, with a JSON pointer for each fault.
    pub fn check(&self, purpose: Purpose) -> Result<(), Refusal> {
        let mut faults = Faults(Vec::new());
        self.check_whole(&mut faults);
        self.check_codes(purpose, &mut faults);
        self.check_line(&self.columns, "/columns", Place::Row, purpose, &mut faults);
        for (place, name, frames) in [(Place::Frame, "headers", &self.headers), (Place::Frame, "trailers", &self.trailers)] {
            faults.when(frames.len() > MOST_FRAMES, &format!("/{name}"), "too_many", "行数过多", "there are too many lines");
            for (index, frame) in frames.iter().enumerate() {
                let pointer = format!("/{name}/{index}");
                faults.when(
                    frame.any && purpose == Purpose::Payments,
                    &pointer,
                    "any_unwritable",
                    "任意内容的行不能写出",
                    "a line of any content cannot be written",
                );
                faults.when(
                    frame.any != frame.columns.is_empty(),
                    &pointer,
                    "frame_ambiguous",
                    "要么列出各列，要么为任意内容",
                    "it has either columns or any content",
                );
                self.check_line(&frame.columns, &format!("{pointer}/columns"), place, purpose, &mut faults);
            }
        }
        self.check_needed(purpose, &mut faults);
        if faults.0.is_empty() { Ok(()) } else { Err(LAYOUT_INVALID.refuse().with_fields(faults.0)) }
    }

    fn check_whole(&self, faults: &mut Faults) {
        faults.when(self.name.trim().is_empty(), "/name", "blank", "不能为空", "must not be blank");
        if let Kind::Delimited { separator, quote } = &self.kind {
            let length = separator.chars().count();
            // A quote, digit, letter, point or minus between cells could not be told from what is in them.
            let usable = |character: char| {
                (is_plain(character) && !character.is_alphanumeric() && !matches!(character, '.' | '-')) || character == '\t'
            };
            let good = (1..=4).contains(&length) && separator.chars().all(usable) && separator.trim_matches(' ').len() == separator.len();
            faults.when(!good, "/kind/delimited/separator", "separator_unusable", "分隔符不可用", "this separator cannot be used");
            let bad = quote.is_some_and(|quote| !matches!(quote, '"' | '\'') || separator.contains(quote));
            faults.when(
                bad,
                "/kind/delimited/quote",
                "quote_unusable",
                "引号只能是 \" 或 '，且不得在分隔符中",
                "a quote is \" or ', and not part of the separator",
            );
        }
    }

    fn check_codes(&self, purpose: Purpose, faults: &mut Faults) {
        faults.when(
            purpose == Purpose::Results && self.codes.is_empty(),
            "/codes",
            "codes_missing",
            "没有说明结果代码",
            "no result code is explained",
        );
        let untidy = self.codes.keys().chain(self.directions.keys()).any(|key| key.trim() != key);
        faults.when(untidy, "/codes", "code_untidy", "代码首尾不能有空白", "a code must not begin or end with a blank");
    }

    fn check_line(&self, columns: &[Column], pointer: &str, place: Place, purpose: Purpose, faults: &mut Faults) {
        faults.when(columns.len() > MOST_COLUMNS, pointer, "too_many", "列数过多", "there are too many columns");
        faults.when(columns.is_empty() && place == Place::Row, pointer, "columns_missing", "没有列", "there are no columns");
        let mut seen = BTreeSet::new();
        for (index, column) in columns.iter().enumerate() {
            let at = |member: &str| format!("{pointer}/{index}/{member}");
            let field = column.field;
            faults.when(
                !allowed(field, place, purpose),
                &at("field"),
                "field_misplaced",
                "该字段不能用在这里",
                "this field cannot stand here",
            );
            let repeatable = matches!(field, Field::Literal | Field::Blank) || purpose == Purpose::Payments;
            faults.when(!repeatable && !seen.insert(field), &at("field"), "field_repeated", "同一字段出现两次", "the field is there twice");
            faults.when(
                (field == Field::Literal) != column.text.is_some(),
                &at("text"),
                "text_misplaced",
                "固定文字必须且只能有内容",
                "a literal, and nothing else, has a text",
            );
            faults.when(
                column.truncate && !may_be_shortened(field),
                &at("truncate"),
                "truncate_forbidden",
                "该字段不得截断",
                "this field must not be shortened",
            );
            self.check_width(column, &at, faults);
            if let Some(text) = &column.text {
                let fits = text.chars().all(is_plain) && self.encoding.encode(text).is_ok();
                faults.when(!fits, &at("text"), "text_unwritable", "文字无法写入", "the text cannot be written");
            }
        }
    }

    fn check_width(&self, column: &Column, at: &dyn Fn(&str) -> String, faults: &mut Faults) {
        let fixed = self.kind == Kind::FixedWidth;
        let width = column.width.map(usize::from);
        faults.when(
            fixed != width.is_some_and(|width| width > 0),
            &at("width"),
            "width_misplaced",
            "定长文件的每一列必须有宽度，分隔文件不得有",
            "fixed width columns, and only those, have a width",
        );
        let pad = column.pad.unwrap_or(' ');
        faults.when(
            !(pad == ' ' || pad.is_ascii_graphic()) || (!fixed && column.pad.is_some()),
            &at("pad"),
            "pad_unusable",
            "填充字符不可用",
            "this cannot fill a width",
        );
        // Zeros around an account or a reference would become part of it, or take part of it away.
        let zeros = pad.is_ascii_alphanumeric() && !(pad == '0' && is_number(column.field) && column.align == super::Align::Right);
        faults.when(
            zeros,
            &at("pad"),
            "pad_ambiguous",
            "只有右对齐的数字可以用 0 填充",
            "only numbers on the right side can be filled, and with 0",
        );
        if let (Some(width), Some(needed)) = (width, least_width(column.field, self.amounts)) {
            faults.when(fixed && width < needed, &at("width"), "width_too_small", "宽度不足", "the width is too small");
        }
    }

    fn check_needed(&self, purpose: Purpose, faults: &mut Faults) {
        let has = |field: Field| self.columns.iter().any(|column| column.field == field);
        let referenced = [Field::Reference, Field::ReferenceDashed, Field::ReferenceShort, Field::Sequence].into_iter().any(has);
        let missing = |zh: &str, en: &str| FieldError::new("/columns", "columns_missing", zh, en);
        match purpose {
            Purpose::Payments => {
                if !(referenced && has(Field::Amount) && has(Field::CreditorAccount)) {
                    faults.0.push(missing(
                        "至少要有参考号或序号、金额和收款账号",
                        "there must be a reference or sequence, the amount and the payee's account",
                    ));
                }
            }
            Purpose::Results => {
                if !(referenced && has(Field::ResultCode)) {
                    faults
                        .0
                        .push(missing("至少要有参考号或序号，以及结果代码", "there must be a reference or sequence, and the result code"));
                }
            }
            Purpose::Statement => {
                let ways = [has(Field::SignedAmount), has(Field::Debit) && has(Field::Credit), has(Field::Amount) && has(Field::Direction)];
                if ways.into_iter().filter(|way| *way).count() != 1 || !has(Field::BookedOn) {
                    faults.0.push(missing(
                        "要有入账日期，以及带符号金额、借贷两列、金额加方向三者之一",
                        "there must be the booking day and one of: a signed amount, debit and credit, amount and direction",
                    ));
                }
                faults.when(
                    has(Field::Direction) && self.directions.is_empty(),
                    "/directions",
                    "directions_missing",
                    "没有说明借贷标志",
                    "no direction mark is explained",
                );
            }
        }
    }
}

struct Faults(Vec<FieldError>);

impl Faults {
    fn when(&mut self, wrong: bool, pointer: &str, code: &str, zh: &str, en: &str) {
        if wrong {
            self.0.push(FieldError::new(pointer, code, zh, en));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Row,
    Frame,
}

/// Where a field may stand.
fn allowed(field: Field, place: Place, purpose: Purpose) -> bool {
    use Field as F;
    match (purpose, place) {
        (_, _) if matches!(field, F::Literal | F::Blank) => true,
        (Purpose::Payments, Place::Row) => matches!(
            field,
            F::Reference
                | F::ReferenceDashed
                | F::ReferenceShort
                | F::Sequence
                | F::Amount
                | F::Currency
                | F::CreditorName
                | F::CreditorAccount
                | F::CreditorBankCode
                | F::CreditorBankName
                | F::Remittance
                | F::Date
                | F::BatchReference
                | F::DebtorName
                | F::DebtorAccount
                | F::DebtorBankCode
        ),
        (Purpose::Payments, Place::Frame) => matches!(
            field,
            F::Count
                | F::Total
                | F::Date
                | F::BatchReference
                | F::MessageId
                | F::DebtorName
                | F::DebtorAccount
                | F::DebtorBankCode
                | F::Currency
        ),
        (Purpose::Results, Place::Row) => matches!(
            field,
            F::Reference | F::ReferenceDashed | F::ReferenceShort | F::Sequence | F::Amount | F::Currency | F::Date | F::ResultCode | F::Reason
                // Banks repeat what they were sent; it is read over.
                | F::CreditorName | F::CreditorAccount | F::CreditorBankCode | F::CreditorBankName | F::Remittance | F::BatchReference
        ),
        (Purpose::Results, Place::Frame) => matches!(
            field,
            F::Count
                | F::Total
                | F::SettledCount
                | F::SettledTotal
                | F::FailedCount
                | F::FailedTotal
                | F::BatchReference
                | F::MessageId
                | F::Date
        ),
        (Purpose::Statement, Place::Row) => matches!(
            field,
            F::BookedOn
                | F::ValueOn
                | F::Debit
                | F::Credit
                | F::SignedAmount
                | F::Amount
                | F::Direction
                | F::Balance
                | F::EntryReference
                | F::Reference
                | F::ReferenceDashed
                | F::ReferenceShort
                | F::CounterpartyName
                | F::CounterpartyAccount
                | F::Remittance
                | F::BankCode
                | F::Reason
                | F::Currency
        ),
        (Purpose::Statement, Place::Frame) => {
            matches!(field, F::Account | F::StatementId | F::OpeningBalance | F::ClosingBalance | F::From | F::To | F::Currency | F::Count)
        }
    }
}

fn may_be_shortened(field: Field) -> bool {
    matches!(field, Field::CreditorName | Field::CreditorBankName | Field::Remittance | Field::DebtorName)
}

fn is_number(field: Field) -> bool {
    use Field as F;
    matches!(
        field,
        F::Amount
            | F::Sequence
            | F::Count
            | F::Total
            | F::SettledCount
            | F::SettledTotal
            | F::FailedCount
            | F::FailedTotal
            | F::Debit
            | F::Credit
            | F::Balance
            | F::OpeningBalance
            | F::ClosingBalance
    )
}

fn least_width(field: Field, amounts: Amounts) -> Option<usize> {
    match field {
        Field::Reference => Some(32),
        Field::ReferenceDashed => Some(36),
        Field::ReferenceShort => Some(16),
        Field::Amount | Field::Total => Some(if amounts == Amounts::Yuan { 4 } else { 1 }),
        Field::Date | Field::BookedOn | Field::ValueOn => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::neutral;
    use super::*;

    #[test]
    fn the_neutral_layouts_are_sound() {
        neutral::payments().check(Purpose::Payments).unwrap();
        neutral::results().check(Purpose::Results).unwrap();
        neutral::statement().check(Purpose::Statement).unwrap();
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_pointers() {
        let json = r#"{"name":" ","encoding":"gb18030","kind":{"delimited":{"separator":"1","quote":"x"}},"amounts":"fen","dates":"compact",
            "headers":[{"columns":[{"field":"amount"}]},{"any":true}],
            "columns":[{"field":"creditor_account","truncate":true},{"field":"literal"},{"field":"reference","text":"x","width":3},{"field":"balance"}]}"#;
        let layout: Layout = serde_json::from_str(json).unwrap();
        let refusal = layout.check(Purpose::Payments).unwrap_err();
        let pointers: BTreeSet<&str> = refusal.fields.iter().map(|field| field.pointer.as_str()).collect();
        for pointer in [
            "/name",
            "/kind/delimited/separator",
            "/kind/delimited/quote",
            "/headers/0/columns/0/field",
            "/headers/1",
            "/columns/0/truncate",
            "/columns/1/text",
            "/columns/2/text",
            "/columns/2/width",
            "/columns/3/field",
            "/columns",
        ] {
            assert!(pointers.contains(pointer), "{pointer} among {pointers:?}");
        }
    }

    #[test]
    fn an_account_is_never_filled_with_zeros_nor_a_reference_cut() {
        let json = r#"{"name":"x","encoding":"utf8","kind":"fixed_width","amounts":"yuan","dates":"compact","columns":[
            {"field":"creditor_account","width":23,"align":"right","pad":"0"},{"field":"reference","width":20},{"field":"amount","width":12,"pad":"0"}]}"#;
        let layout: Layout = serde_json::from_str(json).unwrap();
        let refusal = layout.check(Purpose::Payments).unwrap_err();
        let codes: Vec<&str> = refusal.fields.iter().map(|field| field.code.as_str()).collect();
        assert_eq!(codes, ["pad_ambiguous", "width_too_small", "pad_ambiguous"]);
    }

    #[test]
    fn an_unknown_member_is_refused() {
        for json in [
            r#"{"name":"x","encoding":"utf8","kind":"fixed_width","amounts":"yuan","dates":"compact","columns":[],"seperator":"|"}"#,
            r#"{"name":"x","encoding":"utf8","kind":{"delimited":{"separator":"|","quotes":"x"}},"amounts":"yuan","dates":"compact","columns":[]}"#,
            r#"{"name":"x","encoding":"utf8","kind":"fixed_width","amounts":"yuan","dates":"compact","columns":[{"field":"amount","wide":1}]}"#,
        ] {
            assert!(serde_json::from_str::<Layout>(json).is_err());
        }
    }
}
