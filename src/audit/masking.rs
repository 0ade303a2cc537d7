//! Exports without names: which columns of sealed rows name people, and what stands in their place.
//!
//! A masked row keeps its place and the hash that was sealed for it, so that the tree still adds up to the signed root; what its
//! other columns say is then taken from the export instead of being proved, and the verifier counts such rows.

use serde_json::Value;

use super::export::{Entry, Outside};
use super::rows::Row;
use crate::kernel::mask;

/// Tables with columns that name people, and those columns.
const NAMING: [(&str, &[&str]); 5] = [
    ("roster_entry", &["registry"]),
    ("instruction", &["holder_name"]),
    ("evidence", &["witnesses"]),
    ("transfer_feedback", &["name"]),
    ("objection", &["content", "raised_by"]),
];

/// What stands in the place of free text.
const HIDDEN: &str = "***";

/// Whether rows of a table may be masked: an export that masks anything else hides what it has to show.
pub(super) fn may_be_masked(table: &str) -> bool {
    columns_of(table).is_some()
}

fn columns_of(table: &str) -> Option<&'static [&'static str]> {
    NAMING.iter().find(|(name, _)| *name == table).map(|(_, columns)| *columns)
}

/// Masks every row of a log number that names people, and says which. A row that is not what was sealed is not said to be masked:
/// the verifier then hashes it, and names it.
pub(super) fn mask_entry(entry: &mut Entry) {
    for (place, row) in entry.rows.iter_mut().enumerate() {
        let sealed = entry.sealed.as_ref().and_then(|sealed| sealed.rows.get(place.checked_add(1)?));
        let intact = row.table(entry.edition).is_some_and(|table| Some(&row.hash(table, entry.edition)) == sealed);
        if mask_row(row, entry.edition) && intact {
            entry.masked.push(place);
        }
    }
}

/// Masks a row outside the log.
pub(super) fn mask_outside(outside: &mut Outside) {
    mask_row(&mut outside.row, outside.edition);
}

/// Whether the row names people; it does no longer.
fn mask_row(row: &mut Row, edition: u32) -> bool {
    let (Some(columns), Some(table)) = (columns_of(&row.0), row.table(edition)) else { return false };
    for ((column, _), text) in table.columns.iter().zip(&mut row.1) {
        if columns.contains(column) {
            *text = text.take().map(|clear| masked(column, &clear));
        }
    }
    true
}

fn masked(column: &str, clear: &str) -> String {
    match column {
        "content" => HIDDEN.to_owned(),
        "registry" | "witnesses" => serde_json::from_str(clear).map_or_else(|_| HIDDEN.to_owned(), |value| names_masked(value).to_string()),
        _ => mask::name(clear),
    }
}

/// Every name in a JSON value masked: members called `name`, and the texts of a list.
fn names_masked(value: Value) -> Value {
    match value {
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::String(name) => Value::String(mask::name(&name)),
                other => names_masked(other),
            })
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, member)| match member {
                Value::String(name) if key == "name" => (key, Value::String(mask::name(&name))),
                other => (key, names_masked(other)),
            })
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tables::{CURRENT, Form, edition, find};

    fn row(table: &str, named: &[(&str, &str)]) -> Row {
        let columns = find(CURRENT, table).unwrap().columns;
        let text = |column: &str| named.iter().find(|(name, _)| *name == column).map(|(_, text)| (*text).to_owned());
        Row(table.to_owned(), columns.iter().map(|(column, _)| text(column).or_else(|| Some("1".to_owned()))).collect())
    }

    #[test]
    fn names_are_masked_and_nothing_else_is_touched() {
        for (table, column, clear, expected) in [
            ("roster_entry", "registry", r#"{"name": "王小明", "dossier": "N1"}"#, r#"{"name":"王**","dossier":"N1"}"#),
            ("instruction", "holder_name", "王小明", "王**"),
            ("evidence", "witnesses", r#"["王小明", "李四"]"#, r#"["王**","李*"]"#),
            ("transfer_feedback", "name", "王小明", "王**"),
            ("objection", "content", "王小明的邻居", HIDDEN),
        ] {
            let mut row = row(table, &[(column, clear)]);
            assert!(mask_row(&mut row, CURRENT), "{table}");
            let known = find(CURRENT, table).unwrap();
            assert_eq!(row.get(known, column), Some(expected));
            assert_eq!(row.get(known, "id"), Some("1"));
        }
        let mut posting = row("posting", &[]);
        assert!(!mask_row(&mut posting, CURRENT));
    }

    #[test]
    fn every_column_that_may_name_people_is_known_here() {
        let suspicious = |column: &str| ["name", "witnesses", "registry", "raised_by", "content"].iter().any(|part| column.contains(part));
        // Names of things, not of people.
        let things = [
            "appropriation.name",
            "allocation_line.name",
            "tier.name",
            "declared_figure.name",
            "journal_entry.content_digest",
            "batch_file.layout_name",
            "bank_file.layout_name",
            "file_layout.name",
        ];
        for table in edition(CURRENT).unwrap() {
            for (column, form) in table.columns {
                let named = format!("{}.{column}", table.name);
                let known = columns_of(table.name).is_some_and(|columns| columns.contains(column));
                let legible = matches!(form, Form::Text | Form::Texts | Form::Json);
                assert!(known || !legible || !suspicious(column) || things.contains(&named.as_str()), "{named}");
                assert!(!known || legible, "{named}");
            }
        }
    }
}
