use super::*;
use rust_xlsxwriter::utility::row_col_to_cell;

use crate::interchange::tables::sample::{HOUSEHOLDS, ID, file, open, refusal, rows, text_row, workbook_of};
use crate::interchange::tables::{Faults, Row};
use crate::kernel::Text;

fn faults(bytes: &[u8]) -> Vec<Fault> {
    let mut faults = Faults::default();
    open(bytes).unwrap().flat_map(|row| row.unwrap().faults()).for_each(|fault| faults.push(fault));
    faults.kept().to_vec()
}

fn answer(bytes: &[u8], faults: &[Fault], lang: Lang) -> Vec<u8> {
    answer_within(bytes, faults, lang, &Limits::default())
}

fn answer_within(bytes: &[u8], faults: &[Fault], lang: Lang, limits: &Limits) -> Vec<u8> {
    let of = |row| Ok(faults.iter().filter(|fault| fault.row == row).cloned().collect());
    annotate(bytes, &HOUSEHOLDS, &mut { of }, lang, limits).unwrap()
}

#[test]
fn a_csv_answer_adds_one_column_and_changes_nothing_else() {
    let text =
        format!("名单,2022\r\n\"姓名\",身份证号,手机号\r\n\"王,一\",{ID},19900002835\r\n李,{ID}\r\n赵,510599199001010018,1990000283\r\n");
    let given = faults(text.as_bytes());
    let got = String::from_utf8(answer(text.as_bytes(), &given, Lang::Zh)).unwrap();
    let expected = text.replace("手机号\r\n", "手机号,\"导入结果\"\r\n").replace(
        "1990000283\r\n",
        "1990000283,\"列「身份证号」：身份证号码校验码不正确 [identity_number_check_digit]；列「手机号」：电话号码只有10位：少了一位，或区号的首位0已丢失 [phone_ten_digits]\"\r\n",
    );
    assert_eq!(got, expected);
}

#[test]
fn a_short_row_gets_its_message_in_the_right_column() {
    let text = "姓名;身份证号;手机号;备注\n李\n";
    let fault =
        Fault { row: 2, column: "name", header: "姓名".into(), value: String::new(), code: "x".into(), text: Text::new("错", "wrong") };
    let got = String::from_utf8(answer(text.as_bytes(), &[fault], Lang::En)).unwrap();
    assert_eq!(got, "姓名;身份证号;手机号;备注;\"Import result\"\n李;;;;\"column \"\"姓名\"\": wrong [x]\"\n");
}

#[test]
fn a_file_keeps_its_encoding_and_its_rows() {
    for name in ["damaged-gb18030.csv", "damaged.xlsx", "roster-gb18030.csv", "roster.xlsx", "roster-utf8-bom.csv"] {
        let bytes = file(name);
        let given = faults(&bytes);
        let got = answer(&bytes, &given, Lang::Zh);
        assert_eq!(open(&got).unwrap().format(), open(&bytes).unwrap().format(), "{name}");
        let digests = |bytes: &[u8]| rows(bytes).iter().map(|row| (row.number(), row.digest())).collect::<Vec<_>>();
        if !name.starts_with("damaged.") {
            assert_eq!(digests(&bytes), digests(&got), "{name}");
        }
        assert_eq!(open(&got).unwrap().unknown_columns(), open(&bytes).unwrap().unknown_columns(), "{name}");
        assert_eq!(
            rows(&got).iter().map(Row::number).collect::<Vec<_>>(),
            rows(&bytes).iter().map(Row::number).collect::<Vec<_>>(),
            "{name}"
        );
    }
}

#[test]
fn a_workbook_answer_names_the_fault_beside_its_row() {
    use calamine::{Data, Reader as _};
    let bytes = file("damaged.xlsx");
    let got = answer(&bytes, &faults(&bytes), Lang::En);
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(got)).unwrap();
    let sheet = book.worksheet_range("花名册").unwrap();
    assert_eq!(sheet.get_value((0, 6)), Some(&Data::String("Import result".into())));
    assert!(sheet.get_value((1, 6)).unwrap().to_string().contains("column \"身份证号\": it is held as a quantity"));
    assert_eq!(sheet.get_value((3, 6)), Some(&Data::Empty));
    // A formula and an error stay what they were.
    assert_eq!(book.worksheet_formula("花名册").unwrap().get_value((2, 4)).map(String::as_str), Some("1500+21"));
    assert_eq!(sheet.get_value((2, 2)), Some(&Data::Error(calamine::CellErrorType::NA)));
}

/// The parts of a workbook by their names, as they are unpacked.
fn parts(bytes: &[u8]) -> std::collections::BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut part = archive.by_index(index).unwrap();
            let mut content = String::new();
            std::io::Read::read_to_string(&mut part, &mut content).unwrap();
            (part.name().unwrap().into_owned(), content)
        })
        .collect()
}

