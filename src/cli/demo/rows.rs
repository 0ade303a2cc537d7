//! CSV files as rows of named cells that remember where they stand, so that a refusal can name file and line.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use serde_json::Value;

/// A row of a CSV file.
#[derive(Debug, Clone)]
pub struct Row {
    file: Arc<str>,
    line: u64,
    cells: HashMap<Arc<str>, String>,
}

impl Row {
    /// A cell; empty when it is.
    pub fn get(&self, column: &str) -> &str {
        self.cells.get(column).map(String::as_str).unwrap_or_default()
    }

    /// A cell, when it is not empty.
    pub fn filled(&self, column: &str) -> Option<&str> {
        Some(self.get(column)).filter(|cell| !cell.is_empty())
    }

    /// A cell for a request's body: text, or null when it is empty.
    pub fn value(&self, column: &str) -> Value {
        self.filled(column).map_or(Value::Null, |cell| Value::String(cell.to_owned()))
    }

    /// Where the row stands: `households.csv:5 (h0004)`.
    pub fn origin(&self) -> String {
        match self.filled("key") {
            Some(key) => format!("{}:{} ({key})", self.file, self.line),
            None => format!("{}:{}", self.file, self.line),
        }
    }

    /// The line of the file, for rows without a key.
    pub const fn line(&self) -> u64 {
        self.line
    }
}

/// Reads a CSV file with exactly these columns, in any order.
pub fn read(folder: &Path, file: &str, columns: &[&str]) -> anyhow::Result<Vec<Row>> {
    let mut reader = csv::Reader::from_path(folder.join(file)).with_context(|| format!("{}/{file}", folder.display()))?;
    let header: Vec<Arc<str>> = reader.headers().with_context(|| file.to_owned())?.iter().map(Arc::from).collect();
    if let Some(unknown) = header.iter().find(|column| !columns.contains(&column.as_ref())) {
        bail!("{file}: unknown column {unknown}; it has {}", columns.join(", "));
    }
    if let Some(missing) = columns.iter().find(|column| !header.iter().any(|known| known.as_ref() == **column)) {
        bail!("{file}: column {missing} is missing");
    }
    let file: Arc<str> = Arc::from(file);
    reader
        .into_records()
        .map(|record| {
            let record = record.with_context(|| file.to_string())?;
            let line = record.position().map_or(0, csv::Position::line);
            let cells = header.iter().cloned().zip(record.iter().map(|cell| cell.trim().to_owned())).collect();
            Ok(Row { file: file.clone(), line, cells })
        })
        .collect()
}
