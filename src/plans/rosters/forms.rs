//! The roster for signature (发放花名册、签领表).

use std::collections::HashMap;

use super::model::{Entry, Roster};
use super::service::require_intact;
use super::store;
use crate::access::permissions::ReadPlans;
use crate::db::{Error, Result, Tx};
use crate::exports::{Value, moment, short_root};
use crate::forms::{Form, LONGEST, Part, PartQuery, Section};
use crate::kernel::capitals::capital;
use crate::kernel::{Money, PayeeAccountId, Permit, PersonId, PlanId, TierId};
use crate::plans::error::PLAN_WITHOUT_ROSTER;
use crate::plans::model::Plan;
use crate::plans::store as plans;
use crate::registry;

/// The locked roster of a plan; of a draft its newest.
pub(in crate::plans) async fn printed_roster(tx: &mut Tx, plan: &Plan) -> Result<Roster> {
    if let Some(locked) = plan.roster_id {
        return store::roster(tx, locked).await;
    }
    let newest = store::rosters_of(tx, plan.id).await?.into_iter().max_by_key(|roster| roster.version);
    newest.ok_or_else(|| PLAN_WITHOUT_ROSTER.refuse().into())
}

/// What every form of a plan says above its tables.
pub(in crate::plans) fn facts(tx: &Tx, plan: &Plan, roster: &Roster) -> Vec<(&'static str, String)> {
    let state = if plan.roster_id.is_some() { "已锁定" } else { "草稿，未锁定" };
    vec![
        ("方案", plan.name.clone()),
        ("资金年度", plan.fiscal_year.to_string()),
        ("用途", plan.purpose.clone()),
        ("期间", plan.period.clone()),
        ("截止日", plan.cutoff_on.to_string()),
        ("花名册", format!("第{}版，{state}", roster.version)),
        ("笔数", roster.included.to_string()),
        ("摘要", short_root(&roster.digest)),
        ("打印人", tx.actor.clone()),
        ("打印时间", moment(tx.now())),
    ]
}

/// Everyone who is paid, masked, with a place to sign in.
///
/// # Errors
/// Not found; [`PLAN_WITHOUT_ROSTER`]; [`crate::plans::error::ROSTER_ALTERED`], because nobody is to sign another content;
/// [`crate::forms::FORM_TOO_LONG`] and [`crate::forms::FORM_PART`] of the part that is asked for.
pub(in crate::plans) async fn roster_form(tx: &mut Tx, _may: &Permit<ReadPlans>, id: PlanId, asked: PartQuery) -> Result<Form> {
    let plan = plans::plan(tx, id).await?;
    let roster = printed_roster(tx, &plan).await?;
    let part = asked.part(roster.included.into(), LONGEST)?;
    require_intact(tx, &plan, &roster).await?;
    let tiers = plans::tiers(tx, plan.id, roster.revision).await?;
    let tiers: HashMap<TierId, String> = tiers.into_iter().map(|tier| (tier.id, tier.name)).collect();
    let entries: Vec<Entry> = store::entries(tx, roster.id).await?.into_iter().filter(|entry| entry.included).collect();
    let total: Money = entries.iter().map(|entry| entry.amount).sum();
    if total != roster.total {
        return Err(Error::Internal(format!("roster {}: {total} in its rows, {} in all", roster.id, roster.total)));
    }
    let entries = part.of(&entries);
    let people: Vec<PersonId> = entries.iter().filter_map(|entry| entry.person_id).collect();
    let numbers = registry::shown_identity_numbers(tx, &people).await?;
    let accounts: Vec<PayeeAccountId> = entries.iter().filter_map(|entry| entry.payee_account_id).collect();
    let accounts = registry::shown_accounts(tx, &accounts).await?;
    let text = |text: Option<&String>| text.map_or(Value::Empty, |text| Value::Text(text.clone().into()));
    let row = |(number, entry): (i64, &Entry)| {
        vec![
            Value::Integer(number),
            name_of(tx, entry),
            text(entry.person_id.and_then(|person| numbers.get(&person))),
            text(entry.payee_account_id.and_then(|account| accounts.get(&account)).and_then(|account| account.number.as_ref())),
            text(tiers.get(&entry.tier_id)),
            entry.standard.map_or(Value::Empty, Value::Money),
            Value::Integer(entry.quantity.into()),
            Value::Money(entry.amount),
            Value::Empty,
            Value::Empty,
        ]
    };
    let rows: Vec<Vec<Value<'static>>> = (part.from..).zip(entries).map(row).collect();
    let subtotal: Money = entries.iter().map(|entry| entry.amount).sum();
    let mut facts = facts(tx, &plan, &roster);
    if !part.is_all() {
        facts.push(("本段", format!("第{}至{}号，共{}号", part.from, part.to, part.rows)));
    }
    Ok(Form {
        title: "发放花名册（签领表）",
        facts,
        sections: vec![Section {
            title: "",
            heads: vec!["序号", "姓名", "身份证号", "收款账号", "项目", "标准（元）", "数量", "金额（元）", "签名", "备注"],
            rows,
            totals: Some(added_up(if part.is_all() { "合计" } else { "小计" }, part.length(), subtotal)),
        }],
        notes: in_capitals(part, subtotal, total),
        signatures: &["制表", "审核", "领导"],
    })
}

/// The line under the rows.
fn added_up(label: &'static str, count: i64, amount: Money) -> Vec<Value<'static>> {
    let mut totals = vec![Value::Text(label.into()), Value::Integer(count)];
    totals.extend([Value::Empty, Value::Empty, Value::Empty, Value::Empty, Value::Empty, Value::Money(amount), Value::Empty, Value::Empty]);
    totals
}

/// The total in capitals; of a part its own, and beside it the whole's in figures and capitals, so that parts can be put together.
fn in_capitals(part: Part, subtotal: Money, total: Money) -> Vec<(&'static str, String)> {
    if part.is_all() {
        return vec![("合计大写", capital(total))];
    }
    vec![("本段小计大写", capital(subtotal)), ("全册合计", format!("{}笔，{total}元", part.rows)), ("全册合计大写", capital(total))]
}

/// What the payee was called when the roster was made; organisations keep their names.
fn name_of(tx: &Tx, entry: &Entry) -> Value<'static> {
    let name = entry.registry.get("name").and_then(serde_json::Value::as_str).unwrap_or_default();
    let shown = if entry.payee_kind == "organisation" || name.is_empty() { name.to_owned() } else { tx.sight().name(name) };
    Value::Text(shown.into())
}
