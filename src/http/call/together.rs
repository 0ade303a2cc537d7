//! Doing together what one user asks for from many connections at once (docs/adr/0020).
//!
//! Each request stays an act of its own, with its audit event, its idempotency key and its answer, and is answered only when it
//! is on disk. They share one transaction, so that what a transaction costs whatever it does is paid once for all of them. While
//! one transaction runs, what comes in meanwhile waits for the next; and the next waits a moment for those who were just answered.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use actix_web::HttpResponse;
use futures_util::join;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Command;
use crate::db::{Error, InOrder, Joined, Opening, Result, Tx, idempotency};
use crate::http::answer::Answer;
use crate::http::gather::{Gather, Manner};
use crate::http::{ApiError, ApiResult};
use crate::kernel::{FederationId, Permission, Permit};

/// Requests in one transaction at most.
const MOST: usize = 32;

/// Whose requests may be done together: those of one credential on one federation. Who acts is proved once for all of them.
type Whose = (FederationId, FederationId, [u8; 32]);

/// Requests of one kind that wait to be done together, one transaction of a user at a time. (With two, groups were half as large,
/// and waited for each other's lines and plans.) Cloned, it is the same.
pub struct Together<T, P>(Gather<Whose, Waiting<T, P>>);

/// A command, and where whoever asked for it is told what came of it.
type Waiting<T, P> = (Command<T, P>, oneshot::Sender<Outcome<T, P>>);

enum Outcome<T, P> {
    Done(Answer),
    /// It is to be done alone.
    Apart(Box<Command<T, P>>),
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
    /// acts. What it says cannot be done with others is given back, to be run alone; so is everything when the transaction fails,
    /// and whatever repeats a request, because that is then told what is wrong, or what was answered, as if nothing else were there.
    ///
    /// # Errors
    /// None of the command's own, which are found when it is run alone; [`Error::Internal`] when the transaction broke off without
    /// a word.
    pub async fn run<W>(&self, command: Command<T, P>, work: W) -> ApiResult<std::result::Result<HttpResponse, Command<T, P>>>
    where
        W: AsyncFn(&Tx, &Permit<P>, &[&T]) -> Result<Joined<Answer>> + 'static,
    {
        let Some(whose) = whose(&command) else { return Ok(Err(command)) };
        let (tell, told) = oneshot::channel();
        self.0.put(whose, (command, tell), Manner::Together(MOST), async move |group| carry_out(group, &work).await);
        match told.await {
            Ok(Outcome::Done(answer)) => Ok(Ok(answer.send())),
            Ok(Outcome::Apart(command)) => Ok(Err(*command)),
            Err(_) => Err(ApiError(Error::Internal("a transaction of several acts broke off".to_owned()))),
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
async fn carry_out<T, P: Permission, W>(mut group: Vec<Waiting<T, P>>, work: &W)
where
    W: AsyncFn(&Tx, &Permit<P>, &[&T]) -> Result<Joined<Answer>>,
{
    let mut aside = Vec::new();
    while !group.is_empty() {
        let commands: Vec<&Command<T, P>> = group.iter().map(|(command, _)| command).collect();
        let apart = match attempt(&commands, work).await {
            Ok(Joined::Done(answers)) if answers.len() == group.len() => {
                for ((_, tell), answer) in group.into_iter().zip(answers) {
                    // Whoever went away meanwhile asks again with its key.
                    drop(tell.send(Outcome::Done(answer)));
                }
                break;
            }
            Ok(Joined::Apart(places)) if !places.is_empty() => places,
            Ok(_) => (0..group.len()).collect(),
            Err(error) => {
                // Each then meets it again, or is done.
                tracing::info!(error = %error.described(), requests = group.len(), "requests are done one by one");
                (0..group.len()).collect()
            }
        };
        let mut rest = Vec::new();
        for (place, (command, tell)) in group.into_iter().enumerate() {
            if apart.contains(&place) {
                aside.push((command, tell));
            } else {
                rest.push((command, tell));
            }
        }
        group = rest;
    }
    for (command, tell) in aside {
        drop(tell.send(Outcome::Apart(Box::new(command))));
    }
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
