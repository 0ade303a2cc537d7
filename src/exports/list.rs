//! A list as what can be taken whole.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::file::Chunks;
use super::listed::Listed;
use super::model::{ExportFormat, ExportQuery, NewExport};
use super::service;
use super::taking::{Taking, Told, reach};
use crate::access::Named;
use crate::access::permissions::RevealPersonalData;
use crate::db::{Db, Error, Result, Tx};
use crate::kernel::page::Walk;
use crate::kernel::{Caller, Lang, Page, Permission, Permit, Totals};

/// How a page of a list is had: of what the list is (nil where it is of nothing), and by which filter.
pub type PageOf<P, F, T> = for<'a> fn(&'a mut Tx, &'a Permit<P>, Uuid, &'a F) -> BoxFuture<'a, Result<Page<T>>>;

/// A list that can be taken whole: under which permission, by which filter, of which rows. Declared once, beside its handler; who
/// takes it over HTTP and who takes it as a job walks the same pages.
#[derive(Debug)]
pub struct WholeList<P, F, T> {
    /// The route of its export without `/v1/`, with `{id}` where the list is of something: `rosters/{id}/entries/export`.
    pub route: &'static str,
    /// Its pages.
    pub page: PageOf<P, F, T>,
}

/// A list of any rows, by its name.
pub trait AnyList: Send + Sync {
    /// What it is called: `instructions`.
    fn name(&self) -> &'static str;

    /// The route of its export, without `/v1/`.
    fn route(&self) -> &'static str;

    /// What its file is called, when it is taken on a day.
    fn file_name(&self, format: ExportFormat, lang: Lang, day: chrono::NaiveDate) -> String;

    /// Whether it is a list of something, such as a roster.
    fn is_of_something(&self) -> bool;

    /// Reads a filter as it stands in an address; whether it asks for a page.
    ///
    /// # Errors
    /// When the list has no such filter.
    fn asks_for_page(&self, filter: &str) -> std::result::Result<bool, serde_urlencoded::de::Error>;

    /// Whether a caller may take what is asked for: the permission, what lies within reach, and what was asked for in clear.
    fn may_take<'a>(&'static self, tx: &'a mut Tx, caller: &'a Caller, new: &'a NewExport) -> BoxFuture<'a, Result<()>>;

    /// A caller who acts by what is needed to take what is asked for: in clear, to see in clear, whose roles may take any list of
    /// persons.
    ///
    /// # Errors
    /// [`PERMISSION_DENIED`](crate::kernel::access::PERMISSION_DENIED).
    fn acting(&'static self, caller: &Caller, new: &NewExport) -> Result<Caller>;

    /// Takes it, as a caller; what it adds up to.
    fn take<'a>(&'static self, order: Order<'a>, chunks: Chunks, told: Told<'a>) -> BoxFuture<'a, Result<Totals>>;
}

/// A list that is to be taken, and as whom.
#[derive(Debug)]
pub struct Order<'a> {
    /// The database.
    pub db: &'a Db,
    /// As whom.
    pub caller: &'a Caller,
    /// Which, and how.
    pub export: &'a NewExport,
    /// In which language.
    pub lang: Lang,
}

impl<P: Permission, F, T> WholeList<P, F, T> {
    fn named(&self, of: Option<Uuid>) -> Named {
        Named::at(self.route, true, of)
    }
}

/// The name of the file of a list.
pub fn file_name<T: Listed>(format: ExportFormat, lang: Lang, day: chrono::NaiveDate) -> String {
    let title = match lang {
        Lang::Zh => T::TITLE.0,
        Lang::En => T::TITLE.1,
    };
    format!("{title}-{day}.{}", format.ending())
}

impl<P, F, T> AnyList for WholeList<P, F, T>
where
    P: Permission,
    F: DeserializeOwned + Walk + Send + Sync + 'static,
    T: Listed,
{
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn route(&self) -> &'static str {
        self.route
    }

    fn file_name(&self, format: ExportFormat, lang: Lang, day: chrono::NaiveDate) -> String {
        file_name::<T>(format, lang, day)
    }

    fn is_of_something(&self) -> bool {
        self.route.contains('{')
    }

    fn asks_for_page(&self, filter: &str) -> std::result::Result<bool, serde_urlencoded::de::Error> {
        Ok(serde_urlencoded::from_str::<F>(filter)?.asks_for_page())
    }

    fn may_take<'a>(&'static self, tx: &'a mut Tx, caller: &'a Caller, new: &'a NewExport) -> BoxFuture<'a, Result<()>> {
        async move {
            let permit = caller.permit::<P>()?;
            let reach = reach(caller, &permit, new.asked)?;
            self.named(new.of).require(tx, &reach).await?;
            match new.asked {
                Some(asked) => service::require_asked(tx, T::NAME, asked).await,
                None => Ok(()),
            }
        }
        .boxed()
    }

    fn acting(&'static self, caller: &Caller, new: &NewExport) -> Result<Caller> {
        let acting = caller.clone();
        Ok(match new.asked {
            Some(_) => acting.acting_by(&caller.permit::<RevealPersonalData>()?),
            None => acting.acting_by(&caller.permit::<P>()?),
        })
    }

    fn take<'a>(&'static self, order: Order<'a>, chunks: Chunks, told: Told<'a>) -> BoxFuture<'a, Result<Totals>> {
        async move {
            let Order { db, caller, export, lang } = order;
            let filter: F = serde_urlencoded::from_str(&export.filter_text()?)
                .map_err(|error| Error::Internal(format!("the filter of a started export: {error}")))?;
            let taking = Taking {
                db: db.clone(),
                permit: caller.permit::<P>()?,
                caller: caller.clone(),
                named: self.named(export.of),
                list: self,
                of: export.of.unwrap_or_default(),
                filter,
                said: export.said(),
                query: ExportQuery { format: export.format, asked: export.asked },
                lang,
            };
            taking.run(chunks, told).await
        }
        .boxed()
    }
}
