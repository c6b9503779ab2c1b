//! Files that are read row by row: one thread reads, the others judge.

use std::{sync::mpsc, thread};

use super::{
    Mark, Receiver, RunError, Task, Totals,
    reader::{ID_KEY, LineReader, Style},
    tickets::in_order,
};
use crate::{
    ingest::{ColumnMap, IngestError, Input, Line, Quarantined, Sink, TableReport, read_documents},
    model::{Classification, Document, TextKind},
};

/// Rows that one thread takes at a time.
const BATCH: usize = 512;

/// What a reader of rows finds.
enum Event {
    Row(Document),
    SetAside(Quarantined),
}

struct Worker<'e> {
    events: Vec<Event>,
    reader: LineReader<'e>,
    readings: Vec<Classification>,
    out: Vec<u8>,
    totals: Totals,
    end: u64,
}

/// A file whose rows are being read by a thread of its own.
pub struct RowsAhead {
    rows: mpsc::Receiver<Vec<Event>>,
    reader: thread::JoinHandle<Result<TableReport, IngestError>>,
}

impl RowsAhead {
    /// Begins to read `input`, some thousand rows ahead of `threads` that take them. It can begin before the dictionary is
    /// there.
    pub fn of(input: &Input, map: &ColumnMap, kind: TextKind, plain: bool, threads: usize) -> Self {
        let (give, rows) = mpsc::sync_channel(threads.max(1) + 1);
        let (input, map) = (input.clone(), map.clone());
        Self { rows, reader: thread::spawn(move || feed(&input, &map, kind, plain, &give)) }
    }
}

/// Answers any file row by row, from `from` on. With `contract` the answers are written as the line contract's objects;
/// without, the receiver is given every reading.
pub fn read_any(
    task: &Task<'_>,
    RowsAhead { rows, reader }: RowsAhead,
    contract: bool,
    from: Mark,
    receiver: &mut dyn Receiver,
) -> Result<TableReport, RunError> {
    let mut workers: Vec<Worker<'_>> = (0..task.threads.max(1))
        .map(|_| Worker {
            events: Vec::new(),
            reader: LineReader::new(task.matcher, Style::Contract),
            readings: Vec::new(),
            out: Vec::new(),
            totals: Totals::default(),
            end: 0,
        })
        .collect();
    let mut passed = 0u64;
    // The reader of rows stops when this end of the channel is gone.
    let read = move |worker: &mut Worker<'_>| {
        let Ok(events) = rows.recv() else { return Ok(false) };
        passed += events.len() as u64;
        worker.events = events;
        worker.end = passed;
        Ok(true)
    };
    let work = |worker: &mut Worker<'_>| {
        worker.out.clear();
        worker.totals = Totals::default();
        // A resumed run passes over what it has given before.
        let known = from.events.saturating_sub(worker.end - worker.events.len() as u64);
        worker.events.drain(..worker.events.len().min(usize::try_from(known).unwrap_or(usize::MAX)));
        for event in &worker.events {
            let Event::Row(document) = event else {
                worker.totals.rejects += 1;
                continue;
            };
            if contract {
                let (verdict, answer) = worker.reader.answer(&Line::of(document));
                worker.totals.count(verdict, document.amount);
                worker.out.extend_from_slice(ID_KEY);
                if serde_json::to_writer(&mut worker.out, &document.id).is_err() {
                    worker.out.extend_from_slice(b"\"\"");
                }
                worker.out.push(b',');
                worker.out.extend_from_slice(answer);
                worker.out.push(b'\n');
            } else {
                let reading = worker.reader.reading(document);
                worker.totals.count(reading.verdict, document.amount);
                worker.readings.push(reading);
            }
        }
    };
    let write = |worker: &mut Worker<'_>| {
        if worker.events.is_empty() {
            return Ok(());
        }
        receiver.bytes(&worker.out)?;
        let mut readings = worker.readings.drain(..);
        for event in worker.events.drain(..) {
            match event {
                Event::SetAside(bad) => receiver.set_aside(bad)?,
                Event::Row(document) => {
                    if let Some(reading) = readings.next() {
                        receiver.reading(document, reading)?;
                    }
                }
            }
        }
        drop(readings);
        receiver.reached(Mark { events: worker.end, ..Mark::default() }, &worker.totals)
    };
    let outcome = in_order(&mut workers, read, work, write);
    let found = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    outcome?;
    found.map_err(RunError::Ingest)
}

/// Reads the file and gives its rows in batches. It stops early when nobody takes them.
fn feed(
    input: &Input,
    map: &ColumnMap,
    kind: TextKind,
    plain: bool,
    give: &mpsc::SyncSender<Vec<Event>>,
) -> Result<TableReport, IngestError> {
    let held = std::cell::RefCell::new(Vec::with_capacity(BATCH));
    let push = |event| {
        let mut held = held.borrow_mut();
        held.push(event);
        if held.len() >= BATCH {
            let _ = give.send(std::mem::replace(&mut held, Vec::with_capacity(BATCH)));
        }
    };
    let mut row = |document| push(Event::Row(document));
    let mut aside = |bad| push(Event::SetAside(bad));
    let found = read_documents(input, map, kind, plain, &mut Sink { give: &mut row, set_aside: &mut aside })?;
    let _ = give.send(held.into_inner());
    Ok(found)
}
