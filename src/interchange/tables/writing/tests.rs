use proptest::prelude::*;

use super::*;
use crate::interchange::tables::normal::normal;
use crate::interchange::tables::sample::{HOUSEHOLDS, ID, rows};
use crate::interchange::tables::{Encoding, Kind, Row};

const FORMATS: [Format; 4] = [Format::Csv(Encoding::Utf8Bom), Format::Csv(Encoding::Utf8), Format::Csv(Encoding::Gb18030), Format::Xlsx];
const HEADS: [&str; 6] = ["姓名", "身份证号", "银行卡号", "金额", "建档日期", "备注"];

fn heading() -> Heading {
    Heading {
        title: "发放花名册".to_owned(),
        facts: vec![("制表人".to_owned(), "=张经办".to_owned()), ("截至".to_owned(), "2022-08-11".to_owned())],
    }
}

fn written(format: Format, cells: &[Vec<Cell<'_>>]) -> Vec<u8> {
    let mut writer = TableWriter::open(Vec::new(), format, Some(&heading()), &HEADS).unwrap();
    for row in cells {
        writer.row(row).unwrap();
    }
    writer.totals(&[Cell::Text("合计"), Cell::Empty, Cell::Empty, Cell::Money(Money::yuan(7))]).unwrap();
    writer.finish().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn the_bytes_of_a_csv_file_are_as_documented() {
    let amount: Money = "-1521".parse().unwrap();
    let row = vec![
        Cell::Text("=cmd"),
        Cell::Code(ID),
        Cell::Code("62299900000X"),
        Cell::Money(amount),
        Cell::Date(day("2022-08-11")),
        Cell::Text("一,\"二\"\n三"),
    ];
    let text = String::from_utf8(written(Format::Csv(Encoding::Utf8Bom), &[row])).unwrap();
    assert_eq!(
        text,
        "\u{feff}发放花名册\r\n制表人,'=张经办\r\n截至,\t2022-08-11\r\n姓名,身份证号,银行卡号,金额,建档日期,备注\r\n\
         '=cmd,\t510599199001010017,62299900000X,-1521.00,2022-08-11,\"一,\"\"二\"\"\n三\"\r\n合计,,,7.00\r\n"
    );
}

#[test]
fn a_workbook_is_read_by_another_program_as_it_was_meant() {
    use calamine::{Data, DataType, Reader as _};
    let row = vec![
        Cell::Text("=cmd"),
        Cell::Code(ID),
        Cell::Empty,
        Cell::Money("0.10".parse().unwrap()),
        Cell::Date(day("2022-08-11")),
        Cell::Integer(-3),
    ];
    let bytes = written(Format::Xlsx, &[row]);
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["第1页"]);
    let sheet = book.worksheet_range("第1页").unwrap();
    let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    assert_eq!(cell(0, 0), Data::String("发放花名册".into()));
    assert_eq!(cell(4, 0), Data::String("姓名".into()));
    assert_eq!(cell(5, 0), Data::String("=cmd".into()));
    assert_eq!(cell(5, 1), Data::String(ID.into()));
    assert_eq!(cell(5, 3), Data::Float(0.10));
    assert!(cell(5, 4).is_datetime());
    assert_eq!(cell(5, 4).to_string(), "44784");
    assert_eq!(cell(5, 5), Data::Float(-3.0));
    assert!(book.worksheet_formula("第1页").unwrap().is_empty());
}

#[test]
fn amounts_beyond_fifteen_digits_are_written_as_text() {
    for text in ["9999999999999.99", "10000000000000.00", "9999999999999999.99", "-0.01"] {
        let amount: Money = text.parse().unwrap();
        for format in FORMATS {
            let rows = rows(written(format, &[vec![Cell::Text("王"), Cell::Code(ID), Cell::Empty, Cell::Money(amount)]]));
            assert_eq!(rows[0].money("amount").unwrap(), Some(amount), "{text} {format:?}");
        }
    }
}

#[test]
fn the_same_rows_make_the_same_bytes() {
    for format in FORMATS {
        let rows = [vec![Cell::Text("王"), Cell::Code(ID)]];
        assert_eq!(written(format, &rows), written(format, &rows));
    }
}

#[test]
fn a_sign_before_what_is_no_number_makes_no_formula() {
    for remark in ["+-0", "-+1", "--5", "+00000000000000/1", "-5", "+5", "00-1"] {
        let row = [Cell::Text("王"), Cell::Code(ID), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Text(remark)];
        for format in FORMATS {
            let read = rows(written(format, &[row.to_vec()]));
            assert_eq!((read[0].faults(), read[0].text("remark").unwrap().as_deref()), (vec![], Some(remark)), "{format:?}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let many = Heading { title: String::new(), facts: vec![(String::new(), String::new()); 16] };
    assert!(TableWriter::open(Vec::new(), Format::Xlsx, Some(&many), &HEADS).is_err());
    let mut writer = TableWriter::open(Vec::new(), Format::Xlsx, None, &HEADS).unwrap();
    assert_eq!(writer.row(&[Cell::Text(&"长".repeat(40_000))]).unwrap_err().code.name, "table_not_written");
    let mut writer = TableWriter::open(Vec::new(), Format::Csv(Encoding::Gb18030), None, &HEADS).unwrap();
    let outcome = writer.row(&[Cell::Text("\u{e5e5}")]).and_then(|()| writer.finish().map(drop));
    assert_eq!(outcome.unwrap_err().code.name, "table_not_written");
}

#[test]
fn characters_that_the_buffer_cuts_in_two_arrive_whole() {
    let text = "泸州困难职工𠮷".repeat(500);
    let row: Vec<Vec<Cell<'_>>> =
        (0..40).map(|_| vec![Cell::Text("王"), Cell::Code(ID), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Text(&text)]).collect();
    let rows = rows(written(Format::Csv(Encoding::Gb18030), &row));
    assert!(rows.len() == 40 && rows.iter().all(|row| row.text("remark").unwrap().as_deref() == Some(&*text)));
}

#[test]
fn a_carriage_return_in_a_row_s_last_cell_is_the_cell_s() {
    for format in FORMATS {
        let rows =
            rows(written(format, &[vec![Cell::Text("一"), Cell::Code(ID), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Text("\r")]]));
        assert_eq!(rows[0].text("remark").unwrap(), None, "{format:?}");
    }
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0_u64..100_000).prop_map(|days| day("1890-01-01") + chrono::Days::new(days))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_written_is_read_back(
        rows_given in proptest::collection::vec((
            "[一-龥]{1,4}(·[一-龥]{1,4})?",
            "[=+@'\\-\t\r ＝]{0,2}[\\PC\n\t]{0,20}",
            "[0-9]{8,32}",
            -999_999_999_999_999_999_i64..=999_999_999_999_999_999,
            any_day(),
        ), 0..6),
    ) {
        let amounts: Vec<Money> = rows_given.iter().map(|(_, _, _, fen, _)| Money::new(rust_decimal::Decimal::new(*fen, 2)).unwrap()).collect();
        let cells: Vec<Vec<Cell<'_>>> = rows_given.iter().zip(&amounts).map(|((name, remark, account, _, day), amount)| {
            vec![Cell::Text(name), Cell::Code(ID), Cell::Code(account), Cell::Money(*amount), Cell::Date(*day), Cell::Text(remark)]
        }).collect();
        for format in FORMATS {
            let read = rows(written(format, &cells));
            prop_assert_eq!(read.len(), rows_given.len());
            for (row, ((name, remark, account, _, day), amount)) in read.iter().zip(rows_given.iter().zip(&amounts)) {
                prop_assert_eq!(row.faults(), vec![], "{:?}", format);
                prop_assert_eq!(row.name("name").unwrap().unwrap(), normal(Kind::Name, name));
                prop_assert_eq!(row.account("account").unwrap().unwrap(), account.clone());
                prop_assert_eq!(row.money("amount").unwrap(), Some(*amount));
                prop_assert_eq!(row.date("opened_on").unwrap(), Some(*day));
                let remark = Some(normal(Kind::Text, remark)).filter(|text| !text.is_empty());
                prop_assert_eq!(row.text("remark").unwrap(), remark, "{:?}", format);
            }
        }
        let digests: Vec<Vec<[u8; 32]>> = FORMATS.iter().map(|format| rows(written(*format, &cells)).iter().map(Row::digest).collect()).collect();
        prop_assert!(digests.windows(2).all(|two| two[0] == two[1]));
    }
}

/// Run by hand: `cargo test --release -- --ignored --nocapture tables::writing`.
#[test]
#[ignore = "takes minutes; measures"]
fn a_million_rows_in_constant_memory() {
    let memory = || -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    };
    // Forgets the peak so far.
    let forget = || std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let path = std::env::temp_dir().join(format!("tables-{}", std::process::id()));
    for format in FORMATS {
        let begun = std::time::Instant::now();
        forget();
        let before = memory();
        let heads: Vec<String> = HEADS
            .iter()
            .chain(&HEADS)
            .enumerate()
            .map(|(place, head)| if place < 6 { (*head).to_owned() } else { format!("{head}{place}") })
            .collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let mut writer =
            TableWriter::open(std::io::BufWriter::new(std::fs::File::create(&path).unwrap()), format, Some(&heading()), &heads).unwrap();
        for number in 0..1_000_000_u32 {
            let account = format!("62299900{number:011}");
            let remark = format!("第{number}户");
            let six = [
                Cell::Text("王小明"),
                Cell::Code(ID),
                Cell::Code(&account),
                Cell::Money(Money::yuan(number)),
                Cell::Date(day("2022-08-11")),
                Cell::Text(&remark),
            ];
            let twelve: Vec<Cell<'_>> = six.into_iter().chain(six).collect();
            writer.row(&twelve).unwrap();
        }
        drop(writer.finish().unwrap());
        let size = std::fs::metadata(&path).unwrap().len() >> 20;
        println!("write {format:?}: {:?}, {size} MiB, peak {before} -> {} MiB", begun.elapsed(), memory());
        let begun = std::time::Instant::now();
        let bytes: std::sync::Arc<[u8]> = std::fs::read(&path).unwrap().into();
        forget();
        let before = memory();
        let limits = crate::interchange::tables::Limits { bytes: 1 << 30, inflated_bytes: 4 << 30, ..Default::default() };
        let mut count = 0_u32;
        let mut reader = crate::interchange::tables::Reader::open(bytes, &HOUSEHOLDS, &limits).unwrap();
        for row in reader.by_ref() {
            assert!(row.unwrap().money("amount").unwrap().is_some());
            count += 1;
        }
        println!("read {format:?}: {count} rows in {:?}, peak {before} -> {} MiB", begun.elapsed(), memory());
    }
    std::fs::remove_file(path).unwrap();
}

