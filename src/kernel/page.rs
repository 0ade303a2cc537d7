//! Pages of a list: a cursor instead of an offset, and totals over everything the filter matches.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::money::Money;

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageRequest {
    /// The `next_cursor` of the page before; absent for the first.
    pub cursor: Option<Uuid>,
    /// How many rows, 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u16>,
    /// Rows a page, where the whole list is walked through: then only the first page is counted.
    #[serde(skip)]
    #[param(ignore)]
    pub walking: Option<u16>,
}

impl PageRequest {
    fn rows(&self) -> u16 {
        self.walking.unwrap_or_else(|| self.limit.unwrap_or(100).clamp(1, 1000))
    }

    /// Whether everything the filter matches is to be counted. On the later pages of a walk it was.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.walking.is_none() || self.cursor.is_none()
    }

    /// Rows a page has at most.
    #[must_use]
    pub fn size(&self) -> usize {
        usize::from(self.rows())
    }

    /// Rows to read: one more than the page, to know whether there is another.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.rows()) + 1
    }

    /// The id after which the page starts.
    #[must_use]
    pub fn after(&self) -> Uuid {
        self.cursor.unwrap_or(Uuid::nil())
    }
}

/// A filter of a list that can be walked through from its first row to its last.
pub trait Walk {
    /// Asks for the first page of a walk, or for the one after a cursor, of so many rows.
    fn walk_on(&mut self, cursor: Option<Uuid>, rows: u16);

    /// Whether a page was asked for, which a walk has no use for.
    fn asks_for_page(&self) -> bool;
}

/// The filter of a list that is always answered whole: there is nothing to ask for.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Whole {}

impl Walk for Whole {
    fn walk_on(&mut self, _: Option<Uuid>, _: u16) {}

    fn asks_for_page(&self) -> bool {
        false
    }
}

/// Count and amount of everything the filter matches, not only of this page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// How many rows.
    pub count: i64,
    /// Their amount together; absent for lists of things without an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows, oldest first.
    pub items: Vec<T>,
    /// What to pass as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<Uuid>,
    /// Over everything the filter matches.
    pub totals: Totals,
}

impl<T> Page<T> {
    /// Cuts the one row too many off and remembers where to go on.
    #[must_use]
    pub fn cut(mut rows: Vec<T>, request: &PageRequest, totals: Totals, id: impl Fn(&T) -> Uuid) -> Self {
        let more = rows.len() > request.size();
        rows.truncate(request.size());
        let next_cursor = if more { rows.last().map(id) } else { None };
        Self { items: rows, next_cursor, totals }
    }

    /// A list that is never more than one page.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        Self { items, next_cursor: None, totals: Totals { count, amount: None } }
    }

    /// The same page with each row turned into something else.
    #[must_use]
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next_cursor: self.next_cursor, totals: self.totals }
    }
}
