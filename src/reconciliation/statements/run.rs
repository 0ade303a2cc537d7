//! The job that takes a file of statements in.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::model::{Batches, StatementFormat, StatementQuery};
use super::taking::{self, ReadFile};
use super::view_model::{StatementFilter, StatementReport};
use super::{reading, service};
use crate::access::permissions::TakeStatements;
use crate::db::{Error, Result};
use crate::jobs::{Doing, Done, Output, Work};
use crate::layouts::{LayoutPurpose, NEUTRAL, NamedLayout, layout_by_name};

/// Takes a file of bank statements in and matches it (`statement.match`): all of it in one act.
#[derive(Debug)]
pub struct StatementMatch;

/// What the job is started with; as the request said it.
#[derive(Debug, Deserialize)]
struct Parameters {
    query: StatementQuery,
}

impl StatementMatch {
    /// The kind of the job.
    pub(super) const KIND: &str = "statement.match";

    async fn take(doing: &Doing) -> Result<Done> {
        let Parameters { query } =
            serde_json::from_value(doing.parameters.clone()).map_err(|error| Error::Internal(format!("stored parameters: {error}")))?;
        let may = doing.caller.permit::<TakeStatements>()?;
        may.require(None)?;
        let format =
            query.format.unwrap_or_else(|| if query.layout.is_some() { StatementFormat::Layout } else { reading::format_of(&doing.file) });
        let layout: Option<NamedLayout> = match format {
            StatementFormat::Layout => {
                let mut tx = doing.db.begin_reading(&doing.caller).await?;
                let named = layout_by_name(&mut tx, LayoutPurpose::Statement, query.layout.as_deref().unwrap_or(NEUTRAL)).await;
                Some(tx.end(named).await?)
            }
            _ => None,
        };
        let (bytes, account, described) = (doing.file.clone(), query.account, layout.as_ref().map(|layout| layout.layout.clone()));
        // Reading takes seconds of CPU for a large file: not on a thread that others wait for.
        let read = tokio::task::spawn_blocking(move || {
            let digest = hex::encode(Sha256::digest(&bytes));
            reading::read(&bytes, format, described.as_ref(), account.as_deref()).map(|statements| (digest, statements))
        });
        let (digest, statements) = read.await.map_err(|error| Error::Internal(error.to_string()))??;
        let file = ReadFile {
            digest: digest.clone(),
            format,
            layout: layout.map(|layout| (layout.name, layout.version)),
            statements,
            days: query.days.unwrap_or(service::DAYS),
            batches: query.batches.unwrap_or(Batches::All),
        };
        // Not before the file is read: a transaction that waits is ended by the database after a while.
        let mut tx = doing.begin_act(&may).await?;
        let taken = taking::take(&mut tx, &may, doing, file).await?;
        let filter = StatementFilter { file_digest: Some(digest.clone()), limit: Some(1000), ..StatementFilter::default() };
        let statements = service::views(&mut tx, &filter).await?.items;
        let outcome = if taken { "taken" } else { "unchanged" };
        let report = StatementReport { outcome, file_digest: digest, statements };
        let result = serde_json::to_value(report).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Done { tx: taken.then_some(tx), result, output: Output::Nothing })
    }
}

impl Work for StatementMatch {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn run<'a>(&'a self, doing: &'a Doing) -> BoxFuture<'a, Result<Done>> {
        Self::take(doing).boxed()
    }
}
