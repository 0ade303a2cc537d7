//! Money granted and arrived, the standards it is paid by, and the figures that were printed of it.

use anyhow::Context;
use serde_json::{Value, json};

use super::case::{Appropriation, Case};
use super::client::{Api, text};
use super::names::Names;
use super::progress::Stage;
use super::rows::Row;
use crate::kernel::Money;

/// Records appropriations with their lines, their arrivals, and the standards. Answers how much arrived.
pub async fn grant(api: &Api, names: &Names, case: &Case) -> anyhow::Result<Money> {
    let stage = Stage::begin("资金下达文件", "Appropriations", case.appropriations.len());
    let mut arrived = Money::ZERO;
    for appropriation in &case.appropriations {
        let origin = format!("appropriations.json ({})", appropriation.key);
        arrived += record(api, names, case, appropriation, &origin).await.with_context(|| origin.clone())?;
        stage.step();
    }
    stage.end();
    let stage = Stage::begin("发放标准", "Standards", case.standards.len());
    for row in &case.standards {
        let body = json!({
            "allocation_line_id": names.of_cell(row, "line", "line")?, "category": row.get("category"), "unit": row.get("unit"),
            "amount": row.get("amount"), "mode": row.get("mode"), "basis_document_id": names.of_cell(row, "document", "basis_key")?,
            "valid_from": row.get("valid_from"), "valid_to": row.value("valid_to"),
        });
        let step = format!("standard/{}/{}/{}", row.get("line"), row.get("category"), row.get("valid_from"));
        api.post(&row.origin(), &step, "/standards", &body).await?;
        stage.step();
    }
    stage.end();
    Ok(arrived)
}

async fn record(api: &Api, names: &Names, case: &Case, appropriation: &Appropriation, origin: &str) -> anyhow::Result<Money> {
    let key = &appropriation.key;
    let mut body = names.resolve(&appropriation.body, &case.lists)?;
    let keys = take_line_keys(&mut body)?;
    let answer = api.post(origin, &format!("appropriation/{key}"), "/appropriations", &body).await?;
    names.save("appropriation", key, text(&answer, "/id")?)?;
    let mut arrived = Money::ZERO;
    for (index, line) in keys.iter().enumerate() {
        let id = text(&answer, &format!("/lines/{index}/id"))?;
        names.save("line", line, id)?;
        let amount = text(&answer, &format!("/lines/{index}/granted"))?;
        let arrival = json!({
            "allocation_line_id": id, "amount": amount, "arrived_on": appropriation.arrived_on, "account": appropriation.account,
        });
        api.post(origin, &format!("arrival/{line}"), "/arrivals", &arrival).await?;
        arrived += amount.parse::<Money>().with_context(|| amount.to_owned())?;
    }
    Ok(arrived)
}

/// The keys of the lines, which are the file's and not the API's.
fn take_line_keys(body: &mut Value) -> anyhow::Result<Vec<String>> {
    let lines = body.get_mut("lines").and_then(Value::as_array_mut).context("there are no lines")?;
    let key = |line: &mut Value| line.as_object_mut()?.shift_remove("key")?.as_str().map(str::to_owned);
    lines.iter_mut().map(|line| key(line).context("a line has no key")).collect()
}

/// Records the printed figures; each is compared with the ledger at once. The answers stay in the service.
pub async fn declare(api: &Api, names: &Names, case: &Case) -> anyhow::Result<()> {
    let stage = Stage::begin("申报数", "Declared figures", case.declared_figures.len());
    for row in &case.declared_figures {
        let body = json!({
            "document_id": names.of_cell(row, "document", "document_key")?, "name": row.get("name"), "quote": row.get("quote"),
            "printed": row.get("printed"), "unit": row.value("unit"), "measure": row.get("measure"), "scope": scope(names, row)?,
            "as_of": row.filled("as_of").unwrap_or(&case.about.as_of),
        });
        let answer = api.post(&row.origin(), &declared_step(row), "/declared-figures", &body).await?;
        names.save("declared", row.get("name"), text(&answer, "/id")?)?;
        stage.step();
    }
    stage.end();
    Ok(())
}

fn declared_step(row: &Row) -> String {
    format!("declared/{}", row.get("name"))
}

/// `appropriation/KEY`, `line/KEY`, `source/KEY`, `organisation/KEY` or `year/2022` as the API writes a scope.
fn scope(names: &Names, row: &Row) -> anyhow::Result<Value> {
    let cell = row.get("scope");
    let (kind, key) = cell.split_once('/').with_context(|| format!("{}: a scope is written KIND/KEY", row.origin()))?;
    let id = || names.id(&format!("@{cell}")).with_context(|| row.origin());
    Ok(match kind {
        "year" => json!({ "kind": "fiscal_year", "year": key.parse::<i16>().with_context(|| row.origin())? }),
        "line" => json!({ "kind": "allocation_line", "id": id()? }),
        "source" => json!({ "kind": "fund_source", "id": id()? }),
        _ => json!({ "kind": kind, "id": id()? }),
    })
}
