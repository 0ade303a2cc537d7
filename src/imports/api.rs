//! What the handlers of all lists answer alike.

use actix_web::{HttpRequest, HttpResponse};

use super::model::{TemplateQuery, template_of};
use crate::http::{ApiResult, Reader, download, language};
use crate::interchange::tables::Table;
use crate::kernel::Permission;

/// The template of a list, for whoever may read what it is of.
///
/// # Errors
/// When it cannot be written.
pub fn give_template<P: Permission>(
    _may: &Reader<P>,
    table: &Table,
    query: TemplateQuery,
    request: &HttpRequest,
) -> ApiResult<HttpResponse> {
    let (name, bytes) = template_of(table, query.format.unwrap_or_default(), language(request))?;
    Ok(download(&name, bytes))
}
