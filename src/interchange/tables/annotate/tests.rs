use super::*;
use crate::interchange::tables::sample::{HOUSEHOLDS, ID, file, open, rows, workbook_of};
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
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(sheet.get_value((0, 6)), Some(&Data::String("Import result".into())));
    assert!(sheet.get_value((1, 6)).unwrap().to_string().contains("column \"身份证号\": it is held as a quantity"));
    assert_eq!(sheet.get_value((3, 6)), Some(&Data::Empty));
    // A formula and an error come back as text: nothing runs in the answer.
    assert_eq!(sheet.get_value((2, 4)), Some(&Data::String("=1500+21".into())));
    assert_eq!(sheet.get_value((2, 2)), Some(&Data::String("#N/A".into())));
    assert!(book.worksheet_formula("Sheet1").unwrap().is_empty());
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
fn a_workbook_answer_reads_as_the_file_did_but_for_control_characters() {
    let got = answer(&with_cell("_x005F_x0031_x0014__"), &[], Lang::Zh);
    let book = Book::open(&got.into(), &Limits::default()).unwrap();
    let mut rows = book.rows(&book.sheets()[0]).unwrap();
    rows.next().unwrap();
    assert_eq!(rows.next().unwrap().unwrap().cells[0].text, "_x0031_");
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
