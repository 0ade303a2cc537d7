//! Faults that several nouns of the registry look for.

use chrono::NaiveDate;

use crate::kernel::FieldError;

/// A fault when a text says nothing.
pub(in crate::registry) fn blank(pointer: impl Into<String>, text: &str) -> Option<FieldError> {
    text.trim().is_empty().then(|| FieldError::new(pointer, "blank", "不能为空", "must not be blank"))
}

/// A fault when a text is given and says nothing.
pub(in crate::registry) fn blank_if_given(pointer: impl Into<String>, text: Option<&str>) -> Option<FieldError> {
    blank(pointer, text?)
}

/// A fault when something that has happened is dated after today.
pub(in crate::registry) fn in_the_future(pointer: impl Into<String>, on: NaiveDate, today: NaiveDate) -> Option<FieldError> {
    (on > today).then(|| FieldError::new(pointer, "date_in_future", "日期不能晚于今天", "must not be after today"))
}

/// A fault when the last day is before the first.
pub(in crate::registry) fn turned_round(pointer: impl Into<String>, from: NaiveDate, to: NaiveDate) -> Option<FieldError> {
    (to < from).then(|| FieldError::new(pointer, "date_range_turned_round", "结束日期早于开始日期", "ends before it starts"))
}

/// The text without blanks around it.
pub(in crate::registry) fn tidy(text: &str) -> String {
    text.trim().to_owned()
}
