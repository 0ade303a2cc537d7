//! Fund sources, appropriations with lines, arrivals and standards, over HTTP.

mod amounts;
mod appropriations;
mod arrivals;
mod changes;
mod sources;
mod standards;

use serde_json::Value;

use crate::support::TestApp;

/// An id that nothing has.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// One field at fault.
fn fault(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

/// A line with its accounts; its identity holds.
async fn line(app: &TestApp, id: &str) -> Value {
    let line = app.get(&format!("/v1/allocation-lines/{id}")).await.expect(200).body;
    assert_eq!(line["identity_difference"], "0.00");
    line
}
