use proptest::prelude::*;

use super::super::error::{FILE_DOCTYPE, FILE_TRUNCATED};
use super::super::pain001::Pain001;
use super::super::payment::samples;
use super::*;

const SAMPLE: &[u8] = include_bytes!("../../../../tests/samples/bank/pain002.xml");
const REJECTED: &[u8] = include_bytes!("../../../../tests/samples/bank/pain002_v03_rejected.xml");

fn read(bytes: &[u8]) -> Result<(Vec<Row<ResultLine>>, ResultFile), Refusal> {
    let mut report = Pain002::new(bytes)?;
    let rows = report.by_ref().collect::<Result<_, _>>()?;
    Ok((rows, report.file().clone()))
}

fn results(bytes: &[u8]) -> Vec<ResultLine> {
    let rows = read(bytes).unwrap().0;
    rows.into_iter().map(|row| if let Row::Read(line) = row { line } else { panic!("{row:?}") }).collect()
}

fn report(transaction: &str) -> String {
    format!(
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'><CstmrPmtStsRpt><GrpHdr><CreDtTm>2023-01-18T20:00:00Z</CreDtTm></GrpHdr>\
         <OrgnlPmtInfAndSts><TxInfAndSts>{transaction}</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

#[test]
fn settled_rejected_and_pending_are_three_things() {
    let lines = results(SAMPLE);
    let outcomes: Vec<_> = lines.iter().map(|line| (line.code.as_deref().unwrap(), line.outcome)).collect();
    let expected = [
        ("ACSC", Outcome::Settled),
        ("ACCC", Outcome::Settled),
        ("RJCT", Outcome::Failed),
        ("PDNG", Outcome::Unknown),
        ("ACSP", Outcome::Unknown),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(lines[2].reason.as_deref(), Some("AC04 账户已销户"));
    assert!(lines.iter().all(|line| line.amount.is_some_and(|amount| amount.to_string() == "2212.00") && line.reference.is_some()));
    assert!(lines[0].raw.starts_with("<TxInfAndSts>") && lines[0].raw.ends_with("</TxInfAndSts>"));
}

#[test]
fn the_day_is_chinas_and_the_messages_when_the_transaction_has_none() {
    let days: Vec<_> = results(SAMPLE).iter().map(|line| line.occurred_on.unwrap().to_string()).collect();
    assert_eq!(days, ["2023-01-19"; 5]);
    assert_eq!(results(report("<TxSts>ACCC</TxSts>").as_bytes())[0].occurred_on.unwrap().to_string(), "2023-01-19");
}

#[test]
fn a_rejected_message_is_told_and_applied_to_no_payment() {
    let (rows, file) = read(REJECTED).unwrap();
    assert!(rows.is_empty());
    assert_eq!((file.status.as_deref(), file.reason.as_deref()), (Some("RJCT"), Some("DU01 文件重复")));
    assert_eq!(file.message_id.as_deref(), Some("BF20230118-001"));
}

#[test]
fn a_status_that_is_new_or_missing_is_unknown() {
    for status in ["<TxSts>ACWP</TxSts>", "<TxSts>rjct</TxSts>", "", "<TxSts/>"] {
        assert_eq!(results(report(status).as_bytes())[0].outcome, Outcome::Unknown, "{status}");
    }
}

#[test]
fn one_bad_transaction_does_not_poison_the_next() {
    let amount = |text: &str| format!("<TxSts>ACSC</TxSts><OrgnlTxRef><Amt><InstdAmt {text}</InstdAmt></Amt></OrgnlTxRef>");
    for (bad, code) in [
        (amount("Ccy='USD'>1.00"), &ROW_CURRENCY),
        (amount(">1.00"), &ROW_CURRENCY),
        (amount("Ccy='CNY'>1,00"), &ROW_AMOUNT),
        (amount("Ccy='CNY'>-1.00"), &ROW_AMOUNT),
        ("<TxSts>ACSC</TxSts><AccptncDtTm>soon</AccptncDtTm>".to_owned(), &ROW_DATE),
    ] {
        let file = report(&format!("{bad}</TxInfAndSts><TxInfAndSts><TxSts>RJCT</TxSts>"));
        let (rows, file) = read(file.as_bytes()).unwrap();
        let [Row::Faulty(fault), Row::Read(good)] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((fault.line, fault.code, good.line, good.outcome), (1, code, 2, Outcome::Failed));
        assert_eq!((file.rows, file.faults), (2, 1));
    }
}

#[test]
fn what_is_no_report_is_refused() {
    let code = |bytes: &[u8]| read(bytes).unwrap_err().code;
    assert_eq!(code(b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'/>"), &FILE_FORMAT);
    assert_eq!(code(&SAMPLE[..SAMPLE.len() - 40]), &FILE_TRUNCATED);
    assert_eq!(code(format!("<!DOCTYPE x [<!ENTITY a 'b'>]>{}", report("<TxSts>&a;</TxSts>")).as_bytes()), &FILE_DOCTYPE);
}

#[test]
fn what_was_sent_comes_back_by_its_own_reference() {
    let payments = [samples::payment(1, "10.00"), samples::payment(2, "20.00")];
    let order = samples::order(&payments);
    let mut file = Pain001::begin(Vec::new(), &order).unwrap();
    payments.iter().for_each(|payment| file.push(payment).unwrap());
    let sent = String::from_utf8(file.finish().unwrap()).unwrap();
    let references: Vec<&str> = sent.split("<EndToEndId>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    for (reference, payment) in references.iter().zip(&payments) {
        let answer = report(&format!("<OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>ACCC</TxSts>", reference.to_uppercase()));
        assert_eq!(results(answer.as_bytes())[0].reference, Some(payment.reference));
    }
}

proptest! {
    #[test]
    fn any_part_of_the_sample_is_read_or_refused(cut in 0..SAMPLE.len(), at in 0..SAMPLE.len(), byte in any::<u8>()) {
        // The last line break alone is of no account.
        prop_assert!(cut + 1 >= SAMPLE.len() || read(&SAMPLE[..cut]).is_err());
        let mut bytes = SAMPLE.to_vec();
        bytes[at] = byte;
        let _ = read(&bytes);
    }
}
