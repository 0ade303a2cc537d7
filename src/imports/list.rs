//! What a domain says of a list that it takes in.

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::db::{Error, Result, Tx};
use crate::interchange::tables::{Choice, Faults, Row, Table, reference};
use crate::kernel::{FieldError, OrganisationId, Permission, Permit, PositiveMoney, Refusal, Text};

/// What rows may name by a word of people's instead of an id, read once for a file.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Organisations by name and by credit code, in the form of [`reference()`]; `None` where several have the name.
    organisations: HashMap<String, Option<OrganisationId>>,
    /// Region codes by code and by name, in the same form.
    regions: HashMap<String, String>,
}

impl Known {
    /// What a federation's files may name.
    #[must_use]
    pub fn of(organisations: Vec<(OrganisationId, String, Option<String>)>, regions: Vec<(String, String)>) -> Self {
        let mut known = Self::default();
        for (id, name, uscc) in organisations {
            for word in [Some(name), uscc].into_iter().flatten() {
                known.organisations.entry(reference(&word)).and_modify(|of| *of = of.filter(|other| *other == id)).or_insert(Some(id));
            }
        }
        for (code, name) in regions {
            known.regions.insert(reference(&name), code.clone());
            known.regions.insert(reference(&code), code);
        }
        known
    }

    /// The organisation that a cell names, by its name or credit code.
    pub fn organisation(&self, row: &Row, column: &'static str, faults: &mut Faults) -> Option<OrganisationId> {
        let word = faults.take(row.text(column))?;
        match self.organisations.get(&word) {
            Some(Some(id)) => return Some(*id),
            Some(None) => faults.push(row.fault(
                column,
                "organisation_ambiguous",
                "有多个组织使用此名称，请填统一社会信用代码",
                "several organisations have this name; give the credit code",
            )),
            None => faults.push(row.fault(column, "organisation_unknown", "没有登记此组织", "no such organisation is recorded")),
        }
        None
    }

    /// The region that a cell names, by its code or name.
    pub fn region(&self, row: &Row, column: &'static str, faults: &mut Faults) -> Option<String> {
        let word = faults.take(row.text(column))?;
        let code = self.regions.get(&word);
        if code.is_none() {
            faults.push(row.fault(column, "region_unknown", "没有此行政区划", "no such region is known"));
        }
        code.cloned()
    }
}

/// A row that could be read.
#[derive(Debug, Clone)]
pub struct Filed<T> {
    /// The row as a spreadsheet shows it.
    pub row: u32,
    /// What it says.
    pub content: T,
}

/// Rows that are taken in together or not at all: a household with its members. In the order of the file.
#[derive(Debug, Clone)]
pub struct Unit<T> {
    /// The rows.
    pub rows: Vec<Filed<T>>,
}

/// With which rows a row is taken whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whole {
    /// With none.
    Alone,
    /// With all rows of the same number.
    By(String),
    /// With the row above it: its own number cannot be read, and it can only be meant there.
    Above,
}

/// What a rule of the domain found wrong with a row.
#[derive(Debug, Clone)]
pub struct Wrong {
    /// The row as a spreadsheet shows it.
    pub row: u32,
    /// The column.
    pub column: &'static str,
    /// Stable code.
    pub code: String,
    /// Why.
    pub text: Text,
}

impl Wrong {
    /// What a refusal's field says, of a column.
    #[must_use]
    pub fn of(row: u32, column: &'static str, code: &str, text: &Text) -> Self {
        Self { row, column, code: code.to_owned(), text: text.clone() }
    }
}

/// A list that is taken in from files.
pub trait List: Send + Sync + 'static {
    /// What a row says.
    type Content: Send + Sync + 'static;
    /// Who may.
    type May: Permission;

    /// Its columns.
    fn table(&self) -> &'static Table;

    /// What a row says; its faults go into `faults`, and then there is none.
    fn read(&self, row: &Row, known: &Known, faults: &mut Faults) -> Option<Self::Content>;

    /// The column by which rows belong together that are taken whole; none when each row stands for itself.
    fn together(&self) -> Option<&'static str> {
        None
    }

    /// With which rows a row is taken whole. Asked of every row, also of one that cannot be read; `above` is the row before it.
    fn whole(&self, _row: &Row, _above: Option<&Row>) -> Whole {
        Whole::Alone
    }

    /// What of a job's parameters a row belongs to: the same row is another one for another transfer. A row that was taken in once
    /// within it is there before when it comes again.
    fn within(&self, parameters: &Value) -> Value {
        parameters.clone()
    }

    /// Takes units in, and says of each what is wrong: nothing of a unit with a fault may be written.
    fn take<'a>(
        &'a self,
        tx: &'a mut Tx,
        may: &'a Permit<Self::May>,
        parameters: &'a Value,
        units: Vec<Unit<Self::Content>>,
    ) -> BoxFuture<'a, Result<Vec<Vec<Wrong>>>>;
}

