//! Work taken by ticket and given back in ticket order, so that the number of threads never changes the result.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Runs one thread for each of `workers`. Each takes the next piece with `read` (false: nothing is left), works on it
/// alone, and gives the answer with `write` when every piece taken before it has been given. Pieces live in the
/// workers, so that memory is bounded by their number. The first error stops the run.
pub fn in_order<W: Send, E: Send>(
    workers: &mut [W],
    mut read: impl FnMut(&mut W) -> Result<bool, E> + Send,
    work: impl Fn(&mut W) + Sync,
    mut write: impl FnMut(&mut W) -> Result<(), E> + Send,
) -> Result<(), E> {
    if let [worker] = workers {
        while read(worker)? {
            work(worker);
            write(worker)?;
        }
        return Ok(());
    }
    let source = Mutex::new((0u64, &mut read));
    let turn = Mutex::new((0u64, &mut write));
    let given = Condvar::new();
    let stopped = AtomicBool::new(false);
    let failure = Mutex::new(None);
    let fail = |error: E| {
        held(&failure).get_or_insert(error);
        stopped.store(true, Ordering::SeqCst);
        // A worker that waits for its turn must see it; the lock keeps the call from slipping past its check.
        drop(held(&turn));
        given.notify_all();
    };
    let run = |worker: &mut W| {
        while !stopped.load(Ordering::SeqCst) {
            let ticket = {
                let mut source = held(&source);
                match (source.1)(worker) {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => {
                        drop(source);
                        return fail(error);
                    }
                }
                source.0 += 1;
                source.0 - 1
            };
            work(worker);
            let mut turn = held(&turn);
            while turn.0 != ticket && !stopped.load(Ordering::SeqCst) {
                turn = given.wait(turn).unwrap_or_else(PoisonError::into_inner);
            }
            if stopped.load(Ordering::SeqCst) {
                return;
            }
            if let Err(error) = (turn.1)(worker) {
                // Said before the turn is let go: nothing behind the error may be given.
                held(&failure).get_or_insert(error);
                stopped.store(true, Ordering::SeqCst);
                drop(turn);
                given.notify_all();
                return;
            }
            turn.0 += 1;
            drop(turn);
            given.notify_all();
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = workers.iter_mut().map(|worker| scope.spawn(|| run(worker))).collect();
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Items that one thread takes at a time.
const SHARE: usize = 256;

/// Applies `work` to each item, and gives the answers to `take` in the order of the items.
pub fn each_in_order<'i, T: Sync, U: Send>(
    threads: usize,
    items: &'i [T],
    work: impl Fn(&T) -> U + Sync,
    mut take: impl FnMut(&T, U) + Send,
) {
    let mut shares = items.chunks(SHARE);
    let mut workers: Vec<(&'i [T], Vec<U>)> = (0..threads.max(1)).map(|_| (&[][..], Vec::new())).collect();
    let read = |worker: &mut (&'i [T], Vec<U>)| {
        let share = shares.next();
        worker.0 = share.unwrap_or_default();
        Ok::<bool, std::convert::Infallible>(share.is_some())
    };
    let done = |worker: &mut (&'i [T], Vec<U>)| worker.1.extend(worker.0.iter().map(&work));
    let write = |worker: &mut (&'i [T], Vec<U>)| {
        worker.0.iter().zip(worker.1.drain(..)).for_each(|(item, answer)| take(item, answer));
        Ok(())
    };
    let Ok(()) = in_order(&mut workers, read, done, write);
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(threads: usize) -> Vec<(u64, u64)> {
        let mut next = 0;
        let mut out = Vec::new();
        let read = |worker: &mut (u64, u64)| {
            worker.0 = next;
            next += 1;
            Ok::<bool, ()>(worker.0 < 2_000)
        };
        let work = |worker: &mut (u64, u64)| {
            if worker.0.is_multiple_of(7) {
                thread::yield_now();
            }
            worker.1 = worker.0 * worker.0;
        };
        let write = |worker: &mut (u64, u64)| {
            out.push(*worker);
            Ok(())
        };
        in_order(&mut vec![(0, 0); threads], read, work, write).unwrap();
        out
    }

    #[test]
    fn order_does_not_depend_on_threads() {
        let one = squares(1);
        assert_eq!(one.len(), 2_000);
        assert_eq!(one, squares(2));
        assert_eq!(one, squares(8));
    }

    #[test]
    fn the_first_error_ends_the_run_and_nothing_behind_it_is_given() {
        for threads in [1, 2, 8] {
            let mut next = 0;
            let mut given = Vec::new();
            let read = |worker: &mut u64| {
                next += 1;
                *worker = next;
                if next == 900 { Err("read") } else { Ok(true) }
            };
            let write = |worker: &mut u64| {
                given.push(*worker);
                if *worker == 500 { Err("write") } else { Ok(()) }
            };
            let ended = in_order(&mut vec![0; threads], read, |_| {}, write);
            assert_eq!(ended, Err("write"), "{threads} threads");
            assert_eq!(given, (1..=500).collect::<Vec<_>>());
        }
    }
}
