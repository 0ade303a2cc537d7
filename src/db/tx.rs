//! One transaction of one federation: what every service function is given.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use diesel::sql_types::{Array, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::join;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Db, Error, InOrder, KeepPrepared, Result, Vault};
use crate::kernel::access::Relied;
use crate::kernel::canonical::Canonical;
use crate::kernel::mask::Sight;
use crate::kernel::vault::{Indexed, Place, Sealed, Secret};
use crate::kernel::{Caller, Clock, FederationId, Origin, Role};

/// What the audit event of an act will say beside who, when and from where. Services fill in what they know.
#[derive(Debug, Clone, Default)]
pub struct Deed {
    subject: Option<(String, String)>,
    before: Option<Value>,
    after: Option<Value>,
    reason: Option<String>,
    refused: Option<&'static str>,
}

/// One act of a transaction, until it is told of.
struct Doing {
    /// Its id, which the sealed rows that it writes name.
    id: Uuid,
    origin: Origin,
    /// Absent once it is known that nothing was done.
    deed: Option<Deed>,
}

impl Doing {
    fn by(caller: &Caller) -> Self {
        Self { id: Uuid::now_v7(), origin: caller.origin.clone(), deed: Some(Deed::default()) }
    }
}

/// An act that is to be told of.
type Told = (Uuid, Origin, Deed);

/// A transaction with what it needs to know: whose rows, on whose behalf, and when.
pub struct Tx {
    /// Present until the transaction has ended, and taken out of the pool when it is dropped before.
    connection: Option<Object<AsyncPgConnection>>,
    /// The federation; every statement filters by it.
    pub federation: FederationId,
    /// Who acts.
    pub actor: String,
    /// Its acts: none where it only reads, several of one user where they are done together.
    acts: Vec<Doing>,
    /// Which of them what is said is about.
    turn: usize,
    clock: Clock,
    vault: Vault,
    sight: Sight,
}

impl Drop for Tx {
    /// Dropped half-way (the client went away, the handler panicked), the connection must not go back to the pool: it would
    /// keep its transaction and its locks until somebody happens to be given it. Taken out and closed, the database rolls
    /// back at once.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

/// Bytes of a body that an audit event keeps whole; of a larger one it keeps the digest.
const LARGEST_KEPT: usize = 16 * 1024;

/// A value as an event keeps it.
fn kept(value: &impl Serialize) -> Option<Value> {
    let value = serde_json::to_value(value).ok().filter(|value| !value.is_null())?;
    let text = value.to_string();
    if text.len() <= LARGEST_KEPT {
        return Some(value);
    }
    let mut digest = Canonical::new("bangfu.audit.large.v1");
    digest.field(&text);
    Some(json!({ "bytes": text.len(), "sha256": digest.hex() }))
}

/// How acts are done together. They write few rows each time, so one plan serves them all. And what one of them waits for all of
/// them wait for, and whoever comes after them; so they do not wait for long, and are then done alone.
const TOGETHER: &str = "set local plan_cache_mode = force_generic_plan; set local lock_timeout = '2s'; ";

/// Rows written by one statement from which on it may matter how the next ones are planned.
const MANY: usize = 100;

/// Ids of acts as the setting `bangfu.act` holds them.
fn named(acts: &[Doing]) -> String {
    acts.iter().map(|act| act.id.to_string()).collect::<Vec<_>>().join(",")
}

/// What somebody who acts relies on, for the database: an array of roles, each with its organisation if it has one, null when there
/// are none, and whether all of them are needed. See `act_begin()`.
fn relied(caller: &Caller) -> String {
    let (granted, each): (Vec<String>, bool) = match caller.relied() {
        Relied::Nothing => return "null".to_owned(),
        Relied::Everywhere(roles) => (roles.iter().map(|role| role.name().to_owned()).collect(), false),
        Relied::Within(roots) => (roots.iter().map(|(role, root)| format!("{role}@{root}")).collect(), true),
    };
    format!("'{{{}}}', {each}", granted.join(","))
}

/// Has the database prove who does acts, and hold what they rely on against the roles that they have by now.
fn authenticating(caller: &Caller, acts: &[Doing]) -> String {
    let (federation, ids) = (caller.federation, named(acts));
    // UUIDs, hexadecimal digits and names of roles only: they can stand in the statement, and no further round trip is needed.
    match caller.credential() {
        Some(credential) => {
            let (home, key) = (credential.home, hex::encode(credential.key));
            format!("select act_begin('{federation}', '{home}', '{{{ids}}}', '\\x{key}', {})", relied(caller))
        }
        None => format!("select act_begin('{federation}', '{federation}', '{{{ids}}}', null)"),
    }
}

/// What opens a transaction, in one message without the driver's own transaction manager.
#[derive(Debug)]
pub struct Opening(String);

impl Opening {
    /// A UUID prints as hexadecimal digits and dashes only, so it can stand in the statement.
    fn new(begin: &str, caller: &Caller, settings: &str) -> Self {
        Self(format!("{begin}; set local bangfu.federation = '{}'; {settings}", caller.federation))
    }

