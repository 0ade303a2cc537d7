//! Taking a whole list as a file.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, ContentEncoding};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use super::reader::begin;
use super::{Extracting, PARAMETER_INVALID, Reader, unreadable_query};
use crate::access::permissions::RevealPersonalData;
use crate::db::{Error, Result, Tx};
use crate::exports::file::{Chunks, Part, write};
use crate::exports::{About, EXPORTS_BUSY, ExportFormat, ExportQuery, Listed, PAGE_OF_EXPORT, service};
use crate::http::{ApiError, ApiResult, answer, language};
use crate::kernel::page::Walk;
use crate::kernel::{Lang, Page, Permission, Permit, Reach};

/// Exports that run at a time: each keeps a connection for as long as its client takes to read.
const MOST_AT_A_TIME: usize = 4;
/// How long one waits for its turn.
const WAIT_FOR_TURN: Duration = Duration::from_secs(15);
/// Pages between the database and the writer.
const PAGES_WAITING: usize = 2;
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
        Box::pin(async move {
            let reader = reader.await?;
            let (own, of_list) = parted(request.query_string());
            let query = web::Query::<ExportQuery>::from_query(&own).map_err(|error| unreadable_query(&error))?.into_inner();
            let filter = web::Query::<F>::from_query(&of_list).map_err(|error| unreadable_query(&error))?.into_inner();
            if filter.asks_for_page() {
                return Err(PAGE_OF_EXPORT.refuse().into());
            }
            let said = web::Query::<Vec<(String, String)>>::from_query(&of_list).map_err(|_| PARAMETER_INVALID.refuse())?;
            let said = said.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
            Ok(Self { reader, filter, said, query, lang: language(&request) })
        })
    }
}

/// What of a query is the export's, and what the list's.
fn parted(query: &str) -> (String, String) {
    let own = |pair: &&str| ["format", "asked"].contains(&pair.split('=').next().unwrap_or_default());
    let (own, of_list): (Vec<&str>, Vec<&str>) = query.split('&').filter(|pair| !pair.is_empty()).partition(own);
    (own.join("&"), of_list.join("&"))
}

impl<P: Permission, F: Walk + 'static> Export<P, F> {
    /// Answers with the file, as it comes: `page` answers the pages of the list, as its own handler does.
    ///
    /// # Errors
    /// What goes wrong before the first bytes: a refusal of the list, [`EXPORTS_BUSY`], an export in clear that was not asked for.
    /// What goes wrong later breaks the body off.
    pub async fn list<T: Listed>(
        self,
        page: impl AsyncFn(&mut Tx, &Permit<P>, &F) -> Result<Page<T>> + 'static,
    ) -> ApiResult<HttpResponse> {
        let turn = tokio::time::timeout(WAIT_FOR_TURN, RUNNING.acquire()).await;
        let running = turn.ok().and_then(|turn| turn.ok()).ok_or_else(|| EXPORTS_BUSY.refuse())?;
        let (format, lang) = (self.query.format, self.lang);
        let name = format!("{}-{}.{}", title::<T>(lang), self.reader.db.clock().today(), format.ending());
        let (chunks, mut waiting) = mpsc::channel(CHUNKS_WAITING);
        actix_web::rt::spawn(self.run(page, chunks, running));
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

    /// Reads on this thread and writes on another, until both are done; tells the client's side what went wrong.
    async fn run<T: Listed>(
        self,
        page: impl AsyncFn(&mut Tx, &Permit<P>, &F) -> Result<Page<T>>,
        chunks: Chunks,
        running: SemaphorePermit<'static>,
    ) {
        let (parts, waiting) = mpsc::channel(PAGES_WAITING);
        let (format, lang, out) = (self.query.format, self.lang, chunks.clone());
        let writing = web::block(move || write(waiting, out, format, lang));
        let read = self.read(page, parts).await;
        let written = writing.await.unwrap_or_else(|_| Err(Error::Internal("the writer of an export was cut off".to_owned())));
        drop(running);
        // Whoever failed first has said why; the other one only knows that it could not go on.
        let error = match (read, written) {
            (Ok(()), Ok(())) => return,
            (Err(error @ Error::Internal(_)), Err(written)) => match written {
                Error::Internal(_) => error,
                refused => refused,
            },
            (Err(error), _) | (Ok(()), Err(error)) => error,
        };
        if chunks.send(Err(error)).await.is_err() {
            tracing::debug!("the client of an export went away");
        }
    }

    async fn read<T: Listed>(
        self,
        page: impl AsyncFn(&mut Tx, &Permit<P>, &F) -> Result<Page<T>>,
        parts: mpsc::Sender<Part<T>>,
    ) -> Result<()> {
        let Self { reader: Reader { db, caller, permit, named }, filter, said, query, lang } = self;
        let reach = match query.asked {
            // Neither of the two permissions may show, through the other, what lies out of its own reach.
            Some(_) => {
                let may: Permit<RevealPersonalData> = caller.permit()?;
                permit.reach().within(may.reach()).ok_or_else(|| crate::kernel::refusal::NOT_FOUND.refuse())?
            }
            None => Reach::clone(permit.reach()),
        };
        let mut tx = begin(&db, &caller, &named, &reach).await.map_err(|error| error.0)?;
        let about = About { title: T::TITLE, filter: said, lang };
        let outcome = Box::pin(async {
            if let Some(asked) = query.asked {
                service::in_clear(&mut tx, T::NAME, asked).await?;
            }
            service::walk(&mut tx, filter, &about, &parts, async |tx: &mut Tx, filter: &F| page(tx, &permit, filter).await).await
        })
        .await;
        // The writer ends when it has the end, or sees that there will be none.
        drop(parts);
        tx.end(outcome).await
    }
}

fn title<T: Listed>(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => T::TITLE.0,
        Lang::En => T::TITLE.1,
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
