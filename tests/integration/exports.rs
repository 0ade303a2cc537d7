//! Lists as files, and the forms that are printed and signed.

mod clear;
mod every;
mod forms;
mod jobs;
mod lists;
mod program;
mod streams;

use std::io::Cursor;

use calamine::{Data, Reader as _};

use crate::support::{Aid, Reply, TestApp};

/// The records of a CSV file in UTF-8, each field without what shelters it from spreadsheets.
pub fn records(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let plain = |field: &str| field.trim_start_matches(['\t', '\'']).to_owned();
    reader.records().map(|record| record.unwrap().iter().map(plain).collect()).collect()
}

/// The cells of a workbook's first sheet as text.
pub fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let text = |cell: &Data| match cell {
        Data::Float(number) => format!("{number:.2}"),
        other => other.to_string(),
    };
    sheet.rows().map(|row| row.iter().map(text).collect()).collect()
}

/// What an export holds: its heading, its heads, its rows, its totals.
#[derive(Debug)]
pub struct Exported {
    pub title: String,
    pub facts: Vec<(String, String)>,
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub totals: Vec<String>,
}

impl Exported {
    /// Of the records of a file: the heads stand after the title and five facts.
    pub fn of(mut records: Vec<Vec<String>>) -> Self {
        records.retain(|record| record.iter().any(|field| !field.is_empty()));
        let totals = records.pop().unwrap();
        let rows = records.split_off(7);
        let heads = records.pop().unwrap();
        let facts = records.split_off(1).into_iter().map(|record| (record[0].clone(), record[1].clone())).collect();
        Self { title: records[0][0].clone(), facts, heads, rows, totals }
    }

    /// A column, by its head.
    pub fn column(&self, head: &str) -> Vec<&str> {
        let place = self.heads.iter().position(|each| each == head).unwrap_or_else(|| panic!("no {head} in {:?}", self.heads));
        self.rows.iter().map(|row| row.get(place).map_or("", String::as_str)).collect()
    }

    /// What the heading says of something.
    pub fn fact(&self, label: &str) -> &str {
        &self.facts.iter().find(|(each, _)| each == label).unwrap_or_else(|| panic!("no {label} in {:?}", self.facts)).1
    }
}

/// An export as CSV.
pub async fn exported(app: &TestApp, path: &str) -> Exported {
    Exported::of(records(&app.get(path).await.expect(200).text))
}

/// As [`exported`], of an answer.
pub fn read(reply: Reply) -> Exported {
    Exported::of(records(&reply.expect(200).text))
}

/// A federation in which every list has something: a plan that was paid, bounced, recovered and transferred down.
pub async fn busy(app: &TestApp) -> Aid {
    use serde_json::json;

    use crate::support::aid::{SENT_ON, drawing_on, listed};
    let aid = Aid::new(app).await;
    let case = aid.case(json!({})).await;
    let people = aid.persons(2).await;
    aid.model_worker("municipal", json!({})).await;
    let line = aid.line("10000").await;
    aid.standard(&line, "relative", "500", "exact").await;
    let arrival = json!({"allocation_line_id": line, "amount": "9000", "arrived_on": "2022-01-20", "account": "工行 2304001209024567891"});
    app.post("/v1/arrivals", &arrival).await.expect(201);
    let district = app.organisation("district_union", "测试区总工会").await;
    app.account_of_organisation(&district).await;
    let down = json!({
        "name": "划拨", "kind": "transfer_down", "channel": "bank_transfer", "feedback_due_on": "2022-12-31",
        "population": {"listed": {"category": "undossiered", "recipients": [{"organisation_id": district, "amount": "1000"}]}},
    });
    let tiers = json!([listed(&[(&people[0], "1521"), (&people[1], "0.10")]), down]);
    let plan = aid.sent(&aid.plan(drawing_on(&[&line]), tiers)).await;
    let instructions = aid.instructions(&plan).await;
    for instruction in &instructions {
        aid.answered(instruction, "settled", SENT_ON).await;
    }
    let paid = instructions.iter().find(|each| each["amount"] == "1521.00").unwrap();
    let recovery = json!({"instruction_id": paid["id"], "amount": "21", "reason": "overpaid", "due_on": "2022-10-01"});
    app.post("/v1/recoveries", &recovery).await.expect(201);
    let back = json!({"allocation_line_id": line, "amount": "30", "reason": "unspent", "due_on": "2022-11-01"});
    app.post("/v1/returns", &back).await.expect(201);
    let transfer = app.get("/v1/transfers").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
    let reported = json!({"reported_on": "2022-11-01", "rows": [{
        "name": "测试乙", "identity_number": crate::support::registry::identity_number(), "amount": "400", "paid_on": "2022-10-20",
    }]});
    app.post(&format!("/v1/transfers/{transfer}/feedback"), &reported).await.expect(200);
    let report = app.document("报告1").await;
    let figure = json!({
        "document_id": report, "name": "own_funds", "quote": "下达9万元", "printed": "9万元", "measure": "granted",
        "scope": {"kind": "allocation_line", "id": line}, "as_of": "2022-12-31",
    });
    app.post("/v1/declared-figures", &figure).await.expect(201);
    let _ = case;
    aid
}
