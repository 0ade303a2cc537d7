//! What became of a file.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::Take;

/// What became of a file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportOutcome)]
pub enum Outcome {
    /// 全部导入: every row that was new was taken in.
    Taken,
    /// 部分导入: the good rows were taken in, as was asked.
    PartlyTaken,
    /// 无变化: every row was taken in before.
    Unchanged,
    /// 未导入: some row is at fault, and nothing was taken in.
    Refused,
}

/// What became of a file (导入报告). A dry run gives the same as the real run would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportReport)]
pub struct Report {
    /// Which list it was.
    pub list: String,
    /// What was to be taken.
    pub take: Take,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// What became of it.
    pub outcome: Outcome,
    /// SHA-256 of the file.
    pub file_digest: String,
    /// Rows in the file, without heading, totals and blank rows.
    pub rows: u64,
    /// Rows taken in.
    pub taken: u64,
    /// Rows that were taken in before and changed nothing.
    pub repeated: u64,
    /// Rows at fault, or of something that is taken whole and has a row at fault.
    pub refused: u64,
    /// Columns of the file that nobody knows, and that were left out.
    pub unknown_columns: Vec<String>,
    /// What is wrong, by row: `row`, `column`, `header`, `value` (masked), `code`, `zh`, `en`; the first thousand.
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<serde_json::Value>,
    /// How many more faults there are. The file given back has a reason beside every refused row.
    pub more_faults: u64,
}

/// What became of a file, from what became of its rows.
#[must_use]
pub(super) const fn outcome(take: Take, taken: u64, refused: u64) -> Outcome {
    match (take, taken, refused) {
        (Take::All, _, 1..) | (Take::Good, 0, 1..) => Outcome::Refused,
        (Take::Good, _, 1..) => Outcome::PartlyTaken,
        (_, 0, 0) => Outcome::Unchanged,
        (_, _, 0) => Outcome::Taken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_at_fault_refuses_the_file_unless_the_good_ones_were_asked_for() {
        assert_eq!(outcome(Take::All, 0, 1), Outcome::Refused);
        assert_eq!(outcome(Take::Good, 4, 1), Outcome::PartlyTaken);
        assert_eq!(outcome(Take::Good, 0, 1), Outcome::Refused);
        assert_eq!(outcome(Take::All, 5, 0), Outcome::Taken);
        assert_eq!(outcome(Take::All, 0, 0), Outcome::Unchanged);
    }
}