    /// Opens the transaction. It may be sent together with the first statements ([`Tx::wire`]), before them: what would come
    /// outside of a transaction the database refuses, because nobody acts in it.
    ///
    /// # Errors
    /// When the credential does not hold any more, or the database cannot be reached.
    pub async fn send(&self, tx: &Tx) -> Result<()> {
        Ok(tx.wire().batch_execute(&self.0).await?)
    }
}

impl Tx {
    /// A connection for a transaction that is not open yet.
    async fn take(db: &Db, caller: &Caller, acts: Vec<Doing>) -> Result<Self> {
        let connection = db.connection().await?;
        Ok(Self {
            connection: Some(connection),
            federation: caller.federation,
            actor: caller.actor.clone(),
            acts,
            turn: 0,
            clock: db.clock(),
            vault: db.vault().clone(),
            sight: Sight::Masked,
        })
    }

    async fn begin(db: &Db, caller: &Caller, begin: &str, acts: Vec<Doing>, settings: &str) -> Result<Self> {
        let tx = Self::take(db, caller, acts).await?;
        Opening::new(begin, caller, settings).send(&tx).await?;
        Ok(tx)
    }

    /// A transaction for acts of one user, each from where its caller says, and how it opens: the database checks the credential
    /// and signs the actor (`schema/05_access_doors.sql`). Whoever calls it with several sees to it that their callers differ in
    /// nothing else.
    pub(super) async fn acts_of(db: &Db, callers: &[&Caller], together: bool) -> Result<(Self, Opening)> {
        let caller = *callers.first().ok_or_else(|| Error::Internal("a transaction of no act".to_owned()))?;
        let acts: Vec<Doing> = callers.iter().map(|caller| Doing::by(caller)).collect();
        let (ids, authenticate) = (named(&acts), authenticating(caller, &acts));
        let manner = if together { TOGETHER } else { "" };
        let opening = Opening::new("begin", caller, &format!("{manner}set local bangfu.act = '{ids}'; {authenticate}"));
        Ok((Self::take(db, caller, acts).await?, opening))
    }

    /// Opens one act: see [`Tx::acts_of`].
    pub(super) async fn begin_act(db: &Db, caller: &Caller) -> Result<Self> {
        let (tx, opening) = Self::acts_of(db, &[caller], false).await?;
        opening.send(&tx).await?;
        Ok(tx)
    }

    /// Opens an act before it is known who acts: a login. The door that is called in it says who it was.
    pub(super) async fn begin_login(db: &Db, caller: &Caller) -> Result<Self> {
        let acts = vec![Doing::by(caller)];
        let settings = format!("set local bangfu.act = '{}'", named(&acts));
        Self::begin(db, caller, "begin", acts, &settings).await
    }

    pub(super) async fn begin_reading(db: &Db, caller: &Caller) -> Result<Self> {
        let role = if caller.has(Role::Auditor) { "set local role bangfu_auditor" } else { "" };
        Self::begin(db, caller, "begin transaction isolation level repeatable read read only", Vec::new(), role).await
    }

    pub(super) async fn begin_unattended(db: &Db, federation: FederationId) -> Result<Self> {
        Self::begin(db, &Caller::program(federation, "unattended"), "begin", Vec::new(), "").await
    }

    fn held(&mut self) -> Result<&mut Object<AsyncPgConnection>> {
        self.connection.as_mut().ok_or_else(|| Error::Internal("a transaction that has ended".to_owned()))
    }

    /// Runs `work`, then tells of the act and commits if it succeeded and rolls back if it did not; then the connection goes
    /// back to the pool.
    pub(super) async fn finish<R>(mut self, work: impl AsyncFnOnce(&mut Self) -> Result<R>) -> Result<R> {
        // Boxed here and wherever else a caller's work is awaited: without it each of the many callers would be compiled
        // together with all of this.
        let outcome = Box::pin(work(&mut self)).await;
        self.end(outcome).await
    }

    /// Ends the transaction with what came of it: a success is told of and kept, anything else leaves nothing.
    ///
    /// # Errors
    /// That of the outcome; else what the database says to the event or the commit.
    pub async fn end<R>(self, outcome: Result<R>) -> Result<R> {
        match outcome {
            Ok(result) => self.keep().await.map(|()| result),
            Err(error) => {
                self.undo().await?;
                Err(error)
            }
        }
    }

    async fn keep(self) -> Result<()> {
        self.keep_with(async |_| Ok(())).await
    }

