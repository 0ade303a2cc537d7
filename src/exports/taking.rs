//! Taking a whole list: read here, written elsewhere, so that both go on at the same time.

use tokio::sync::mpsc;
use uuid::Uuid;

use super::file::{Chunks, Part, write};
use super::heading::About;
use super::list::WholeList;
use super::listed::Listed;
use super::model::ExportQuery;
use super::service::{self, Walking};
use crate::access::Named;
use crate::access::permissions::RevealPersonalData;
use crate::db::{Db, Error, Result};
use crate::kernel::page::Walk;
use crate::kernel::refusal::NOT_FOUND;
use crate::kernel::{Caller, Lang, Permission, Permit, Reach, Totals};

/// Pages between the database and the writer.
const PAGES_WAITING: usize = 2;

/// Is told how many rows were read, and of how many; may say that enough is enough.
pub type Told<'a> = &'a (dyn Fn(usize, i64) -> Result<()> + Send + Sync);

/// A list on its way into a file.
pub struct Taking<P: 'static, F: 'static, T: 'static> {
    /// The database.
    pub db: Db,
    /// Who takes it.
    pub caller: Caller,
    /// The proof that they may read it.
    pub permit: Permit<P>,
    /// What its address names.
    pub named: Named,
    /// Which.
    pub list: &'static WholeList<P, F, T>,
    /// Of what; nil where it is of nothing.
    pub of: Uuid,
    /// Which part of it.
    pub filter: F,
    /// The filter as it was asked for.
    pub said: String,
    /// What file, and whether in clear.
    pub query: ExportQuery,
    /// In which language.
    pub lang: Lang,
}

/// Where a list is taken. In clear, neither of the two permissions may show, through the other, what lies out of its own reach.
///
/// # Errors
/// None of the caller's roles allows to see in clear; not found, when the two permissions hold nowhere together.
pub(super) fn reach<P: Permission>(caller: &Caller, permit: &Permit<P>, asked: Option<Uuid>) -> Result<Reach> {
    match asked {
        Some(_) => {
            let may: Permit<RevealPersonalData> = caller.permit()?;
            Ok(permit.reach().within(may.reach()).ok_or_else(|| NOT_FOUND.refuse())?)
        }
        None => Ok(permit.reach().clone()),
    }
}

impl<P: Permission, F: Walk, T: Listed> Taking<P, F, T> {
    /// Reads the list, while its file goes out in chunks; what it adds up to.
    ///
    /// # Errors
    /// A refusal of the list; an export in clear that was not asked for; what goes wrong on the way.
    pub async fn run(self, chunks: Chunks, told: Told<'_>) -> Result<Totals> {
        let (parts, waiting) = mpsc::channel(PAGES_WAITING);
        let (format, lang) = (self.query.format, self.lang);
        let writing = tokio::task::spawn_blocking(move || write(waiting, chunks, format, lang));
        let read = self.read(parts, told).await;
        let written = writing.await.unwrap_or_else(|_| Err(Error::Internal("the writer of an export was cut off".to_owned())));
        // Whoever failed first has said why; the other one only knows that it could not go on.
        match (read, written) {
            (Ok(totals), Ok(())) => Ok(totals),
            (Err(error @ Error::Internal(_)), Err(written)) => Err(if matches!(written, Error::Internal(_)) { error } else { written }),
            (Err(error), _) | (Ok(_), Err(error)) => Err(error),
        }
    }

    async fn read(self, parts: mpsc::Sender<Part<T>>, told: Told<'_>) -> Result<Totals> {
        let Self { db, caller, permit, named, list, of, filter, said, query, lang } = self;
        let reach = reach(&caller, &permit, query.asked)?;
        let about = About { title: T::TITLE, filter: said, lang };
        let mut tx = db.begin_reading(&caller).await?;
        let outcome = Box::pin(async {
            named.require(&mut tx, &reach).await?;
            if let Some(asked) = query.asked {
                service::in_clear(&mut tx, T::NAME, asked).await?;
            }
            service::walk(&mut tx, filter, &Walking { list, permit: &permit, of, about: &about, told }, &parts).await
        })
        .await;
        // The writer ends when it has the end, or sees that there will be none.
        drop(parts);
        tx.end(outcome).await
    }
}
