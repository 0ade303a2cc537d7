//! What can go wrong below the handlers: a refusal of the domain, or a failure of the machinery.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind};

use crate::kernel::{Code, Refusal};

/// The outcome of everything that touches the database.
pub type Result<T> = std::result::Result<T, Error>;

/// A no of the domain, or a failure that the caller can do nothing about.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no. Nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database refused or failed. Becomes a refusal if the constraint it names is mapped, else a 500.
    #[error(transparent)]
    Database(diesel::result::Error),
    /// No connection could be had in time.
    #[error("no database connection: {0}")]
    Unavailable(String),
    /// A defect: something that the program itself was to guarantee does not hold.
    #[error("{0}")]
    Internal(String),
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Self::Refused(crate::kernel::refusal::NOT_FOUND.refuse()),
            diesel::result::Error::DatabaseError(DatabaseErrorKind::ClosedConnection, info) => Self::Unavailable(info.message().to_owned()),
            other => Self::Database(other),
        }
    }
}

impl From<crate::kernel::money::MoneyError> for Error {
    fn from(error: crate::kernel::money::MoneyError) -> Self {
        let text = error.text();
        Self::Refused(crate::kernel::refusal::FIELDS_INVALID.because(text.zh, text.en))
    }
}

/// What a constraint of the database means to the caller.
#[derive(Debug)]
pub struct Constraint {
    /// Its name in the catalogue, or the name a function of `schema/` raises with.
    pub name: &'static str,
    /// The refusal it becomes.
    pub code: &'static Code,
    /// JSON pointer of the field it is about; empty when it is about none.
    pub pointer: &'static str,
}

impl Constraint {
    /// Maps a constraint to a refusal.
    #[must_use]
    pub const fn new(name: &'static str, code: &'static Code, pointer: &'static str) -> Self {
        Self { name, code, pointer }
    }

    fn refusal(&self, information: &dyn DatabaseErrorInformation) -> Refusal {
        let refusal = if self.pointer.is_empty() { self.code.refuse() } else { self.code.at(self.pointer, self.code.zh, self.code.en) };
        // Functions under schema/ give particulars as a JSON object in DETAIL; Postgres' own details are not JSON and
        // may hold personal data, so nothing else of them goes out.
        match information.details().map(serde_json::from_str::<serde_json::Map<String, serde_json::Value>>) {
            Some(Ok(facts)) => facts.into_iter().fold(refusal, |refusal, (name, value)| refusal.with(&name, value)),
            _ => refusal,
        }
    }
}

impl Error {
    /// The refusal this is, given what the constraints mean; `None` for a failure.
    #[must_use]
    pub fn refusal(&self, constraints: &[&[Constraint]]) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal.clone()),
            Self::Database(diesel::result::Error::DatabaseError(_, information)) => {
                let name = information.constraint_name()?;
                let constraint = constraints.iter().flat_map(|list| list.iter()).find(|constraint| constraint.name == name)?;
                Some(constraint.refusal(information.as_ref()))
            }
            Self::Database(_) | Self::Unavailable(_) | Self::Internal(_) => None,
        }
    }

    /// A failure for the log. A database error's message may quote values, so only its kind and the names in it are kept.
    #[must_use]
    pub fn described(&self) -> String {
        match self {
            Self::Database(diesel::result::Error::DatabaseError(kind, information)) => format!(
                "database {kind:?}, table {:?}, column {:?}, constraint {:?}: {}",
                information.table_name(),
                information.column_name(),
                information.constraint_name(),
                information.message().split(':').next().unwrap_or_default(),
            ),
            other => other.to_string(),
        }
    }
}
