//! Doing the work: one job at a time, under a lease that is renewed while it lasts.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Notify;
use uuid::Uuid;

use super::error::{JOB_CANCELLED, JOB_GIVEN_UP};
use super::model::{JobRow, JobState, kept};
use super::service;
use super::store::{self, Ending};
use crate::access::permissions::OwnAccess;
use crate::access::{self, Reaches, Secret};
use crate::db::{Constraint, Db, Error, Result, Tx};
use crate::kernel::{Caller, FederationId, JobId, Origin, Permission, Permit, Refusal};

/// How long a lease lasts unless it is renewed: a worker that crashed is replaced after this.
const LEASE_SECONDS: i64 = 30;
/// How often it is renewed, and the job's progress told.
const BEAT: Duration = Duration::from_millis(500);
/// How long a worker that found nothing rests, unless the bell rings.
const REST: Duration = Duration::from_millis(500);
/// How often a job is begun before it is given up.
const MOST_ATTEMPTS: i16 = 3;
/// How often files whose time is over are looked for in every federation.
const TIDYING: Duration = Duration::from_secs(600);
/// How long the file that came of a job is kept.
pub const FILES_KEPT: TimeDelta = TimeDelta::days(7);

/// Wakes workers when there is something to do; without it they look now and then.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Something was started.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits until it rings, or for a while.
    pub async fn wait(&self, most: Duration) {
        let _ = tokio::time::timeout(most, self.0.notified()).await;
    }
}

/// How far a job is, and whether to stop.
#[derive(Debug, Default)]
struct Watch {
    done: AtomicI64,
    /// Negative while nobody knows.
    total: AtomicI64,
    stop: AtomicBool,
}

impl Watch {
    fn new() -> Self {
        Self { total: AtomicI64::new(-1), ..Self::default() }
    }

    fn progress(&self) -> (i64, Option<i64>) {
        let total = self.total.load(Ordering::Relaxed);
        (self.done.load(Ordering::Relaxed), (total >= 0).then_some(total))
    }
}

/// A job that is being done.
#[derive(Debug)]
pub struct Doing {
    /// The database.
    pub db: Db,
    /// Whose name it is done in.
    pub caller: Caller,
    /// Which job.
    pub id: JobId,
    /// With what.
    pub parameters: Value,
    /// What its file is called.
    pub file_name: Option<String>,
    /// Its file; empty when it has none.
    pub file: Arc<[u8]>,
    watch: Arc<Watch>,
}

impl Doing {
    /// How many there are to do in all.
    pub fn total(&self, count: usize) {
        self.watch.total.store(i64::try_from(count).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// How many are done.
    ///
    /// # Errors
    /// [`JOB_CANCELLED`] when somebody asked for that: the work stops, and nothing of it is kept.
    pub fn done(&self, count: usize) -> Result<()> {
        self.watch.done.store(i64::try_from(count).unwrap_or(i64::MAX), Ordering::Relaxed);
        if self.watch.stop.load(Ordering::Relaxed) { Err(JOB_CANCELLED.refuse().into()) } else { Ok(()) }
    }

    /// Opens the act that it will end with. Who it is done for is held against the permit once more, because it takes a while to read a
    /// file.
    ///
    /// # Errors
    /// When the credential or the role does not hold any more, or the database cannot be reached.
    pub async fn begin_act<P: Permission>(&self, may: &Permit<P>) -> Result<Tx> {
        self.db.begin_act(&self.caller.clone().acting_by(may)).await
    }
}

/// What came of a job.
pub struct Done {
    /// The act with everything that was written, still open: it ends together with the job. Without one nothing is kept.
    pub tx: Option<Tx>,
    /// What to tell.
    pub result: Value,
    /// What there is for whoever started it.
    pub output: Output,
}

/// The file that comes of a job.
pub enum Output {
    /// None.
    Nothing,
    /// These bytes; kept for a week.
    File(Vec<u8>),
    /// One that the work has kept in the act, as a [`GrowingFile`](super::GrowingFile), and for how long.
    Kept(TimeDelta),
}

impl fmt::Debug for Done {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Done").field("result", &self.result).finish_non_exhaustive()
    }
}

/// One kind of work.
pub trait Work: Send + Sync {
    /// Its name.
    fn kind(&self) -> &'static str;

    /// What is done, as the audit event of its act says it.
    fn action(&self) -> String {
        format!("job {}", self.kind())
    }

    /// What it is done to, where that is not the job itself: a kind such as `plans`, and which.
    fn subject(&self, _parameters: &Value) -> Option<(&'static str, String)> {
        None
    }

