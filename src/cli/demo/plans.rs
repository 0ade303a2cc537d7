//! What happened with the money: plans with their whole life, returns, and any other request, in the order of `steps.json`.

use std::collections::HashMap;

use anyhow::Context;
use serde_json::{Value, json};

use super::bank::Bank;
use super::case::{Case, DecisionStep, PlanStep, PostStep, ReturnStep, SpecialStep, Step};
use super::client::{Api, text};
use super::names::Names;
use super::table::grouped;
use crate::cli::say;
use crate::kernel::{Role, Text};

/// Takes every step in order; `bank` hears of all that concerns it.
pub async fn carry_out(api: &Api, names: &Names, case: &Case, bank: &mut Bank<'_>) -> anyhow::Result<()> {
    let mut steps = Steps { api, names, case, bank };
    for (index, step) in case.steps.iter().enumerate() {
        let place = index.saturating_add(1);
        match step {
            Step::Plan(plan) => steps.plan(plan, &format!("steps.json, step {place} ({})", plan.key)).await?,
            Step::Return(back) => steps.give_back(back, &format!("steps.json, step {place} ({})", back.key)).await?,
            Step::Post(post) => steps.post(post, &format!("steps.json, step {place} ({})", post.key)).await?,
        }
    }
    Ok(())
}

struct Steps<'a, 'b> {
    api: &'a Api,
    names: &'a Names,
    case: &'a Case,
    bank: &'a mut Bank<'b>,
}

impl Steps<'_, '_> {
    async fn plan(&mut self, step: &PlanStep, origin: &str) -> anyhow::Result<()> {
        let key = &step.key;
        let body = self.names.resolve(&step.body, &self.case.lists).with_context(|| origin.to_owned())?;
        let plan = self.api.post(origin, &format!("plan/{key}"), "/plans", &body).await?;
        let id = text(&plan, "/id")?;
        self.names.save("plan", key, id)?;
        let roster = self.api.post(origin, &format!("plan/{key}/roster"), &format!("/plans/{id}/roster"), &json!({})).await?;
        tell(text(&plan, "/name")?, &roster);
        let digest = text(&roster, "/digest")?;
        self.act(origin, key, id, "lock", &json!({ "digest": digest })).await?;
        for special in &step.specials {
            self.special(origin, key, id, digest, special).await?;
        }
        self.act(origin, key, id, "submit", &json!({ "digest": digest })).await?;
        let Some(approved_on) = &step.approved_on else { return Ok(()) };
        self.pass_the_chain(origin, step, id, digest, approved_on).await?;
        let Some(released_on) = &step.released_on else { return Ok(()) };
        let released = self.act(origin, key, id, "release", &json!({ "digest": digest, "released_on": released_on })).await?;
        let Some(sent_on) = &step.sent_on else { return Ok(()) };
        let batches = released.get("batches").and_then(Value::as_array).context("a release without batches")?;
        for batch in batches {
            // A release writes one batch a channel, so the channel names it within its plan.
            let step = format!("plan/{key}/send/{}", text(batch, "/channel")?);
            self.bank.send(origin, text(batch, "/id")?, &step, sent_on).await?;
        }
        let Some(result) = &step.result else { return Ok(()) };
        self.bank.answer(origin, &format!("plan/{key}"), id, batches, result).await
    }

    /// Proposed by the maker; decided by the principal where only that one may, else by the leader.
    async fn special(&self, origin: &str, key: &str, id: &str, digest: &str, special: &SpecialStep) -> anyhow::Result<()> {
        let (path, name) = (format!("/plans/{id}/special-approvals"), format!("plan/{key}/special/{}", special.kind));
        let body = json!({ "kind": special.kind, "digest": digest, "reason": special.reason });
        let proposed = self.api.post(origin, &name, &path, &body).await?;
        let role = if special.kind == "publicity_waiver" { Role::Principal } else { Role::Leader };
        let decide = format!("{path}/{}/decide", text(&proposed, "/id")?);
        let body = json!({ "approve": true, "decided_on": special.decided_on });
        self.api.post_as((role, 0), origin, &format!("{name}/decide"), &decide, &body).await?;
        Ok(())
    }

    /// Takes the steps that the review asks for, each as a user of its role: the next one where the same role comes again.
    async fn pass_the_chain(&self, origin: &str, step: &PlanStep, id: &str, digest: &str, approved_on: &str) -> anyhow::Result<()> {
        let reviews = self.api.get(&format!("/reviews?subject_kind=plan&subject_id={id}")).await?;
        let steps = reviews.pointer("/0/steps").and_then(Value::as_array).context("a review without steps")?;
        let mut acted: HashMap<Role, usize> = HashMap::new();
        let mut decisions = step.decisions.iter();
        for (number, needed) in (1..).zip(steps) {
            match text(needed, "/kind")? {
                "authorise" => break,
                "publicity" => self.publish(origin, step, id, digest, approved_on).await?,
                _ => {
                    let role = Role::parse(text(needed, "/role")?).context("an unknown role")?;
                    let place = acted.entry(role).or_default();
                    let decision = decisions.next().with_context(|| format!("{origin}: no decision for step {number}"))?;
                    let body = self.decision(digest, number, decision)?;
                    let name = format!("plan/{}/approve/{number}", step.key);
                    self.api.post_as((role, *place), origin, &name, &format!("/plans/{id}/approve"), &body).await?;
                    *place = place.saturating_add(1);
                }
            }
        }
        Ok(())
    }

