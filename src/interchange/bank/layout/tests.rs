use proptest::prelude::*;

use super::*;
use crate::interchange::bank::error::*;
use crate::interchange::bank::payment::{Order, Payment, samples};
use crate::interchange::bank::result::{Controls, ResultFile, ResultLine};
use crate::interchange::bank::row::{Fault, Row};
use crate::interchange::bank::statement::{Balance, Direction, Statement, collect};
use crate::kernel::refusal::Refusal;

const ONE_CARD: &[u8] = include_bytes!("../../../../tests/samples/bank/one_card.result.txt");
const PAYROLL: &[u8] = include_bytes!("../../../../tests/samples/bank/payroll.result.txt");
const STATEMENT: &[u8] = include_bytes!("../../../../tests/samples/bank/statement.csv");

fn one_card_payments() -> Layout {
    serde_json::from_str(include_str!("../../../../tests/samples/bank/one_card.payments.json")).unwrap()
}

fn one_card_results() -> Layout {
    serde_json::from_str(include_str!("../../../../tests/samples/bank/one_card.results.json")).unwrap()
}

fn payroll_payments() -> Layout {
    serde_json::from_str(include_str!("../../../../tests/samples/bank/payroll.payments.json")).unwrap()
}

fn payroll_results() -> Layout {
    serde_json::from_str(include_str!("../../../../tests/samples/bank/payroll.results.json")).unwrap()
}

fn online_statement() -> Layout {
    serde_json::from_str(include_str!("../../../../tests/samples/bank/statement.layout.json")).unwrap()
}

fn write(layout: &Layout, order: &Order, payments: &[Payment]) -> Result<Vec<u8>, Refusal> {
    let mut file = LayoutPayments::begin(Vec::new(), layout, order)?;
    payments.iter().try_for_each(|payment| file.push(payment))?;
    file.finish()
}

fn results(layout: &Layout, bytes: &[u8]) -> Result<(Vec<ResultLine>, Vec<Fault>, ResultFile), Refusal> {
    let mut reader = LayoutResults::new(bytes, layout)?;
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for row in reader.by_ref() {
        match row? {
            Row::Read(line) => lines.push(line),
            Row::Faulty(fault) => faults.push(fault),
        }
    }
    Ok((lines, faults, reader.file().clone()))
}

fn statement(layout: &Layout, bytes: &[u8]) -> Result<Statement, Refusal> {
    Ok(collect(LayoutStatement::new(bytes, layout)?)?.remove(0))
}

fn gb(text: &str) -> Vec<u8> {
    Encoding::Gb18030.encode(text).unwrap()
}

/// The bytes with one text replaced by another of the same length.
fn changed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (from, to) = (gb(from), gb(to));
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    [&bytes[..at], &to, &bytes[at + from.len()..]].concat()
}

#[test]
fn a_fixed_width_result_in_gb18030_is_read_with_its_control_totals() {
    let (lines, faults, file) = results(&one_card_results(), ONE_CARD).unwrap();
    assert!(faults.is_empty());
    assert_eq!(
        lines.iter().map(|line| line.outcome).collect::<Vec<_>>(),
        [Outcome::Settled, Outcome::Settled, Outcome::Failed, Outcome::Unknown, Outcome::Bounced]
    );
    assert_eq!((lines[0].line, lines[0].amount.unwrap().to_string().as_str()), (2, "2212.00"));
    assert_eq!((lines[2].reason.as_deref(), lines[3].occurred_on), (Some("户名与账号不符"), None));
    assert_eq!(lines[4].occurred_on.unwrap().to_string(), "2023-01-19");
    assert!(lines.iter().all(|line| line.reference.is_some()) && lines[3].raw.contains("𬱖䶮"));
    assert_eq!((file.batch_reference.as_deref(), file.rows, file.controls), (Some("B-2023-0001"), 5, Controls::Hold));
}

#[test]
fn control_totals_that_differ_are_a_refusal() {
    for (from, to) in [("T00000005", "T00000006"), ("0000000001106000", "0000000001106001"), ("0000000200000000", "0000000100000000")] {
        let refusal = results(&one_card_results(), &changed(ONE_CARD, from, to)).unwrap_err();
        assert_eq!(refusal.code, &CONTROL_TOTALS_MISMATCH, "{to}");
    }
    let last = ONE_CARD.len() - 75;
    assert_eq!(results(&one_card_results(), &ONE_CARD[..last]).unwrap_err().code, &TRAILER_UNEXPECTED);
    assert_eq!(results(&one_card_results(), &changed(ONE_CARD, "HB-2023", "XB-2023")).unwrap_err().code, &HEADER_UNEXPECTED);
    assert_eq!(results(&one_card_results(), b"").unwrap_err().code, &FILE_EMPTY);
}

