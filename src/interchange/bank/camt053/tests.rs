use proptest::prelude::*;

use super::super::error::{FILE_DOCTYPE, FILE_TOO_LARGE, ROW_AMOUNT, ROW_CURRENCY, ROW_DATE, ROW_DIRECTION, STATEMENT_UNBALANCED};
use super::super::statement::{Balance, Direction, Statement, StatementLine, collect};
use super::*;

const SAMPLE: &[u8] = include_bytes!("../../../../tests/samples/bank/camt053.xml");
const OLD: &[u8] = include_bytes!("../../../../tests/samples/bank/camt053_v02_gbk.xml");

fn read(bytes: &[u8]) -> Result<Vec<Statement>, Refusal> {
    collect(Camt053::new(bytes)?)
}

/// A statement of the given entries, from 100.00 to `closing`.
fn statement(entries: &str, closing: &str) -> String {
    format!(
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><Stmt><Id>S</Id><Acct><Id><Othr><Id>510599</Id></Othr></Id></Acct>\
         <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='CNY'>100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>\
         <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='CNY'>{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>{entries}\
         </Stmt></BkToCstmrStmt></Document>"
    )
}

fn entry(amount: &str, inner: &str) -> String {
    format!(
        "<Ntry><Amt Ccy='CNY'>{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2023-01-18</Dt></BookgDt>{inner}</Ntry>"
    )
}

fn lines(entries: &str, closing: &str) -> Vec<StatementLine> {
    read(statement(entries, closing).as_bytes()).unwrap().remove(0).lines
}

#[test]
fn the_sample_is_read_to_the_fen() {
    let statements = read(SAMPLE).unwrap();
    assert_eq!(statements.len(), 2);
    let first = &statements[0];
    assert_eq!(
        (first.head.id.as_str(), first.head.account.as_str(), first.head.sequence.as_deref()),
        ("S-18", "510599000000000001", Some("18"))
    );
    assert_eq!((first.head.from, first.head.to), ("2023-01-18".parse().ok(), "2023-01-18".parse().ok()));
    assert_eq!((first.balance, first.faults.len(), first.lines.len()), (Balance::Holds, 0, 7));
    let line = &first.lines[0];
    assert_eq!((line.direction, line.amount.to_string().as_str(), line.ordinal, line.detail), (Direction::Debit, "2212.00", 1, 0));
    assert_eq!(line.references, ["12565bb7e1fe51fa93b9749feb51408e", "1"]);
    assert_eq!((line.counterparty_name.as_deref(), line.counterparty_account.as_deref()), (Some("王测试"), Some("6299990000000000011")));
    assert_eq!((line.bank_code.as_deref(), line.fee, line.reversal), (Some("PMNT/ICDT/DMCT"), false, false));
    assert!(line.raw.starts_with("<Ntry>") && line.raw.ends_with("</Ntry>") && line.raw.contains("T230118000001"));
}

#[test]
fn a_reference_in_the_remittance_is_found_where_the_field_says_nothing() {
    let line = &read(SAMPLE).unwrap()[0].lines[1];
    assert_eq!(line.references, ["2", "ae7bbfdd88425e7da25a2a685b0f5655"]);
    assert_eq!(line.payment_references().count(), 1);
}

#[test]
fn a_batch_entry_gives_its_details_as_one_group() {
    let lines = &read(SAMPLE).unwrap()[0].lines;
    let details: Vec<_> = lines.iter().filter(|line| line.ordinal == 3).collect();
    assert_eq!(details.iter().map(|line| line.detail).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(details.iter().all(|line| line.group.is_some() && line.group == details[0].group));
    assert!(details.iter().all(|line| line.raw.starts_with("<TxDtls>") && line.raw.ends_with("</TxDtls>")));
    let keys: std::collections::HashSet<_> = lines.iter().map(|line| line.identity("510599000000000001")).collect();
    assert_eq!(keys.len(), lines.len());
}

#[test]
fn charges_and_returns_are_told_apart() {
    let lines = &read(SAMPLE).unwrap()[0].lines;
    assert_eq!(lines.iter().filter(|line| line.fee).map(|line| line.amount.to_string()).collect::<Vec<_>>(), ["5.00"]);
    let bounce = lines.last().unwrap();
    assert_eq!(
        (bounce.direction, bounce.reversal, bounce.return_reason.as_deref()),
        (Direction::Credit, true, Some("AC01 收款账户不存在"))
    );
    assert_eq!(bounce.counterparty_name.as_deref(), Some("李样例"));
}

#[test]
fn a_line_of_two_overlapping_statements_is_the_same_line() {
    let statements = read(SAMPLE).unwrap();
    let [earlier, later] = [statements[0].lines.last().unwrap(), &statements[1].lines[0]];
    assert_eq!(earlier.identity("510599000000000001"), later.identity("510599000000000001"));
    assert_ne!(earlier.identity("510599000000000001"), statements[1].lines[1].identity("510599000000000001"));
}

#[test]
fn the_older_version_in_gbk_is_read_and_what_is_pending_is_not_booked() {
    let statement = &read(OLD).unwrap()[0];
    assert_eq!(statement.head.opening.unwrap().to_string(), "-100.00");
    assert_eq!(statement.balance, Balance::Holds);
    let line = &statement.lines[0];
    assert_eq!((line.booked_on.to_string().as_str(), line.bank_code.as_deref()), ("2023-01-19", Some("转入")));
    assert_eq!((line.counterparty_name.as_deref(), line.remittance.as_str()), (Some("示范市财政局"), "拨付帮扶资金"));
    assert_eq!(statement.faults.iter().map(|fault| (fault.line, fault.code)).collect::<Vec<_>>(), [(2, &ROW_NOT_BOOKED)]);
}

#[test]
fn a_statement_that_does_not_add_up_is_refused_with_the_difference() {
    let refusal = read(statement(&entry("30.00", ""), "70.01").as_bytes()).unwrap_err();
    assert_eq!((refusal.code, &refusal.facts["difference"]), (&STATEMENT_UNBALANCED, &serde_json::json!("0.01")));
}

#[test]
fn one_bad_entry_poisons_neither_the_others_nor_passes_as_balanced() {
    let bad = [
        (
            "<Ntry><Amt Ccy='USD'>1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2023-01-18</Dt></BookgDt></Ntry>".to_owned(),
            &ROW_CURRENCY,
        ),
        ("<Ntry><Amt>1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2023-01-18</Dt></BookgDt></Ntry>".to_owned(), &ROW_CURRENCY),
        (
            "<Ntry><Amt Ccy='CNY'>1.00</Amt><CdtDbtInd>BOTH</CdtDbtInd><BookgDt><Dt>2023-01-18</Dt></BookgDt></Ntry>".to_owned(),
            &ROW_DIRECTION,
        ),
        ("<Ntry><Amt Ccy='CNY'>1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2023-02-30</Dt></BookgDt></Ntry>".to_owned(), &ROW_DATE),
        ("<Ntry/>".to_owned(), &ROW_CURRENCY),
        (entry("1e3", ""), &ROW_AMOUNT),
        (entry("0.00", ""), &ROW_AMOUNT),
        (entry("-5.00", ""), &ROW_AMOUNT),
        (entry("1.005", ""), &ROW_AMOUNT),
    ];
    for (bad, code) in bad {
        let file = statement(&format!("{bad}{}", entry("30.00", "")), "1.00");
        let statement = read(file.as_bytes()).unwrap().remove(0);
        assert_eq!((statement.faults[0].code, statement.faults[0].line, statement.lines.len()), (code, 1, 1), "{bad}");
        assert_eq!(statement.balance, Balance::LinesAtFault);
    }
}

#[test]
fn details_that_do_not_add_up_stay_one_line_with_all_references() {
    let details = |amount: &str| {
        let one = |number: u8| format!("<TxDtls><Refs><EndToEndId>E{number}</EndToEndId></Refs>{amount}</TxDtls>");
        entry("30.00", &format!("<NtryDtls>{}{}</NtryDtls>", one(1), one(2)))
    };
    for amount in ["", "<Amt Ccy='CNY'>14.00</Amt>", "<Amt Ccy='USD'>15.00</Amt>", "<Amt Ccy='CNY'>-15.00</Amt>"] {
        let lines = lines(&details(amount), "70.00");
        assert_eq!(
            (lines.len(), lines[0].detail, lines[0].references.as_slice()),
            (1, 0, &["E1".to_owned(), "E2".to_owned()][..]),
            "{amount}"
        );
        assert_eq!(lines[0].counterparty_name, None);
    }
    assert_eq!(lines(&details("<Amt Ccy='CNY'>15.00</Amt>"), "70.00").len(), 2);
}

#[test]
fn the_other_side_of_a_return_is_never_the_account_itself() {
    let side = |element: &str, name: &str, account: &str| {
        format!("<{element}><Nm>{name}</Nm></{element}><{element}Acct><Id><Othr><Id>{account}</Id></Othr></Id></{element}Acct>")
    };
    let kept = format!("{}{}", side("Dbtr", "总工会", "510599"), side("Cdtr", "王测试", "62"));
    let turned = format!("{}{}", side("Dbtr", "王测试", "62"), side("Cdtr", "总工会", "510599"));
    for parties in [kept, turned] {
        let returned = entry("30.00", &format!("<NtryDtls><TxDtls><RltdPties>{parties}</RltdPties></TxDtls></NtryDtls>"));
        let line = lines(&returned.replace("DBIT", "CRDT"), "130.00").remove(0);
        assert_eq!((line.counterparty_name.as_deref(), line.counterparty_account.as_deref()), (Some("王测试"), Some("62")));
    }
}

#[test]
fn equal_entries_without_a_reference_are_two_lines() {
    let lines = lines(&format!("{0}{0}", entry("15.00", "")), "70.00");
    assert_eq!(lines.iter().map(|line| line.occurrence).collect::<Vec<_>>(), [1, 2]);
    assert_ne!(lines[0].identity("510599"), lines[1].identity("510599"));
}

#[test]
fn what_is_no_statement_is_refused() {
    let code = |text: &str| read(text.as_bytes()).unwrap_err().code;
    assert_eq!(code("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'/>"), &FILE_FORMAT);
    assert_eq!(code("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'/>"), &FILE_FORMAT);
    assert_eq!(code("<html/>"), &FILE_FORMAT);
    assert_eq!(code(&statement("", "1oo.00")), &FILE_FORMAT);
    assert_eq!(code(&statement("", "100.00").replace("510599", "")), &STATEMENT_INCOMPLETE);
    assert_eq!(code(&format!("<!DOCTYPE x []>{}", statement("", "100.00"))), &FILE_DOCTYPE);
    let text = String::from_utf8(SAMPLE.to_vec()).unwrap();
    let at = text.find("T230118000003").unwrap();
    assert_eq!(code(&text[..at]), &super::super::error::FILE_TRUNCATED);
}

#[test]
fn an_entry_with_endless_details_is_refused() {
    let detail = "<TxDtls><Refs><EndToEndId>E</EndToEndId></Refs></TxDtls>".repeat(60_000);
    let refusal = read(statement(&entry("30.00", &format!("<NtryDtls>{detail}</NtryDtls>")), "70.00").as_bytes()).unwrap_err();
    assert_eq!(refusal.code, &FILE_TOO_LARGE);
    let text = format!("<AddtlNtryInf>{}</AddtlNtryInf>", "x".repeat(1_000_000)).repeat(34);
    let refusal = read(statement(&entry("30.00", &text), "70.00").as_bytes()).unwrap_err();
    assert_eq!(refusal.code, &FILE_TOO_LARGE);
}

#[test]
fn an_entry_with_very_many_references_is_read_in_linear_time() {
    let references: String = (0..100_000).map(|number| format!("<InstrId>I{number}</InstrId><EndToEndId>E{number}</EndToEndId>")).collect();
    let started = std::time::Instant::now();
    let lines = lines(&entry("30.00", &format!("<NtryDtls><TxDtls><Refs>{references}</Refs></TxDtls></NtryDtls>")), "70.00");
    assert_eq!(lines[0].references.len(), 100_001);
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}

proptest! {
    #[test]
    fn any_part_of_the_sample_is_read_or_refused(cut in 0..SAMPLE.len(), at in 0..SAMPLE.len(), byte in any::<u8>()) {
        let mut bytes = SAMPLE[..cut].to_vec();
        // The last line break alone is of no account.
        prop_assert!(cut + 1 >= SAMPLE.len() || read(&bytes).is_err());
        bytes = SAMPLE.to_vec();
        bytes[at] = byte;
        let _ = read(&bytes);
    }

    #[test]
    fn opening_and_lines_always_give_the_closing(fen in proptest::collection::vec(1i64..1_000_000, 0..12)) {
        let total: i64 = fen.iter().sum();
        let money = |fen: i64| Money::new(rust_decimal::Decimal::new(fen, 2)).unwrap();
        let entries: String = fen.iter().map(|fen| entry(&money(*fen).to_string(), "")).collect();
        let closing = (10_000 - total).abs();
        let mut file = statement(&entries, &money(closing).to_string());
        if total > 10_000 {
            let last = file.rfind("CRDT").unwrap();
            file.replace_range(last..last + 4, "DBIT");
        }
        let statements = read(file.as_bytes()).unwrap();
        prop_assert_eq!(statements[0].lines.len(), fen.len());
        prop_assert_eq!(statements[0].balance, Balance::Holds);
    }
}