    /// Ends the transaction, and all of it is kept. What `last` writes is sent together with the acts' events.
    ///
    /// # Errors
    /// Those of `last`, and what the database says to the events or the commit; then nothing is kept.
    pub async fn keep_with(mut self, last: impl AsyncFnOnce(&Self) -> Result<()>) -> Result<()> {
        if let Err(error) = self.append_and_commit(last).await {
            self.undo().await?;
            return Err(error);
        }
        self.connection = None;
        Ok(())
    }

    /// Ends the transaction, and nothing of it is kept.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn undo(mut self) -> Result<()> {
        self.held()?.batch_execute("rollback").await?;
        self.connection = None;
        Ok(())
    }

    /// Writes the acts' audit events; then, last of all, gives what they booked the federation's next log numbers and commits.
    ///
    /// Every act of a federation waits for the row of its log, so that row is held for as short as can be (ADR 0018): the numbers
    /// and the commit are one message, and the commit lets go of it before it is on disk. What is on disk is waited for right
    /// afterwards, together with others who wait: nothing is answered before. An act that did nothing waits too: the answer that
    /// it repeats may be of a moment ago.
    async fn append_and_commit(&mut self, last: impl AsyncFnOnce(&Self) -> Result<()>) -> Result<()> {
        let waiting = if self.acts.is_empty() { "" } else { "; select pg_logical_emit_message(true, 'bangfu', '')" };
        let told: Vec<Told> = std::mem::take(&mut self.acts).into_iter().filter_map(|act| Some((act.id, act.origin, act.deed?))).collect();
        join!(last(self), self.tell(&told)).in_order()?;
        let numbering = if told.is_empty() {
            String::new()
        } else {
            format!("set local synchronous_commit = off; select audit_append('{}'); ", self.federation)
        };
        Ok(self.conn().batch_execute(&format!("{numbering}commit{waiting}")).await?)
    }

    /// Writes the audit events of acts, which have no log numbers yet.
    async fn tell(&self, told: &[Told]) -> Result<()> {
        if told.is_empty() {
            return Ok(());
        }
        let (federation, now) = (self.federation, self.now());
        let texts = |each: fn(&Origin, &Deed) -> Option<String>| -> Vec<Option<String>> {
            told.iter().map(|(_, origin, deed)| each(origin, deed)).collect()
        };
        let outcome = |deed: &Deed| if deed.refused.is_some() { "refused" } else { "done" };
        diesel::sql_query("select audit_tell($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
            .bind::<SqlUuid, _>(federation)
            .bind::<Array<SqlUuid>, _>(told.iter().map(|(id, ..)| *id).collect::<Vec<Uuid>>())
            .bind::<Timestamptz, _>(now)
            .bind::<Array<Nullable<Text>>, _>(texts(|origin, _| origin.address.clone()))
            .bind::<Array<Nullable<Text>>, _>(texts(|origin, _| origin.request_id.clone()))
            .bind::<Array<Text>, _>(told.iter().map(|(_, origin, _)| origin.action.as_str()).collect::<Vec<&str>>())
            .bind::<Array<Text>, _>(told.iter().map(|(.., deed)| outcome(deed)).collect::<Vec<&str>>())
            .bind::<Array<Nullable<Text>>, _>(texts(|_, deed| deed.refused.map(str::to_owned)))
            .bind::<Array<Nullable<Text>>, _>(texts(|_, deed| deed.subject.as_ref().map(|(kind, _)| kind.clone())))
            .bind::<Array<Nullable<Text>>, _>(texts(|_, deed| deed.subject.as_ref().map(|(_, id)| id.clone())))
            .bind::<Array<Nullable<Jsonb>>, _>(told.iter().map(|(.., deed)| deed.before.as_ref()).collect::<Vec<Option<&Value>>>())
            .bind::<Array<Nullable<Jsonb>>, _>(told.iter().map(|(.., deed)| deed.after.as_ref()).collect::<Vec<Option<&Value>>>())
            .bind::<Array<Nullable<Text>>, _>(texts(|_, deed| deed.reason.clone()))
            .prepared()
            .execute(&mut self.wire())
            .await?;
        Ok(())
    }

    /// Holds whoever acts against what they rely on once more, at the end of an act that took long.
    ///
    /// # Errors
    /// When the credential or the role does not hold any more, or the database cannot be reached.
    pub async fn authenticate_again(&mut self, caller: &Caller) -> Result<()> {
        let statement = authenticating(caller, &self.acts);
        Ok(self.conn().batch_execute(&statement).await?)
    }

    /// Marks where [`Tx::back_to_mark`] takes the transaction back to.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn mark(&mut self) -> Result<()> {
        Ok(self.conn().batch_execute("savepoint mark").await?)
    }

