//! Generating a roster, showing it, and proving that it is still what was locked.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::candidates::{Candidate, Registry};
use super::digest::roster_digest;
use super::eligibility::Exclusion;
use super::funding::{Pocket, split};
use super::model::{Entry, FundingPart, Payee, Roster, RosterView};
use super::pricing::{Priced, Standards, price, unit_fits};
use super::store;
use crate::access::permissions::ReadPlans;
use crate::db::{Error, Result, Tx};
use crate::funds::{self, LineRecord};
use crate::kernel::Permit;
use crate::kernel::{EntryId, LineId, Money, OrganisationId, PersonId, RosterId, TierId};
use crate::ledger;
use crate::organisations::name_of;
use crate::plans::error::{ROSTER_ALTERED, ROSTER_EMPTY};
use crate::plans::model::{Funding, Plan, Population, Tier, TierKind};
use crate::plans::service::adjustment_method;
use crate::plans::store as plans;
use crate::registry;

/// Makes a new version of a draft's roster: everyone its tiers consider, who is in with standard, amount and account, who
/// is out and why, and which money pays.
pub(in crate::plans) async fn generate(tx: &mut Tx, plan: &Plan) -> Result<RosterView> {
    let funding = plans::funding(tx, plan.id, plan.revision).await?;
    let tiers = plans::tiers(tx, plan.id, plan.revision).await?;
    let lines = lines_of(tx, &funding).await?;
    let standards = standards(tx, plan, &funding, &tiers).await?;
    let candidates = considered(tx, plan, &tiers, &standards).await?;
    let pockets = pockets(tx, &funding, &lines).await?;
    let pool: Money = pockets.iter().filter(|pocket| pocket.top_up_line.is_none()).map(|pocket| pocket.available).sum();
    let method = adjustment_method(plan)?;
    let adjusted: HashSet<TierId> = tiers.iter().filter(|tier| tier.adjusted).map(|tier| tier.id).collect();
    let (priced, adjustment) = price(candidates, &|tier| adjusted.contains(&tier), &standards, pool, method)?;
    let entries = entries_of(priced)?;
    let paid = entries.iter().filter(|entry| entry.included).map(|entry| (entry.id, entry.amount));
    let (parts, shortfall) = split(&pockets, paid);
    let version = store::last_version(tx, plan.id).await?.saturating_add(1);
    let included = entries.iter().filter(|entry| entry.included).count();
    let roster = Roster {
        federation_id: tx.federation,
        id: RosterId::generate(),
        plan_id: plan.id,
        revision: plan.revision,
        version,
        digest: roster_digest(plan, &funding, &tiers, version, &entries, &parts),
        included: count(included)?,
        excluded: count(entries.len().saturating_sub(included))?,
        total: entries.iter().map(|entry| entry.amount).sum(),
        shortfall,
        generated_at: tx.now(),
    };
    store::insert(tx, &roster, adjustment.as_ref(), &name_of(&method)?, &entries, &parts).await?;
    view(tx, roster).await
}

fn count(number: usize) -> Result<i32> {
    i32::try_from(number).map_err(|error| Error::Internal(error.to_string()))
}

/// Everyone the tiers consider; those that cannot be paid are marked out with the first reason that applies.
async fn considered(tx: &mut Tx, plan: &Plan, tiers: &[Tier], standards: &Standards) -> Result<Vec<Candidate>> {
    let populations = tiers.iter().map(|tier| population(&tier.population)).collect::<Result<Vec<Population>>>()?;
    let registry = Registry::read(tx, &populations.iter().collect::<Vec<_>>(), plan.cutoff_on).await?;
    let mut candidates = Vec::new();
    for (tier, population) in tiers.iter().zip(&populations) {
        candidates.extend(registry.candidates(tier, population)?);
    }
    exclude_without_account(tx, tiers, &mut candidates).await?;
    exclude_without_standard(&mut candidates, standards);
    // Last: only somebody who would be paid takes a payment's place.
    let payees: Vec<Uuid> =
        candidates.iter().filter(|candidate| candidate.excluded.is_none()).map(|candidate| candidate.payee.id()).collect();
    let claimed = store::live_claims(tx, &payees).await?;
    exclude_repeated(tiers, &mut candidates, &claimed);
    Ok(candidates)
}

/// A tier's population as it was stored.
pub(in crate::plans) fn population(value: &serde_json::Value) -> Result<Population> {
    serde_json::from_value(value.clone()).map_err(|error| Error::Internal(format!("a stored population: {error}")))
}