    /// Does it. May be begun again after a crash: whatever it keeps, it keeps in the act it returns.
    fn run<'a>(&'a self, doing: &'a Doing) -> BoxFuture<'a, Result<Done>>;
}

/// Does the jobs of any federation.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    reaches: Reaches,
    works: Arc<Vec<Box<dyn Work>>>,
    constraints: &'static [&'static [Constraint]],
}

impl fmt::Debug for Worker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Worker").finish_non_exhaustive()
    }
}

impl Worker {
    /// A worker that knows some kinds of work, and what the database's constraints mean.
    #[must_use]
    pub fn new(db: Db, reaches: Reaches, works: Vec<Box<dyn Work>>, constraints: &'static [&'static [Constraint]]) -> Self {
        Self { db, reaches, works: Arc::new(works), constraints }
    }

    /// Does jobs until the database is closed.
    pub async fn keep_working(self, bell: Bell) {
        let mut tidied = tokio::time::Instant::now();
        while !self.db.is_closed() {
            if tidied.elapsed() >= TIDYING {
                tidied = tokio::time::Instant::now();
                if let Err(error) = self.tidy_everywhere().await {
                    tracing::warn!(error = error.described(), "files of jobs could not be taken out");
                }
            }
            match self.work_anywhere().await {
                Ok(true) => {}
                Ok(false) => bell.wait(REST).await,
                Err(error) => {
                    tracing::error!(error = error.described(), "no job could be taken");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    async fn work_anywhere(&self) -> Result<bool> {
        let mut connection = self.db.connection().await?;
        let waiting = store::waiting(&mut connection).await;
        drop(connection);
        let mut any = false;
        for federation in waiting? {
            any |= self.work(federation).await?;
        }
        Ok(any)
    }

    /// Does the next job of a federation; whether there was one.
    ///
    /// # Errors
    /// When the database cannot be reached. What is wrong with the job itself stands in the job.
    pub async fn work(&self, federation: FederationId) -> Result<bool> {
        let lease = Uuid::now_v7();
        let mut tx = self.db.begin_unattended(federation).await?;
        let leased = store::lease(&mut tx, lease, LEASE_SECONDS).await;
        let Some(row) = tx.end(leased).await? else { return Ok(false) };
        let watch = Arc::new(Watch::new());
        let beating = tokio::spawn(beat(self.db.clone(), federation, row.id, lease, watch.clone()));
        let outcome = self.attempt(&row, &watch).await;
        beating.abort();
        self.end(&row, lease, &watch, outcome).await?;
        Ok(true)
    }

    async fn tidy_everywhere(&self) -> Result<()> {
        for federation in crate::organisations::federation_ids(&self.db).await? {
            self.tidy(federation).await?;
        }
        Ok(())
    }

    /// Takes out what was kept for a while: the files that came of a federation's jobs.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn tidy(&self, federation: FederationId) -> Result<()> {
        let mut tx = self.db.begin_unattended(federation).await?;
        let now = tx.now();
        let outcome = store::forget_files(&mut tx, now).await;
        tx.end(outcome).await
    }

    fn work_of(&self, row: &JobRow) -> Option<&dyn Work> {
        self.works.iter().find(|work| work.kind() == row.kind).map(AsRef::as_ref)
    }

    async fn caller(&self, row: &JobRow) -> Result<Caller> {
        let tx = self.db.begin_unattended(row.federation_id).await?;
        let secret = match &row.credential_sealed {
            Some(sealed) => tx.open(JobRow::CREDENTIAL, row.id.0, sealed).map(Some),
            None => Ok(None),
        };
        let secret = tx.end(secret).await?.and_then(|secret| Secret::parse(secret.expose()));
        let secret = secret.ok_or_else(|| Error::Internal("a job without a credential".to_owned()))?;
        let credential = secret.credential();
        let user = access::authenticate(&self.db, &self.reaches, &credential).await?.ok_or_else(|| access::TOKEN_UNKNOWN.refuse())?;
        let action = self.work_of(row).map_or_else(|| format!("job {}", row.kind), Work::action);
        let origin = Origin { address: None, request_id: row.request_id.clone(), action };
        Ok(Caller::new(row.federation_id, user.login, user.grants, credential, origin))
    }

    async fn attempt(&self, row: &JobRow, watch: &Arc<Watch>) -> Result<(Caller, Done)> {
        if row.cancel_requested {
            return Err(JOB_CANCELLED.refuse().into());
        }
        if row.attempts > MOST_ATTEMPTS {
            return Err(JOB_GIVEN_UP.refuse().into());
        }
        let work = self.work_of(row).ok_or_else(|| Error::Internal(format!("nobody knows how to do {}", row.kind)))?;
        let caller = self.caller(row).await?;
        let mut tx = self.db.begin_unattended(row.federation_id).await?;
        let file = service::file(&mut tx, row.id, "input").await;
        let file = Arc::from(tx.end(file).await?);
        let doing = Doing {
            db: self.db.clone(),
            caller: caller.clone(),
            id: row.id,
            parameters: row.parameters.clone(),
            file_name: row.file_name.clone(),
            file,
            watch: watch.clone(),
        };
        Ok((caller, work.run(&doing).await?))
    }

    /// Ends a job with what came of it. A failure of the machinery is tried again.
    async fn end(&self, row: &JobRow, lease: Uuid, watch: &Watch, outcome: Result<(Caller, Done)>) -> Result<()> {
        let (done, total) = watch.progress();
        let refused = match outcome {
            Ok((caller, Done { tx, result, output })) => {
                let ending = Ending { state: JobState::Succeeded, done, total, result: Some(result), problem: None, file_until: None };
                match self.keep(row, lease, &caller, tx, ending, output).await {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        let Some(refusal) = refused.refusal(self.constraints) else {
            tracing::error!(job = %row.id, error = refused.described(), "a job broke off");
            let mut tx = self.db.begin_unattended(row.federation_id).await?;
            let given_back = store::give_back(&mut tx, row.id, lease).await;
            return tx.end(given_back).await;
        };
        self.fail(row, lease, (done, total), &refusal).await
    }

    /// Keeps what was done and that it has ended, in one act.
    async fn keep(&self, row: &JobRow, lease: Uuid, caller: &Caller, tx: Option<Tx>, ending: Ending, output: Output) -> Result<()> {
        let mut tx = match tx {
            Some(tx) => tx,
            None => self.db.begin_act(caller).await?,
        };
        let kept = keep_in(&mut tx, row, lease, caller, ending, output).await;
        tx.end(kept).await
    }

    async fn fail(&self, row: &JobRow, lease: Uuid, (done, total): (i64, Option<i64>), refusal: &Refusal) -> Result<()> {
        let state = if refusal.code == &JOB_CANCELLED { JobState::Cancelled } else { JobState::Failed };
        let ending = Ending { state, done, total, result: None, problem: Some(kept(refusal)), file_until: None };
        if let Ok(caller) = self.caller(row).await {
            let mut tx = self.db.begin_act(&caller).await?;
            tx.refused(refusal.code.name);
            if let Some((kind, id)) = self.work_of(row).and_then(|work| work.subject(&row.parameters)) {
                tx.about(kind, id);
                tx.after(&refusal.facts);
            }
            let kept = keep_in(&mut tx, row, lease, &caller, ending, Output::Nothing).await;
            return tx.end(kept).await;
        }
        // Its user may no longer act at all; that it has ended is written down nevertheless.
        let mut tx = self.db.begin_unattended(row.federation_id).await?;
        let ended = store::end(&mut tx, row.id, lease, &ending).await;
        tx.end(ended).await.map(|_| ())
    }
}

async fn keep_in(tx: &mut Tx, row: &JobRow, lease: Uuid, caller: &Caller, mut ending: Ending, output: Output) -> Result<()> {
    tx.about("jobs", row.id);
    tx.after(&ending.result);
    let kept_for = match output {
        Output::Nothing => None,
        Output::File(bytes) => {
            service::keep_file(tx, row.id, "output", &bytes).await?;
            Some(FILES_KEPT)
        }
        Output::Kept(time) => Some(time),
    };
    ending.file_until = kept_for.and_then(|time| tx.now().checked_add_signed(time));
    if !store::end(tx, row.id, lease, &ending).await? {
        return Err(Error::Internal("the lease of a job was lost".to_owned()));
    }
    access::end_token(tx, &caller.permit::<OwnAccess>()?, row.credential_id).await
}

/// Renews the lease and tells the progress, until the work has ended or the lease is lost.
async fn beat(db: Db, federation: FederationId, id: JobId, lease: Uuid, watch: Arc<Watch>) {
    loop {
        tokio::time::sleep(BEAT).await;
        let (done, total) = watch.progress();
        let renewed = async {
            let mut tx = db.begin_unattended(federation).await?;
            let renewed = store::renew(&mut tx, id, lease, LEASE_SECONDS, done, total).await;
            tx.end(renewed).await
        };
        match renewed.await {
            Ok(Some(cancel)) => watch.stop.fetch_or(cancel, Ordering::Relaxed),
            Ok(None) => watch.stop.swap(true, Ordering::Relaxed),
            Err(error) => {
                tracing::warn!(job = %id, error = error.described(), "a lease could not be renewed");
                false
            }
        };
    }
}
