//! What handlers answer with.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, Charset, ContentDisposition, ContentEncoding, DispositionParam, DispositionType,
    ETAG, ExtendedValue, HeaderName, HeaderValue, LINK, LOCATION,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::ApiResult;
use crate::db::{self, idempotency};
use crate::exports::ExportFormat;
use crate::forms::{self, Form, FormFormat};
use crate::kernel::{Lang, Located, Page, Versioned};

/// A page that neither runs nor fetches anything.
const SELF_CONTAINED: (&str, &str) = ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");

/// An answer before it is sent, so that it can be kept under the request's idempotency key.
#[derive(Debug, Clone)]
pub struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Value,
}

fn json(value: &impl Serialize) -> db::Result<Value> {
    serde_json::to_value(value).map_err(|error| db::Error::Internal(format!("an answer could not be written: {error}")))
}

impl Answer {
    /// 200 with a body.
    ///
    /// # Errors
    /// [`db::Error::Internal`] when the body cannot be written as JSON.
    pub fn ok(value: &impl Serialize) -> db::Result<Self> {
        Ok(Self { status: StatusCode::OK, headers: Vec::new(), body: json(value)? })
    }

    /// 201 with a body and its address.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn created<T: Serialize + Located>(value: &T) -> db::Result<Self> {
        Ok(Self { status: StatusCode::CREATED, headers: vec![(LOCATION, value.location())], body: json(value)? })
    }

    /// 202 with a job and its address.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn accepted<T: Serialize + Located>(value: &T) -> db::Result<Self> {
        Ok(Self { status: StatusCode::ACCEPTED, ..Self::created(value)? })
    }

    /// The same answer saying which preference of the client it follows (RFC 7240).
    #[must_use]
    pub fn preference_applied(mut self, preference: &str) -> Self {
        self.headers.push((HeaderName::from_static("preference-applied"), preference.to_owned()));
        self
    }

    /// 200 with a body and the version it shows.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn changed<T: Serialize + Versioned>(value: &T) -> db::Result<Self> {
        Ok(Self::ok(value)?.version(value.version()))
    }

    /// The same answer naming the version it shows.
    #[must_use]
    pub fn version(mut self, version: i32) -> Self {
        self.headers.push((ETAG, format!("\"{version}\"")));
        self
    }

    pub(super) const fn body(&self) -> &Value {
        &self.body
    }

    pub(super) fn kept(&self) -> db::Result<idempotency::Answer> {
        let headers: Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.as_str().to_owned(), Value::String(value.clone()))).collect();
        let status = i16::try_from(self.status.as_u16()).map_err(|error| db::Error::Internal(error.to_string()))?;
        Ok(idempotency::Answer { status, headers: Value::Object(headers), body: self.body.to_string() })
    }

    pub(super) fn send(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in self.headers {
            response.insert_header((name, value));
        }
        response.content_type("application/json").body(self.body.to_string())
    }
}

/// A file to be saved under a name.
#[must_use]
pub fn download(name: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_DISPOSITION, disposition(name))).content_type("application/octet-stream").body(bytes)
}

/// How a file is named, whatever characters the name has (RFC 6266).
#[must_use]
pub fn disposition(name: &str) -> ContentDisposition {
    let value = ExtendedValue { charset: Charset::Ext("UTF-8".to_owned()), language_tag: None, value: name.as_bytes().to_vec() };
    let parameters = vec![DispositionParam::FilenameExt(value)];
    ContentDisposition { disposition: DispositionType::Attachment, parameters }
}

/// Sends an answer that was kept.
pub(super) fn replay(answer: idempotency::Answer) -> HttpResponse {
    let status = u16::try_from(answer.status).ok().and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers.as_object().into_iter().flatten() {
        if let (Ok(name), Some(value)) = (HeaderName::try_from(name.as_str()), value.as_str()) {
            response.insert_header((name, value));
        }
    }
    response.insert_header(("idempotency-replayed", "true"));
    response.content_type("application/json").body(answer.body)
}

/// Plain answers to reads.
#[derive(Debug)]
pub struct Views;

impl Views {
    /// One thing.
    ///
    /// # Errors
    /// None now; it is one so that handlers can end in it.
    pub fn one(value: &impl Serialize) -> ApiResult<HttpResponse> {
        Ok(HttpResponse::Ok().json(value))
    }

    /// One thing with its version as `ETag`.
    ///
    /// # Errors
    /// As [`Views::one`].
    pub fn versioned<T: Serialize + Versioned>(value: &T) -> ApiResult<HttpResponse> {
        Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", value.version()))).json(value))
    }

    /// A form, as a page or a workbook. Made off the threads that answer requests.
    ///
    /// # Errors
    /// What [`crate::forms::book`] and [`crate::forms::page`] return.
    pub async fn form(form: Form, format: FormFormat, name: &str) -> ApiResult<HttpResponse> {
        let made = actix_web::web::block(move || match format {
            FormFormat::Html => forms::page(&form).map(String::into_bytes),
            FormFormat::Xlsx => Ok(forms::book(&form)?),
        });
        let bytes = made.await.map_err(|error| db::Error::Internal(error.to_string()))??;
        let mut response = HttpResponse::Ok();
        response.insert_header((CACHE_CONTROL, "no-store")).insert_header((CONTENT_LANGUAGE, Lang::Zh.tag()));
        match format {
            FormFormat::Html => response.content_type("text/html; charset=utf-8").insert_header(SELF_CONTAINED),
            FormFormat::Xlsx => response
                .content_type(ExportFormat::Xlsx.media_type())
                .insert_header(disposition(&format!("{name}.xlsx")))
                .insert_header(ContentEncoding::Identity),
        };
        Ok(response.body(bytes))
    }

    /// The tables of a form as CSV, one under the other.
    ///
    /// # Errors
    /// What [`crate::forms::table`] returns.
    pub fn form_lines(form: &Form, format: ExportFormat, name: &str) -> ApiResult<HttpResponse> {
        let bytes = forms::table(form, format.table())?;
        let name = disposition(&format!("{name}.{}", format.ending()));
        Ok(HttpResponse::Ok().content_type(format.media_type()).insert_header((CACHE_CONTROL, "no-store")).insert_header(name).body(bytes))
    }

    /// One page, with `Link` to the next.
    ///
    /// # Errors
    /// As [`Views::one`].
    pub fn page<T: Serialize>(request: &actix_web::HttpRequest, page: &Page<T>) -> ApiResult<HttpResponse> {
        let mut response = HttpResponse::Ok();
        if let Some(cursor) = page.next_cursor {
            let kept: Vec<&str> =
                request.query_string().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor=")).collect();
            let query =
                kept.into_iter().map(str::to_owned).chain(std::iter::once(format!("cursor={cursor}"))).collect::<Vec<_>>().join("&");
            if let Ok(link) = HeaderValue::from_str(&format!("<{}?{query}>; rel=\"next\"", request.path())) {
                response.insert_header((LINK, link));
            }
        }
        Ok(response.json(page))
    }
}
