//! Use cases of drafts: making a plan, changing it, quoting a standard.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::adjustment::{Adjustment, AdjustmentMethod, adjust};
use super::error::PLAN_STATE;
use super::model::{Funding, NewPlan, NewTier, Plan, PlanStatus, PlanView, Population, Tier};
use super::rosters::candidates::Registry;
use super::{rules, store};
use crate::access::permissions::{DraftPlans, ReadPlans};
use crate::db::{Error, Result, Tx};
use crate::funds;
use crate::kernel::Permit;
use crate::kernel::refusal::{FIELDS_INVALID, none_at_fault};
use crate::kernel::{LineId, Money, PlanId, PositiveMoney, TierId};
use crate::organisations::name_of;

pub(super) async fn create(tx: &mut Tx, _may: &Permit<DraftPlans>, new: NewPlan) -> Result<PlanView> {
    check(tx, &new).await?;
    let plan = Plan {
        federation_id: tx.federation,
        id: PlanId::generate(),
        name: new.name.clone(),
        organisation_id: new.organisation_id,
        fiscal_year: new.fiscal_year.get(),
        purpose: new.purpose.clone(),
        period: new.period.clone(),
        cutoff_on: new.cutoff_on,
        adjustment_method: name_of(&new.adjustment_method)?,
        status: name_of(&PlanStatus::Draft)?,
        roster_id: None,
        revision: 1,
        version: 1,
        created_by: tx.actor.clone(),
        created_at: tx.now(),
    };
    let (funding, tiers) = parts(&plan, new)?;
    store::insert(tx, &plan, &funding, &tiers).await?;
    Ok(PlanView { plan, funding, tiers })
}

/// Changes a draft. Tiers and funding become a new revision; rosters made from earlier ones stay as they are.
pub(super) async fn change(tx: &mut Tx, _may: &Permit<DraftPlans>, id: PlanId, version: i32, new: NewPlan) -> Result<PlanView> {
    let plan = store::lock(tx, id).await?;
    if status(&plan)? != PlanStatus::Draft {
        return Err(PLAN_STATE.refuse().with("state", &plan.status).into());
    }
    check(tx, &new).await?;
    let (funding, tiers) = (store::funding(tx, id, plan.revision).await?, store::tiers(tx, id, plan.revision).await?);
    tx.before(&PlanView { plan: plan.clone(), funding, tiers });
    let changed = Plan {
        name: new.name.clone(),
        organisation_id: new.organisation_id,
        fiscal_year: new.fiscal_year.get(),
        purpose: new.purpose.clone(),
        period: new.period.clone(),
        cutoff_on: new.cutoff_on,
        adjustment_method: name_of(&new.adjustment_method)?,
        revision: plan.revision.saturating_add(1),
        ..plan
    };
    let (funding, tiers) = parts(&changed, new)?;
    let plan = store::update(tx, version, &changed).await?;
    store::insert_parts(tx, &funding, &tiers).await?;
    Ok(PlanView { plan, funding, tiers })
}

async fn check(tx: &mut Tx, new: &NewPlan) -> Result<()> {
    none_at_fault(rules::faults(new))?;
    let ids: Vec<LineId> = new.funding.iter().map(|funding| funding.allocation_line_id).collect();
    let lines: HashMap<_, _> = funds::lines(tx, &ids).await?.into_iter().map(|line| (line.id, line)).collect();
    rules::check_funding(new, &lines)?;
    Ok(())
}

fn position(index: usize) -> Result<i16> {
    i16::try_from(index).map_err(|_| FIELDS_INVALID.refuse().into())
}

fn parts(plan: &Plan, new: NewPlan) -> Result<(Vec<Funding>, Vec<Tier>)> {
    let funding = new
        .funding
        .iter()
        .enumerate()
        .map(|(index, funding)| {
            Ok(Funding {
                federation_id: plan.federation_id,
                plan_id: plan.id,
                revision: plan.revision,
                position: position(index)?,
                allocation_line_id: funding.allocation_line_id,
                top_up: funding.top_up,
            })
        })
        .collect::<Result<Vec<Funding>>>()?;
    let tiers =
        new.tiers.into_iter().enumerate().map(|(index, tier)| tier_row(plan, position(index)?, tier)).collect::<Result<Vec<Tier>>>()?;
    Ok((funding, tiers))
}

fn tier_row(plan: &Plan, position: i16, tier: NewTier) -> Result<Tier> {
    Ok(Tier {
        federation_id: plan.federation_id,
        id: TierId::generate(),
        plan_id: plan.id,
        revision: plan.revision,
        position,
        name: tier.name,
        kind: name_of(&tier.kind)?,
        purpose: tier.purpose.unwrap_or_else(|| plan.purpose.clone()),
        period: tier.period.unwrap_or_else(|| plan.period.clone()),
        channel: tier.channel.name().to_owned(),
        adjusted: tier.adjusted,
        month_from: tier.month_from.map(|month| month.to_string()),
        month_to: tier.month_to.map(|month| month.to_string()),
        feedback_due_on: tier.feedback_due_on,
        population: serde_json::to_value(&tier.population).map_err(|error| Error::Internal(error.to_string()))?,
    })
}

