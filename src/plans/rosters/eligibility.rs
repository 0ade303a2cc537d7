//! Who is eligible on the cut-off date: calculation rule 3 of domain.md; source, 附件2 二（一）2 (不纳入此次帮扶).

use std::collections::HashSet;

use chrono::NaiveDate;

use crate::plans::model::{DossierPopulation, ModelWorkerPopulation};
use crate::registry::{DossierCategory, DossierRecord, DossierSystem, HonourRecord};

/// Why somebody considered is not on the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exclusion {
    /// The dossier was not in force on the cut-off date.
    DossierNotInForce,
    /// The grace period had ended by the cut-off date.
    GraceEnded,
    /// The county is funded directly by the province (扩权县).
    DirectlyFundedRegion,
    /// The person had died by the cut-off date.
    Deceased,
    /// The household's head had died; it needs another before it can be paid.
    HeadDeceased,
    /// The honour had ended by the cut-off date.
    HonourEnded,
    /// No standard is in force for the category.
    NoStandard,
    /// No month of the period is due.
    NoMonthDue,
    /// No open account of a kind the channel can pay to.
    NoAccount,
    /// Named twice, or in another tier for the same purpose and period.
    ListedTwice,
    /// A live payment for the same purpose and period exists.
    AlreadyClaimed,
    /// Named, but not registered here.
    NotRegistered,
}

impl Exclusion {
    /// The stable name shown in rosters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DossierNotInForce => "dossier_not_in_force",
            Self::GraceEnded => "grace_ended",
            Self::DirectlyFundedRegion => "directly_funded_region",
            Self::Deceased => "deceased",
            Self::HeadDeceased => "head_deceased",
            Self::HonourEnded => "honour_ended",
            Self::NoStandard => "no_standard",
            Self::NoMonthDue => "no_month_due",
            Self::NoAccount => "no_account",
            Self::ListedTwice => "listed_twice",
            Self::AlreadyClaimed => "already_claimed",
            Self::NotRegistered => "not_registered",
        }
    }
}

fn admits<T: PartialEq>(wanted: &[T], value: &T) -> bool {
    wanted.is_empty() || wanted.contains(value)
}

fn lies_in(wanted: &[String], region: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|prefix| region.starts_with(prefix.as_str()))
}

/// Whether a population considers a dossier at all: its systems, categories, levels and regions.
#[must_use]
pub fn considers_dossier(population: &DossierPopulation, dossier: &DossierRecord) -> bool {
    admits(&population.systems, &dossier.system)
        && admits(&population.categories, &dossier.category)
        && admits(&population.levels, &dossier.level)
        && lies_in(&population.regions, &dossier.region_code)
}

/// Why a dossier that is considered is out; `None` when its household is in.
///
/// Active, or in grace on the cut-off date; not in a county funded directly by the province; and not a deep-hardship
/// dossier of the national system whose grace ends by the cut-off date. A dossier that was not in force is told so first:
/// the counties' share of those in force is a figure of its own (source: 86 of 263).
#[must_use]
pub fn dossier_exclusion(
    population: &DossierPopulation,
    dossier: &DossierRecord,
    directly_funded: &HashSet<String>,
    cutoff: NaiveDate,
) -> Option<Exclusion> {
    if !in_force(dossier, cutoff) {
        return Some(Exclusion::DossierNotInForce);
    }
    if !population.include_directly_funded && directly_funded.contains(&dossier.region_code) {
        return Some(Exclusion::DirectlyFundedRegion);
    }
    dossier_not_counting(dossier, cutoff, population.grace_ending_on_cutoff_has_ended)
}

fn in_force(dossier: &DossierRecord, cutoff: NaiveDate) -> bool {
    dossier.opened_on <= cutoff && dossier.closed_on.is_none_or(|closed| closed > cutoff)
}

/// Why a dossier does not count on a day, wherever it is.
#[must_use]
pub fn dossier_not_counting(dossier: &DossierRecord, cutoff: NaiveDate, grace_ending_on_cutoff_has_ended: bool) -> Option<Exclusion> {
    if !in_force(dossier, cutoff) {
        return Some(Exclusion::DossierNotInForce);
    }
    if let Some(grace) = &dossier.grace {
        let deep_national = dossier.system == DossierSystem::National && dossier.category == DossierCategory::Deep;
        let ends_today_and_counts_as_ended = grace.ends_on == cutoff && deep_national && grace_ending_on_cutoff_has_ended;
        if grace.ends_on < cutoff || ends_today_and_counts_as_ended {
            return Some(Exclusion::GraceEnded);
        }
    }
    if dossier.head_died_on.is_some_and(|died| died <= cutoff) {
        return Some(Exclusion::HeadDeceased);
    }
    None
}

/// Whether a population considers an honour at all.
#[must_use]
pub fn considers_honour(population: &ModelWorkerPopulation, honour: &HonourRecord) -> bool {
    admits(&population.levels, &honour.level) && lies_in(&population.regions, &honour.region_code)
}

/// Why a model worker is out of a one-off payment: death by the cut-off date, or an
/// honour whose last day was before it.
#[must_use]
pub fn honour_exclusion(honour: &HonourRecord, cutoff: NaiveDate) -> Option<Exclusion> {
    if honour.died_on.is_some_and(|died| died <= cutoff) {
        return Some(Exclusion::Deceased);
    }
    honour.ended_on.is_some_and(|ended| ended < cutoff).then_some(Exclusion::HonourEnded)
}
