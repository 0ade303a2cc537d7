//! What is printed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ContentBuilder, RefOr, ResponseBuilder};
use utoipa::{IntoParams, ToSchema};

use super::error::too_long;
use crate::exports::Value;
use crate::kernel::{Lang, Refusal};

/// Rows that a form has at most: some 700 sheets of paper.
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

impl Form {
    /// Refuses so many rows before they are read.
    ///
    /// # Errors
    /// [`super::FORM_TOO_LONG`] with how many there are and may be.
    pub fn fits(rows: i64) -> Result<(), Refusal> {
        if rows <= LONGEST { Ok(()) } else { Err(too_long(rows)) }
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
