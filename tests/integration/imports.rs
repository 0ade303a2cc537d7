//! Files that are taken in, and the jobs that do it.

mod bodies;
mod codes;
mod dry_runs;
mod jobs;
mod lists;
mod templates;
mod units;
mod worker;

use bangfu::kernel::Role;
use serde_json::Value;

use crate::support::TestApp;
use crate::support::registry::{card_number, identity_number};

/// A person of a file.
pub struct Line {
    pub name: String,
    pub identity_number: String,
    pub card: String,
}

impl Line {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), identity_number: identity_number(), card: card_number() }
    }
}

/// The heading of the files of these tests, in an order that is not the template's.
pub const HEADING: &str = "姓名,身份证号,档案编号,与户主关系,建档系统,建档级别,困难类型,区县,在档日期,致困原因,家庭月收入,卡种,卡号";

/// The row of a head.
pub fn head(number: &str, line: &Line) -> String {
    let Line { name, identity_number, card } = line;
    format!("{name},{identity_number},{number},户主,全总,市级,相对困难,510599,2022-03-07,疾病、残疾,\"2,830.00\",一卡通,{card}")
}

/// The row of a member.
pub fn member(number: &str, relation: &str, line: &Line) -> String {
    format!("{},{},{number},{relation},,,,,,,,,", line.name, line.identity_number)
}

/// A file of rows, as spreadsheets write it.
pub fn file(rows: &[String]) -> Vec<u8> {
    let text: String = std::iter::once(HEADING.to_owned()).chain(rows.iter().cloned()).map(|line| line + "\r\n").collect();
    text.into_bytes()
}

/// The same text in GB18030.
pub fn gb18030(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    encoding_rs::GB18030.encode(text).0.into_owned()
}

/// The text of the file that came back from a job with what is wrong beside each row.
pub async fn annotated(app: &TestApp, job: &Value) -> String {
    app.get_as(Role::Maker, &format!("/v1/jobs/{}/file", job["id"].as_str().unwrap())).await.expect(200).text
}

/// The codes of a report's faults with row and column.
pub fn faults(report: &Value) -> Vec<(u64, String, String)> {
    let faults = report["faults"].as_array().unwrap().iter();
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    faults.map(|fault| (fault["row"].as_u64().unwrap(), text(fault, "column"), text(fault, "code"))).collect()
}
