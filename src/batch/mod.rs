//! Work over many items on several threads, answers in the order of the items whatever the number of threads.

use std::thread;

/// Items taken together.
const CHUNK: usize = 4_096;

/// Applies `work` to each item that `feed` pushes, and gives the answers to `take` in order. Memory is bounded by the
/// chunk, not by the number of items.
pub struct Ordered<'w, T, U> {
    threads: usize,
    work: &'w (dyn Fn(&T) -> U + Sync),
    take: &'w mut dyn FnMut(T, U),
    held: Vec<T>,
}

impl<'w, T: Send + Sync, U: Send> Ordered<'w, T, U> {
    /// A run on `threads` threads (at least one).
    pub fn new(threads: usize, work: &'w (dyn Fn(&T) -> U + Sync), take: &'w mut dyn FnMut(T, U)) -> Self {
        Self { threads: threads.max(1), work, take, held: Vec::with_capacity(CHUNK) }
    }

    /// Adds one item.
    pub fn push(&mut self, item: T) {
        self.held.push(item);
        if self.held.len() >= CHUNK {
            self.flush();
        }
    }

    /// Finishes what is held. Call it at the end.
    pub fn flush(&mut self) {
        let items = std::mem::take(&mut self.held);
        let share = items.len().div_ceil(self.threads).max(1);
        let work = self.work;
        let answers: Vec<U> = if self.threads == 1 || items.len() < 64 {
            items.iter().map(work).collect()
        } else {
            thread::scope(|scope| {
                let parts: Vec<_> = items
                    .chunks(share)
                    .map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<U>>()))
                    .collect();
                parts
                    .into_iter()
                    .flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                    .collect()
            })
        };
        for (item, answer) in items.into_iter().zip(answers) {
            (self.take)(item, answer);
        }
        self.held.reserve(CHUNK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_depend_on_threads() {
        let run = |threads| {
            let mut out = Vec::new();
            let mut take = |item: u32, answer: u32| out.push((item, answer));
            let square = |item: &u32| item * item;
            let mut ordered = Ordered::new(threads, &square, &mut take);
            (0..10_000).for_each(|item| ordered.push(item));
            ordered.flush();
            out
        };
        assert_eq!(run(1), run(2));
        assert_eq!(run(1), run(8));
        assert_eq!(run(1).len(), 10_000);
    }
}
