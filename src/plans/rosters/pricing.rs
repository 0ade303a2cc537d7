//! What each candidate receives: the standard in force, the months due, and the adjustment to the pool.

use std::collections::HashMap;

use super::candidates::Candidate;
use crate::db::Result;
use crate::funds::StandardRecord;
use crate::kernel::{Money, Refusal, TierId};
use crate::plans::adjustment::{Adjustment, AdjustmentMethod, adjust};
use crate::plans::error::{ABOVE_STANDARD, ADJUSTMENT_AMBIGUOUS};
use crate::plans::model::TierKind;

/// The standard in force for a tier's recipients of a category.
pub type Standards = HashMap<(TierId, String), StandardRecord>;

/// Whether a standard's unit is what a tier pays: a standard a year is not paid twelve times a year.
#[must_use]
pub fn unit_fits(kind: TierKind, unit: &str) -> bool {
    match kind {
        TierKind::Household => matches!(unit, "household" | "event"),
        TierKind::Person => matches!(unit, "person" | "person_year" | "event"),
        TierKind::Monthly => unit == "person_month",
        TierKind::Vendor | TierKind::TransferDown => unit == "event",
    }
}

/// A candidate with what it receives; nothing when it is out.
#[derive(Debug, Clone)]
pub struct Priced {
    /// Who.
    pub candidate: Candidate,
    /// The standard applied.
    pub standard: Option<Money>,
    /// How much.
    pub amount: Money,
}

/// The adjustment of a roster, with the standard it started from.
#[derive(Debug, Clone, Copy)]
pub struct RosterAdjustment {
    /// The result.
    pub adjustment: Adjustment,
    /// The money at hand.
    pub pool: Money,
    /// What the tiers that are not adjusted take.
    pub fixed: Money,
    /// The standard in force.
    pub before: Money,
}

/// Prices all candidates: first those whose standard is fixed, then, from what the pool leaves, those of adjusted tiers.
///
/// # Errors
/// [`ABOVE_STANDARD`] when a listed amount is against the standard's mode, or an adjusted one below a floor; [`ADJUSTMENT_AMBIGUOUS`] when
/// adjusted tiers start from different standards; the refusals of [`adjust`].
pub fn price(
    candidates: Vec<Candidate>,
    adjusted: &dyn Fn(TierId) -> bool,
    standards: &Standards,
    pool: Money,
    method: AdjustmentMethod,
) -> Result<(Vec<Priced>, Option<RosterAdjustment>)> {
    let mut priced = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        priced.push(at_standard(candidate, standards)?);
    }
    let is_adjusted = |each: &Priced| adjusted(each.candidate.tier) && each.candidate.excluded.is_none();
    let mut before =
        priced.iter().filter(|each| is_adjusted(each)).filter_map(|each| each.standard.map(|money| (money, &each.candidate.category)));
    let Some((first, _)) = before.next() else { return Ok((priced, None)) };
    if before.any(|(other, _)| other != first) {
        return Err(ADJUSTMENT_AMBIGUOUS.refuse().into());
    }
    let count = priced.iter().filter(|each| is_adjusted(each)).count();
    let count = u32::try_from(count).map_err(|error| crate::db::Error::Internal(error.to_string()))?;
    let fixed: Money = priced.iter().filter(|each| !is_adjusted(each)).map(|each| each.amount).sum();
    let adjustment = adjust(pool, fixed, count, method)?;
    for each in &mut priced {
        if adjusted(each.candidate.tier) && each.candidate.excluded.is_none() {
            if let Some(standard) = standards.get(&(each.candidate.tier, each.candidate.category.clone())) {
                refuse_beyond_mode(standard, adjustment.standard, true)?;
            }
            each.standard = Some(adjustment.standard);
            each.amount = adjustment.standard;
        }
    }
    Ok((priced, Some(RosterAdjustment { adjustment, pool, fixed, before: first })))
}

fn at_standard(candidate: Candidate, standards: &Standards) -> Result<Priced> {
    let standard = standards.get(&(candidate.tier, candidate.category.clone()));
    if candidate.excluded.is_some() {
        return Ok(Priced { candidate, standard: None, amount: Money::ZERO });
    }
    if let Some(amount) = candidate.listed_amount {
        if let Some(standard) = standard {
            refuse_beyond_mode(standard, amount, false)?;
        }
        return Ok(Priced { candidate, standard: standard.map(|standard| standard.amount), amount });
    }
    let amount = standard.map_or(Ok(Money::ZERO), |standard| standard.amount.times(candidate.quantity))?;
    Ok(Priced { candidate, standard: standard.map(|standard| standard.amount), amount })
}

/// A cap, an exact standard and a floor bind a listed amount. An adjustment (调标) is the way to leave a standard: down from a cap
/// or an exact one freely, above what is in force with an approval of its own, below a floor never.
fn refuse_beyond_mode(standard: &StandardRecord, amount: Money, adjusted: bool) -> std::result::Result<(), Refusal> {
    let against = match standard.mode.as_str() {
        "cap" => !adjusted && amount > standard.amount,
        "floor" => amount < standard.amount,
        _ => !adjusted && amount != standard.amount,
    };
    if !against {
        return Ok(());
    }
    Err(ABOVE_STANDARD
        .refuse()
        .with("category", &standard.category)
        .with("mode", &standard.mode)
        .with("standard", standard.amount)
        .with("amount", amount))
}