/// One payment per payee, purpose and period: a second naming here, or a live claim elsewhere, is out.
pub(super) fn exclude_repeated(tiers: &[Tier], candidates: &mut [Candidate], claimed: &HashSet<(Uuid, String, String)>) {
    let purposes: HashMap<TierId, (&str, &str)> =
        tiers.iter().map(|tier| (tier.id, (tier.purpose.as_str(), tier.period.as_str()))).collect();
    let mut seen: HashSet<(Uuid, String, String)> = HashSet::new();
    for candidate in candidates.iter_mut().filter(|candidate| candidate.excluded.is_none()) {
        let Some((purpose, period)) = purposes.get(&candidate.tier).copied() else { continue };
        let wanted: Vec<_> =
            claims(candidate, period).into_iter().map(|period| (candidate.payee.id(), purpose.to_owned(), period)).collect();
        if wanted.iter().any(|claim| claimed.contains(claim)) {
            candidate.excluded = Some(Exclusion::AlreadyClaimed);
        } else if wanted.iter().any(|claim| seen.contains(claim)) {
            candidate.excluded = Some(Exclusion::ListedTwice);
        } else {
            seen.extend(wanted);
        }
    }
}

pub(super) fn exclude_without_standard(candidates: &mut [Candidate], standards: &Standards) {
    for candidate in candidates.iter_mut().filter(|candidate| candidate.excluded.is_none() && candidate.listed_amount.is_none()) {
        if !standards.contains_key(&(candidate.tier, candidate.category.clone())) {
            candidate.excluded = Some(Exclusion::NoStandard);
        }
    }
}

/// The periods a candidate lays claim to: the tier's, or each month due.
fn claims(candidate: &Candidate, period: &str) -> Vec<String> {
    let Some((first, last)) = candidate.months else { return vec![period.to_owned()] };
    std::iter::successors(Some(first), |month| month.next().filter(|next| *next <= last)).map(|month| month.to_string()).collect()
}

async fn exclude_without_account(tx: &mut Tx, tiers: &[Tier], candidates: &mut [Candidate]) -> Result<()> {
    let persons: Vec<PersonId> = candidates.iter().filter_map(|candidate| candidate.person).collect();
    let organisations: Vec<OrganisationId> =
        candidates.iter().filter_map(|candidate| if let Payee::Organisation(id) = candidate.payee { Some(id) } else { None }).collect();
    let accounts = registry::open_accounts_of(tx, &persons, &organisations).await?;
    let mut by_owner: HashMap<Uuid, Vec<&registry::AccountRecord>> = HashMap::new();
    for account in &accounts {
        let owner = account.person_id.map(|id| id.0).or(account.organisation_id.map(|id| id.0));
        if let Some(owner) = owner {
            by_owner.entry(owner).or_default().push(account);
        }
    }
    let channels: HashMap<TierId, crate::plans::model::Channel> =
        tiers.iter().map(|tier| Ok((tier.id, channel(&tier.channel)?))).collect::<Result<_>>()?;
    for candidate in candidates.iter_mut().filter(|candidate| candidate.excluded.is_none()) {
        let Some(channel) = channels.get(&candidate.tier) else { continue };
        let owner = candidate.person.map_or_else(|| candidate.payee.id(), |person| person.0);
        let owned = by_owner.get(&owner).map(Vec::as_slice).unwrap_or_default();
        let account = channel.account_kinds().iter().find_map(|kind| owned.iter().find(|account| account.kind == *kind));
        match account {
            Some(account) => candidate.account = Some(account.id),
            None if channel.account_kinds().is_empty() => {}
            None => candidate.excluded = Some(Exclusion::NoAccount),
        }
    }
    Ok(())
}

fn channel(name: &str) -> Result<crate::plans::model::Channel> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|error| Error::Internal(format!("a stored channel: {error}")))
}

pub(in crate::plans) async fn lines_of(tx: &mut Tx, funding: &[Funding]) -> Result<HashMap<LineId, LineRecord>> {
    let ids: Vec<LineId> = funding.iter().map(|funding| funding.allocation_line_id).collect();
    Ok(funds::lines(tx, &ids).await?.into_iter().map(|line| (line.id, line)).collect())
}

/// The standard per tier and category on the cut-off date, of a unit that fits what the tier pays (户, 人, 人月); of two lines
/// with one for the same category, the first drawn on.
pub(super) async fn standards(tx: &mut Tx, plan: &Plan, funding: &[Funding], tiers: &[Tier]) -> Result<Standards> {
    let mut standards = Standards::new();
    for funding in funding.iter().filter(|funding| !funding.top_up) {
        for standard in funds::standards_in_force(tx, funding.allocation_line_id, plan.cutoff_on).await? {
            for tier in tiers {
                if unit_fits(tier_kind(&tier.kind)?, &standard.unit) {
                    standards.entry((tier.id, standard.category.clone())).or_insert_with(|| standard.clone());
                }
            }
        }
    }
    Ok(standards)
}

fn tier_kind(name: &str) -> Result<TierKind> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).map_err(|error| Error::Internal(format!("a stored kind: {error}")))
}

