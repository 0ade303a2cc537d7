//! The digest of a roster: what is locked, approved and released is this content and no other.

use std::collections::HashMap;
use std::fmt::Write;

use super::model::{Entry, FundingPart};
use crate::kernel::canonical::Canonical;
use crate::kernel::{EntryId, PlanId};
use crate::plans::model::{Funding, Plan, Tier};

/// Everything a roster decides, in versioned canonical bytes: the plan, its lines and tiers, every entry in or out with
/// reason, account, standard and amount, and which money pays it.
#[must_use]
pub fn roster_digest(plan: &Plan, funding: &[Funding], tiers: &[Tier], version: i32, entries: &[Entry], parts: &[FundingPart]) -> String {
    let mut canonical = Canonical::new("bangfu.roster.v1");
    header(&mut canonical, plan.id, plan, version);
    canonical.field(funding.len());
    for line in funding {
        canonical.field(line.position).field(line.allocation_line_id).field(line.top_up);
    }
    canonical.field(tiers.len());
    for tier in tiers {
        canonical
            .field(tier.id)
            .field(tier.position)
            .field(&tier.name)
            .field(&tier.kind)
            .field(&tier.purpose)
            .field(&tier.period)
            .field(&tier.channel)
            .field(tier.adjusted)
            .optional(tier.month_from.as_ref())
            .optional(tier.month_to.as_ref())
            .optional(tier.feedback_due_on)
            .field(canonical_json(&tier.population));
    }
    let mut paid_by: HashMap<EntryId, Vec<&FundingPart>> = HashMap::new();
    for part in parts {
        paid_by.entry(part.roster_entry_id).or_default().push(part);
    }
    canonical.field(entries.len());
    for entry in entries {
        add_entry(&mut canonical, entry);
        let parts = paid_by.get(&entry.id).map(Vec::as_slice).unwrap_or_default();
        canonical.field(parts.len());
        for part in parts {
            canonical
                .field(part.position)
                .field(part.allocation_line_id)
                .field(part.fund_source_id)
                .optional(part.top_up_line_id)
                .field(part.amount);
        }
    }
    canonical.hex()
}

fn header(canonical: &mut Canonical, id: PlanId, plan: &Plan, version: i32) {
    canonical
        .field(id)
        .field(&plan.name)
        .field(plan.organisation_id)
        .field(plan.fiscal_year)
        .field(&plan.purpose)
        .field(&plan.period)
        .field(plan.cutoff_on)
        .field(&plan.adjustment_method)
        .field(plan.revision)
        .field(version);
}

fn add_entry(canonical: &mut Canonical, entry: &Entry) {
    canonical
        .field(entry.id)
        .field(entry.tier_id)
        .field(entry.position)
        .field(entry.included)
        .optional(entry.excluded_because.as_ref())
        .field(&entry.payee_kind)
        .optional(entry.household_id)
        .optional(entry.person_id)
        .optional(entry.organisation_id)
        .optional(entry.payee_account_id)
        .field(&entry.category)
        .optional(entry.standard)
        .field(entry.quantity)
        .optional(entry.month_from.as_ref())
        .optional(entry.month_to.as_ref())
        .field(entry.amount)
        .field(canonical_json(&entry.registry));
}

/// JSON with its keys in order: the database keeps `jsonb` in an order of its own.
fn canonical_json(value: &serde_json::Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &serde_json::Value, text: &mut String) {
    match value {
        serde_json::Value::Object(object) => {
            let mut members: Vec<(&String, &serde_json::Value)> = object.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                let _ = write!(text, "{name:?}:");
                write_canonical(value, text);
            }
            text.push('}');
        }
        serde_json::Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_canonical(item, text);
            }
            text.push(']');
        }
        other => {
            let _ = write!(text, "{other}");
        }
    }
}
