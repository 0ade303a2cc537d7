//! Faults that several nouns of the registry look for.

use chrono::NaiveDate;

use crate::kernel::refusal::VERSION_STALE;
use crate::kernel::{FieldError, Refusal};

/// A fault when a text says nothing.
pub(in crate::registry) fn blank(pointer: impl Into<String>, text: &str) -> Option<FieldError> {
    text.trim().is_empty().then(|| FieldError::new(pointer, "blank", "不能为空", "must not be blank"))
}

/// A fault when a person's name says nothing, or is a masked one sent back.
pub(in crate::registry) fn name_fault(pointer: &str, name: &str) -> Option<FieldError> {
    let masked = || name.contains('*').then(|| FieldError::new(pointer, "name_masked", "这是脱敏后的姓名", "is a masked name"));
    blank(pointer, name).or_else(masked)
}

/// A fault when a text is given and says nothing.
pub(in crate::registry) fn blank_if_given(pointer: impl Into<String>, text: Option<&str>) -> Option<FieldError> {
    blank(pointer, text?)
}

/// A fault when the last day is before the first.
pub(in crate::registry) fn turned_round(pointer: impl Into<String>, from: NaiveDate, to: NaiveDate) -> Option<FieldError> {
    (to < from).then(|| FieldError::new(pointer, "date_range_turned_round", "结束日期早于开始日期", "ends before it starts"))
}

/// The text without blanks around it.
pub(in crate::registry) fn tidy(text: &str) -> String {
    text.trim().to_owned()
}

/// Whoever edits has seen the newest version. Judged before the fields: what is wrong with an edit of something else is of
/// no use to anybody.
///
/// # Errors
/// [`VERSION_STALE`] when `seen` is another version.
pub(in crate::registry) fn unchanged_since(version: i32, seen: i32) -> Result<(), Refusal> {
    if version == seen { Ok(()) } else { Err(VERSION_STALE.refuse()) }
}