/// The money the plan may draw on, in order: each line's own source first, then what others left there, then top-ups,
/// which pay through the last line that is not one.
async fn pockets(tx: &mut Tx, funding: &[Funding], lines: &HashMap<LineId, LineRecord>) -> Result<Vec<Pocket>> {
    let ids: Vec<LineId> = funding.iter().map(|funding| funding.allocation_line_id).collect();
    let balances = ledger::balances(tx, ledger::Scope::Lines(&ids), None).await?;
    let completed = funding.iter().rev().find(|funding| !funding.top_up).map(|funding| funding.allocation_line_id);
    let mut pockets = Vec::new();
    for funding in funding {
        let Some(line) = lines.get(&funding.allocation_line_id) else { continue };
        let mut of_line: Vec<_> = balances.iter().filter(|(id, ..)| *id == line.id).collect();
        of_line.sort_by_key(|(_, source, _)| (*source != line.fund_source_id, *source));
        for (_, source, balance) in of_line {
            let top_up = funding.top_up.then_some(line.id);
            if top_up.is_some() && *source != line.fund_source_id {
                continue;
            }
            let paying = if funding.top_up { completed.unwrap_or(line.id) } else { line.id };
            pockets.push(Pocket { line: paying, source: *source, top_up_line: top_up, available: balance.available });
        }
    }
    Ok(pockets)
}

fn entries_of(priced: Vec<Priced>) -> Result<Vec<Entry>> {
    priced
        .into_iter()
        .enumerate()
        .map(|(index, priced)| {
            let candidate = priced.candidate;
            let (household_id, organisation_id) = match candidate.payee {
                Payee::Household(id) => (Some(id), None),
                Payee::Organisation(id) => (None, Some(id)),
                Payee::Person(_) => (None, None),
            };
            let registered = candidate.excluded != Some(Exclusion::NotRegistered);
            let included = candidate.excluded.is_none();
            Ok(Entry {
                id: EntryId::generate(),
                tier_id: candidate.tier,
                position: count(index)?,
                included,
                excluded_because: candidate.excluded.map(|excluded| excluded.name().to_owned()),
                payee_kind: candidate.payee.kind().to_owned(),
                household_id: household_id.filter(|_| registered),
                person_id: candidate.person,
                organisation_id: organisation_id.filter(|_| registered),
                payee_account_id: candidate.account.filter(|_| included),
                category: candidate.category,
                standard: priced.standard,
                quantity: i32::try_from(candidate.quantity).map_err(|error| Error::Internal(error.to_string()))?,
                month_from: candidate.months.map(|(first, _)| first.to_string()),
                month_to: candidate.months.map(|(_, last)| last.to_string()),
                amount: priced.amount,
                registry: candidate.registry,
            })
        })
        .collect()
}

pub(in crate::plans) async fn read(tx: &mut Tx, _may: &Permit<ReadPlans>, id: RosterId) -> Result<RosterView> {
    let roster = store::roster(tx, id).await?;
    view(tx, roster).await
}

pub(super) async fn view(tx: &mut Tx, roster: Roster) -> Result<RosterView> {
    Ok(RosterView {
        adjustment: store::adjustment(tx, roster.id).await?,
        funding: store::funding_totals(tx, roster.id).await?,
        exclusions: store::exclusions(tx, roster.id).await?,
        roster,
    })
}

/// A roster as it is stored: what its digest is over.
pub(super) struct Contents {
    pub(super) funding: Vec<Funding>,
    pub(super) tiers: Vec<Tier>,
    pub(super) entries: Vec<Entry>,
    parts: Vec<FundingPart>,
}

impl Contents {
    pub(super) async fn read(tx: &mut Tx, plan: &Plan, roster: &Roster) -> Result<Self> {
        Ok(Self {
            funding: plans::funding(tx, plan.id, roster.revision).await?,
            tiers: plans::tiers(tx, plan.id, roster.revision).await?,
            entries: store::entries(tx, roster.id).await?,
            parts: store::parts(tx, roster.id).await?,
        })
    }

    /// Whether the roster still has the digest it was made with.
    pub(super) fn is_intact(&self, plan: &Plan, roster: &Roster) -> bool {
        // The plan's row has gone on; the digest is over the revision the roster was made from.
        let plan = Plan { revision: roster.revision, ..plan.clone() };
        roster_digest(&plan, &self.funding, &self.tiers, roster.version, &self.entries, &self.parts) == roster.digest
    }
}

/// Whether a roster as stored still has the digest it was made with.
pub(in crate::plans) async fn is_intact(tx: &mut Tx, plan: &Plan, roster: &Roster) -> Result<bool> {
    Ok(Contents::read(tx, plan, roster).await?.is_intact(plan, roster))
}

/// Refuses to go on with a roster that pays nobody.
pub(super) fn require_somebody(roster: &Roster) -> Result<()> {
    if roster.included == 0 { Err(ROSTER_EMPTY.refuse().into()) } else { Ok(()) }
}

/// Refuses to go on with a roster that is not what was locked (RC-28), or that pays nobody.
pub(in crate::plans) async fn require_intact(tx: &mut Tx, plan: &Plan, roster: &Roster) -> Result<()> {
    require_somebody(roster)?;
    if is_intact(tx, plan, roster).await? { Ok(()) } else { Err(ROSTER_ALTERED.refuse().into()) }
}
