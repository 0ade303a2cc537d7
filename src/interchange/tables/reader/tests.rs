use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::interchange::tables::sample::{HOUSEHOLDS, ID, archive, file, open, refusal, rows, text_row, workbook, workbook_of};
use crate::interchange::tables::{Encoding, Format, Limits, Reader, Row, file_digest};

/// The codes of the reader's own faults are literals.
fn literal(code: Cow<'static, str>) -> &'static str {
    match code {
        Cow::Borrowed(code) => code,
        Cow::Owned(code) => panic!("{code}"),
    }
}

fn codes(rows: &[Row]) -> Vec<(u32, &'static str, &'static str)> {
    rows.iter().flat_map(Row::faults).map(|fault| (fault.row, fault.column, literal(fault.code))).collect()
}

fn refused(bytes: impl AsRef<[u8]>) -> &'static str {
    refusal(bytes, &Limits::default()).code.name
}

const HEADS: &str = "姓名,身份证号\n";

#[test]
fn the_example_table_is_well_declared() {
    assert_eq!(HOUSEHOLDS.flaws(), Vec::<String>::new());
}

#[test]
fn the_same_list_is_the_same_in_every_format() {
    let names = ["roster-gb18030.csv", "roster-utf8-bom.csv", "roster-tabs.csv", "roster-semicolons.csv", "roster.xlsx"];
    let mut digests = BTreeSet::new();
    for name in names {
        let rows = rows(file(name));
        assert_eq!(rows.iter().map(Row::number).collect::<Vec<_>>(), [6, 7, 8, 9, 10, 11], "{name}");
        assert_eq!(codes(&rows), [], "{name}");
        digests.insert(rows.iter().map(Row::digest).collect::<Vec<_>>());
    }
    assert_eq!(digests.len(), 1);
    assert_eq!(names.map(|name| file_digest(&file(name))).into_iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn cells_are_read_by_their_kinds() {
    let rows = rows(file("roster-gb18030.csv"));
    let third = &rows[2];
    assert_eq!(third.name("name").unwrap().unwrap(), "阿依试·买买提");
    assert_eq!(third.identity("identity_number").unwrap().unwrap().region_code(), "510599");
    assert_eq!(third.account("account").unwrap().unwrap(), "6229990000000000014");
    assert_eq!(third.phone("phone").unwrap().unwrap(), "19900002837");
    assert_eq!(third.money("amount").unwrap().unwrap().to_string(), "2212.00");
    assert_eq!(third.date("opened_on").unwrap().unwrap().to_string(), "2022-08-11");
    assert_eq!(third.integer("members").unwrap(), Some(3));
    assert_eq!(third.choice("category").unwrap().unwrap().name, "accidental");
    assert_eq!(third.flag("in_grace").unwrap(), Some(true));
    assert_eq!(third.text("remark").unwrap().unwrap(), "两行\n备注，含\"引号\"");
    assert_eq!(rows[5].name("name").unwrap().unwrap(), "钱范");
    assert_eq!(rows[5].text("remark").unwrap(), None);
    assert_eq!(third.money("no_such").unwrap_err().code, "column_undeclared");
    assert_eq!(third.money("name").unwrap_err().code, "column_undeclared");
}

#[test]
fn the_reader_says_what_it_found() {
    let reader = open(file("roster-gb18030.csv")).unwrap();
    assert_eq!(reader.format(), Format::Csv(Encoding::Gb18030));
    assert_eq!(reader.header_row(), 5);
    assert_eq!(reader.unknown_columns(), ["序号", "经办人"]);
    let reader = open(file("roster.xlsx")).unwrap();
    assert_eq!((reader.format(), reader.header_row()), (Format::Xlsx, 5));
}

#[test]
fn what_a_spreadsheet_damaged_is_refused_cell_by_cell() {
    assert_eq!(
        codes(&rows(file("damaged-gb18030.csv"))),
        [
            (2, "identity_number", "scientific_notation"),
            (2, "account", "scientific_notation"),
            (3, "identity_number", "identity_number_spreadsheet_damage"),
            (3, "phone", "phone_ten_digits"),
            (3, "amount", "amount_fraction_of_fen"),
            (3, "opened_on", "date_serial"),
            (4, "identity_number", "identity_number_17_digits"),
            (4, "account", "spreadsheet_overflow"),
            (4, "phone", "spreadsheet_error"),
            (4, "amount", "formula"),
            (4, "opened_on", "date_ambiguous"),
            (5, "identity_number", "trailing_decimal"),
            (5, "opened_on", "date_unknown"),
        ]
    );
}

#[test]
fn quantities_of_a_workbook_that_lost_digits_are_refused() {
    let rows = rows(file("damaged.xlsx"));
    assert_eq!(
        codes(&rows),
        [
            (2, "identity_number", "digits_lost"),
            (2, "account", "digits_lost"),
            (2, "phone", "phone_ten_digits"),
            (2, "amount", "amount_fraction_of_fen"),
            (2, "opened_on", "date_serial"),
            (3, "account", "spreadsheet_error"),
            (3, "amount", "formula"),
            (3, "opened_on", "date_has_time"),
        ]
    );
    assert_eq!(rows[1].identity("identity_number").unwrap().unwrap().region_code(), "510599");
    assert_eq!(rows[2].money("amount").unwrap().unwrap().to_string(), "8.90");
}

#[test]
fn a_fault_names_the_cell_and_masks_its_value() {
    let rows = rows("证件号码*,姓名\n510599199001010018,\n");
    let faults = rows[0].faults();
    assert_eq!((faults[0].column, &*faults[0].code, faults[0].header.as_str()), ("name", "required", "姓名"));
    assert_eq!((faults[1].row, faults[1].header.as_str(), faults[1].value.as_str()), (2, "证件号码*", "******************"));
    let own = rows[0].fault("identity_number", "twice", "重复", "is there twice");
    assert_eq!((&*own.code, own.text.zh.as_str()), ("twice", "重复"));
}

#[test]
fn heads_are_found_in_any_order_case_and_width() {
    for heads in ["身份证号码（必填）,＊姓名", "Identity Number,NAME", "identity_number*,name*", " 证 件 号 码 ,户主姓名"]
    {
        assert_eq!(codes(&rows(format!("{heads}\n{ID},王小明\n"))), [], "{heads}");
    }
}

#[test]
fn heads_that_do_not_fit_are_refused_with_the_reason() {
    assert_eq!(refused("一,二\n三,四\n"), "table_header_missing");
    let missing = refusal("姓名,金额\n王,1\n", &Limits::default());
    assert_eq!((missing.code.name, missing.detail.zh.contains("身份证号")), ("table_column_missing", true));
    assert_eq!(refused("姓名,身份证号,户主姓名\n"), "table_column_twice");
    assert_eq!(refused(format!("{}{HEADS}", "x\n".repeat(20))), "table_header_missing");
    assert_eq!(rows(format!("{}{HEADS}王,{ID}\n", "x\n".repeat(19))).len(), 1);
}

#[test]
fn blank_rows_and_totals_are_passed_over_and_counted_as_rows() {
    for newline in ["\n", "\r\n"] {
        let text =
            format!("姓名,身份证号,备注\n\n王小明,{ID},\"甲\n乙\"\n\u{3000},,\n\n合 计,,\nTotal:,,\n李,{ID},\n").replace('\n', newline);
        assert_eq!(rows(&text).iter().map(Row::number).collect::<Vec<_>>(), [3, 8], "{newline:?}");
    }
}

#[test]
fn a_file_of_one_line_without_an_end_is_read() {
    assert_eq!(rows(format!("{HEADS}王,{ID}")).len(), 1);
    assert_eq!(rows("姓名,身份证号").len(), 0);
}

#[test]
fn the_column_of_an_answer_is_passed_over() {
    let reader = open(format!("姓名,身份证号,导入结果\n王,{ID},\"=1\"\n")).unwrap();
    assert!(reader.unknown_columns().is_empty());
    assert_eq!(codes(&reader.map(Result::unwrap).collect::<Vec<_>>()), []);
}

#[test]
fn formulas_are_refused_only_where_they_would_be_read() {
    let row = &rows(format!("姓名,身份证号,金额,经办\n@王,{ID},=SUM(A1),=1\n"))[0];
    assert_eq!(row.faults().into_iter().map(|fault| literal(fault.code)).collect::<Vec<_>>(), ["formula", "formula"]);
    let data = format!(
        "{}<row r=\"2\"><c t=\"inlineStr\"><is><t>王</t></is></c><c t=\"str\"><f>A1</f><v>{ID}</v></c><c><f>1+1</f><v>2</v></c></row>",
        text_row(1, &["姓名", "身份证号", "别的"])
    );
    assert_eq!(codes(&rows(workbook(&data))), [(2, "identity_number", "formula")]);
}

#[test]
fn what_is_no_table_is_refused_as_what_it_is() {
    for (bytes, code, word) in [
        (b"".as_slice(), "table_empty", "空"),
        (b"\xef\xbb\xbf", "table_empty", "空"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "table_format", ".xls"),
        (b"%PDF-1.7", "table_format", "PDF"),
        (b"\x89PNG\r\n", "table_format", "图片"),
        (b"<html><table>", "table_format", "网页"),
        (b"\xef\xbb\xbf <!DOCTYPE html>", "table_format", "网页"),
        (b"<?xml version=\"1.0\"?>", "table_format", "网页"),
        (b"\xff\xfea\0", "table_format", "UTF-16"),
        (b"a\0b\0\n\0", "table_format", "UTF-16"),
        (b"PK\x03\x04 cut short", "table_archive_unsafe", "目录"),
    ] {
        let refusal = refusal(bytes, &Limits::default());
        assert!(refusal.code.name == code && refusal.detail.zh.contains(word), "{refusal:?}");
    }
    assert_eq!(refused(archive(&[("word/document.xml", b"<a/>")])), "table_format");
}

#[test]
fn text_in_neither_encoding_is_refused_with_its_line() {
    let mut bytes = encoding_rs::GB18030.encode(&format!("{HEADS}王,{ID}\n")).0.into_owned();
    bytes.extend_from_slice(b"\x81\xff,1\n");
    let refusal = refusal(&bytes, &Limits::default());
    assert_eq!((refusal.code.name, refusal.facts["line"].as_u64()), ("table_encoding", Some(3)));
    assert_eq!(refused(b"\xef\xbb\xbf\xd0\xd5\xc3\xfb"), "table_encoding");
    // What is UTF-8 up to its fourth line was meant to be.
    let mut bytes = format!("{HEADS}王,{ID}\n李,{ID}\n").into_bytes();
    bytes.extend_from_slice(b"\xff,1\n");
    assert_eq!(super::super::sample::refusal(&bytes, &Limits::default()).facts["line"].as_u64(), Some(4));
}

#[test]
fn lines_that_end_as_on_old_macs_are_refused_as_such() {
    let text = format!("{HEADS}王,{ID}\n");
    let refusal = refusal(text.replace('\n', "\r"), &Limits::default());
    assert_eq!(refusal.code.name, "table_format");
    assert!(refusal.detail.zh.contains("CR"), "{refusal:?}");
    assert_eq!(rows(text.replace('\n', "\r\n")).len(), 1);
}

#[test]
fn lines_that_run_together_are_refused_with_their_row() {
    let refusal = refusal(format!("{HEADS}王,{ID}\r李,{ID}\n"), &Limits::default());
    assert_eq!((refusal.code.name, refusal.facts["row"].as_u64()), ("table_format", Some(2)));
    // Cells of several lines, and lines that were written as Windows text twice, are what they look like.
    assert_eq!(rows(format!("{HEADS}\"王\r\n一\",{ID}\r\r\n\"李\r二\",{ID}\r\r\n")).len(), 2);
}

#[test]
fn the_first_heads_tell_the_separator_whatever_stands_below_them() {
    let tabs = "姓名\t身份证号\t手机号\n";
    assert_eq!(rows(format!("{HEADS}王,{ID}\n{tabs}")).len(), 2);
    assert_eq!(refused(format!("{HEADS}王,{ID}\n{tabs}李,\"1")), "table_quote_open");
}

#[test]
fn a_number_among_the_heads_is_masked() {
    let reader = open(format!("姓名,身份证号,{ID},备注甲\n")).unwrap();
    assert_eq!(reader.unknown_columns(), ["****0017", "备注甲"]);
}

/// Sheets with a name and rows of text each.
fn sheets(given: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, rows) in given {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (row, cells) in (0..).zip(*rows) {
            for (column, cell) in (0..).zip(*cells) {
                sheet.write_string(row, column, *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn the_sheet_with_the_rows_is_read_and_several_are_refused_by_name() {
    let heads: &[&str] = &["姓名", "身份证号"];
    let (one, two): (&[&[&str]], &[&[&str]]) = (&[heads, &["王", ID]], &[&["名册"], heads, &["李", ID]]);
    let refusal = refusal(sheets(&[("江阳区", one), ("龙马潭区", two)]), &Limits::default());
    assert_eq!((refusal.code.name, &refusal.facts["sheets"]), ("table_several_sheets", &serde_json::json!(["江阳区", "龙马潭区"])));
    for book in [
        sheets(&[("Sheet0", &[]), ("说明", &[&["填表说明"]]), ("名单", two)]),
        sheets(&[("名单", two), ("空表", &[heads])]),
        sheets(&[("空表", &[heads]), ("名单", two)]),
    ] {
        assert_eq!(rows(book).iter().map(Row::number).collect::<Vec<_>>(), [3]);
    }
    assert_eq!(rows(sheets(&[("空表", &[heads])])).len(), 0);
    assert_eq!(refused(sheets(&[("说明", &[&["填表说明"]]), ("缺列", &[&["姓名", "备注"]])])), "table_column_missing");
}

#[test]
fn a_quotation_mark_that_is_never_closed_is_refused() {
    assert_eq!(refused(format!("{HEADS}\"王,{ID}\n李,{ID}\n")), "table_quote_open");
    let limits = Limits { line_bytes: 4096, ..Limits::default() };
    let endless = format!("{HEADS}\"王,{ID}\n{}", format!("李,{ID}\n").repeat(100_000));
    assert_eq!(refusal(endless, &limits).code.name, "table_line_too_long");
}

#[test]
fn limits_are_kept() {
    let limits = Limits { rows: 2, columns: 3, cell_chars: 30, bytes: 1000, ..Limits::default() };
    let row = format!("王,{ID}\n");
    assert_eq!(refusal(format!("{HEADS}{}", row.repeat(3)), &limits).code.name, "table_too_many_rows");
    assert_eq!(refusal(format!("{HEADS}王,{ID},,x\n"), &limits).code.name, "table_too_many_columns");
    assert_eq!(refusal(format!("{HEADS}{},{ID}\n", "王".repeat(31)), &limits).code.name, "table_cell_too_long");
    assert_eq!(refusal(format!("{HEADS}{}", row.repeat(300)), &limits).code.name, "table_too_large");
    assert_eq!(Reader::open(format!("{HEADS}王,{ID},,,,\n").into_bytes(), &HOUSEHOLDS, &limits).unwrap().count(), 1);
    // A million empty cells are no columns.
    assert_eq!(rows(format!("{HEADS}{}\n王,{ID}\n", ",".repeat(1_000_000))).len(), 1);
}

#[test]
fn after_a_refusal_nothing_more_comes() {
    let limits = Limits { rows: 1, ..Limits::default() };
    let mut reader = Reader::open(format!("{HEADS}王,{ID}\n李,{ID}\n赵,{ID}\n").into_bytes(), &HOUSEHOLDS, &limits).unwrap();
    assert!(reader.next().unwrap().is_ok() && reader.next().unwrap().is_err() && reader.next().is_none());
}

#[test]
fn a_workbook_that_inflates_beyond_measure_is_refused() {
    let heads = text_row(1, &["姓名", "身份证号"]);
    let bomb = workbook(&format!("{heads}{}", " ".repeat(64 << 20)));
    assert_eq!(refused(&bomb), "table_archive_unsafe");
    let small = Limits { inflated_bytes: 10_000, inflation: u64::MAX, ..Limits::default() };
    assert_eq!(refusal(workbook(&format!("{heads}{}", " ".repeat(20_000))), &small).code.name, "table_archive_unsafe");
    // A directory that lies about the size is found out while it inflates.
    let mut lying = workbook(&format!("{heads}{}", text_row(2, &["王", ID])));
    let sizes = lying.windows(4).enumerate().filter(|(_, four)| *four == b"PK\x01\x02").map(|(at, _)| at + 24).collect::<Vec<_>>();
    for at in sizes {
        lying[at] = lying[at].wrapping_sub(7);
    }
    assert_eq!(refused(&lying), "table_archive_unsafe");
    // Nor may parts lie over each other: copied apart they would be larger than what was sent.
    let mut over = workbook(&format!("{heads}{}", text_row(2, &["王", ID])));
    let entries: Vec<usize> = over.windows(4).enumerate().filter(|(_, four)| *four == b"PK\x01\x02").map(|(at, _)| at).collect();
    let whole = u32::try_from(over.len() * 2 / 3).unwrap().to_le_bytes();
    for at in &entries[..2] {
        over[at + 20..at + 24].copy_from_slice(&whole);
    }
    let refusal_of = refusal(over, &Limits::default());
    assert_eq!((refusal_of.code.name, refusal_of.detail.en.contains("directory")), ("table_archive_unsafe", true), "{refusal_of:?}");
    let many = Limits { parts: 3, ..Limits::default() };
    assert_eq!(refusal(workbook(&heads), &many).code.name, "table_archive_unsafe");
}

#[test]
fn a_workbook_with_hostile_parts_is_refused() {
    let heads = text_row(1, &["姓名", "身份证号"]);
    let sheet = |before: &str, data: &str| {
        workbook_of(&format!("{before}<worksheet><sheetData>{heads}{data}</sheetData></worksheet>"), "<sst/>", "1")
    };
    let limits = Limits { inflation: u64::MAX, ..Limits::default() };
    for (bytes, why) in [
        (sheet("<!DOCTYPE a [<!ENTITY b \"c\">]>", ""), "a document type"),
        (sheet("", "<row r=\"2\"><c t=\"inlineStr\"><is><t>&b;</t></is></c></row>"), "an entity"),
        (sheet("", &format!("<row r=\"2\"><c t=\"inlineStr\"><is><t>{}</t></is></c></row>", "王".repeat(1 << 20))), "a text without end"),
        (sheet("", "<row r=\"2\"><c t=\"s\"><v>7</v></c></row>"), "a shared text that is not there"),
        (sheet("", "<row r=\"1\"><c><v>7</v></c></row>"), "a row that was there"),
        (sheet("", "<row r=\"9999999\"><c><v>7</v></c></row>"), "a row beyond the last"),
        (sheet("", "<row r=\"2\"><c r=\"B2\"><v>7</v></c><c r=\"A2\"><v>7</v></c></row>"), "columns out of order"),
        (sheet("", "<row r=\"2\"><c r=\"ZZZZZZZZZZZZZZ2\"><v>7</v></c></row>"), "a column beyond the last"),
        (sheet("", "<row r=\"2\"><c r=\"A3\"><v>7</v></c></row>"), "a cell of another row"),
        (sheet("", "<row r=\"2\"><c><v>seven</v></c></row>"), "a quantity that is none"),
        (sheet("", "<row r=\"2\"><c t=\"q\"><v>7</v></c></row>"), "a kind that is none"),
        (sheet("", &"<a>".repeat(100)), "tags within tags"),
        (sheet("", "<row r=\"2\"></sheetData>"), "tags that cross"),
        (workbook_of("<worksheet><sheetData>", "<sst/>", "1"), "a sheet cut short"),
        (workbook_of("<worksheet/>", "<sst><si><t>a", "1"), "texts cut short"),
    ] {
        assert_eq!(refusal(bytes, &limits).code.name, "table_workbook_malformed", "{why}");
    }
    let wide = "<row r=\"2\"><c r=\"XFD2\"><v>7</v></c></row>";
    assert_eq!(refused(sheet("", wide)), "table_too_many_columns");
    // What is claimed and never comes costs nothing.
    let claimed =
        workbook_of(&format!("<worksheet><sheetData>{heads}</sheetData></worksheet>"), "<sst uniqueCount=\"18446744073709551615\"/>", "1");
    assert_eq!(rows(claimed).len(), 0);
}

#[test]
fn a_list_that_goes_on_in_a_second_sheet_is_not_read_in_part() {
    let sheet = format!("<worksheet><sheetData>{}</sheetData></worksheet>", text_row(1, &["姓名", "身份证号"]));
    assert_eq!(refused(workbook_of(&sheet, "<sst/>", "2")), "table_too_many_rows");
}

#[test]
fn a_sheet_without_coordinates_is_read_in_order() {
    let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let (heads, values) = ([cell("姓名"), cell("身份证号")].concat(), [cell("王"), format!("<c t=\"str\"><v>{ID}</v></c>")].concat());
    let data = format!("<row>{heads}</row><row/><row>{values}</row>");
    let rows = rows(workbook(&data));
    assert_eq!((rows.len(), rows[0].number(), codes(&rows)), (1, 3, vec![]));
}

#[test]
fn a_digest_tells_rows_apart() {
    let rows = rows(format!("姓名,身份证号,备注\n王,{ID},甲\n王,{ID},乙\n王,{ID},\n王,{ID},甲\n"));
    let digests: Vec<[u8; 32]> = rows.iter().map(Row::digest).collect();
    assert_eq!(digests[0], digests[3]);
    assert_eq!(digests.iter().collect::<BTreeSet<_>>().len(), 3);
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    fn drain(bytes: &[u8]) {
        let limits = Limits { line_bytes: 1000, ..Limits::default() };
        if let Ok(reader) = Reader::open(bytes, &HOUSEHOLDS, &limits) {
            for row in reader.flatten() {
                let _ = (row.faults(), row.digest());
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            drain(&bytes);
            drain(&[HEADS.as_bytes(), &bytes].concat());
        }

        #[test]
        fn a_workbook_with_bytes_changed_is_judged_without_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
            let mut bytes = file("roster.xlsx");
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            drain(&bytes);
        }

        #[test]
        fn any_markup_in_a_sheet_is_judged_without_panic(markup in "(<(row|c|v|is|t|f)( (r|t|s)=\"[A-Za-z0-9]{0,6}\")*/?>|</(row|c|v|is|t|f)>|[0-9.eE-]{1,9}|&[a-z#0-9]{0,5};?){0,24}") {
            drain(&workbook(&format!("{}{markup}", text_row(1, &["姓名", "身份证号"]))));
        }

        #[test]
        fn a_row_keeps_its_number_whatever_lies_between(breaks in proptest::collection::vec(0_usize..4, 1..12)) {
            let mut text = String::from("姓名,身份证号,备注\n");
            let mut expected = Vec::new();
            let mut line = 1_u32;
            for count in breaks {
                text.push_str(&"\n".repeat(count));
                line += u32::try_from(count).unwrap() + 1;
                expected.push(line);
                text.push_str(&format!("王,{ID},\"甲{}乙\"\n", "\n".repeat(count)));
            }
            prop_assert_eq!(rows(text).iter().map(Row::number).collect::<Vec<_>>(), expected);
        }
    }
}

/// What the fuzzers start from, read on every run of the tests: see `scripts/fuzz.sh`.
#[test]
fn every_seed_of_the_fuzzers_is_judged_without_panic() {
    let mut seeds = 0;
    for target in ["table_csv", "table_xlsx"] {
        for entry in std::fs::read_dir(format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"))).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let bytes = if bytes.starts_with(b"<") { sheet_around(&bytes) } else { bytes };
            let Ok(reader) = open(&bytes) else { continue };
            seeds += usize::from(reader.map(|row| row.map(|row| (row.faults(), row.digest()))).all(|row| row.is_ok()));
        }
    }
    assert!(seeds >= 10, "{seeds} seeds were read to their end");
}

fn sheet_around(sheet: &[u8]) -> Vec<u8> {
    let texts = "<sst><si><t>姓名</t></si><si><t>身份证号</t></si><si><t>王小明</t></si><si><t>510599199001010017</t></si></sst>";
    workbook_of(std::str::from_utf8(sheet).unwrap(), texts, "1")
}