#[test]
fn a_workbook_answer_adds_one_column_and_changes_nothing_else() {
    const SHEET: &str = "xl/worksheets/sheet1.xml";
    let bytes = crate::interchange::tables::template(&HOUSEHOLDS, Lang::Zh).unwrap();
    let fault = |row| Fault {
        row,
        column: "name",
        header: "姓名".into(),
        value: String::new(),
        code: "x".into(),
        text: Text::new("<错> & _x0031_", "wrong"),
    };
    let (mut given, mut got) = (parts(&bytes), parts(&answer(&bytes, &[fault(2)], Lang::Zh)));
    let (given_sheet, got_sheet) = (given.remove(SHEET).unwrap(), got.remove(SHEET).unwrap());
    assert!(given.len() > 5 && given_sheet.contains("<dataValidations"));
    assert_eq!(given, got);
    // Without what is added it is the sheet that was given, but for how far that reached.
    let extent = {
        let from = given_sheet.find("<dimension").unwrap();
        given_sheet[from..].split_inclusive("/>").next().unwrap()
    };
    let column = row_col_to_cell(0, u16::try_from(HOUSEHOLDS.columns.len()).unwrap());
    let added = [
        "<c r=\"@1\" t=\"inlineStr\"><is><t xml:space=\"preserve\">导入结果</t></is></c>",
        "<c r=\"@2\" t=\"inlineStr\"><is><t xml:space=\"preserve\">列「姓名」：&lt;错&gt; &amp; _x005F_x0031_ [x]</t></is></c>",
    ];
    let without = added.iter().fold(got_sheet, |sheet, cell| {
        let cell = cell.replace('@', column.trim_end_matches('1'));
        assert!(sheet.contains(&cell), "{cell}: {sheet}");
        sheet.replacen(&cell, "", 1)
    });
    assert_eq!(without, given_sheet.replacen(extent, "", 1));
}

#[test]
fn a_workbook_answer_fits_into_its_sheet_however_that_is_written() {
    let fault =
        Fault { row: 3, column: "name", header: "姓名".into(), value: String::new(), code: "x".into(), text: Text::new("错", "wrong") };
    let head = "<x:c t=\"s\"><x:v>0</x:v></x:c><x:c t=\"s\"><x:v>1</x:v></x:c>";
    let rows = [
        // Cells without names, and empty ones with a format where the column goes and behind it.
        format!("<x:row>{head}<x:c s=\"1\"/><x:c r=\"D1\" s=\"1\"/></x:row>"),
        "<x:row r=\"2\"/>".to_owned(),
        "<x:row r=\"3\"><x:c r=\"A3\" t=\"inlineStr\"><x:is><x:t>王</x:t></x:is></x:c><x:c r=\"D3\" s=\"1\"/></x:row>".to_owned(),
    ];
    let texts = "<sst><si><t>姓名</t></si><si><t>身份证号</t></si></sst>";
    for mark in ["", "\u{feff}"] {
        let sheet = format!(
            "{mark}<?xml version=\"1.0\"?><x:worksheet><x:dimension ref=\"A1:D3\"/><x:sheetData>{}</x:sheetData></x:worksheet>",
            rows.concat()
        );
        let got = answer(&workbook_of(&sheet, texts, "1"), std::slice::from_ref(&fault), Lang::Zh);
        let cell = |name: &str, text: &str| {
            format!("<x:c r=\"{name}\" t=\"inlineStr\"><x:is><x:t xml:space=\"preserve\">{text}</x:t></x:is></x:c>")
        };
        let expected = sheet
            .replace("<x:dimension ref=\"A1:D3\"/>", "")
            .replace("<x:c s=\"1\"/>", &cell("C1", "导入结果"))
            .replace("<x:c r=\"D3\"", &format!("{}<x:c r=\"D3\"", cell("C3", "列「姓名」：错 [x]")));
        assert_eq!(parts(&got)["xl/worksheets/sheet1.xml"], expected);
        assert_eq!(answer(&got, std::slice::from_ref(&fault), Lang::Zh), got);
    }
}

#[test]
fn a_cell_within_a_cell_is_refused() {
    let sheet = |cell: &str| {
        format!("<worksheet><sheetData>{}<row r=\"2\">{cell}</row></sheetData></worksheet>", text_row(1, &["姓名", "身份证号"]))
    };
    let book = |cell: &str| workbook_of(&sheet(cell), "<sst/>", "1");
    assert_eq!(refusal(book("<c r=\"A2\"><x><c></c></x></c>"), &Limits::default()).code.name, "table_workbook_malformed");
    assert_eq!(rows(book("<c r=\"A2\" t=\"str\"><x></x><v>王</v></c>")).len(), 1);
}

#[test]
fn an_earlier_answer_is_replaced() {
    for name in ["damaged-gb18030.csv", "damaged.xlsx", "roster-semicolons.csv", "roster-gb18030.csv"] {
        let bytes = file(name);
        let given = faults(&bytes);
        let once = answer(&bytes, &given, Lang::Zh);
        assert_eq!(answer(&once, &given, Lang::Zh), once, "{name}");
        if name.ends_with(".csv") {
            assert_ne!(once, bytes);
        }
    }
}

