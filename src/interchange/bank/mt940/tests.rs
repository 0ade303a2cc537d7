use proptest::prelude::*;

use super::super::error::{
    FILE_UNREADABLE, ROW_AMOUNT, ROW_CURRENCY, ROW_DATE, ROW_DIRECTION, ROW_NOT_BOOKED, ROW_SHAPE, STATEMENT_UNBALANCED,
};
use super::super::statement::{Balance, Direction, Statement, StatementLine, collect};
use super::*;

const SAMPLE: &[u8] = include_bytes!("../../../../tests/samples/bank/statement.mt940");

fn read(bytes: &[u8]) -> Result<Vec<Statement>, Refusal> {
    collect(Mt940::new(bytes))
}

fn file(lines: &str, closing: &str) -> String {
    format!(":20:S\r\n:25:510599\r\n:28C:1\r\n:60F:C230117CNY100,00\r\n{lines}:62F:C230118CNY{closing}\r\n")
}

fn one(line: &str, closing: &str) -> StatementLine {
    let statement = read(file(&format!("{line}\r\n"), closing).as_bytes()).unwrap().remove(0);
    assert_eq!((statement.balance, &statement.faults[..]), (Balance::Holds, &[][..]), "{line}");
    statement.lines.into_iter().next().unwrap()
}

#[test]
fn an_account_is_the_same_with_its_bank_and_currency_beside_it() {
    for written in ["510599", "BKCHCNBJ/510599", "510599 CNY", "510599CNY", "BKCHCNBJ/510599 CNY"] {
        let file = file(":61:2301170117D100,00NTRFX\r\n", "0,00").replace(":25:510599", &format!(":25:{written}"));
        assert_eq!(read(file.as_bytes()).unwrap()[0].head.account, "510599", "{written}");
    }
}

#[test]
fn the_sample_says_the_same_as_the_other_formats() {
    let statements = read(SAMPLE).unwrap();
    assert_eq!(statements.len(), 2);
    let first = &statements[0];
    assert_eq!(
        (first.head.id.as_str(), first.head.account.as_str(), first.head.sequence.as_deref()),
        ("S-18", "510599000000000001", Some("18/1"))
    );
    assert_eq!((first.balance, first.faults.len(), first.lines.len()), (Balance::Holds, 0, 5));
    let line = &first.lines[0];
    assert_eq!(
        (line.direction, line.amount.to_string().as_str(), line.entry_reference.as_deref()),
        (Direction::Debit, "2212.00", Some("T230118000001"))
    );
    assert_eq!(line.references, ["12565bb7e1fe51fa93b9749feb51408e"]);
    assert_eq!((line.counterparty_name.as_deref(), line.counterparty_account.as_deref()), (Some("王测试"), Some("6299990000000000011")));
    assert_eq!((line.remittance.as_str(), line.bank_code.as_deref()), ("2023年元旦春节送温暖", Some("NTRF")));
    assert_eq!(first.lines[1].references, ["ae7bbfdd88425e7da25a2a685b0f5655"], "broken over two lines by the bank");
    assert_eq!((first.lines[2].references.as_slice(), first.lines[2].remittance.as_str()), (&["B-2023-0001".to_owned()][..], "三笔送温暖"));
    assert!(first.lines[3].fee);
    let bounce = &first.lines[4];
    assert_eq!(
        (bounce.direction, bounce.reversal, bounce.return_reason.as_deref()),
        (Direction::Credit, true, Some("AC01 收款账户不存在"))
    );
    assert_eq!(bounce.identity("x"), statements[1].lines[0].identity("x"));
}

#[test]
fn a_file_in_gb18030_is_recognised() {
    let text = String::from_utf8(SAMPLE.to_vec()).unwrap();
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    assert_eq!(read(&bytes).unwrap(), read(SAMPLE).unwrap());
    let mut mixed = bytes.into_owned();
    mixed.extend_from_slice(":20:S\r\n:25:慰\r\n".as_bytes());
    assert_eq!(read(&mixed).unwrap_err().code, &FILE_ENCODING);
}

#[test]
fn dialects_of_the_line_are_read() {
    let line = one(":61:230118D30,NTRFREF", "70,00");
    assert_eq!((line.booked_on, line.value_on), ("2023-01-18".parse().unwrap(), "2023-01-18".parse().ok()));
    assert_eq!(one(":61:2301180117DY30,00NTRFREF", "70,00").booked_on.to_string(), "2023-01-17");
    assert_eq!(one(":61:230118C30.50NMSCNONREF", "130,50").direction, Direction::Credit);
    let taken_back = one(":61:230118RC30,00NMSCNONREF", "70,00");
    assert_eq!((taken_back.direction, taken_back.reversal), (Direction::Debit, true));
    let long = one(":61:230118D30,00NTRF12565bb7e1fe51fa93b9749feb51408e//BANK//1\r\nSUPPLEMENT", "70,00");
    assert_eq!(
        (long.payment_references().count(), long.entry_reference.as_deref(), long.remittance.as_str()),
        (1, Some("BANK//1"), "SUPPLEMENT")
    );
}

