//! Where a role holds: what a request names must lie within it.
//!
//! A caller whose role holds in the whole federation is not looked at further. For anybody else, everything that the address and
//! the body name is looked up, and a request that names nothing with an owner is about the federation as a whole, which is out of
//! reach. So an endpoint nobody thought of is closed, not open.

use serde_json::Value;
use uuid::Uuid;

use super::error::OUT_OF_REACH;
use super::store;
use crate::db::{Result, Tx};
use crate::kernel::Reach;
use crate::kernel::refusal::NOT_FOUND;

/// Collections that are the federation's own and that everybody with the permission reads.
const COMMON: [&str; 10] = [
    "organisations",
    "documents",
    "fund-sources",
    "findings",
    "declared-figures",
    "regions",
    "users",
    "approval-policies",
    "audit",
    "file-layouts",
];

/// Routes that begin so are for everybody with the permission.
const COMMON_TO_WRITE: [&str; 8] = ["documents", "persons/search", "me", "tokens", "sessions", "jobs", "clear-exports", "exports"];

/// Fields of bodies, and the collection that their id is of.
const REFERENCES: [(&str, &str); 12] = [
    ("organisation_id", "organisations"),
    ("plan_id", "plans"),
    ("batch_id", "batches"),
    ("instruction_id", "instructions"),
    ("reference", "references"),
    ("appropriation_id", "appropriations"),
    ("allocation_line_id", "allocation-lines"),
    ("household_id", "households"),
    ("person_id", "persons"),
    ("head", "persons"),
    ("payee_account_id", "payee-accounts"),
    ("dossier_id", "dossiers"),
];

/// What a request names.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The collection and id of the address.
    target: Option<(String, Option<Uuid>)>,
    /// The route, without `/v1/`.
    route: String,
    reads: bool,
    /// The collections and ids of the body.
    body: Vec<(String, Uuid)>,
}

impl Named {
    /// What the request of an address names: its route without `/v1/`, such as `plans/{id}/release`, whether it only reads, and the id
    /// that stands in the place of the first parameter.
    #[must_use]
    pub fn at(route: &str, reads: bool, id: Option<Uuid>) -> Self {
        let before_parameter = route.split_once("/{").map(|(before, _)| before.rsplit('/').next().unwrap_or_default());
        Self { target: before_parameter.map(|kind| (kind.to_owned(), id)), route: route.to_owned(), reads, body: Vec::new() }
    }

    /// Takes in what a body names.
    #[must_use]
    pub fn with_body(mut self, bytes: &[u8]) -> Self {
        if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
            collect(&value, &mut self.body);
        }
        self
    }

    fn collection(&self) -> &str {
        self.route.split('/').next().unwrap_or_default()
    }

    /// Refuses what lies outside a permit's reach. Lists are cut down to it instead.
    ///
    /// # Errors
    /// Not found, for what the address names; [`OUT_OF_REACH`], for what the body names or for what is the whole federation's.
    pub async fn require(&self, tx: &mut Tx, reach: &Reach) -> Result<()> {
        let Some(within) = reach.organisations() else { return Ok(()) };
        let report = self.collection() == "reconciliation";
        if self.reads && !report && COMMON.contains(&self.collection()) {
            return Ok(());
        }
        if COMMON_TO_WRITE.iter().any(|common| self.route.starts_with(common)) {
            return Ok(());
        }
        match &self.target {
            Some((kind, Some(id))) => {
                let outside = store::outside(tx, &[(kind.clone(), *id)], &within).await?;
                outside.is_empty().then_some(()).ok_or_else(|| NOT_FOUND.refuse())?;
            }
            Some((_, None)) => return Err(NOT_FOUND.refuse().into()),
            None if self.reads && !report => return store::list_within(tx, &within).await,
            None if self.body.is_empty() => return Err(OUT_OF_REACH.refuse().into()),
            None => {}
        }
        let outside = store::outside(tx, &self.body, &within).await?;
        if outside.is_empty() { Ok(()) } else { Err(OUT_OF_REACH.refuse().with("outside", outside).into()) }
    }
}

/// Every reference in a body. Recipients that are organisations (vendors, subordinate unions) are paid, not managed.
fn collect(value: &Value, found: &mut Vec<(String, Uuid)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let kind = REFERENCES.iter().find(|(field, _)| field == name).map(|(_, kind)| *kind);
                if let (Some(kind), Some(id)) = (kind, value.as_str().and_then(|text| Uuid::parse_str(text).ok())) {
                    found.push((kind.to_owned(), id));
                }
                if name == "recipients" {
                    let mut recipients = Vec::new();
                    collect(value, &mut recipients);
                    found.extend(recipients.into_iter().filter(|(kind, _)| kind != "organisations"));
                } else {
                    collect(value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_reference_of_a_body_is_found_however_deep() {
        let id = |number: u128| Uuid::from_u128(number);
        let body = json!({
            "organisation_id": id(1),
            "funding": [{ "allocation_line_id": id(2) }],
            "tiers": [{ "population": { "listed": { "recipients": [{ "person_id": id(3) }, { "organisation_id": id(4) }] } } }],
            "name": id(5), "return_to_organisation_id": id(6), "items": [{ "reference": id(7) }, { "reference": "no id" }],
        });
        let named = Named::default().with_body(body.to_string().as_bytes());
        let expected = [("organisations", 1), ("allocation-lines", 2), ("persons", 3), ("references", 7)];
        assert_eq!(named.body, expected.map(|(kind, number)| (kind.to_owned(), id(number))));
    }
}