/// A workbook with a text in a cell, as it stands in its XML.
fn with_cell(text: &str) -> Vec<u8> {
    let sheet = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>";
    let cell = format!("<row r=\"2\"><c r=\"A2\" t=\"str\"><v>{text}</v></c></row></sheetData>");
    let texts = "<sst><si><t>姓名</t></si><si><t>身份证号</t></si></sst>";
    workbook_of(&format!("<worksheet>{sheet}{cell}</worksheet>"), texts, "1")
}

#[test]
fn a_cell_of_nothing_but_control_characters_is_none_in_the_answer_and_in_an_answer_to_that() {
    let once = answer(&with_cell("_x0015_"), &[], Lang::Zh);
    assert_eq!(answer(&once, &[], Lang::Zh), once);
}

/// `_x0031`, a control character, `_`: its escape must not complete the one before it.
#[test]
fn a_workbook_answer_reads_as_the_file_did() {
    let got = answer(&with_cell("_x005F_x0031_x0014__"), &[], Lang::Zh);
    let book = Book::open(&got.into(), &Limits::default()).unwrap();
    let mut rows = book.rows(&book.sheets()[0]).unwrap();
    rows.next().unwrap();
    assert_eq!(rows.next().unwrap().unwrap().cells[0].text, "_x0031\u{14}_");
}

#[test]
fn the_last_row_needs_no_line_end() {
    let text = "姓名,身份证号\n\n王,1";
    let got = String::from_utf8(answer(text.as_bytes(), &faults(text.as_bytes()), Lang::Zh)).unwrap();
    assert!(got.starts_with("姓名,身份证号,\"导入结果\"\n\n王,1,\"列「身份证号」") && !got.ends_with('\n'), "{got}");
}

#[test]
fn fields_are_counted_outside_quotation_marks() {
    for (record, fields, end) in [
        ("a,b,c", 2, 3),
        ("\"a,b\",c", 1, 5),
        ("\"a\"\",\"\"\",c", 1, 8),
        ("a\"b,c", 1, 3),
        ("\n\na,b", 1, 3),
        ("a", 1, 1),
        ("a\"\",b,c", 1, 3),
        ("\"a\"b\",c", 1, 5),
    ] {
        assert_eq!(field_end(record.as_bytes(), b',', fields), end, "{record:?}");
    }
}

#[test]
fn an_answer_can_be_sent_again() {
    use crate::interchange::tables::{Limits, Reader};
    let text = format!("姓名,身份证号\n王,1{}\n", ",".repeat(100_000));
    let many: Vec<Fault> = std::iter::repeat_n(faults(text.as_bytes()), 500).flatten().collect();
    for lang in [Lang::Zh, Lang::En] {
        let limits = Limits { columns: 150, ..Limits::default() };
        let got = answer_within(text.as_bytes(), &many, lang, &limits);
        assert_eq!(Reader::open(got, &HOUSEHOLDS, &Limits::default()).unwrap().map(Result::unwrap).count(), 1);
    }
}

#[test]
fn a_file_that_ends_with_a_carriage_return_can_be_answered_again() {
    for end in ["\r", "\r\r"] {
        let text = format!("姓名,身份证号{end}");
        let once = answer(text.as_bytes(), &[], Lang::Zh);
        assert_eq!(String::from_utf8_lossy(&once), format!("姓名,身份证号,\"导入结果\"{end}"));
        assert_eq!(answer(&once, &[], Lang::Zh), once);
        let text = format!("姓名,身份证号\n王,51059919900101001{end}");
        let given = faults(text.as_bytes());
        let once = answer(text.as_bytes(), &given, Lang::Zh);
        assert!(once.ends_with(format!("]\"{end}").as_bytes()), "{}", String::from_utf8_lossy(&once));
        assert_eq!(answer(&once, &given, Lang::Zh), once);
    }
}

#[test]
fn what_stands_behind_an_earlier_answer_is_kept() {
    let text = format!("姓名,身份证号,导入结果\n王,{ID},旧,另有内容\n");
    let got = String::from_utf8(answer(text.as_bytes(), &[], Lang::Zh)).unwrap();
    assert_eq!(got, text.replace("导入结果", "导入结果,,\"导入结果\""));
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_answer_keeps_every_row_and_replaces_an_earlier_one(end in "[\n\r]|,", body in "([a-z0-9,;\"=\r\n]|[王李赵]){0,60}") {
            let text = format!("姓名,身份证号{end}{body}");
            if let Ok(reader) = open(&text) && let Ok(rows_read) = reader.collect::<Result<Vec<_>, _>>() {
                let given = faults(text.as_bytes());
                let once = answer(text.as_bytes(), &given, Lang::Zh);
                let digests = |rows: &[Row]| rows.iter().map(|row| (row.number(), row.digest())).collect::<Vec<_>>();
                prop_assert_eq!(digests(&rows(&once)), digests(&rows_read));
                prop_assert_eq!(answer(&once, &given, Lang::Zh), once);
            }
        }
    }
}
