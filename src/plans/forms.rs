//! The approval form of a plan (审批表).

use std::collections::HashMap;

use super::model::{Plan, Tier};
use super::rosters::forms::{facts, printed_roster};
use super::rosters::{Entry, Roster, store as roster_store};
use super::store;
use crate::access::permissions::ReadPlans;
use crate::approvals::{self, ReviewView, Step};
use crate::db::{Error, Result, Tx};
use crate::exports::{Value, translated};
use crate::forms::{Form, Section};
use crate::funds;
use crate::kernel::capitals::capital;
use crate::kernel::{Lang, LineId, Money, OrganisationId, Permit, PlanId, TierId};
use crate::organisations;

fn text(text: impl Into<String>) -> Value<'static> {
    Value::Text(text.into().into())
}

fn zh(word: &str) -> Value<'static> {
    text(translated(word, Lang::Zh))
}

/// The plan with its money, its tiers, and who decided what at each step of its chain.
///
/// # Errors
/// Not found; [`super::error::PLAN_WITHOUT_ROSTER`].
pub(super) async fn approval_form(tx: &mut Tx, _may: &Permit<ReadPlans>, id: PlanId) -> Result<Form> {
    let plan = store::plan(tx, id).await?;
    let roster = printed_roster(tx, &plan).await?;
    let mut facts = facts(tx, &plan, &roster);
    let maker = organisations::names(tx, &[plan.organisation_id]).await?.pop();
    facts.push(("制定单位", maker.map_or_else(String::new, |(_, name): (OrganisationId, String)| name)));
    facts.push(("制定人", plan.created_by.clone()));
    facts.push(("状态", translated(&plan.status, Lang::Zh).to_owned()));
    let sections = vec![money(tx, &roster).await?, tiers(tx, &plan, &roster).await?, chain(tx, &plan).await?];
    Ok(Form {
        title: "资金使用方案审批表",
        facts,
        sections,
        notes: vec![("合计大写", capital(roster.total)), ("花名册完整摘要", roster.digest)],
        signatures: &["经办", "审核", "批准"],
    })
}

/// Which line and source pays how much.
async fn money(tx: &mut Tx, roster: &Roster) -> Result<Section> {
    let parts = roster_store::funding_totals(tx, roster.id).await?;
    let ids: Vec<LineId> = parts.iter().flat_map(|part| [Some(part.allocation_line_id), part.top_up_line_id]).flatten().collect();
    let lines = funds::lines(tx, &ids).await?;
    let name = |id: LineId| {
        let line = lines.iter().find(|line| line.id == id);
        line.map_or_else(String::new, |line| format!("{}／{}", line.appropriation_name, line.name))
    };
    let sources = funds::sources(tx).await?;
    let total: Money = parts.iter().map(|part| part.amount).sum();
    if total + roster.shortfall != roster.total {
        return Err(Error::Internal(format!("roster {}: {total} of its money, {} in all", roster.id, roster.total)));
    }
    let row = |part: &super::rosters::FundingTotal| {
        vec![
            text(name(part.allocation_line_id)),
            text(sources.get(&part.fund_source_id).map_or("", |(name, _)| name)),
            text(part.top_up_line_id.map_or_else(String::new, name)),
            Value::Money(part.amount),
        ]
    };
    Ok(Section {
        title: "资金来源",
        heads: vec!["资金项目", "资金来源", "补差出自", "金额（元）"],
        rows: parts.iter().map(row).collect(),
        totals: Some(vec![text("合计"), Value::Empty, Value::Empty, Value::Money(total)]),
    })
}

/// What each tier pays to how many.
async fn tiers(tx: &mut Tx, plan: &Plan, roster: &Roster) -> Result<Section> {
    let mut paid: HashMap<TierId, (i64, Money)> = HashMap::new();
    for entry in roster_store::entries(tx, roster.id).await?.iter().filter(|entry: &&Entry| entry.included) {
        let (count, amount) = paid.entry(entry.tier_id).or_default();
        *count += 1;
        *amount += entry.amount;
    }
    let row = |tier: Tier| {
        let (count, amount) = paid.get(&tier.id).copied().unwrap_or_default();
        let months = tier.month_from.zip(tier.month_to).map(|(from, to)| format!("（{from}至{to}）")).unwrap_or_default();
        let period = format!("{}{months}", tier.period);
        vec![
            text(tier.name),
            zh(&tier.kind),
            zh(&tier.channel),
            text(tier.purpose),
            text(period),
            Value::Integer(count),
            Value::Money(amount),
        ]
    };
    let rows = store::tiers(tx, plan.id, roster.revision).await?.into_iter().map(row).collect();
    let totals =
        [Value::Empty, Value::Empty, Value::Empty, Value::Empty, Value::Integer(roster.included.into()), Value::Money(roster.total)];
    Ok(Section {
        title: "方案明细",
        heads: vec!["名称", "对象", "渠道", "用途", "期间", "笔数", "金额（元）"],
        rows,
        totals: Some([text("合计")].into_iter().chain(totals).collect()),
    })
}

/// The steps of the newest passage through the chain, those without a decision to be filled in by hand.
async fn chain(tx: &mut Tx, plan: &Plan) -> Result<Section> {
    let review = approvals::reviews_of(tx, "plan", plan.id.0).await?.pop();
    let rows = match review {
        Some(review) => steps(&review)?,
        None => Vec::new(),
    };
    Ok(Section {
        title: "审批", heads: vec!["步骤", "名称", "角色", "审批人", "决定", "意见", "会议纪要", "日期"], rows, totals: None
    })
}

fn steps(view: &ReviewView) -> Result<Vec<Vec<Value<'static>>>> {
    let steps: Vec<Step> = serde_json::from_value(view.review.steps.clone()).map_err(|error| Error::Internal(error.to_string()))?;
    let mut rows = Vec::new();
    for (number, step) in (1_i16..).zip(&steps) {
        let role = zh(step.role.name());
        let head = || vec![Value::Integer(number.into()), text(step.name.clone()), role.clone()];
        let mut decided = view.approvals.iter().filter(|approval| approval.step == number).peekable();
        if decided.peek().is_none() {
            rows.push([head(), vec![Value::Empty; 5]].concat());
        }
        for approval in decided {
            let decision = vec![
                text(approval.actor.clone()),
                zh(&approval.decision),
                text(approval.opinion.clone()),
                text(approval.minutes.clone().unwrap_or_default()),
                Value::Date(approval.decided_on),
            ];
            rows.push([head(), decision].concat());
        }
    }
    Ok(rows)
}