pub(super) async fn view(tx: &mut Tx, _may: &Permit<ReadPlans>, id: PlanId) -> Result<PlanView> {
    let plan = store::plan(tx, id).await?;
    let funding = store::funding(tx, id, plan.revision).await?;
    let tiers = store::tiers(tx, id, plan.revision).await?;
    Ok(PlanView { plan, funding, tiers })
}

/// The state a plan is in.
pub(super) fn status(plan: &Plan) -> Result<PlanStatus> {
    named(&plan.status)
}

pub(super) fn adjustment_method(plan: &Plan) -> Result<AdjustmentMethod> {
    named(&plan.adjustment_method)
}

fn named<T: serde::de::DeserializeOwned>(name: &str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).map_err(|error| Error::Internal(format!("a stored name: {error}")))
}

/// A tier of a quote: who is counted, and at which standard.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteTier {
    /// Its name.
    pub name: String,
    /// What each receives; absent for the tier whose standard is sought.
    pub standard: Option<PositiveMoney>,
    /// Who is counted.
    pub population: Population,
}

/// What an adjusted standard would be. Either `count`, or `tiers` with `cutoff_on`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    /// The money at hand.
    pub pool: PositiveMoney,
    /// What is taken from it before it is divided; zero when absent.
    pub fixed: Option<Money>,
    /// How many share the rest.
    pub count: Option<u32>,
    /// Groups to count in the registry instead.
    #[serde(default)]
    pub tiers: Vec<QuoteTier>,
    /// The day as of which the registry is counted.
    pub cutoff_on: Option<chrono::NaiveDate>,
}

/// How many a tier of a quote counts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuotedTier {
    /// Its name.
    pub name: String,
    /// How many are in.
    pub count: u32,
    /// What each receives, when it is fixed.
    pub standard: Option<PositiveMoney>,
}

/// Both adjustments of one standard. Nothing is written.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Quote {
    /// The money at hand.
    pub pool: Money,
    /// What is taken from it before it is divided.
    pub fixed: Money,
    /// Round up, own funds pay the shortfall.
    pub ceil_topup: Adjustment,
    /// Round down, the residual stays; absent when less than one yuan each is left.
    pub floor_residual: Option<Adjustment>,
    /// The tiers counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<QuotedTier>,
}

/// Both adjustments of `pool` less `fixed` among `count`.
pub(super) fn quote(pool: Money, fixed: Money, count: u32, tiers: Vec<QuotedTier>) -> Result<Quote> {
    Ok(Quote {
        pool,
        fixed,
        ceil_topup: adjust(pool, fixed, count, AdjustmentMethod::CeilTopup)?,
        floor_residual: adjust(pool, fixed, count, AdjustmentMethod::FloorResidual).ok(),
        tiers,
    })
}

/// Counts the tiers in the registry and quotes the standard of those without one.
pub(super) async fn quote_tiers(tx: &mut Tx, _may: &Permit<ReadPlans>, request: &QuoteRequest) -> Result<Quote> {
    let cutoff =
        request.cutoff_on.ok_or_else(|| FIELDS_INVALID.at("/cutoff_on", "按名册计数需要截止日期", "counting the registry needs a date"))?;
    let populations: Vec<&Population> = request.tiers.iter().map(|tier| &tier.population).collect();
    let registry = Registry::read(tx, &populations, cutoff).await?;
    let mut fixed = request.fixed.unwrap_or_default();
    let (mut sharing, mut quoted) = (0_u32, Vec::new());
    for tier in &request.tiers {
        let in_question = registry.count(&tier.population)?;
        match tier.standard {
            Some(standard) => fixed += standard.get().times(in_question)?,
            None => sharing = sharing.saturating_add(in_question),
        }
        quoted.push(QuotedTier { name: tier.name.clone(), count: in_question, standard: tier.standard });
    }
    quote(request.pool.get(), fixed, sharing, quoted)
}

/// Refuses a fixed part below zero: it would make the pool larger than it is.
pub(super) fn check_quote(request: &QuoteRequest) -> Result<()> {
    if request.fixed.unwrap_or_default().is_negative() {
        return Err(FIELDS_INVALID.at("/fixed", "不能为负数", "must not be negative").into());
    }
    Ok(())
}

/// The refusal of a quote that names neither or both.
pub(super) fn count_or_tiers() -> Error {
    FIELDS_INVALID.at("/count", "请给出 count 或 tiers 之一", "give either count or tiers").into()
}
