//! Whom the federation helps, over HTTP.

mod dossiers;
mod households;
mod model_workers;
mod payee_accounts;
mod persons;

/// One field at fault.
fn fault(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}
