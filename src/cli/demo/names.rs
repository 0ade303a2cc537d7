//! What a case's files call things, and the ids the service gave them.
//!
//! Files refer to things as `@kind/key`, such as `@line/hardship` or `@person/p0003`. [`Names::resolve`] replaces every
//! such string of a body by the id, and `@list/name` by the recipients of `lists/name.csv`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};
use serde_json::{Map, Value};

use super::rows::Row;

/// The ids learned so far.
#[derive(Debug, Default)]
pub struct Names {
    ids: Mutex<HashMap<String, String>>,
}

impl Names {
    /// Remembers an id under `@kind/key`.
    pub fn save(&self, kind: &str, key: &str, id: &str) -> anyhow::Result<()> {
        let name = format!("@{kind}/{key}");
        let before = self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), id.to_owned());
        if before.is_some_and(|before| before != id) {
            bail!("{name} names two things");
        }
        Ok(())
    }

    /// The id of `@kind/key`.
    pub fn id(&self, name: &str) -> anyhow::Result<String> {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.get(name).cloned().with_context(|| format!("nothing is called {name}"))
    }

    /// The id of a cell that names something by its key, or null when the cell is empty.
    pub fn of_cell(&self, row: &Row, kind: &str, column: &str) -> anyhow::Result<Value> {
        let Some(key) = row.filled(column) else { return Ok(Value::Null) };
        let id = self.id(&format!("@{kind}/{key}")).with_context(|| format!("{}, {column}", row.origin()))?;
        Ok(Value::String(id))
    }

    /// A body with every reference replaced.
    pub fn resolve(&self, body: &Value, lists: &HashMap<String, Vec<Row>>) -> anyhow::Result<Value> {
        Ok(match body {
            Value::String(text) => match text.strip_prefix("@list/") {
                Some(list) => self.recipients(lists.get(list).with_context(|| format!("there is no lists/{list}.csv"))?)?,
                None if text.starts_with('@') => Value::String(self.id(text)?),
                None => body.clone(),
            },
            Value::Array(items) => Value::Array(items.iter().map(|item| self.resolve(item, lists)).collect::<anyhow::Result<_>>()?),
            Value::Object(fields) => {
                let resolved = fields.iter().map(|(name, value)| Ok((name.clone(), self.resolve(value, lists)?)));
                Value::Object(resolved.collect::<anyhow::Result<_>>()?)
            }
            other => other.clone(),
        })
    }

    /// A list as the API takes it.
    fn recipients(&self, rows: &[Row]) -> anyhow::Result<Value> {
        let recipients = rows.iter().map(|row| self.recipient(row).with_context(|| row.origin()));
        Ok(Value::Array(recipients.collect::<anyhow::Result<_>>()?))
    }

    fn recipient(&self, row: &Row) -> anyhow::Result<Value> {
        let name = row.get("recipient");
        let (kind, _) = name.split_once('/').context("a recipient is written household/KEY, person/KEY or organisation/KEY")?;
        if !["household", "person", "organisation"].contains(&kind) {
            bail!("{kind} cannot receive money");
        }
        let mut recipient = Map::new();
        recipient.insert(format!("{kind}_id"), Value::String(self.id(&format!("@{name}"))?));
        if let Some(amount) = row.filled("amount") {
            recipient.insert("amount".to_owned(), Value::String(amount.to_owned()));
        }
        if let Some(from) = row.filled("from") {
            // Entitlement counts in months: the day is for the file's reader.
            recipient.insert("from_month".to_owned(), Value::String(from.chars().take(7).collect()));
        }
        if row.filled("to").is_some() {
            bail!("the API ends a monthly entitlement by death only; leave `to` empty");
        }
        Ok(Value::Object(recipient))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_become_ids_wherever_they_stand_in_a_body() {
        let names = Names::default();
        names.save("line", "hardship", "0192").unwrap();
        let body = json!({ "funding": [{ "allocation_line_id": "@line/hardship" }], "amount": "1.00", "open": true });
        let resolved = names.resolve(&body, &HashMap::new()).unwrap();
        assert_eq!(resolved, json!({ "funding": [{ "allocation_line_id": "0192" }], "amount": "1.00", "open": true }));
    }

    #[test]
    fn an_unknown_reference_is_named() {
        let error = Names::default().resolve(&json!(["@line/none"]), &HashMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "nothing is called @line/none");
    }

    #[test]
    fn one_name_for_two_things_is_refused() {
        let names = Names::default();
        names.save("line", "a", "1").unwrap();
        names.save("line", "a", "1").unwrap();
        assert!(names.save("line", "a", "2").is_err());
    }
}
