//! Plays the bank: takes batches, and answers them with result files of up to a thousand lines.

use std::collections::HashMap;

use anyhow::Context;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::case::{BankResult, Chapter, Exception, Reissued};
use super::client::{Api, text};
use super::names::Names;

/// Lines a result file has at most.
const LINES: usize = 1000;

/// What a bank says of one instruction.
struct Said<'a> {
    outcome: &'a str,
    on: &'a str,
    code: Option<&'a str>,
}

/// Hands a batch over.
pub async fn send(api: &Api, origin: &str, batch: &str, step: &str, sent_on: &str) -> anyhow::Result<()> {
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
        story(api, origin, &format!("{step}/story/{}", exception.payee), instruction, exception).await?;
    }
    Ok(())
}

async fn story(api: &Api, origin: &str, step: &str, mut instruction: Value, exception: &Exception) -> anyhow::Result<()> {
    for (index, chapter) in exception.story.iter().enumerate() {
        let step = format!("{step}/{index}");
        match chapter {
            Chapter::Evidence(said) => {
                let said = Said { outcome: &said.outcome, on: &said.on, code: said.code.as_deref() };
                evidence(api, origin, &step, std::slice::from_ref(&instruction), &said).await?;
            }
            Chapter::Reissue(again) => instruction = reissue(api, origin, &step, &instruction, again).await?,
        }
    }
    Ok(())
}

/// Makes and sends another attempt; the new instruction.
async fn reissue(api: &Api, origin: &str, step: &str, instruction: &Value, again: &Reissued) -> anyhow::Result<Value> {
    let path = format!("/instructions/{}/reissue", text(instruction, "/id")?);
    let made = api.post(origin, step, &path, &again.body).await?;
    send(api, origin, text(&made, "/batch_id")?, &format!("{step}/send"), &again.sent_on).await?;
    Ok(made)
}

/// Hands in a result file: its lines as a bank would write them, and the digest of them.
async fn evidence(api: &Api, origin: &str, step: &str, instructions: &[Value], said: &Said<'_>) -> anyhow::Result<()> {
    let mut file = Sha256::new();
    let mut items = Vec::with_capacity(instructions.len());
    for (index, instruction) in instructions.iter().enumerate() {
        let (reference, amount) = (text(instruction, "/reference")?, text(instruction, "/amount")?);
        let line = index.saturating_add(1);
        let raw = format!("{line}|{reference}|{amount}|{}|{}|{}", said.outcome, said.on, said.code.unwrap_or_default());
        file.update(raw.as_bytes());
        file.update(b"\n");
        items.push(json!({
            "reference": reference, "outcome": said.outcome, "amount": amount, "occurred_on": said.on, "line_number": line,
            "code": said.code, "raw_text": raw,
        }));
    }
    let body = json!({ "kind": "bank_result", "file_digest": hex::encode(file.finalize()), "items": items });
    api.post(origin, step, "/evidence", &body).await?;
    Ok(())
}
