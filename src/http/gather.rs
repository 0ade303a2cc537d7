//! Doing at once what was asked for while something of the same kind was being done.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// Longest that a go waits for those who were just answered to come again.
const PATIENCE: Duration = Duration::from_millis(5);

/// Jobs that wait under one key at most.
const MOST_WAITING: usize = 1024;

/// Something that is to be done for somebody.
pub trait Job: 'static {
    /// Whether somebody still waits for it.
    fn wanted(&self) -> bool;
}

impl<R: 'static> Job for oneshot::Sender<R> {
    fn wanted(&self) -> bool {
        !self.is_closed()
    }
}

/// How jobs are gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// What has come is done as soon as what was being done has ended.
    AtOnce,
    /// At most so many in one go. And whoever was just answered is expected to come again, as clients with one connection each do:
    /// the next go waits for as many jobs as were done and waited together, though never longer than half as long as the last go
    /// took, nor than five milliseconds. Otherwise those who ask all the time would fall into two halves that wait for each other, and
    /// a go would be paid twice as often.
    Together(usize),
}

/// Jobs that wait, by what they have in common. A key is there for as long as somebody does its jobs. Cloned, it is the same.
pub struct Gather<K, J>(Arc<Mutex<HashMap<K, Waiting<J>>>>);

/// The jobs of a key that wait, and who is to be told once there are so many of them.
struct Waiting<J> {
    jobs: Vec<J>,
    enough: Option<(usize, oneshot::Sender<()>)>,
}

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

impl<K: Copy + Eq + Hash + 'static, J: Job> Gather<K, J> {
    /// Has a job done: at once when none of its key is being done, and else together with what else comes until those that are
    /// being done have ended. So no job is given to a `go` that began before it was put here. `go` is given the jobs in the order
    /// in which they came, less those that nobody waits for any more.
    ///
    /// A job is dropped undone when a `go` of its key panics, when the worker it runs on ends, and at once when a thousand
    /// others wait: whoever waits for it sees to it then.
    pub fn put<W>(&self, key: K, job: J, manner: Manner, go: W)
    where
        W: AsyncFn(Vec<J>) + 'static,
    {
        if self.add(key, job) {
            // On its own: whoever came first may go away while others wait.
            let mut leading = Leading { all: self.clone(), key, ended: false };
            actix_web::rt::spawn(async move {
                while let Some(jobs) = leading.next(manner) {
                    let (began, count) = (Instant::now(), jobs.len());
                    go(jobs).await;
                    if let Manner::Together(most) = manner {
                        leading.expect(count, most, PATIENCE.min(began.elapsed() / 2)).await;
                    }
                }
            });
        }
    }

    /// Adds a job to those that wait; whether it is the first of its key, which somebody has to lead.
    fn add(&self, key: K, job: J) -> bool {
        let mut all = self.jobs();
        let first = !all.contains_key(&key);
        let waiting = all.entry(key).or_insert_with(|| Waiting { jobs: Vec::new(), enough: None });
        if waiting.jobs.len() >= MOST_WAITING {
            waiting.jobs.retain(Job::wanted);
        }
        if waiting.jobs.len() >= MOST_WAITING {
            return false;
        }
        waiting.jobs.push(job);
        let so_many = waiting.jobs.len();
        if let Some((_, tell)) = waiting.enough.take_if(|(count, _)| so_many >= *count) {
            // Whoever has waited long enough does not need it.
            let _late = tell.send(());
        }
        first
    }
}

impl<K, J> Gather<K, J> {
    fn jobs(&self) -> MutexGuard<'_, HashMap<K, Waiting<J>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one who does the jobs of a key, until none waits, or until it breaks off.
struct Leading<K: Copy + Eq + Hash, J: Job> {
    all: Gather<K, J>,
    key: K,
    ended: bool,
}

impl<K: Copy + Eq + Hash, J: Job> Leading<K, J> {
    fn next(&mut self, manner: Manner) -> Option<Vec<J>> {
        let mut all = self.all.jobs();
        let waiting = &mut all.get_mut(&self.key)?.jobs;
        waiting.retain(Job::wanted);
        if waiting.is_empty() {
            // Under the same lock: nobody may come in between and wait for one who has gone.
            all.remove(&self.key);
            self.ended = true;
            return None;
        }
        let most = match manner {
            Manner::AtOnce => usize::MAX,
            Manner::Together(most) => most,
        };
        let later = waiting.split_off(waiting.len().min(most));
        Some(std::mem::replace(waiting, later))
    }

