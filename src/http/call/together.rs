//! Doing together what one user asks for from many connections at once (docs/adr/0020).
//!
//! Each request stays an act of its own, with its audit event, its idempotency key and its answer, and is answered only when it
//! is on disk. They share one transaction, so that what a transaction costs whatever it does is paid once for all of them. While
//! one transaction runs, what comes in meanwhile waits for the next; and the next waits a moment for those who were just answered.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use actix_web::HttpResponse;
use futures_util::join;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Command;
use crate::db::{Error, InOrder, Joined, Opening, Result, Tx, idempotency};
use crate::http::answer::Answer;
use crate::http::gather::{Gather, Job, Manner};
use crate::http::{ApiError, ApiResult, CONSTRAINTS};
use crate::kernel::{FederationId, Permission, Permit};

/// Requests in one transaction at most.
const MOST: usize = 32;
/// Bytes of the body of one at most.
const LARGEST: usize = 16 * 1024;

/// Whose requests may be done together: those of one credential on one federation. Who acts is proved once for all of them.
type Whose = (FederationId, FederationId, [u8; 32]);

/// Requests of one kind that wait to be done together, one transaction of a user at a time. (With two, groups were half as large,
/// and waited for each other's lines and plans.) Cloned, it is the same.
pub struct Together<T, P>(Gather<Whose, Waiting<T, P>>);

/// A command that waits. Dropped, it is given back to whoever asked, to be done alone; so `command` stands before `tell` and is
/// let go of first.
struct Waiting<T, P> {
    command: Arc<Command<T, P>>,
    tell: oneshot::Sender<Answer>,
}

impl<T: 'static, P: 'static> Job for Waiting<T, P> {
    fn wanted(&self) -> bool {
        self.tell.wanted()
    }
}

impl<T, P> Clone for Together<T, P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T, P> Default for Together<T, P> {
    fn default() -> Self {
        Self(Gather::default())
    }
}

impl<T, P> fmt::Debug for Together<T, P> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Together").finish_non_exhaustive()
    }
}

impl<T: 'static, P: Permission> Together<T, P> {
    /// Does a command in one transaction with others that wait: `work` is given all of them, in the order of the transaction's
    /// acts. What it says cannot be done with others is given back, to be run alone; so is what the database refuses, whatever
    /// repeats a request, because that is then told what is wrong, or what was answered, as if nothing else were there, and
    /// everything whose transaction broke off: what became of it then, its key tells.
    ///
    /// # Errors
    /// None of the command's own, which are found when it is run alone.
    pub async fn run<W>(&self, command: Command<T, P>, work: W) -> ApiResult<std::result::Result<HttpResponse, Command<T, P>>>
    where
        W: AsyncFn(&Tx, &Permit<P>, &[&T]) -> Result<Joined<Answer>> + 'static,
    {
        let Some(whose) = whose(&command).filter(|_| command.size <= LARGEST) else { return Ok(Err(command)) };
        let command = Arc::new(command);
        let (tell, told) = oneshot::channel();
        let waiting = Waiting { command: command.clone(), tell };
        self.0.put(whose, waiting, Manner::Together(MOST), async move |group| carry_out(group, &work).await);
        match told.await {
            Ok(answer) => Ok(Ok(answer.send())),
            Err(_) => match Arc::try_unwrap(command) {
                Ok(command) => Ok(Err(command)),
                Err(_) => Err(ApiError(Error::Internal("a command that was given back is still held".to_owned()))),
            },
        }
    }
}

/// The credential of a command that may be done with others: one whose role holds in the whole federation, so that nothing it
/// names must be looked up first.
fn whose<T, P>(command: &Command<T, P>) -> Option<Whose> {
    let caller = &command.act.caller;
    let credential = caller.credential().filter(|_| command.act.reach.organisations().is_none())?;
    Some((caller.federation, credential.home, credential.key))
}

