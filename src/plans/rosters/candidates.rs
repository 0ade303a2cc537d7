//! Everyone a tier considers, with what the registry says of them, before money is spoken of.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use serde_json::json;

use super::eligibility::{Exclusion, considers_dossier, considers_honour, dossier_exclusion, dossier_not_counting, honour_exclusion};
use super::model::Payee;
use crate::db::{Error, Result, Tx};
use crate::kernel::entitlement::months_entitled;
use crate::kernel::period::Month;
use crate::kernel::{HouseholdId, Money, OrganisationId, PayeeAccountId, PersonId, TierId};
use crate::plans::model::{ListedPopulation, Population, Tier};
use crate::registry::{DossierRecord, HonourRecord, PersonRecord};
use crate::{organisations, registry};

/// Somebody considered for a tier.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The tier.
    pub tier: TierId,
    /// Who the payment is for.
    pub payee: Payee,
    /// The person paid; for a household its head.
    pub person: Option<PersonId>,
    /// The recipient category whose standard applies.
    pub category: String,
    /// An amount the list gives instead.
    pub listed_amount: Option<Money>,
    /// Months due, or 1.
    pub quantity: u32,
    /// First and last month due.
    pub months: Option<(Month, Month)>,
    /// The account it is paid to; chosen by the channel.
    pub account: Option<PayeeAccountId>,
    /// Why out, if so.
    pub excluded: Option<Exclusion>,
    /// What the registry says, for the record.
    pub registry: serde_json::Value,
}

/// What is read of the registry once for all tiers of a plan.
pub struct Registry {
    cutoff: NaiveDate,
    directly_funded: HashSet<String>,
    dossiers: Vec<DossierRecord>,
    honours: Vec<HonourRecord>,
    persons: HashMap<PersonId, PersonRecord>,
    organisations: HashMap<OrganisationId, String>,
}

impl Registry {
    /// Reads what these populations need, as of the cut-off date.
    pub async fn read(tx: &mut Tx, populations: &[&Population], cutoff: NaiveDate) -> Result<Self> {
        let listed: Vec<&ListedPopulation> =
            populations.iter().filter_map(|population| if let Population::Listed(list) = population { Some(list) } else { None }).collect();
        let recipients = || listed.iter().flat_map(|list| &list.recipients);
        let wants_dossiers = populations.iter().any(|population| matches!(population, Population::Dossiers(_)))
            || recipients().any(|recipient| recipient.household_id.is_some());
        let wants_honours = populations.iter().any(|population| matches!(population, Population::ModelWorkers(_)));
        let persons: Vec<PersonId> = recipients().filter_map(|recipient| recipient.person_id).collect();
        let organisations: Vec<OrganisationId> = recipients().filter_map(|recipient| recipient.organisation_id).collect();
        Ok(Self {
            cutoff,
            directly_funded: organisations::directly_funded_regions(tx, cutoff).await?,
            dossiers: if wants_dossiers { registry::dossiers_opened_by(tx, cutoff).await? } else { Vec::new() },
            honours: if wants_honours { registry::honours_awarded_by(tx, cutoff).await? } else { Vec::new() },
            persons: registry::persons(tx, &persons).await?.into_iter().map(|person| (person.id, person)).collect(),
            organisations: organisations::names(tx, &organisations).await?.into_iter().collect(),
        })
    }

