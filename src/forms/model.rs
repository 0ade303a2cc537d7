//! What is printed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ContentBuilder, RefOr, ResponseBuilder};
use utoipa::{IntoParams, ToSchema};

use super::error::{no_such_part, too_long};
use crate::exports::Value;
use crate::kernel::{Lang, Refusal};

/// Rows that a form, or a part of one, has at most: some 700 sheets of paper.
pub const LONGEST: i64 = 20_000;

/// As what a form is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormFormat {
    /// A page for A4 paper.
    #[default]
    Html,
    /// A workbook.
    Xlsx,
}

/// As what a form is asked for.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FormQuery {
    /// `html` when absent.
    #[serde(default)]
    #[param(inline, value_type = Option<FormFormat>)]
    pub format: FormFormat,
}

/// A table of a form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// What it is; empty where the form has no other.
    pub title: &'static str,
    /// Its heads.
    pub heads: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<Value<'static>>>,
    /// What they add up to.
    pub totals: Option<Vec<Value<'static>>>,
}

/// A form that is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// What it is: 发放花名册.
    pub title: &'static str,
    /// Label and value: of what, by whom, as of when; 15 at most.
    pub facts: Vec<(&'static str, String)>,
    /// Its tables.
    pub sections: Vec<Section>,
    /// What stands under them: the total in capitals, a checkpoint's signed note.
    pub notes: Vec<(&'static str, String)>,
    /// Who signs: 制表, 审核, 领导.
    pub signatures: &'static [&'static str],
}

/// A form of a long list is asked for in parts: from which place to which.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PartQuery {
    /// `html` when absent.
    #[serde(default)]
    #[param(inline, value_type = Option<FormFormat>)]
    pub format: FormFormat,
    /// The place of the first row, counted from 1; 1 when absent.
    #[param(minimum = 1)]
    pub from: Option<i64>,
    /// The place of the last row, at most 20,000 rows on; the last of all when absent.
    #[param(minimum = 1)]
    pub to: Option<i64>,
}

impl PartQuery {
    /// What the file is called after its name: nothing when all is asked for.
    #[must_use]
    pub fn named(&self, name: &str) -> String {
        let place = |place: Option<i64>| place.map(|place| place.to_string()).unwrap_or_default();
        match (self.from, self.to) {
            (None, None) => name.to_owned(),
            (from, to) => format!("{name}-{}-{}", place(from), place(to)),
        }
    }

    /// Which rows of a list of so many are printed.
    ///
    /// # Errors
    /// [`super::FORM_PART`] when there are none of these; [`super::FORM_TOO_LONG`] when there are more than `longest` of them, with how
    /// many there are and may be, and the first part to ask for.
    pub fn part(&self, rows: i64, longest: i64) -> Result<Part, Refusal> {
        let (from, to) = (self.from.unwrap_or(1), self.to.unwrap_or(rows).min(rows));
        if from < 1 || self.to.is_some_and(|to| to < from) || from > rows.max(1) {
            return Err(no_such_part(rows));
        }
        let part = Part { from, to, rows };
        if part.length() > longest { Err(too_long(part, longest)) } else { Ok(part) }
    }
}

/// Which rows of a list are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The place of the first, counted from 1.
    pub from: i64,
    /// The place of the last.
    pub to: i64,
    /// How many the list has.
    pub rows: i64,
}

impl Part {
    /// How many there are in it.
    #[must_use]
    pub const fn length(self) -> i64 {
        (self.to - self.from).saturating_add(1)
    }

    /// Whether it is the whole list.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.length() == self.rows
    }

    /// These rows of the list.
    #[must_use]
    pub fn of<T>(self, list: &[T]) -> &[T] {
        let place = |place: i64| usize::try_from(place).unwrap_or_default();
        list.get(place(self.from.saturating_sub(1))..place(self.to)).unwrap_or_default()
    }
}

/// A value as the page shows it, and whether it stands to the right.
pub(super) fn printed(value: &Value<'_>) -> (String, bool) {
    match value {
        Value::Money(amount) => (amount.to_string(), true),
        Value::Integer(number) => (number.to_string(), true),
        Value::Date(day) => (day.to_string(), false),
        Value::Text(text) | Value::Code(text) => (text.clone().into_owned(), false),
        Value::Word(word) => (crate::exports::translated(word, Lang::Zh).to_owned(), false),
        Value::Called(_, zh) => ((*zh).to_owned(), false),
        Value::Flag(flag) => ((if *flag { "是" } else { "否" }).to_owned(), false),
        Value::Empty => (String::new(), false),
    }
}

/// A form, for the OpenAPI description.
#[derive(Debug)]
pub struct FilledForm;

impl utoipa::IntoResponses for FilledForm {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let text = || ContentBuilder::new().schema(Some(<String as utoipa::PartialSchema>::schema())).build();
        let response = ResponseBuilder::new()
            .description("The form")
            .content("text/html", text())
            .content(crate::exports::ExportFormat::Xlsx.media_type(), text());
        [("200".to_owned(), RefOr::T(response.build()))].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(from: Option<i64>, to: Option<i64>, rows: i64) -> Result<(i64, i64), Refusal> {
        let asked = PartQuery { from, to, ..PartQuery::default() };
        asked.part(rows, 3).map(|part| (part.from, part.to))
    }

    fn code(outcome: Result<(i64, i64), Refusal>) -> &'static str {
        outcome.unwrap_err().code.name
    }

    #[test]
    fn a_list_that_is_short_enough_is_one_part_and_another_is_had_part_by_part() {
        assert_eq!(part(None, None, 3), Ok((1, 3)));
        assert_eq!(part(None, Some(3), 7), Ok((1, 3)));
        assert_eq!(part(Some(4), Some(6), 7), Ok((4, 6)));
        // The last part may be asked for as any other.
        assert_eq!((part(Some(7), Some(9), 7), part(Some(5), None, 7)), (Ok((7, 7)), Ok((5, 7))));
        // Part by part, each row stands in one of them.
        let list: Vec<i64> = (1..=7).collect();
        let parts = [(1, 3), (4, 6), (7, 9)].map(|(from, to)| Part { from, to: to.min(7), rows: 7 });
        assert_eq!(parts.iter().flat_map(|part| part.of(&list)).copied().collect::<Vec<_>>(), list);
        assert!(!parts[0].is_all() && Part { from: 1, to: 7, rows: 7 }.is_all());
    }

    #[test]
    fn a_part_that_is_too_long_is_refused_with_the_one_to_ask_for() {
        for outcome in [part(None, None, 4), part(Some(2), Some(5), 7), part(Some(1), None, 7)] {
            assert_eq!(code(outcome), "form_too_long");
        }
        let refusal = part(Some(2), Some(7), 7).unwrap_err();
        let fact = |name: &str| refusal.facts.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        assert_eq!(fact("next").as_deref(), Some("from=2&to=4"));
        assert!(refusal.detail.zh.contains("from") && refusal.detail.en.contains("`from`"), "{refusal:?}");
    }

    #[test]
    fn a_part_without_rows_is_refused() {
        for outcome in [part(Some(0), None, 3), part(Some(-1), Some(2), 3), part(Some(3), Some(2), 3), part(Some(4), Some(5), 3)] {
            assert_eq!(code(outcome), "form_part");
        }
    }

    #[test]
    fn the_file_of_a_part_is_called_after_it() {
        let named = |from, to| PartQuery { from, to, ..PartQuery::default() }.named("签领表");
        assert_eq!((named(None, None), named(Some(1), Some(20_000))), ("签领表".to_owned(), "签领表-1-20000".to_owned()));
    }
}
