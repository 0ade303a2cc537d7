//! One lookup for many who ask the same at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::db::Result;
use crate::kernel::{Credential, FederationId};

/// Lookups by credential that run, each with those who came since it began.
type Running<V> = HashMap<Key, Vec<oneshot::Sender<Told<V>>>>;

/// The credential's federation and key.
type Key = (FederationId, [u8; 32]);

/// Joins lookups of the same credential. Nobody is told what was read before they asked: who comes while a lookup runs waits for
/// the next one, which is made once for all who wait. So a token that was revoked is refused to everyone who comes afterwards.
#[derive(Debug)]
pub struct AtOnce<V>(Arc<Mutex<Running<V>>>);

impl<V> Clone for AtOnce<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V> Default for AtOnce<V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

#[derive(Debug)]
enum Told<V> {
    /// What was found since one asked.
    Found(V),
    /// It is one's own turn to look it up.
    Asking(Asking<V>),
}

/// The turn to look something up, and to tell those who wait for it. When it ends, in whatever way, the next of those who came
/// meanwhile has the turn; whom it did not tell looks it up alone.
#[derive(Debug)]
struct Asking<V> {
    all: AtOnce<V>,
    key: Key,
    owed: Vec<oneshot::Sender<Told<V>>>,
}

impl<V> Drop for Asking<V> {
    fn drop(&mut self) {
        let mut next = {
            let mut running = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
            let came = running.get_mut(&self.key).map(std::mem::take).unwrap_or_default();
            if came.is_empty() {
                running.remove(&self.key);
                return;
            }
            came
        };
        let first = next.swap_remove(0);
        // If that one has gone away, the turn comes back and ends here.
        drop(first.send(Told::Asking(Self { all: self.all.clone(), key: self.key, owed: next })));
    }
}

impl<V: Clone> AtOnce<V> {
    /// What `look_up` finds of a credential, by this call or by another that began after this one.
    ///
    /// # Errors
    /// What `look_up` returns.
    pub async fn find(&self, credential: &Credential, look_up: impl AsyncFn() -> Result<V>) -> Result<V> {
        let turn = match self.turn((credential.home, credential.key)) {
            Ok(turn) => turn,
            Err(told) => match told.await {
                Ok(Told::Found(found)) => return Ok(found),
                Ok(Told::Asking(turn)) => turn,
                Err(_) => return look_up().await,
            },
        };
        turn.take(look_up).await
    }

    /// The turn to look it up, or where one is told.
    fn turn(&self, key: Key) -> std::result::Result<Asking<V>, oneshot::Receiver<Told<V>>> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = running.get_mut(&key) {
            let (tell, told) = oneshot::channel();
            waiting.push(tell);
            return Err(told);
        }
        running.insert(key, Vec::new());
        Ok(Asking { all: self.clone(), key, owed: Vec::new() })
    }
}

impl<V: Clone> Asking<V> {
    async fn take(mut self, look_up: impl AsyncFn() -> Result<V>) -> Result<V> {
        let found = look_up().await?;
        for tell in self.owed.drain(..) {
            // Whoever went away does not need it.
            drop(tell.send(Told::Found(found.clone())));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::db::Error;
    use crate::kernel::SERVICE;

    fn credential(key: u8) -> Credential {
        Credential { home: SERVICE, key: [key; 32] }
    }

    /// Counts its calls and says which one it was, after a while.
    async fn counted(calls: &AtomicUsize) -> Result<usize> {
        let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(call)
    }

    #[tokio::test]
    async fn those_who_come_while_one_is_looked_up_share_the_next_lookup() {
        let (all, calls) = (AtOnce::default(), AtomicUsize::new(0));
        let (one, two) = (credential(1), credential(2));
        let find = |after: u64| {
            let (all, calls, one) = (all.clone(), &calls, &one);
            async move {
                tokio::time::sleep(Duration::from_millis(after)).await;
                all.find(one, async || counted(calls).await).await.unwrap()
            }
        };
        let other = async { all.find(&two, async || Ok(99)).await.unwrap() };
        let found = futures_util::future::join4(find(0), find(10), find(20), other).await;
        // Not the first: that one began before they asked.
        assert_eq!(found, (1, 2, 2, 99));
        assert_eq!(find(0).await, 3);
        assert!(all.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn whoever_goes_away_or_fails_keeps_nobody_waiting() {
        let (all, calls) = (AtOnce::<usize>::default(), AtomicUsize::new(0));
        let one = credential(1);
        let gone = tokio::time::timeout(Duration::from_millis(20), all.find(&one, async || counted(&calls).await));
        let second = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            // Waits for the first, and is gone before its turn comes.
            tokio::time::timeout(Duration::from_millis(10), all.find(&one, async || counted(&calls).await)).await
        };
        let failing = async {
            tokio::time::sleep(Duration::from_millis(6)).await;
            all.find(&one, async || Err(Error::Internal("no".to_owned()))).await
        };
        let third = async {
            tokio::time::sleep(Duration::from_millis(7)).await;
            all.find(&one, async || counted(&calls).await).await
        };
        let (gone, second, failing, third) = futures_util::future::join4(gone, second, failing, third).await;
        assert!(gone.is_err() && second.is_err());
        assert!(failing.is_err());
        assert_eq!(third.unwrap(), 2);
        assert!(all.0.lock().unwrap().is_empty());
    }
}