    fn decision(&self, digest: &str, number: u16, decision: &DecisionStep) -> anyhow::Result<Value> {
        let document = decision.minutes_document.as_ref().map(|name| self.names.id(name)).transpose()?;
        Ok(json!({
            "digest": digest, "step": number, "decided_on": decision.on, "opinion": decision.opinion,
            "minutes": decision.minutes, "minutes_document_id": document,
        }))
    }

    async fn publish(&self, origin: &str, step: &PlanStep, id: &str, digest: &str, approved_on: &str) -> anyhow::Result<()> {
        let (key, path) = (&step.key, format!("/plans/{id}/publicity"));
        if let Some(notice) = &step.publicity {
            self.api.post(origin, &format!("plan/{key}/publicity"), &path, notice).await?;
        }
        let body = json!({ "digest": digest, "decided_on": approved_on });
        self.api.post(origin, &format!("plan/{key}/publicity/complete"), &format!("{path}/complete"), &body).await?;
        Ok(())
    }

    async fn act(&self, origin: &str, key: &str, id: &str, action: &str, body: &Value) -> anyhow::Result<Value> {
        self.api.post(origin, &format!("plan/{key}/{action}"), &format!("/plans/{id}/{action}"), body).await
    }

    async fn give_back(&mut self, step: &ReturnStep, origin: &str) -> anyhow::Result<()> {
        let key = &step.key;
        let body = self.names.resolve(&step.body, &self.case.lists).with_context(|| origin.to_owned())?;
        let made = self.api.post(origin, &format!("return/{key}"), "/returns", &body).await?;
        let id = text(&made, "/id")?;
        self.names.save("return", key, id)?;
        for (action, on) in [("approve", &step.approved_on), ("pay", &step.paid_on), ("confirm", &step.confirmed_on)] {
            let Some(on) = on else { break };
            self.api.post(origin, &format!("return/{key}/{action}"), &format!("/returns/{id}/{action}"), &json!({ "on": on })).await?;
            if action == "pay" {
                let to = self.api.get(&format!("/organisations/{}", text(&made, "/to_organisation_id")?)).await?;
                self.bank.give_back(on, text(&made, "/amount")?, text(&to, "/name")?).with_context(|| origin.to_owned())?;
            }
        }
        let amount = grouped(text(&made, "/amount")?);
        say(&Text::new(format!("  退回财政 {key}：{amount} 元"), format!("  Returned to the treasury, {key}: {amount} yuan")));
        Ok(())
    }

    async fn post(&self, step: &PostStep, origin: &str) -> anyhow::Result<()> {
        let body = self.names.resolve(&step.body, &self.case.lists).with_context(|| origin.to_owned())?;
        let path = self.path(&step.path).with_context(|| origin.to_owned())?;
        let answer = self.api.post(origin, &format!("post/{}", step.key), &path, &body).await?;
        for (name, pointer) in &step.save {
            let (kind, key) = name.strip_prefix('@').and_then(|name| name.split_once('/')).context("a saved name is written @kind/key")?;
            self.names.save(kind, key, text(&answer, pointer)?)?;
        }
        Ok(())
    }

    /// A path like `/plans/@plan/x/close`, in which a name stands for an id.
    fn path(&self, path: &str) -> anyhow::Result<String> {
        let Some((before, rest)) = path.split_once('@') else { return Ok(path.to_owned()) };
        let mut parts = rest.splitn(3, '/');
        let (kind, key) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let id = self.names.id(&format!("@{kind}/{key}"))?;
        Ok(parts.next().map_or_else(|| format!("{before}{id}"), |after| format!("{before}{id}/{after}")))
    }
}

/// Says in a line what a roster came to.
fn tell(name: &str, roster: &Value) {
    let number = |field: &str| roster.get(field).and_then(Value::as_i64).unwrap_or_default();
    let reasons: Vec<String> = roster
        .get("exclusions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|each| Some(format!("{} {}", each.get("reason")?.as_str()?, each.get("count")?.as_i64()?)))
        .collect();
    let out = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    let (included, excluded) = (number("included"), number("excluded"));
    let total = grouped(roster.get("total").and_then(Value::as_str).unwrap_or_default());
    say(&Text::new(
        format!("  {name}：列入 {included}，未列入 {excluded}{out}，合计 {total} 元"),
        format!("  {name}: {included} in, {excluded} out{out}, {total} yuan"),
    ));
}
