//! Lists taken as jobs: started, followed and fetched later, by whoever started them.

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::error::{LIST_OF_WHAT, LIST_UNKNOWN};
use super::file::Chunks;
use super::list::{AnyList, Order};
use super::model::NewExport;
use crate::db::{Error, Result, Tx};
use crate::jobs::{self, Doing, Done, FILES_KEPT, GrowingFile, JobView, KeptFile, NewJob, Output, Starter, Work};
use crate::kernel::{Caller, Lang, Refusal};

/// The kind of the job.
const KIND: &str = "export";
/// Chunks between the writer and the database.
const CHUNKS_WAITING: usize = 8;
/// How long a file in clear is kept: as long as asking for it holds.
const CLEAR_KEPT: TimeDelta = TimeDelta::hours(1);

/// Every list that can be taken whole.
#[derive(Clone)]
pub struct Lists(Vec<&'static dyn AnyList>);

impl std::fmt::Debug for Lists {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.0.iter().map(|list| list.name())).finish()
    }
}

impl Lists {
    /// These lists.
    #[must_use]
    pub const fn new(lists: Vec<&'static dyn AnyList>) -> Self {
        Self(lists)
    }

    /// Their names, in the order of the alphabet.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.0.iter().map(|list| list.name()).collect();
        names.sort_unstable();
        names
    }

    /// The list that an address without `/v1/` answers, such as `rosters/<id>/entries`, and of what it is. A plain name is an address
    /// too.
    #[must_use]
    pub fn addressed(&self, address: &str) -> Option<(&'static str, Option<Uuid>)> {
        let wanted: Vec<&str> = address.trim_matches('/').split('/').collect();
        self.0.iter().find_map(|list| {
            let route: Vec<&str> = list.route().trim_end_matches("/export").split('/').collect();
            let mut of = None;
            let fits = route.len() == wanted.len()
                && route.iter().zip(&wanted).all(|(route, wanted)| match wanted.parse() {
                    Ok(id) if route.starts_with('{') => {
                        of = Some(id);
                        true
                    }
                    _ => route == wanted,
                });
            fits.then(|| (list.name(), of))
        })
    }

    /// The job that takes any of them.
    #[must_use]
    pub fn work(self) -> Box<dyn Work> {
        Box::new(TakeList(self))
    }

    /// The list that is asked for.
    ///
    /// # Errors
    /// [`LIST_UNKNOWN`]; [`LIST_OF_WHAT`] when it is of something that is not named, or the other way round.
    pub fn find(&self, new: &NewExport) -> std::result::Result<&'static dyn AnyList, Refusal> {
        let list = self.0.iter().copied().find(|list| list.name() == new.list);
        let list = list.ok_or_else(|| LIST_UNKNOWN.at("/list", LIST_UNKNOWN.zh, LIST_UNKNOWN.en).with("lists", self.names()))?;
        if list.is_of_something() == new.of.is_some() { Ok(list) } else { Err(LIST_OF_WHAT.at("/of", LIST_OF_WHAT.zh, LIST_OF_WHAT.en)) }
    }
}

/// What the job is started with.
#[derive(Debug, Serialize, Deserialize)]
struct Parameters {
    export: NewExport,
    lang: String,
}

/// Starts the job that takes a list, unless the caller may not.
///
/// # Errors
/// What [`AnyList::may_take`] returns.
pub(super) async fn start(
    tx: &mut Tx,
    caller: &Caller,
    starter: &Starter,
    list: &'static dyn AnyList,
    export: NewExport,
    lang: Lang,
) -> Result<JobView> {
    list.may_take(tx, caller, &export).await?;
    let makes = list.file_name(export.format, lang, tx.today());
    let parameters = json!(Parameters { export, lang: lang.tag().to_owned() });
    jobs::start(tx, starter, NewJob { kind: KIND, parameters, file: None, makes: Some(makes) }).await
}

/// Takes a list, as who started it and with the rights they have by then.
struct TakeList(Lists);

impl Work for TakeList {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, doing: &'a Doing) -> BoxFuture<'a, Result<Done>> {
        self.take(doing).boxed()
    }
}

impl TakeList {
    async fn take(&self, doing: &Doing) -> Result<Done> {
        let Parameters { export, lang } =
            serde_json::from_value(doing.parameters.clone()).map_err(|error| Error::Internal(format!("stored parameters: {error}")))?;
        let list = self.0.find(&export)?;
        let lang = if lang == Lang::En.tag() { Lang::En } else { Lang::Zh };
        let acting = list.acting(&doing.caller, &export)?;
        let order = Order { db: &doing.db, caller: &doing.caller, export: &export, lang };
        let told = |rows: usize, total: i64| {
            doing.total(usize::try_from(total).unwrap_or_default());
            doing.done(rows)
        };
        let (chunks, waiting): (Chunks, _) = mpsc::channel(CHUNKS_WAITING);
        let (taken, kept) = tokio::join!(list.take(order, chunks, &told), keep(doing, &acting, waiting));
        // Where nothing more could be kept, the list only knows that nobody takes it.
        let (totals, tx, file) = match (taken, kept?) {
            (Ok(totals), Some((tx, file))) => (totals, tx, file),
            (Err(error), Some((tx, _))) => return tx.end(Err(error)).await,
            (Err(error), None) => return Err(error),
            (Ok(_), None) => return Err(Error::Internal("a list without a file".to_owned())),
        };
        let result = json!({ "list": list.name(), "totals": totals, "bytes": file.bytes, "sha256": file.digest });
        let kept_for = if export.asked.is_some() { CLEAR_KEPT } else { FILES_KEPT };
        Ok(Done { tx: Some(tx), result, output: Output::Kept(kept_for) })
    }
}

/// Keeps what comes, in the act that the job will end with. Who it is done for is held against what the list needs when the first of
/// it is there, and once more at the end, because it takes a while to read one.
async fn keep(doing: &Doing, acting: &Caller, mut waiting: mpsc::Receiver<Result<Vec<u8>>>) -> Result<Option<(Tx, KeptFile)>> {
    // Not before there is something to keep: a transaction that waits is ended by the database after a while.
    let Some(first) = waiting.recv().await else { return Ok(None) };
    let mut tx = doing.db.begin_act(acting).await?;
    let mut file = GrowingFile::that_comes_of(doing.id);
    file.add(&mut tx, &first?).await?;
    while let Some(chunk) = waiting.recv().await {
        file.add(&mut tx, &chunk?).await?;
    }
    let kept = file.end(&mut tx).await?;
    tx.authenticate_again(acting).await?;
    Ok(Some((tx, kept)))
}
