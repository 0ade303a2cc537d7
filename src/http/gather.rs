//! Doing at once what was asked for while something of the same kind was being done.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Jobs that wait, by what they have in common. A key is there for as long as somebody does its jobs. Cloned, it is the same.
pub struct Gather<K, J>(Arc<Mutex<HashMap<K, Vec<J>>>>);

impl<K, J> Clone for Gather<K, J> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, J> Default for Gather<K, J> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, J> fmt::Debug for Gather<K, J> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Gather").finish_non_exhaustive()
    }
}

impl<K: Copy + Eq + Hash + 'static, J: 'static> Gather<K, J> {
    /// Has a job done: at once when none of its key is being done, and else together with what else comes until those that are
    /// being done have ended. So nobody waits for others to come, and no job is given to a `go` that began before it was put here.
    /// `go` is given the jobs in the order in which they came, at most so many; when it panics, they and those that wait are
    /// dropped.
    pub fn put<W>(&self, key: K, job: J, most: usize, go: W)
    where
        W: AsyncFn(Vec<J>) + 'static,
    {
        let mut lead = false;
        self.jobs()
            .entry(key)
            .or_insert_with(|| {
                lead = true;
                Vec::new()
            })
            .push(job);
        if lead {
            // On its own: whoever came first may go away while others wait.
            let mut leading = Leading { all: self.clone(), key, ended: false };
            actix_web::rt::spawn(async move {
                while let Some(jobs) = leading.next(most) {
                    go(jobs).await;
                }
            });
        }
    }
}

impl<K, J> Gather<K, J> {
    fn jobs(&self) -> MutexGuard<'_, HashMap<K, Vec<J>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one who does the jobs of a key, until none waits, or until it breaks off.
struct Leading<K: Copy + Eq + Hash, J> {
    all: Gather<K, J>,
    key: K,
    ended: bool,
}

impl<K: Copy + Eq + Hash, J> Leading<K, J> {
    fn next(&mut self, most: usize) -> Option<Vec<J>> {
        let mut jobs = self.all.jobs();
        let waiting = jobs.get_mut(&self.key)?;
        if waiting.is_empty() {
            // Under the same lock: nobody may come in between and wait for one who has gone.
            jobs.remove(&self.key);
            self.ended = true;
            return None;
        }
        let later = waiting.split_off(waiting.len().min(most));
        Some(std::mem::replace(waiting, later))
    }
}

impl<K: Copy + Eq + Hash, J> Drop for Leading<K, J> {
    fn drop(&mut self) {
        if !self.ended {
            self.all.jobs().remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    use super::*;

    async fn slowly(jobs: Vec<u8>, done: &UnboundedSender<Vec<u8>>) {
        assert!(!jobs.contains(&0), "a job that panics");
        tokio::time::sleep(Duration::from_millis(30)).await;
        done.send(jobs).unwrap();
    }

    async fn all(done: &mut UnboundedReceiver<Vec<u8>>, count: usize) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(done.recv().await.unwrap());
        }
        tokio::task::yield_now().await;
        all
    }

    #[actix_web::test]
    async fn what_comes_while_one_is_done_is_done_in_the_next_go() {
        let (gather, (done, mut told)) = (Gather::default(), unbounded_channel());
        let put = |key: u8, job: u8| {
            let done = done.clone();
            gather.put(key, job, 3, async move |jobs| slowly(jobs, &done).await);
        };
        put(1, 1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        (2..=5).for_each(|job| put(1, job));
        put(9, 90);
        assert_eq!(all(&mut told, 4).await, [vec![1], vec![90], vec![2, 3, 4], vec![5]]);
        assert!(gather.jobs().is_empty());
        put(1, 6);
        assert_eq!(all(&mut told, 1).await, [[6]]);
    }

    #[actix_web::test]
    async fn after_a_panic_those_who_waited_are_dropped_and_the_next_is_done() {
        let (gather, (done, mut told)) = (Gather::default(), unbounded_channel());
        let put = |job: u8| {
            let done = done.clone();
            gather.put(1, job, 3, async move |jobs| slowly(jobs, &done).await);
        };
        (0..=4).for_each(put);
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(gather.jobs().is_empty());
        put(5);
        assert_eq!(all(&mut told, 1).await, [[5]]);
    }
}