/// A workbook of so many rows a sheet, as the cells of each of its sheets.
fn sheets_of(rows_of_a_sheet: u32, count: u32) -> Vec<(String, Vec<Vec<String>>)> {
    use calamine::Reader as _;
    let writer = WorkbookWriter::with_sheets_of(rows_of_a_sheet, Vec::new(), Some(&heading()), &["序号", "金额"]).unwrap();
    let mut writer = TableWriter { inner: Inner::Workbook(Box::new(writer)) };
    for number in 1..=count {
        writer.row(&[Cell::Integer(number.into()), Cell::Money(Money::yuan(number))]).unwrap();
    }
    writer.totals(&[Cell::Text("合计"), Cell::Money(Money::yuan((1..=count).sum()))]).unwrap();
    let bytes = writer.finish().unwrap();
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let names = book.sheet_names();
    let cells = |name: String| {
        let sheet = book.worksheet_range(&name).unwrap();
        let rows = sheet.rows().map(|row| row.iter().map(ToString::to_string).filter(|cell| !cell.is_empty()).collect());
        (name, rows.collect())
    };
    names.into_iter().map(cells).collect()
}

#[test]
fn what_has_more_rows_than_a_sheet_goes_on_in_the_next_one_under_the_same_heads() {
    // Title, two facts, an empty row and the heads leave four rows of ten for data, and one for the totals.
    for (count, sheets) in [(4, vec![4]), (5, vec![4, 1]), (12, vec![4, 8]), (13, vec![4, 8, 1]), (21, vec![4, 8, 8, 1])] {
        let written = sheets_of(10, count);
        let names: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["第1页", "第2页", "第3页", "第4页"][..sheets.len()], "{count}");
        let mut numbers = Vec::new();
        for ((name, rows), wanted) in written.iter().zip(&sheets) {
            let after_heads: Vec<&Vec<String>> = rows.iter().skip_while(|row| row.as_slice() != ["序号", "金额"]).skip(1).collect();
            let data: Vec<&&Vec<String>> = after_heads.iter().filter(|row| row[0] != "合计").collect();
            assert_eq!(data.len(), *wanted, "{name} of {count}");
            assert!(rows.len() <= 10, "{name} of {count}");
            assert!(data.iter().all(|row| row[0] == row[1]), "{name} of {count}");
            numbers.extend(data.iter().map(|row| row[0].parse::<u32>().unwrap()));
        }
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "each row once, in order");
        let totals: Vec<&Vec<String>> =
            written.iter().flat_map(|(_, rows)| rows).filter(|row| row.first().is_some_and(|cell| cell == "合计")).collect();
        let total: u32 = (1..=count).sum();
        assert_eq!((totals.len(), totals[0][1].as_str()), (1, total.to_string().as_str()), "one line of totals, of all sheets");
        let last = written.last().unwrap().1.last().unwrap();
        assert_eq!(last[0], "合计", "below the last row");
    }
}
