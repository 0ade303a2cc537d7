//! The program's own source as text, for the tests that hold its invariants.

use std::fs;
use std::path::{Path, PathBuf};

/// The tables only the ledger's door writes.
pub const LEDGER_TABLES: &[&str] =
    &["journal_entry", "ledger_balance", "ledger_day", "ledger_head", "ledger_log", "ledger_move", "period_closing", "posting"];

/// The layers of a domain module, each of which may use those after it; `rules` and `store` do not know each other.
pub const LAYERS: [&str; 5] = ["api", "service", "rules", "store", "model"];

/// A file of the repository.
pub struct Source {
    /// Path from the root of the repository, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of `src/`, sorted by path.
pub fn rust_files() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 30, "src/ was not found");
    files
}

fn collect(directory: &Path, files: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            files.push(Source { path, text });
        }
    }
}

impl Source {
    /// `organisations` for `src/organisations/store.rs`, `app` for `src/app.rs`.
    pub fn module(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap();
        below.split(['/', '.']).next().unwrap()
    }

    /// Its layer by its name: `store` for `src/x/store.rs`, `src/x/store/plans.rs`, `src/x/plans/store.rs` and
    /// `src/x/plan_store.rs`; empty for a file of another name.
    pub fn layer(&self) -> &'static str {
        let parts: Vec<&str> = self.path.trim_end_matches(".rs").split('/').skip(2).collect();
        let words = parts.iter().rev().flat_map(|part| part.split('_'));
        words.filter_map(|word| LAYERS.iter().find(|layer| **layer == word)).copied().next().unwrap_or_default()
    }

    /// The code in it: no comments, no unit tests.
    pub fn code(&self) -> String {
        let program = self.text.split("#[cfg(test)]").next().unwrap();
        program.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }

    /// The names the module doc lists after `Tables:`, up to the end of the paragraph.
    pub fn tables(&self) -> Option<Vec<String>> {
        let doc: Vec<&str> = self.text.lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim).collect();
        let start = doc.iter().position(|line| line.starts_with("Tables:") || line.starts_with("Table:"))?;
        let paragraph: Vec<&str> = doc[start..].iter().take_while(|line| !line.is_empty()).copied().collect();
        // A name in brackets is a link to a module, not a table.
        let paragraph = paragraph.join(" ");
        let parts: Vec<&str> = paragraph.split('`').collect();
        let names = parts.iter().enumerate().skip(1).step_by(2).filter(|(at, _)| !parts[at - 1].ends_with('['));
        Some(names.map(|(_, name)| (*name).to_owned()).collect())
    }
}

/// Whether a name occurs as a whole word.
pub fn names(code: &str, name: &str) -> bool {
    let part_of_word = |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (code[..at].chars().next_back(), code[at + name.len()..].chars().next());
        !part_of_word(before) && !part_of_word(after)
    })
}
