//! A bank statement of everything a large batch paid.

use std::fmt::Write;
use std::time::Instant;

use serde_json::Value;

use super::client::Client;
use super::table::Table;

/// Matches a camt.053 with a line for each settled payment, and as many fees as there are failed ones.
pub async fn matching(client: &Client, account: &str, instructions: &[Value], table: &mut Table) {
    let file = camt053(account, instructions);
    let began = Instant::now();
    let report = client.upload("/v1/bank-statements?format=camt053", file).await;
    table.time(&format!("match a camt.053 of {} lines", instructions.len()), began.elapsed(), 15.0);
    let statement = &report["statements"][0];
    let settled = instructions.len() - instructions.len() / 100;
    assert_eq!(statement["matched"]["reference"].as_u64(), Some(settled as u64), "{statement}");
}

fn yuan(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn entry(file: &mut String, number: usize, amount: &str, code: (&str, &str), details: &str) {
    write!(
        file,
        "<Ntry><Amt Ccy=\"CNY\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2022-09-08</Dt></BookgDt>\
         <ValDt><Dt>2022-09-08</Dt></ValDt><AcctSvcrRef>B{number:09}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{}</Cd>\
         <SubFmlyCd>{}</SubFmlyCd></Fmly></Domn></BkTxCd>{details}</Ntry>",
        code.0, code.1
    )
    .unwrap();
}

fn balance(file: &mut String, kind: &str, cents: u64) {
    write!(
        file,
        "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2022-09-08</Dt></Dt></Bal>",
        yuan(cents)
    )
    .unwrap();
}

fn camt053(account: &str, instructions: &[Value]) -> Vec<u8> {
    const FEE: u64 = 500;
    let mut entries = String::with_capacity(instructions.len() * 600);
    let mut paid = 0;
    for (number, row) in instructions.iter().enumerate() {
        if number % 100 == 99 {
            entry(&mut entries, number, &yuan(FEE), ("MDOP", "CHRG"), "<AddtlNtryInf>手续费</AddtlNtryInf>");
            paid += FEE;
            continue;
        }
        let (amount, reference) = (row["amount"].as_str().unwrap(), row["reference"].as_str().unwrap().replace('-', ""));
        paid += amount.replace('.', "").parse::<u64>().unwrap();
        let details = format!(
            "<NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs><Amt Ccy=\"CNY\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls>"
        );
        entry(&mut entries, number, amount, ("ICDT", "DMCT"), &details);
    }
    let mut file = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>DZ</MsgId><CreDtTm>2022-09-09T06:00:00+08:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb>\
         <CreDtTm>2022-09-09T06:00:00+08:00</CreDtTm><FrToDt><FrDtTm>2022-09-08T00:00:00+08:00</FrDtTm><ToDtTm>2022-09-08T23:59:59+08:00</ToDtTm></FrToDt>",
    );
    write!(file, "<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>").unwrap();
    balance(&mut file, "OPBD", paid);
    balance(&mut file, "CLBD", 0);
    file += &entries;
    file += "</Stmt></BkToCstmrStmt></Document>";
    file.into_bytes()
}
