//! Whom the federation helps, over HTTP.

mod dossiers;
mod households;
mod model_workers;
mod payee_accounts;
mod persons;

/// A text without repetition, which no compression makes fit into an index.
fn long_text() -> String {
    (0..300).map(|_| uuid::Uuid::new_v4().simple().to_string()).collect()
}

/// One field at fault.
fn fault(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}