    fn considered(&self, tier: TierId, period: Option<(Month, Month)>, population: &Population) -> Result<Vec<Candidate>> {
        match population {
            Population::Dossiers(population) => Ok(self
                .dossiers
                .iter()
                .filter(|dossier| considers_dossier(population, dossier))
                .map(|dossier| {
                    let excluded = dossier_exclusion(population, dossier, &self.directly_funded, self.cutoff);
                    household_candidate(tier, dossier, excluded)
                })
                .collect()),
            Population::ModelWorkers(population) => {
                // Several honours of one person are one payment: by the first that holds, else by the first, with its reason.
                let mut candidates: Vec<Candidate> = Vec::new();
                let mut places: HashMap<PersonId, usize> = HashMap::new();
                for honour in self.honours.iter().filter(|honour| considers_honour(population, honour)) {
                    let candidate = self.honour_candidate(tier, period, honour)?;
                    match places.get(&honour.person_id).and_then(|place| candidates.get_mut(*place)) {
                        None => {
                            places.insert(honour.person_id, candidates.len());
                            candidates.push(candidate);
                        }
                        Some(known) if better(&candidate, known) => *known = candidate,
                        Some(_) => {}
                    }
                }
                Ok(candidates)
            }
            Population::Listed(list) => self.listed_candidates(tier, period, list),
        }
    }

    /// How many of a population are in, before standards, accounts and claims are looked at.
    pub fn count(&self, population: &Population) -> Result<u32> {
        let everyone = self.considered(TierId(uuid::Uuid::nil()), None, population)?;
        let included = everyone.iter().filter(|candidate| candidate.excluded.is_none()).count();
        u32::try_from(included).map_err(|error| Error::Internal(error.to_string()))
    }

    /// Everyone a tier considers, in the registry's or the list's order.
    pub fn candidates(&self, tier: &Tier, population: &Population) -> Result<Vec<Candidate>> {
        self.considered(tier.id, period_of(tier)?, population)
    }

    fn honour_candidate(&self, tier: TierId, period: Option<(Month, Month)>, honour: &HonourRecord) -> Result<Candidate> {
        let mut candidate = Candidate {
            tier,
            payee: Payee::Person(honour.person_id),
            person: Some(honour.person_id),
            category: format!("{}_model_worker", honour.level.as_str()),
            listed_amount: None,
            quantity: 1,
            months: None,
            account: None,
            excluded: None,
            registry: json!({
                "name": honour.person_name, "level": honour.level, "title": honour.title, "region": honour.region_code,
                "awarded_on": honour.awarded_on, "died_on": honour.died_on,
            }),
        };
        match period {
            Some(period) => {
                let lost = [honour.died_on, honour.ended_on].into_iter().flatten().min();
                set_months(&mut candidate, period, month_of(honour.awarded_on)?, lost)?;
            }
            None => candidate.excluded = honour_exclusion(honour, self.cutoff),
        }
        Ok(candidate)
    }

    fn listed_candidates(&self, tier: TierId, period: Option<(Month, Month)>, list: &ListedPopulation) -> Result<Vec<Candidate>> {
        let dossiers: HashMap<HouseholdId, &DossierRecord> = self.latest_dossiers();
        let mut candidates = Vec::with_capacity(list.recipients.len());
        for recipient in &list.recipients {
            let mut candidate = if let Some(household) = recipient.household_id {
                match dossiers.get(&household) {
                    Some(dossier) => household_candidate(tier, dossier, dossier_not_counting(dossier, self.cutoff, true)),
                    None => unregistered(tier, Payee::Household(household), &list.category),
                }
            } else if let Some(person) = recipient.person_id {
                self.person_candidate(tier, person, &list.category)
            } else if let Some(organisation) = recipient.organisation_id {
                self.organisation_candidate(tier, organisation, &list.category)
            } else {
                return Err(Error::Internal("a listed recipient without an id".to_owned()));
            };
            candidate.category.clone_from(&list.category);
            candidate.listed_amount = recipient.amount.map(crate::kernel::PositiveMoney::get);
            if let Some(period) = period
                && candidate.excluded.is_none_or(|excluded| excluded == Exclusion::Deceased)
            {
                candidate.excluded = None;
                let died = recipient.person_id.and_then(|person| self.persons.get(&person)).and_then(|person| person.died_on);
                set_months(&mut candidate, period, recipient.from_month.unwrap_or(period.0), died)?;
            }
            candidates.push(candidate);
        }
        Ok(candidates)
    }