    /// Keeps what was done since the mark.
    ///
    /// # Errors
    /// As [`Tx::mark`].
    pub async fn keep_since_mark(&mut self) -> Result<()> {
        Ok(self.conn().batch_execute("release savepoint mark").await?)
    }

    /// Takes back what was done since the mark, a statement that failed included.
    ///
    /// # Errors
    /// As [`Tx::mark`].
    pub async fn back_to_mark(&mut self) -> Result<()> {
        Ok(self.conn().batch_execute("rollback to savepoint mark; release savepoint mark").await?)
    }

    /// Says that so many rows were just written by one statement, so that the plans of what follows in the transaction are made for
    /// that many (`schema/75_statistics.sql`). For whatever may be written by the ten thousand.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn grown_by(&self, rows: usize) -> Result<()> {
        if rows >= MANY {
            diesel::sql_query("select refresh_statistics()").execute(&mut self.wire()).await?;
        }
        Ok(())
    }

    /// The connection, for statements.
    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a transaction gives its connection back only when it has ended"),
        }
    }

    /// The connection, for statements that are sent together. Those of futures joined by `futures_util`'s `join!` go
    /// out at once, and are carried out in the order of the futures, each seeing what those before it did: the service waits once
    /// for all of them instead of once for each (docs/adr/0020).
    pub fn wire(&self) -> &AsyncPgConnection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a transaction gives its connection back only when it has ended"),
        }
    }

    /// The id of the act, which sealed rows name; nil in a transaction that only reads. Of several the one whose turn it is.
    #[must_use]
    pub fn act(&self) -> Uuid {
        self.acts.get(self.turn).map_or(Uuid::nil(), |act| act.id)
    }

    /// The ids of all its acts, in the order in which they were asked for.
    #[must_use]
    pub fn acts(&self) -> Vec<Uuid> {
        self.acts.iter().map(|act| act.id).collect()
    }

    /// Of several acts, says which one the following is about.
    pub fn turn_to(&mut self, turn: usize) {
        self.turn = turn;
    }

    fn deed(&mut self) -> Option<&mut Deed> {
        self.acts.get_mut(self.turn)?.deed.as_mut()
    }

    /// What the act is about, for its audit event: a kind such as `plan`, and which. The first that says so is kept.
    pub fn about(&mut self, kind: &str, id: impl ToString) {
        if let Some(deed) = self.deed()
            && deed.subject.is_none()
        {
            deed.subject = Some((kind.to_owned(), id.to_string()));
        }
    }

    /// What the subject was before, masked as answers are; for its audit event.
    pub fn before(&mut self, view: &impl Serialize) {
        if let Some(deed) = self.deed() {
            deed.before = kept(view);
        }
    }

    /// What the subject became; handlers pass the answer, so a service says it only where that is not it.
    pub fn after(&mut self, view: &impl Serialize) {
        if let Some(deed) = self.deed()
            && deed.after.is_none()
        {
            deed.after = kept(view);
        }
    }

    /// Why it is done, in the words of who does it.
    pub fn because(&mut self, reason: &str) {
        if let Some(deed) = self.deed()
            && !reason.trim().is_empty()
        {
            deed.reason = Some(reason.to_owned());
        }
    }

    /// The act was refused, and nothing is written but its event.
    pub fn refused(&mut self, code: &'static str) {
        if let Some(deed) = self.deed() {
            deed.refused = Some(code);
        }
    }

    /// Nothing was done after all: a repeated request. No event is written.
    pub fn nothing_done(&mut self) {
        if let Some(act) = self.acts.get_mut(self.turn) {
            act.deed = None;
        }
    }

    /// When this is recorded, to the microsecond that the database keeps.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    /// How much of personal values is shown by what this transaction reads.
    #[must_use]
    pub const fn sight(&self) -> Sight {
        self.sight
    }

    /// Shows personal values in clear from here on. For an export that was asked for in clear, once that has been verified
    /// (`exports/service.rs`), and for nothing else.
    pub const fn see_in_clear(&mut self) {
        self.sight = Sight::Clear;
    }

    /// The keys that personal data is sealed and found with.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Seals a personal value for a column of a row of this federation. `column` is `table.column` without `_sealed`.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal(&self, column: &'static str, row: Uuid, value: &str) -> Result<Sealed> {
        self.vault.seal(&Place { column, federation: self.federation, row }, value)
    }

    /// Opens a personal value of a column of a row of this federation.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open(&self, column: &'static str, row: Uuid, sealed: &[u8]) -> Result<Secret> {
        Ok(self.vault.open(&Place { column, federation: self.federation, row }, sealed)?.value)
    }

    /// The hash by which a personal value is found within this federation.
    #[must_use]
    pub fn index(&self, kind: Indexed, value: &str) -> Vec<u8> {
        self.vault.index(kind, self.federation, value)
    }

    /// The business date in China.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.clock.today()
    }
}
