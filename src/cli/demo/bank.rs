//! Plays the bank: takes batches as files, and answers them with result files of up to a thousand lines.

use std::collections::HashMap;
use std::fmt::Write as _;

use anyhow::Context;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::case::{BankResult, Chapter, Exception, Reissued};
use super::client::{Api, text};
use super::names::Names;
use crate::kernel::Money;

/// The account of the city's union, which pays.
const PAID_FROM: &str = "@organisation-account/city";

/// Lines a result file has at most.
const LINES: usize = 1000;

/// What a bank says of one instruction.
struct Said<'a> {
    outcome: &'a str,
    on: &'a str,
    code: Option<&'a str>,
}

/// Writes a batch's file, takes it to the bank, and hands the batch over.
pub async fn send(api: &Api, names: &Names, origin: &str, batch: &str, step: &str, sent_on: &str) -> anyhow::Result<()> {
    let from = names.id(PAID_FROM).with_context(|| origin.to_owned())?;
    let asked = json!({ "format": "pain001", "from_account_id": from, "requested_on": sent_on });
    let written = api.post(origin, &format!("{step}/file"), &format!("/batches/{batch}/file"), &asked).await?;
    let file = api.fetch(origin, &format!("/batches/{batch}/file/content")).await?;
    anyhow::ensure!(
        hex::encode(Sha256::digest(&file)) == text(&written, "/digest")?,
        "{origin}: the bank got another file than was written"
    );
    api.post(origin, step, &format!("/batches/{batch}/send"), &json!({ "sent_on": sent_on })).await?;
    Ok(())
}

/// Answers all payments of a plan: everything settles on one day but the exceptions, which have their own stories.
pub async fn answer(
    api: &Api,
    names: &Names,
    origin: &str,
    step: &str,
    plan: &str,
    batches: &[Value],
    result: &BankResult,
) -> anyhow::Result<()> {
    let mut exceptions: HashMap<String, &Exception> = HashMap::new();
    for exception in &result.exceptions {
        let payee = names.id(&exception.payee).with_context(|| origin.to_owned())?;
        exceptions.insert(payee, exception);
    }
    let settled = Said { outcome: "settled", on: &result.settled_on, code: None };
    let mut stories = Vec::new();
    for batch in batches {
        let path = format!("/instructions?plan_id={plan}&batch_id={}", text(batch, "/id")?);
        let mut plain = Vec::new();
        for instruction in api.list(&path).await? {
            match exceptions.remove(text(&instruction, "/payee_id")?) {
                Some(exception) => stories.push((instruction, exception)),
                None => plain.push(instruction),
            }
        }
        for (index, file) in plain.chunks(LINES).enumerate() {
            let step = format!("{step}/result/{}/{index}", text(batch, "/channel")?);
            evidence(api, origin, &step, file, &settled).await?;
        }
    }
    if let Some(exception) = exceptions.values().next() {
        anyhow::bail!("{origin}: nothing is paid to {} by this plan", exception.payee);
    }
    for (instruction, exception) in stories {
        story(api, names, origin, &format!("{step}/story/{}", exception.payee), instruction, exception).await?;
    }
    Ok(())
}

async fn story(api: &Api, names: &Names, origin: &str, step: &str, mut instruction: Value, exception: &Exception) -> anyhow::Result<()> {
    for (index, chapter) in exception.story.iter().enumerate() {
        let step = format!("{step}/{index}");
        match chapter {
            Chapter::Evidence(said) => {
                let said = Said { outcome: &said.outcome, on: &said.on, code: said.code.as_deref() };
                evidence(api, origin, &step, std::slice::from_ref(&instruction), &said).await?;
            }
            Chapter::Reissue(again) => instruction = reissue(api, names, origin, &step, &instruction, again).await?,
        }
    }
    Ok(())
}

/// Makes and sends another attempt; the new instruction.
async fn reissue(api: &Api, names: &Names, origin: &str, step: &str, instruction: &Value, again: &Reissued) -> anyhow::Result<Value> {
    let path = format!("/instructions/{}/reissue", text(instruction, "/id")?);
    let made = api.post(origin, step, &path, &again.body).await?;
    send(api, names, origin, text(&made, "/batch_id")?, &format!("{step}/send"), &again.sent_on).await?;
    Ok(made)
}

/// Hands in a result file as the neutral layout has it, and waits until every line of it is taken in.
async fn evidence(api: &Api, origin: &str, step: &str, instructions: &[Value], said: &Said<'_>) -> anyhow::Result<()> {
    let mut file = String::from("\u{feff}参考号,结果,金额,日期,原因\r\n");
    let mut total = Money::ZERO;
    for instruction in instructions {
        let (reference, amount) = (text(instruction, "/reference")?, text(instruction, "/amount")?);
        total += amount.parse::<Money>().with_context(|| amount.to_owned())?;
        writeln!(file, "{reference},{},{amount},{},{}\r", said.outcome, said.on, said.code.unwrap_or_default())?;
    }
    writeln!(file, "合计,{},{total},\r", instructions.len())?;
    let report = api.upload(origin, step, "/results?format=layout", "回盘.csv", file.into_bytes()).await?;
    let left_out = report.pointer("/lines_left_out/0");
    anyhow::ensure!(left_out.is_none(), "{origin}: a line of the result file was left out: {left_out:?}");
    Ok(())
}
