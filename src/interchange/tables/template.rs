//! Files to fill in: heads, an example, lists to choose from, and a sheet that explains each column.

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DataValidationRule, ExcelDateTime, Format as CellFormat, Formula, Note, Worksheet,
    XlsxError,
};

use super::cell::Origin;
use super::format::{Encoding, Format};
use super::normal::normal;
use super::schema::{Column, Kind, Table};
use super::value::{Value, read};
use super::writing::{Cell, TableWriter, double, new_book, refused, serial};
use crate::kernel::{Lang, Refusal, Text};

/// Rows that lists and formats are laid over.
const LAST_ROW: u32 = 1_048_575;
/// Characters that a list of choices may have within its cell.
const LIST_CHARACTERS: usize = 255;
/// Width of a column.
const COLUMN_PIXELS: u32 = 150;

/// A workbook to fill in: on the first sheet the heads, required ones marked with `*`, and one invented example; on the second
/// what each column means. Codes are formatted as text so that spreadsheets leave them alone; choices can be picked from lists.
///
/// # Errors
/// [`super::TABLE_NOT_WRITTEN`] when a declared text does not fit into a workbook.
pub fn template(table: &Table, lang: Lang) -> Result<Vec<u8>, Refusal> {
    built(table, lang).map_err(|error| refused(&error)).and_then(|mut book| book.save_to_buffer().map_err(|error| refused(&error)))
}

/// The same heads and example as a CSV file.
///
/// # Errors
/// [`super::TABLE_NOT_WRITTEN`] when a declared text is not in the encoding.
pub fn csv_template(table: &Table, lang: Lang, encoding: Encoding) -> Result<Vec<u8>, Refusal> {
    let heads: Vec<String> = table.columns.iter().map(|column| head(column, lang)).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut writer = TableWriter::open(Vec::new(), Format::Csv(encoding), None, &heads)?;
    let examples: Vec<(Kind, String)> = table.columns.iter().map(|column| (column.kind, example(column, lang))).collect();
    let cells: Vec<Cell<'_>> =
        examples.iter().map(|(kind, text)| if kind.is_code() { Cell::Code(text) } else { Cell::Text(text) }).collect();
    writer.row(&cells)?;
    writer.finish()
}

fn head(column: &Column, lang: Lang) -> String {
    if column.required { format!("{}*", column.head(lang)) } else { column.head(lang).to_owned() }
}

/// The example as it reads in a language: names of choices differ.
fn example(column: &Column, lang: Lang) -> String {
    match value(column) {
        Some(Value::Choice(choice)) => choice.word(lang).to_owned(),
        Some(Value::Flag(flag)) => match (lang, flag) {
            (Lang::Zh, true) => "是",
            (Lang::Zh, false) => "否",
            (Lang::En, true) => "yes",
            (Lang::En, false) => "no",
        }
        .to_owned(),
        Some(Value::Date(day)) => day.to_string(),
        _ => column.example.to_owned(),
    }
}

fn value(column: &Column) -> Option<Value> {
    let text = normal(column.kind, column.example);
    if text.is_empty() { None } else { read(column.kind, &text, Origin::Text).ok() }
}

fn built(table: &Table, lang: Lang) -> Result<rust_xlsxwriter::Workbook, XlsxError> {
    let mut book = new_book().map_err(|refusal| XlsxError::ParameterError(refusal.detail.en))?;
    let mut lists = Worksheet::new();
    lists.set_name("选项")?.set_hidden(true);
    let mut sheet = Worksheet::new();
    sheet.set_name(match lang {
        Lang::Zh => "填写",
        Lang::En => "Entries",
    })?;
    sheet.set_freeze_panes(1, 0)?;
    let mut listed = 0_u16;
    for (place, column) in (0_u16..).zip(table.columns) {
        lay_out(&mut sheet, place, column, lang)?;
        if let Some(words) = words(column.kind, lang) {
            let rule = choosing(&mut lists, &mut listed, &words)?;
            sheet.add_data_validation(1, place, LAST_ROW, place, &rule)?;
        }
    }
    book.push_worksheet(sheet);
    book.push_worksheet(explanation(table, lang)?);
    if listed > 0 {
        book.push_worksheet(lists);
    }
    Ok(book)
}

/// Head, note, format and example of one column.
fn lay_out(sheet: &mut Worksheet, place: u16, column: &Column, lang: Lang) -> Result<(), XlsxError> {
    let plain = CellFormat::new().set_bold().set_background_color(Color::RGB(0x00E8_EEF4)).set_num_format("@");
    let format = if column.required { plain.set_font_color(Color::RGB(0x00C0_0000)) } else { plain };
    sheet.set_column_width_pixels(place, COLUMN_PIXELS)?;
    let kind = match column.kind {
        Kind::Money => CellFormat::new().set_num_format("#,##0.00"),
        Kind::Date => CellFormat::new().set_num_format("yyyy-mm-dd"),
        Kind::Integer { .. } => CellFormat::new().set_num_format("0"),
        _ => CellFormat::new().set_num_format("@"),
    };
    sheet.set_column_format(place, &kind)?;
    sheet.write_string_with_format(0, place, head(column, lang), &format)?;
    let note = [meaning(column.kind).get(lang), column.note.get(lang)].join("\n");
    sheet.insert_note(0, place, &Note::new(note.trim()).add_author_prefix(false))?;
    if column.kind == Kind::Date {
        let days = DataValidationRule::Between(ExcelDateTime::from_ymd(1900, 1, 1)?, ExcelDateTime::from_ymd(2199, 12, 31)?);
        // A warning only: earlier births are written as text.
        let rule = DataValidation::new().allow_date(days).set_error_style(DataValidationErrorStyle::Warning);
        sheet.add_data_validation(1, place, LAST_ROW, place, &rule)?;
    }
    let written = match value(column) {
        None => return Ok(()),
        Some(Value::Money(amount)) => sheet.write_number_with_format(1, place, double(&amount.to_string()), &kind),
        Some(Value::Integer(number)) => sheet.write_number_with_format(1, place, double(&number.to_string()), &kind),
        Some(Value::Date(day)) => match serial(day) {
            Some(serial) => sheet.write_number_with_format(1, place, serial, &kind),
            None => sheet.write_string_with_format(1, place, day.to_string(), &kind),
        },
        Some(_) => sheet.write_string_with_format(1, place, example(column, lang), &kind),
    };
    written.map(|_| ())
}