#[test]
fn a_code_that_nobody_explained_is_unknown_and_kept() {
    let (lines, faults, file) = results(&one_card_results(), &changed(ONE_CARD, "1001", "7777")).unwrap();
    assert_eq!((lines[2].outcome, lines[2].code.as_deref()), (Outcome::Unknown, Some("7777")));
    assert_eq!((faults.len(), file.controls), (0, Controls::Partly));
}

#[test]
fn one_bad_row_names_its_line_and_poisons_no_other() {
    for (from, to, code) in [
        ("00000000221200202301180000", "000000002212X0202301180000", &ROW_AMOUNT),
        ("20230118", "20230230", &ROW_DATE),
        ("D000001", "X000001", &ROW_SHAPE),
        ("王测试", "王\0测\0\0", &ROW_ENCODING),
    ] {
        let (lines, faults, file) = results(&one_card_results(), &changed(ONE_CARD, from, to)).unwrap();
        assert_eq!((faults.len(), faults[0].line, faults[0].code, lines.len()), (1, 2, code, 4), "{to:?}");
        assert_eq!((file.faults, file.controls), (1, Controls::Partly));
    }
    let mut broken = ONE_CARD.to_vec();
    let name = gb("王测试");
    let at = broken.windows(name.len()).position(|window| window == name).unwrap();
    broken[at + 1] = b' ';
    let (lines, faults, _) = results(&one_card_results(), &broken).unwrap();
    assert_eq!((faults[0].code, lines.len()), (&ROW_ENCODING, 4));
}

#[test]
fn a_delimited_result_is_read_by_its_short_references() {
    let (lines, faults, file) = results(&payroll_results(), PAYROLL).unwrap();
    assert!(faults.is_empty());
    let outcomes: Vec<_> = lines.iter().map(|line| (line.outcome, line.code.as_deref())).collect();
    assert_eq!(
        outcomes,
        [(Outcome::Settled, Some("S")), (Outcome::Failed, Some("F")), (Outcome::Unknown, Some("W7")), (Outcome::Unknown, None)]
    );
    assert_eq!((lines[0].reference, lines[0].reference_text.as_str()), (None, "12565bb7e1fe51fa"));
    assert_eq!(file.controls, Controls::Hold);
}

#[test]
fn payments_are_written_in_fixed_widths_of_the_encoding() {
    let payments = [samples::payment(1, "2212.00"), samples::payment(2, "0.05")];
    let order = samples::order(&payments);
    let bytes = write(&one_card_payments(), &order, &payments).unwrap();
    assert_eq!(bytes, write(&one_card_payments(), &order, &payments).unwrap());
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(lines[0], gb("HB-2023-0001         20230118000000020000000000221205\r"));
    let reference = "05105990000050008000000000000001";
    let row =
        format!("D000001{reference}测试甲{}6299990000000000019    000000002212002023年元旦春节送温暖{}\r", " ".repeat(24), " ".repeat(20));
    assert_eq!(lines[1], gb(&row));
    assert!(lines.iter().skip(1).take(2).all(|line| line.len() == 1 + 6 + 32 + 30 + 23 + 14 + 40 + 1));
    assert_eq!(lines[3], b"T000000020000000000221205\r");
}

#[test]
fn what_does_not_fit_is_refused_and_names_the_payment() {
    let order = samples::order(&[samples::payment(9, "1.00")]);
    let refuse = |layout: &Layout, change: &dyn Fn(&mut Payment)| {
        let mut payment = samples::payment(9, "1.00");
        change(&mut payment);
        let refusal = write(layout, &order, &[payment]).unwrap_err();
        assert_eq!((refusal.code, &refusal.facts["sequence"]), (&PAYMENT_UNWRITABLE, &serde_json::json!(9)));
    };
    refuse(&one_card_payments(), &|payment| payment.creditor_account = "1".repeat(24));
    refuse(&one_card_payments(), &|payment| payment.remittance = "a\nb".to_owned());
    refuse(&one_card_payments(), &|payment| payment.creditor_name = "\u{E5E5}".to_owned());
    refuse(&payroll_payments(), &|payment| payment.creditor_name = "甲|乙".to_owned());
    refuse(&payroll_payments(), &|payment| payment.creditor_name = "甲\0".to_owned());
    refuse(&payroll_payments(), &|payment| payment.creditor_account = " ".to_owned());
    refuse(&neutral::payments(), &|payment| payment.creditor_name = "=cmd()".to_owned());
    refuse(&neutral::payments(), &|payment| payment.remittance = "@sum".to_owned());
}

#[test]
fn a_long_name_is_shortened_only_where_the_layout_says_so() {
    let mut payment = samples::payment(1, "1.00");
    payment.creditor_name = "长".repeat(20);
    let order = samples::order(std::slice::from_ref(&payment));
    let bytes = write(&one_card_payments(), &order, std::slice::from_ref(&payment)).unwrap();
    let text = Encoding::Gb18030.decode(&bytes).unwrap();
    assert_eq!(text.matches('长').count(), 15);
}