/// Does a group, less whatever turns out to be done apart, and tells each what came of it. What is done apart is done after the
/// rest: the last payment of a plan is then the last.
async fn carry_out<T: 'static, P: Permission, W>(group: Vec<Waiting<T, P>>, work: &W)
where
    W: AsyncFn(&Tx, &Permit<P>, &[&T]) -> Result<Joined<Answer>>,
{
    let (mut parts, mut aside) = (vec![group], Vec::new());
    while let Some(mut part) = parts.pop() {
        part.retain(Job::wanted);
        let commands: Vec<&Command<T, P>> = part.iter().map(|waiting| waiting.command.as_ref()).collect();
        match attempt(&commands, work).await {
            Ok(Joined::Done(answers)) if answers.len() == part.len() => {
                for (waiting, answer) in part.into_iter().zip(answers) {
                    // Whoever went away meanwhile asks again with its key.
                    drop(waiting.tell.send(answer));
                }
            }
            Ok(Joined::Apart(places)) if !places.is_empty() => parts.push(without(part, &places, &mut aside)),
            // The database does not say whose fault it is. Halved, those at fault are soon alone, and the others done.
            Err(error) if part.len() > 1 && error.refusal(CONSTRAINTS).is_some() => {
                parts.push(part.split_off(part.len() / 2));
                parts.push(part);
            }
            Ok(_) => aside.append(&mut part),
            Err(error) => {
                // Each then meets it again, or is done.
                tracing::info!(error = %error.described(), requests = part.len(), "requests are done one by one");
                aside.append(&mut part);
            }
        }
    }
}

/// A group without those at some places, which are put aside.
fn without<T, P>(group: Vec<Waiting<T, P>>, places: &BTreeSet<usize>, aside: &mut Vec<Waiting<T, P>>) -> Vec<Waiting<T, P>> {
    let mut rest = Vec::new();
    for (place, waiting) in group.into_iter().enumerate() {
        if places.contains(&place) { aside.push(waiting) } else { rest.push(waiting) }
    }
    rest
}

/// One transaction of several acts: all of it is kept, or nothing.
async fn attempt<T, P: Permission, W>(commands: &[&Command<T, P>], work: &W) -> Result<Joined<Answer>>
where
    W: AsyncFn(&Tx, &Permit<P>, &[&T]) -> Result<Joined<Answer>>,
{
    let repeated = repeated(commands);
    if !repeated.is_empty() {
        return Ok(Joined::Apart(repeated));
    }
    let Some(first) = commands.first() else { return Ok(Joined::Done(Vec::new())) };
    let callers: Vec<_> = commands.iter().map(|command| &command.act.caller).collect();
    let (mut tx, opening) = first.act.db.acts(&callers).await?;
    let answers = match in_transaction(&tx, &opening, commands, &first.permit, work).await {
        Ok(Joined::Done(answers)) => answers,
        Ok(apart) => return tx.undo().await.map(|()| apart),
        Err(error) => return tx.end(Err(error)).await,
    };
    let federation: Uuid = tx.federation.0;
    let mut kept = Vec::with_capacity(answers.len());
    for (turn, (command, answer)) in commands.iter().zip(&answers).enumerate() {
        tx.turn_to(turn);
        command.act.subject.tell(&mut tx, Some(answer));
        kept.push((command.key.key.as_str(), answer.kept()?));
    }
    tx.keep_with(async |tx| idempotency::record_each(tx.wire(), federation, &kept).await).await?;
    Ok(Joined::Done(answers))
}

async fn in_transaction<T, P: Permission, W>(
    tx: &Tx,
    opening: &Opening,
    commands: &[&Command<T, P>],
    permit: &Permit<P>,
    work: &W,
) -> Result<Joined<Answer>>
where
    W: AsyncFn(&Tx, &Permit<P>, &[&T]) -> Result<Joined<Answer>>,
{
    let keys: Vec<&str> = commands.iter().map(|command| command.key.key.as_str()).collect();
    let digests: Vec<&str> = commands.iter().map(|command| command.key.digest.as_str()).collect();
    let bodies: Vec<&T> = commands.iter().map(|command| &command.body).collect();
    // In vain where a key is known; that is rare, and nothing of it is kept.
    let claiming = idempotency::claim_each(tx.wire(), tx.federation.0, &keys, &digests, tx.now());
    let ((), claimed, answers) = join!(opening.send(tx), claiming, work(tx, permit, &bodies)).in_order()?;
    let known: BTreeSet<usize> = (0..).zip(&keys).filter(|(_, key)| !claimed.contains(**key)).map(|(place, _)| place).collect();
    Ok(if known.is_empty() { answers } else { Joined::Apart(known) })
}

/// Commands with the key of one before them.
fn repeated<T, P>(commands: &[&Command<T, P>]) -> BTreeSet<usize> {
    let mut seen = HashSet::new();
    (0..).zip(commands).filter(|(_, command)| !seen.insert(command.key.key.as_str())).map(|(place, _)| place).collect()
}
