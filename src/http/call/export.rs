//! Taking a whole list as a file.

use actix_web::dev::Payload;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, ContentEncoding};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use uuid::Uuid;

use super::{Extracting, OwnReader, PARAMETER_INVALID, Reader, unreadable_query};
use crate::db::{Error, Result};
use crate::exports::file::Chunks;
use crate::exports::{ExportFormat, ExportQuery, Listed, PAGE_OF_EXPORT, Taking, WholeList, file_name};
use crate::http::{ApiError, ApiResult, answer, language};
use crate::kernel::page::Walk;
use crate::kernel::{Lang, Permission};

/// Exports that run at a time: each keeps a connection for as long as its client takes to read. The others wait for their turn, in
/// the order they came, for as long as their clients do; they keep nothing meanwhile.
const MOST_AT_A_TIME: usize = 4;
/// Chunks between the writer and the client.
const CHUNKS_WAITING: usize = 8;

static RUNNING: Semaphore = Semaphore::const_new(MOST_AT_A_TIME);

/// A caller who takes a whole list of `F`'s rows as a file, and may.
#[derive(Debug)]
pub struct Export<P, F> {
    reader: Reader<P>,
    filter: F,
    /// The filter as it was asked for.
    said: String,
    query: ExportQuery,
    lang: Lang,
}

impl<P: Permission, F: DeserializeOwned + Walk + 'static> FromRequest for Export<P, F> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reader = Reader::<P>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move { Self::asked_by(reader.await?, &request) })
    }
}

impl<P: Permission, F: DeserializeOwned + Walk + 'static> Export<P, F> {
    fn asked_by(reader: Reader<P>, request: &HttpRequest) -> ApiResult<Self> {
        let (own, of_list) = parted(request.query_string());
        let query = web::Query::<ExportQuery>::from_query(&own).map_err(|error| unreadable_query(&error))?.into_inner();
        let filter = web::Query::<F>::from_query(&of_list).map_err(|error| unreadable_query(&error))?.into_inner();
        if filter.asks_for_page() {
            return Err(PAGE_OF_EXPORT.refuse().into());
        }
        let said = web::Query::<Vec<(String, String)>>::from_query(&of_list).map_err(|_| PARAMETER_INVALID.refuse())?;
        let said = said.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
        Ok(Self { reader, filter, said, query, lang: language(request) })
    }
}

/// As [`Export`], of a list of what is the caller's own, or nobody's in particular.
#[derive(Debug)]
pub struct OwnExport<P, F>(Export<P, F>);

impl<P: Permission, F: Walk + 'static> OwnExport<P, F> {
    /// As [`Export::list`].
    ///
    /// # Errors
    /// As [`Export::list`].
    pub async fn list<T: Listed>(self, list: &'static WholeList<P, F, T>) -> ApiResult<HttpResponse> {
        self.0.list(list).await
    }
}

impl<P: Permission, F: DeserializeOwned + Walk + 'static> FromRequest for OwnExport<P, F> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reader = OwnReader::<P>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move { Ok(Self(Export::asked_by(reader.await?.into_reader(), &request)?)) })
    }
}

/// What of a query is the export's, and what the list's.
fn parted(query: &str) -> (String, String) {
    let own = |pair: &&str| ["format", "asked"].contains(&pair.split('=').next().unwrap_or_default());
    let (own, of_list): (Vec<&str>, Vec<&str>) = query.split('&').filter(|pair| !pair.is_empty()).partition(own);
    (own.join("&"), of_list.join("&"))
}

impl<P: Permission, F: Walk + 'static> Export<P, F> {
    /// Answers with the file of a list, as it comes.
    ///
    /// # Errors
    /// What goes wrong before the first bytes: a refusal of the list, an export in clear that was not asked for. What goes wrong
    /// later breaks the body off.
    pub async fn list<T: Listed>(self, list: &'static WholeList<P, F, T>) -> ApiResult<HttpResponse> {
        self.list_of(list, Uuid::nil()).await
    }

    /// As [`Export::list`], of a list that is of something.
    ///
    /// # Errors
    /// As [`Export::list`].
    pub async fn list_of<T: Listed>(self, list: &'static WholeList<P, F, T>, of: Uuid) -> ApiResult<HttpResponse> {
        // Dropped with the request when its client goes away, it gives its place up.
        let running = RUNNING.acquire().await.map_err(|error| Error::Internal(error.to_string()))?;
        let Self { reader: Reader { db, caller, permit, named }, filter, said, query, lang } = self;
        let (format, name) = (query.format, file_name::<T>(query.format, lang, db.clock().today()));
        let taking = Taking { db, caller, permit, named, list, of, filter, said, query, lang };
        let (chunks, mut waiting) = mpsc::channel(CHUNKS_WAITING);
        actix_web::rt::spawn(run(taking, chunks, running));
        // A refusal comes before the first bytes, while there is still a status to answer it with.
        let first = match waiting.recv().await {
            Some(Ok(chunk)) => chunk,
            Some(Err(error)) => return Err(ApiError(error)),
            None => return Err(ApiError(Error::Internal("an export ended before it began".to_owned()))),
        };
        let rest = futures_util::stream::unfold(waiting, async |mut waiting| waiting.recv().await.map(|chunk| (chunk, waiting)));
        let chunks = futures_util::stream::once(async move { Ok(first) }).chain(rest);
        let chunks =
            chunks.map(|chunk: Result<Vec<u8>>| chunk.map(web::Bytes::from).map_err(|error| std::io::Error::other(error.described())));
        let mut response = HttpResponse::Ok();
        response
            .content_type(format.media_type())
            .insert_header(answer::disposition(&name))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((CONTENT_LANGUAGE, lang.tag()));
        if format == ExportFormat::Xlsx {
            // It is compressed already.
            response.insert_header(ContentEncoding::Identity);
        }
        Ok(response.streaming(Box::pin(chunks)))
    }
}

/// Takes the list until it has ended, and tells the client's side what went wrong.
async fn run<P: Permission, F: Walk, T: Listed>(taking: Taking<P, F, T>, chunks: Chunks, running: SemaphorePermit<'static>) {
    let taken = taking.run(chunks.clone(), &|_, _| Ok(())).await;
    drop(running);
    if let Err(error) = taken
        && chunks.send(Err(error)).await.is_err()
    {
        tracing::debug!("the client of an export went away");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_the_exports_and_the_rest_is_the_lists() {
        let (own, of_list) = parted("format=xlsx&plan_id=1&&status=sent&asked=2");
        assert_eq!((own.as_str(), of_list.as_str()), ("format=xlsx&asked=2", "plan_id=1&status=sent"));
        assert_eq!(parted(""), (String::new(), String::new()));
        assert_eq!(parted("formats=1").1, "formats=1");
    }
}