#[test]
fn short_references_that_are_equal_are_refused() {
    let payments = [samples::payment(1, "1.00"), samples::payment(2, "1.00")];
    assert_eq!(write(&payroll_payments(), &samples::order(&payments), &payments).unwrap_err().code, &ORDER_MISMATCH);
    write(&one_card_payments(), &samples::order(&payments), &payments).unwrap();
}

#[test]
fn the_neutral_payments_have_a_mark_titles_and_totals() {
    let mut payments = [samples::payment(1, "1000.00"), samples::payment(2, "2212.50")];
    payments[0].remittance = "慰问,\"两节\"".to_owned();
    let text = String::from_utf8(write(&neutral::payments(), &samples::order(&payments), &payments).unwrap()).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "\u{FEFF}序号,参考号,金额,币种,收款户名,收款账号,收款行号,收款行名,附言,日期");
    assert!(lines[1].ends_with(",\"慰问,\"\"两节\"\"\",2023-01-18"), "{}", lines[1]);
    assert_eq!(lines[3], "合计,2,3212.50,B-2023-0001");
    // A reader that shares nothing with the writer.
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!((&records[0][8], &records[1][2], records.len()), ("慰问,\"两节\"", "2212.50", 3));
}

#[test]
fn the_neutral_results_are_read() {
    let text = "参考号,结果,金额,日期,原因\n12565bb7-e1fe-51fa-93b9-749feb51408e,成功,\"1,000.00\",2023-01-18,\nae7bbfdd88425e7da25a2a685b0f5655,被退,2,,原因\n合计,2,1002.00,B-1\n";
    let (lines, faults, file) = results(&neutral::results(), text.as_bytes()).unwrap();
    assert_eq!((lines.len(), faults.len(), file.controls), (2, 0, Controls::Hold));
    assert!(lines[0].reference.is_some());
    assert_eq!((lines[0].outcome, lines[1].outcome, lines[1].code.as_deref()), (Outcome::Settled, Outcome::Unknown, Some("被退")));
    for code in ["e1", "1.005", "-1.00", "1万"] {
        let (_, faults, _) = results(&neutral::results(), text.replace("\"1,000.00\"", code).as_bytes()).unwrap();
        assert_eq!(faults[0].code, &ROW_AMOUNT, "{code}");
    }
}

#[test]
fn a_statement_of_a_web_site_is_read_newest_first() {
    let statement = statement(&online_statement(), STATEMENT).unwrap();
    assert_eq!((statement.head.account.as_str(), statement.balance, statement.lines.len()), ("510599000000000001", Balance::Holds, 5));
    assert_eq!(statement.head.opening.unwrap().to_string(), "376040.00");
    assert_eq!(statement.head.closing.unwrap().to_string(), "367187.00");
    let bounce = &statement.lines[0];
    assert_eq!(
        (bounce.direction, bounce.amount.to_string().as_str(), bounce.entry_reference.as_deref()),
        (Direction::Credit, "2212.00", Some("T230118000005"))
    );
    assert_eq!(bounce.references, ["ae7bbfdd88425e7da25a2a685b0f5655"]);
    assert_eq!(bounce.counterparty_account.as_deref(), Some("6299990000000000022"));
    assert_eq!(statement.lines.iter().map(|line| line.fee).collect::<Vec<_>>(), [false, true, false, false, false]);
    assert_eq!((statement.lines[1].counterparty_name.as_deref(), statement.lines[1].counterparty_account.as_deref()), (None, None));
}

#[test]
fn a_statement_with_a_line_missing_is_refused() {
    let text = Encoding::Gb18030.decode(STATEMENT).unwrap();
    let without: Vec<&str> = text.split_inclusive("\r\n").filter(|line| !line.contains("T230118000003")).collect();
    assert_eq!(statement(&online_statement(), &gb(&without.concat())).unwrap_err().code, &CONTROL_TOTALS_MISMATCH);
    let without = without.concat().replace("合计笔数,5", "合计笔数,4");
    assert_eq!(statement(&online_statement(), &gb(&without)).unwrap_err().code, &STATEMENT_UNBALANCED);
}

