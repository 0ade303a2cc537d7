//! Statements as text that a connection prepares once and keeps.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A statement as text that is prepared once a connection. See [`KeepPrepared`].
#[derive(Debug, Clone, Copy)]
pub struct Prepared<S> {
    statement: S,
    keep: bool,
}

/// Rows up to which a statement over arrays is planned for any arrays.
const FEW: usize = 32;

/// Has a [`diesel::sql_query`] prepared once a connection instead of parsed and planned at every call: for statements of few
/// rows that run often. One that takes whole files at a time is better planned for what it is given each time.
pub trait KeepPrepared: Sized {
    /// The text of the statement must be the same at every call: each text is kept as long as its connection.
    #[must_use]
    fn prepared(self) -> Prepared<Self> {
        Prepared { statement: self, keep: true }
    }

    /// As [`KeepPrepared::prepared`] where a statement over arrays is given few rows.
    #[must_use]
    fn prepared_for(self, rows: usize) -> Prepared<Self> {
        Prepared { statement: self, keep: rows <= FEW }
    }
}

impl<S: QueryFragment<Pg>> KeepPrepared for S {}

impl<S: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.statement.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
        Ok(self.keep)
    }
}

impl<S> QueryId for Prepared<S> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S: Query> Query for Prepared<S> {
    type SqlType = S::SqlType;
}