/// A word of the API as the program has it.
#[must_use]
pub fn word<T: serde::de::DeserializeOwned>(choice: &Choice) -> Option<T> {
    serde_json::from_value(Value::String(choice.name.to_owned())).ok()
}

/// The amount of a cell, which must be more than zero.
pub fn positive(row: &Row, column: &'static str, faults: &mut Faults) -> Option<PositiveMoney> {
    let money = faults.take(row.money(column))?;
    PositiveMoney::new(money)
        .map_err(|error| {
            let text = error.text();
            faults.push(row.fault(column, error.code(), text.zh, text.en));
        })
        .ok()
}

/// Marks where the transaction goes back to if what follows is refused.
///
/// # Errors
/// When the database cannot be reached.
pub async fn save(tx: &mut Tx) -> Result<()> {
    tx.mark().await
}

/// Keeps what was done since [`save`].
///
/// # Errors
/// As [`save`].
pub async fn release(tx: &mut Tx) -> Result<()> {
    tx.keep_since_mark().await
}

/// Takes back what was done since [`save`], and gives the refusal that it met; a failure of the machinery stays one.
///
/// # Errors
/// The error itself, when it is no refusal.
pub async fn refuse(tx: &mut Tx, error: Error) -> Result<Refusal> {
    let refusal = error.refusal(crate::http::CONSTRAINTS);
    let Some(refusal) = refusal else { return Err(error) };
    tx.back_to_mark().await?;
    Ok(refusal)
}

/// A refusal as what is wrong with a row. `columns` gives the column for the last name in a pointer; what names none is told of
/// the first column.
#[must_use]
pub fn wrongs(row: u32, refusal: &Refusal, columns: &[(&str, &'static str)], first: &'static str) -> Vec<Wrong> {
    let column = |field: &FieldError| {
        let name = field.pointer.rsplit('/').find(|part| !part.is_empty() && part.parse::<usize>().is_err()).unwrap_or_default();
        columns.iter().find(|(known, _)| *known == name).map_or(first, |(_, column)| *column)
    };
    if refusal.fields.is_empty() {
        return vec![Wrong::of(row, first, refusal.code.name, &refusal.detail)];
    }
    refusal.fields.iter().map(|field| Wrong::of(row, column(field), &field.code, &field.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::refusal::{FIELDS_INVALID, REFERENCE_UNKNOWN};

    #[test]
    fn a_refusal_names_the_columns_of_its_pointers() {
        let refusal = FIELDS_INVALID.refuse().with_fields(vec![
            FieldError::new("/payee_accounts/0/number", "reference_unknown", "无", "none"),
            FieldError::new("/causes/3", "blank", "空", "blank"),
            FieldError::new("/elsewhere", "odd", "怪", "odd"),
        ]);
        let found = wrongs(7, &refusal, &[("number", "account_number"), ("causes", "causes")], "name");
        let found: Vec<_> = found.iter().map(|wrong| (wrong.row, wrong.column, wrong.code.as_str())).collect();
        assert_eq!(found, [(7, "account_number", "reference_unknown"), (7, "causes", "blank"), (7, "name", "odd")]);
        let bare = wrongs(7, &REFERENCE_UNKNOWN.refuse(), &[], "name");
        assert_eq!((bare.len(), bare[0].column, bare[0].code.as_str()), (1, "name", "reference_unknown"));
    }

    #[test]
    fn an_organisation_is_known_by_name_or_code_but_not_by_a_name_that_two_have() {
        let (a, b) = (OrganisationId::generate(), OrganisationId::generate());
        let known = Known::of(
            vec![(a, "甲".to_owned(), Some("1".to_owned())), (b, "乙".to_owned(), None), (a, "乙".to_owned(), None)],
            vec![("510502".to_owned(), "江阳区".to_owned()), ("510599".to_owned(), "虚构区（试）".to_owned())],
        );
        assert_eq!(known.organisations["甲"], Some(a));
        assert_eq!(known.organisations["1"], Some(a));
        assert_eq!(known.organisations["乙"], None);
        assert_eq!(known.regions["江阳区"], "510502");
        assert_eq!(known.regions["虚构区(试)"], "510599", "as cells are normalised");
    }
}