/// The words that a column may hold, if they are few.
fn words(kind: Kind, lang: Lang) -> Option<Vec<&'static str>> {
    match (kind, lang) {
        (Kind::Choice(choices), _) => Some(choices.iter().map(|choice| choice.word(lang)).collect()),
        (Kind::Flag, Lang::Zh) => Some(vec!["是", "否"]),
        (Kind::Flag, Lang::En) => Some(vec!["yes", "no"]),
        _ => None,
    }
}

/// A list in the cell's own rule, or on the hidden sheet when it is too long for that.
fn choosing(lists: &mut Worksheet, listed: &mut u16, words: &[&str]) -> Result<DataValidation, XlsxError> {
    let characters: usize = words.iter().map(|word| word.chars().count() + 1).sum();
    if characters <= LIST_CHARACTERS && !words.iter().any(|word| word.contains(',')) {
        return DataValidation::new().allow_list_strings(words);
    }
    let place = *listed;
    *listed += 1;
    for (row, word) in (0_u32..).zip(words) {
        lists.write_string(row, place, *word)?;
    }
    let letters = rust_xlsxwriter::utility::column_number_to_name(place);
    Ok(DataValidation::new().allow_list_formula(Formula::new(format!("选项!${letters}$1:${letters}${}", words.len()))))
}

fn explanation(table: &Table, lang: Lang) -> Result<Worksheet, XlsxError> {
    let (name, heads, [yes, no]) = match lang {
        Lang::Zh => ("说明", ["列", "必填", "填写要求", "说明", "示例", "也可写作"], ["是", "否"]),
        Lang::En => ("Explanation", ["Column", "Required", "What to enter", "Note", "Example", "Also known as"], ["yes", "no"]),
    };
    let mut sheet = Worksheet::new();
    sheet.set_name(name)?;
    let bold = CellFormat::new().set_bold();
    sheet.write_string_with_format(0, 0, table.title.get(lang), &bold)?;
    for (place, head) in (0_u16..).zip(heads) {
        sheet.set_column_width_pixels(place, COLUMN_PIXELS)?;
        sheet.write_string_with_format(2, place, head, &bold)?;
    }
    for (row, column) in (3_u32..).zip(table.columns) {
        let required = if column.required { yes } else { no };
        let meaning = meaning(column.kind);
        let list = words(column.kind, lang).map(|words| words.join(" / "));
        let also = column.aliases.join(" / ");
        let example = example(column, lang);
        let texts = [column.head(lang), required, list.as_deref().unwrap_or(meaning.get(lang)), column.note.get(lang), &example, &also];
        for (place, text) in (0_u16..).zip(texts) {
            sheet.write_string(row, place, text)?;
        }
    }
    Ok(sheet)
}

/// What may stand in a column of a kind.
fn meaning(kind: Kind) -> Text {
    match kind {
        Kind::Text => Text::new("文字", "text"),
        Kind::Name => Text::new("姓名", "a name"),
        Kind::Identity => Text::new("18位身份证号码，以文本填写", "an identity number of 18 characters, as text"),
        Kind::Account => Text::new("账号或卡号，8至32位数字，以文本填写", "an account or card number of 8 to 32 digits, as text"),
        Kind::Code => Text::new("编号，以文本填写", "a number or code, as text"),
        Kind::Reference => Text::new("已登记的名称或代码", "a name or code that is recorded"),
        Kind::Phone => Text::new("手机号码，或带区号的固定电话", "a mobile number, or a landline with its area code"),
        Kind::Digits { shortest, longest } if shortest == longest => {
            Text::new(format!("{shortest}位数字，以文本填写"), format!("{shortest} digits, as text"))
        }
        Kind::Digits { shortest, longest } => {
            Text::new(format!("{shortest}至{longest}位数字，以文本填写"), format!("{shortest} to {longest} digits, as text"))
        }
        Kind::Money => Text::new("金额（元），最多两位小数", "an amount of yuan, at most two decimals"),
        Kind::Date => Text::new("日期，如 2022-08-01", "a day, such as 2022-08-01"),
        Kind::Integer { least, most } => Text::new(format!("整数，{least}至{most}"), format!("a whole number from {least} to {most}")),
        Kind::Choice(_) => Text::new("从列表中选择", "one of the list"),
        Kind::Flag => Text::new("是或否", "yes or no"),
    }
}

#[cfg(test)]
mod tests;
