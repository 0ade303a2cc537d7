//! Plain SQL for what the API does not show: the catalogue, privileges, tampering.

use bangfu::db;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::{Map, Value};

/// A row by column name.
pub type Row = Map<String, Value>;

#[derive(QueryableByName)]
struct Json {
    #[diesel(sql_type = Text)]
    row: String,
}

/// The rows of a query, whatever its columns are.
pub async fn rows(connection: &mut AsyncPgConnection, query: &str) -> Vec<Row> {
    let query = format!("select to_jsonb(q)::text as row from ({query}) q");
    let rows: Vec<Json> = diesel::sql_query(query).load(connection).await.unwrap();
    rows.into_iter().map(|json| serde_json::from_str(&json.row).unwrap()).collect()
}

/// The only column of a query, as text.
pub async fn texts(connection: &mut AsyncPgConnection, query: &str) -> Vec<String> {
    let rows = rows(connection, query).await;
    rows.into_iter().map(|row| text(row.into_iter().next().unwrap().1)).collect()
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The call that tells of an act of the transaction. `act` is an SQL expression.
pub fn tell(federation: impl std::fmt::Display, act: &str, action: &str, outcome: &str) -> String {
    let none = "array[null]";
    let code = if outcome == "refused" { "array['refused']" } else { none };
    format!(
        "audit_tell('{federation}', array[{act}]::uuid[], now(), {none}, {none}, array['{action}'], array['{outcome}'], {code}, {none}, {none},
                    array[null]::jsonb[], array[null]::jsonb[], {none})"
    )
}

/// The shared database as its owner.
pub async fn owner() -> AsyncPgConnection {
    db::connect(&super::world().owner_url).await.unwrap()
}