#[test]
fn an_entry_date_belongs_to_the_year_nearest_to_the_value_date() {
    assert_eq!(one(":61:2212310102D30,00NTRFREF", "70,00").booked_on.to_string(), "2023-01-02");
    assert_eq!(one(":61:2301021231D30,00NTRFREF", "70,00").booked_on.to_string(), "2022-12-31");
    assert_eq!(one(":61:2402280229D30,00NTRFREF", "70,00").booked_on.to_string(), "2024-02-29");
}

#[test]
fn one_bad_line_poisons_neither_the_others_nor_passes_as_balanced() {
    for (bad, code) in [
        (":61:2301180231D1,00NTRFREF", &ROW_DATE),
        (":61:231318D1,00NTRFREF", &ROW_DATE),
        (":61:230118X1,00NTRFREF", &ROW_DIRECTION),
        (":61:230118D,,1NTRFREF", &ROW_AMOUNT),
        (":61:230118D0,00NTRFREF", &ROW_AMOUNT),
        (":61:230118D1,001NTRFREF", &ROW_AMOUNT),
        (":61:230118D1,00XTRFREF", &ROW_SHAPE),
        (":61:230118D1,00", &ROW_SHAPE),
        (":61:", &ROW_SHAPE),
        (":61:23慰问", &ROW_SHAPE),
        (":61:230118D1,00NTRFREF\0", &ROW_SHAPE),
    ] {
        let file = file(&format!("{bad}\r\n:86:x\r\n:61:230118D30,00NTRFREF\r\n"), "1,00");
        let statement = read(file.as_bytes()).unwrap().remove(0);
        assert_eq!((statement.faults[0].code, statement.faults[0].line, statement.lines.len()), (code, 5, 1), "{bad}");
        assert_eq!(statement.balance, Balance::LinesAtFault);
    }
}

#[test]
fn what_is_only_expected_is_not_booked() {
    let statement = read(file(":61:230118EC30,00NTRFREF\r\n", "100,00").as_bytes()).unwrap().remove(0);
    assert_eq!((statement.faults[0].code, statement.balance), (&ROW_NOT_BOOKED, Balance::Holds));
}

#[test]
fn every_line_of_an_account_in_another_currency_is_a_fault() {
    let dollars = file(":61:230118D30,00NTRFREF\r\n", "70,00").replace("CNY", "USD");
    let statement = read(dollars.as_bytes()).unwrap().remove(0);
    assert_eq!((statement.head.currency.as_str(), statement.faults[0].code, statement.lines.len()), ("USD", &ROW_CURRENCY, 0));
}

#[test]
fn a_statement_that_does_not_add_up_or_end_is_refused() {
    let unbalanced = read(file(":61:230118D30,00NTRFREF\r\n", "70,01").as_bytes()).unwrap_err();
    assert_eq!((unbalanced.code, &unbalanced.facts["difference"]), (&STATEMENT_UNBALANCED, &serde_json::json!("0.01")));
    let whole = file(":61:230118D30,00NTRFREF\r\n", "70,00");
    let code = |text: &str| read(text.as_bytes()).unwrap_err().code;
    assert_eq!(code(&whole[..whole.find(":62F").unwrap()]), &FILE_TRUNCATED);
    assert_eq!(code(&whole.replace(":25:510599\r\n", "")), &STATEMENT_INCOMPLETE);
    assert_eq!(code(&whole.replace("C230117CNY100,00", "C230117CNY1OO,00")), &FILE_FORMAT);
    assert_eq!(code("PK\x03\x04"), &FILE_FORMAT);
    assert_eq!(code(":61:230118D30,00NTRFREF\r\n"), &FILE_FORMAT);
    assert_eq!(code(""), &FILE_EMPTY);
}

#[test]
fn an_endless_field_is_refused() {
    let start = file(":61:230118D30,00NTRFREF\r\n:86:x\r\n", "");
    let start = &start[..start.find(":62F").unwrap()];
    let endless = std::io::Read::chain(start.as_bytes(), std::io::Read::take(std::io::repeat(b'x'), 1 << 30));
    assert_eq!(collect(Mt940::new(std::io::BufReader::new(endless))).unwrap_err().code, &FILE_TOO_LARGE);
    let many = format!("{start}{}", "more text of it\r\n".repeat(100_000));
    assert_eq!(read(many.as_bytes()).unwrap_err().code, &FILE_TOO_LARGE);
    let repeated = format!("{start}{}", ":86:text of it again and again and again\r\n".repeat(100_000));
    assert_eq!(read(repeated.as_bytes()).unwrap_err().code, &FILE_TOO_LARGE);
    assert_ne!(read(start.as_bytes()).unwrap_err().code, &FILE_UNREADABLE);
}

proptest! {
    #[test]
    fn any_part_of_the_sample_is_read_or_refused(cut in 0..SAMPLE.len(), at in 0..SAMPLE.len(), byte in any::<u8>()) {
        let _ = read(&SAMPLE[..cut]);
        let mut bytes = SAMPLE.to_vec();
        bytes[at] = byte;
        let _ = read(&bytes);
    }

    #[test]
    fn any_line_is_read_or_a_fault(line in "[0-9]{0,12}[RCDE]{0,2}[A-Z]?[0-9,.]{0,9}[A-Z]{0,4}[^\\r\\n]{0,30}", info in "(166)?[?/][^\\r\\n]{0,60}") {
        let file = file(&format!(":61:{line}\r\n:86:{info}\r\n"), "70,00");
        let _ = read(file.as_bytes());
    }
}