    /// Waits until as many wait as were `done` and waited meanwhile, or `most`. Whoever asks alone, one thing after the other, is
    /// not waited for.
    async fn expect(&self, done: usize, most: usize, longest: Duration) {
        let told = {
            let mut all = self.all.jobs();
            let Some(waiting) = all.get_mut(&self.key) else { return };
            let here = waiting.jobs.len();
            let expected = here.saturating_add(done).min(most);
            if expected <= here.max(1) {
                return;
            }
            let (tell, told) = oneshot::channel();
            waiting.enough = Some((expected, tell));
            told
        };
        // Late or not, what has come is done next.
        drop(tokio::time::timeout(longest, told).await);
    }
}

impl<K: Copy + Eq + Hash, J: Job> Drop for Leading<K, J> {
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

    /// Somebody waits for a number until it is gone; for others always.
    impl Job for u8 {
        fn wanted(&self) -> bool {
            *self != GONE
        }
    }

    const GONE: u8 = 255;

    async fn slowly(jobs: Vec<u8>, done: &UnboundedSender<Vec<u8>>) {
        assert!(!jobs.contains(&0), "a job that panics");
        tokio::time::sleep(Duration::from_millis(30)).await;
        done.send(jobs).unwrap();
    }

    /// What puts a job under the key 1.
    fn putting(gather: &Gather<u8, u8>, done: &UnboundedSender<Vec<u8>>, manner: Manner) -> impl Fn(u8) + use<> {
        let (gather, done) = (gather.clone(), done.clone());
        move |job| {
            let done = done.clone();
            gather.put(1, job, manner, async move |jobs| slowly(jobs, &done).await);
        }
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
            gather.put(key, job, Manner::Together(3), async move |jobs| slowly(jobs, &done).await);
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

    /// Answers whoever asks, and has them ask again, as clients with a connection each do.
    #[actix_web::test]
    async fn those_who_ask_again_once_they_are_answered_come_into_one_go() {
        let (gather, (done, mut told)) = (Gather::default(), unbounded_channel());
        let put = putting(&gather, &done, Manner::Together(9));
        put(1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        (2..=4).for_each(&put);
        for _ in 0..3 {
            all(&mut told, 1).await.into_iter().flatten().for_each(&put);
        }
        assert_eq!(all(&mut told, 1).await, [[2, 3, 4, 1]]);
    }

    #[actix_web::test]
    async fn those_who_do_not_come_again_are_not_waited_for_any_longer() {
        let (gather, (done, mut told)) = (Gather::default(), unbounded_channel());
        let put = putting(&gather, &done, Manner::Together(9));
        put(1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        put(2);
        assert_eq!(all(&mut told, 2).await, [[1], [2]]);
    }

    #[actix_web::test]
    async fn what_nobody_waits_for_any_more_is_not_done() {
        let (gather, (done, mut told)) = (Gather::default(), unbounded_channel());
        let put = putting(&gather, &done, Manner::Together(2));
        put(1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        [GONE, GONE, 2, GONE, 3, GONE].into_iter().for_each(&put);
        assert_eq!(all(&mut told, 2).await, [vec![1], vec![2, 3]]);
    }

    #[actix_web::test]
    async fn no_more_than_a_thousand_wait_besides_those_who_have_gone() {
        let (gather, (done, _told)) = (Gather::default(), unbounded_channel());
        let put = putting(&gather, &done, Manner::AtOnce);
        put(1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        let waiting = || gather.jobs()[&1].jobs.len();
        (0..MOST_WAITING).for_each(|_| put(GONE));
        put(2);
        assert_eq!(waiting(), 1);
        (0..MOST_WAITING).for_each(|_| put(3));
        assert_eq!(waiting(), MOST_WAITING);
    }

    #[actix_web::test]
    async fn after_a_panic_those_who_waited_are_dropped_and_the_next_is_done() {
        let (gather, (done, mut told)) = (Gather::default(), unbounded_channel());
        let put = putting(&gather, &done, Manner::AtOnce);
        (0..=4).for_each(&put);
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(gather.jobs().is_empty());
        put(5);
        assert_eq!(all(&mut told, 1).await, [[5]]);
    }
}
