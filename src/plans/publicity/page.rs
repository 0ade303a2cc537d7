//! The public list as a page to be printed.

use askama::Template;

use super::model::PublicList;
use crate::db::{Error, Result};

#[derive(Template)]
#[template(path = "publicity.html")]
struct Page<'a> {
    list: &'a PublicList,
}

/// The list as HTML: no script, nothing fetched from elsewhere, every text escaped.
///
/// # Errors
/// [`Error::Internal`] when the template fails: a defect.
pub fn html(list: &PublicList) -> Result<String> {
    Page { list }.render().map_err(|error| Error::Internal(error.to_string()))
}