#[test]
fn the_three_ways_to_say_which_way_money_went_are_one() {
    let read = |columns: &str, rows: &str| {
        let json = format!(
            r#"{{"name":"x","encoding":"utf8","kind":{{"delimited":{{"separator":"|"}}}},"amounts":"yuan","dates":"compact",
            "directions":{{"借":"debit","贷":"credit"}},"columns":[{{"field":"booked_on"}},{columns}]}}"#
        );
        statement(&serde_json::from_str(&json).unwrap(), rows.as_bytes()).unwrap()
    };
    let ways = [
        read(r#"{"field":"signed_amount"}"#, "20230118|-1.00\n20230118|+2.00\n"),
        read(r#"{"field":"debit"},{"field":"credit"}"#, "20230118|1.00|0.00\n20230118|--|2.00\n"),
        read(r#"{"field":"direction"},{"field":"amount"}"#, "20230118|借|1.00\n20230118|贷|2.00\n"),
    ];
    for statement in &ways {
        let moves: Vec<_> = statement.lines.iter().map(|line| line.direction.signed(line.amount).to_string()).collect();
        assert_eq!((moves, statement.balance), (vec!["-1.00".to_owned(), "2.00".to_owned()], Balance::NotGiven));
    }
    let red = read(r#"{"field":"debit"},{"field":"credit"}"#, "20230118|-1.00|\n");
    assert_eq!((red.lines[0].direction, red.lines[0].reversal), (Direction::Credit, true));
    let faults = read(r#"{"field":"debit"},{"field":"credit"}"#, "20230118|1|1\n20230118||\n|1|\n20230118|a|\n");
    let codes: Vec<_> = faults.faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, [&ROW_DIRECTION, &ROW_AMOUNT, &ROW_DATE, &ROW_AMOUNT]);
    let marks = read(r#"{"field":"direction"},{"field":"amount"},{"field":"currency"}"#, "20230118|出|1.00|CNY\n20230118|借|1.00|USD\n");
    assert_eq!(marks.faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), [&ROW_DIRECTION, &ROW_CURRENCY]);
}

#[test]
fn nul_bytes_and_a_million_columns_are_faults_and_no_more() {
    let layout = neutral::results();
    let wide = format!("参考号,结果,金额,日期,原因\n{}\na,\0,1,,\n合计,2,0.00,\n", ",".repeat(60_000));
    let (lines, faults, _) = results(&layout, wide.as_bytes()).unwrap();
    assert_eq!((lines.len(), faults.iter().map(|fault| fault.code).collect::<Vec<_>>()), (0, vec![&ROW_SHAPE, &ROW_ENCODING]));
    let wider = format!("参考号,结果,金额,日期,原因\n{}\n合计,1,0.00,\n", ",".repeat(1_000_000));
    assert_eq!(results(&layout, wider.as_bytes()).unwrap_err().code, &FILE_TOO_LARGE);
}

#[test]
fn a_layout_survives_json() {
    for layout in
        [neutral::payments(), neutral::results(), neutral::statement(), one_card_payments(), payroll_results(), online_statement()]
    {
        let json = serde_json::to_string(&layout).unwrap();
        assert_eq!(serde_json::from_str::<Layout>(&json).unwrap(), layout);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_to_the_fen(fen in proptest::collection::vec(1i64..100_000_000, 1..8), name in "[甲乙丙丁戊a-z,|\"']{1,8}") {
        let payments: Vec<Payment> = fen.iter().zip(1..).map(|(fen, sequence)| {
            let amount = crate::kernel::Money::new(rust_decimal::Decimal::new(*fen, 2)).unwrap();
            Payment { creditor_name: name.clone(), ..samples::payment(sequence, &amount.to_string()) }
        }).collect();
        let order = samples::order(&payments);
        // What is written by the layout of payments is read by the same columns as a result without codes.
        let code = Column { field: Field::ResultCode, text: None, width: None, align: Align::Left, pad: None, truncate: false };
        for mut layout in [one_card_payments(), neutral::payments()] {
            let bytes = write(&layout, &order, &payments).unwrap();
            let last = layout.columns.last_mut().unwrap();
            *last = Column { width: last.width, ..code.clone() };
            if layout.kind == Kind::FixedWidth {
                layout.headers[0].columns.retain(|column| column.field != Field::DebtorName);
            }
            layout.codes.insert("x".to_owned(), Outcome::Settled);
            let (lines, faults, file) = results(&layout, &bytes).unwrap();
            prop_assert!(faults.is_empty());
            prop_assert_eq!(file.controls, Controls::Hold);
            let amounts: Vec<_> = lines.iter().map(|line| (line.reference, line.amount)).collect();
            let expected: Vec<_> = payments.iter().map(|payment| (Some(payment.reference), Some(payment.amount))).collect();
            prop_assert_eq!(amounts, expected);
        }
    }

    #[test]
    fn any_change_of_one_byte_is_read_or_refused(at in 0..ONE_CARD.len(), byte in any::<u8>()) {
        let mut bytes = ONE_CARD.to_vec();
        bytes[at] = byte;
        let _ = results(&one_card_results(), &bytes);
        let mut bytes = STATEMENT.to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = statement(&online_statement(), &bytes);
    }
}