    /// Of a household's dossiers the one in force, else the last.
    fn latest_dossiers(&self) -> HashMap<HouseholdId, &DossierRecord> {
        let mut latest: HashMap<HouseholdId, &DossierRecord> = HashMap::new();
        for dossier in &self.dossiers {
            let better = latest
                .get(&dossier.household_id)
                .is_none_or(|known| (dossier.closed_on.is_none(), dossier.opened_on) > (known.closed_on.is_none(), known.opened_on));
            if better {
                latest.insert(dossier.household_id, dossier);
            }
        }
        latest
    }

    fn person_candidate(&self, tier: TierId, person: PersonId, category: &str) -> Candidate {
        let Some(record) = self.persons.get(&person) else { return unregistered(tier, Payee::Person(person), category) };
        Candidate {
            tier,
            payee: Payee::Person(person),
            person: Some(person),
            category: category.to_owned(),
            listed_amount: None,
            quantity: 1,
            months: None,
            account: None,
            excluded: record.died_on.is_some_and(|died| died <= self.cutoff).then_some(Exclusion::Deceased),
            registry: json!({ "name": record.name, "died_on": record.died_on, "region": record.region_code }),
        }
    }

    fn organisation_candidate(&self, tier: TierId, organisation: OrganisationId, category: &str) -> Candidate {
        let mut candidate = unregistered(tier, Payee::Organisation(organisation), category);
        if let Some(name) = self.organisations.get(&organisation) {
            candidate.excluded = None;
            candidate.registry = json!({ "name": name });
        }
        candidate
    }
}

/// Whether one honour of a person gives more than another: one that holds before one that does not, then more months.
fn better(candidate: &Candidate, known: &Candidate) -> bool {
    (candidate.excluded.is_none(), candidate.quantity) > (known.excluded.is_none(), known.quantity)
}

fn household_candidate(tier: TierId, dossier: &DossierRecord, excluded: Option<Exclusion>) -> Candidate {
    Candidate {
        tier,
        payee: Payee::Household(dossier.household_id),
        person: Some(dossier.head_person_id),
        category: dossier.category.as_str().to_owned(),
        listed_amount: None,
        quantity: 1,
        months: None,
        account: None,
        excluded,
        registry: json!({
            "name": dossier.head_name, "dossier": dossier.number, "system": dossier.system, "level": dossier.level,
            "category": dossier.category, "region": dossier.region_code, "opened_on": dossier.opened_on, "closed_on": dossier.closed_on,
            "grace_ends_on": dossier.grace.as_ref().map(|grace| grace.ends_on),
        }),
    }
}

fn unregistered(tier: TierId, payee: Payee, category: &str) -> Candidate {
    Candidate {
        tier,
        payee,
        person: None,
        category: category.to_owned(),
        listed_amount: None,
        quantity: 1,
        months: None,
        account: None,
        excluded: Some(Exclusion::NotRegistered),
        registry: json!({ "name": "" }),
    }
}

/// Sets the months due: from the later of period and entitlement through the month of death or loss (calculation rule 2).
fn set_months(candidate: &mut Candidate, period: (Month, Month), from: Month, lost_on: Option<NaiveDate>) -> Result<()> {
    let lost = lost_on.map(month_of).transpose()?;
    let months = months_entitled(period.0, period.1, from, lost);
    if months == 0 {
        candidate.excluded = Some(Exclusion::NoMonthDue);
        return Ok(());
    }
    let first = period.0.max(from);
    let last = lost.map_or(period.1, |lost| lost.min(period.1));
    candidate.quantity = months;
    candidate.months = Some((first, last));
    Ok(())
}

fn month_of(day: NaiveDate) -> Result<Month> {
    Month::new(day.year(), day.month()).map_err(|error| Error::Internal(error.to_string()))
}

fn period_of(tier: &Tier) -> Result<Option<(Month, Month)>> {
    let parse = |text: &str| Month::parse(text).map_err(|error| Error::Internal(error.to_string()));
    match (&tier.month_from, &tier.month_to) {
        (Some(from), Some(to)) => Ok(Some((parse(from)?, parse(to)?))),
        _ => Ok(None),
    }
}
