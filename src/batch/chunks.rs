//! Delimited text and NDJSON, a chunk a thread.

use std::sync::Arc;

use super::{
    Mark, Receiver, RunError, Task, Totals,
    reader::{ID_KEY, LineReader, Style, is_formula, push_cell},
    tickets::in_order,
};
use crate::{
    ingest::{
        Chunk, ChunkDecoder, ChunkText, Fault, IngestError, Input, Line, Lines, Position, Quarantined, Record, Records,
        Shape, TableColumns, TextSource, TextTable, json_line, too_long,
    },
    model::{Location, TextKind},
};

/// Names of the columns that are appended to a table.
pub const HEADINGS: [&str; 4] = ["结论", "词条", "条目", "理由"];

/// What a table is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appending {
    /// The record as it stands, and four more columns.
    Columns,
    /// An object of the line contract.
    Contract,
}

/// One thread's piece of work.
struct Worker<'e> {
    chunk: Chunk,
    end: Position,
    decoder: ChunkDecoder,
    reader: LineReader<'e>,
    out: Vec<u8>,
    rejects: Vec<Quarantined>,
    totals: Totals,
}

fn workers<'e>(task: &Task<'e>, style: Style) -> Vec<Worker<'e>> {
    (0..task.threads.max(1))
        .map(|_| Worker {
            chunk: Chunk::default(),
            end: Position::default(),
            decoder: ChunkDecoder::default(),
            reader: LineReader::new(task.matcher, style),
            out: Vec::new(),
            rejects: Vec::new(),
            totals: Totals::default(),
        })
        .collect()
}

/// Runs `work` over the chunks of `source`, from `from` on.
fn run<'e>(
    task: &Task<'e>,
    style: Style,
    mut source: TextSource,
    from: Mark,
    path: &str,
    work: impl Fn(&mut Worker<'e>) + Sync,
    receiver: &mut dyn Receiver,
) -> Result<(), RunError> {
    let failed = |source| RunError::Ingest(IngestError::Read { path: path.to_owned(), source });
    if from.position.offset > source.chunks.position().offset {
        source.chunks.skip_to(from.position).map_err(failed)?;
    }
    let read = |worker: &mut Worker<'e>| {
        let more = source.chunks.next(&mut worker.chunk).map_err(failed)?;
        worker.end = source.chunks.position();
        Ok(more)
    };
    let write = |worker: &mut Worker<'e>| {
        receiver.bytes(&worker.out)?;
        for bad in worker.rejects.drain(..) {
            receiver.set_aside(bad)?;
        }
        receiver.reached(Mark { position: worker.end, events: 0 }, &worker.totals)
    };
    let prepared = |worker: &mut Worker<'e>| {
        worker.out.clear();
        worker.totals = Totals { bytes: worker.chunk.bytes.len() as u64, ..Totals::default() };
        work(worker);
        worker.totals.rejects = worker.rejects.len() as u64;
    };
    in_order(&mut workers(task, style), read, prepared, write)
}

/// The header of a table with the appended headings, cells made inert, without a line end.
pub fn headings_of(table: &TextTable) -> Vec<u8> {
    let mut out = Vec::new();
    let mut records = Records::new(table.heading.as_bytes(), table.delimiter, 1);
    if let Some(record) = records.next_record() {
        copy_inert(&record, record.fields.len(), &mut out);
    }
    for heading in HEADINGS {
        push_cell(table.delimiter, heading, &mut out);
    }
    out
}

/// Reads a table, from `from` on.
pub fn read_table(
    task: &Task<'_>,
    table: TextTable,
    appending: Appending,
    from: Mark,
    receiver: &mut dyn Receiver,
) -> Result<(), RunError> {
    let TextTable { source, delimiter, columns, .. } = table;
    let encoding = source.encoding;
    let style = match appending {
        Appending::Columns => Style::Columns(delimiter),
        Appending::Contract => Style::Contract,
    };
    let file = columns.file.clone();
    let work = |worker: &mut Worker<'_>| {
        let Worker { chunk, decoder, reader, out, rejects, totals, .. } = worker;
        if chunk.too_long {
            let location = columns.location(chunk.line);
            rejects.push(too_long(chunk, encoding, location, Shape::Fields(delimiter)));
            return;
        }
        let text = decoder.text(encoding, chunk);
        out.reserve(chunk.bytes.len() + chunk.bytes.len() / 2);
        let mut records = Records::new(text.bytes, delimiter, chunk.line);
        while let Some(record) = records.next_record() {
            let glimpse = match columns.glimpse(&text, &record) {
                Ok(None) => continue,
                Err(bad) => {
                    rejects.push(*bad);
                    continue;
                }
                Ok(Some(glimpse)) => glimpse,
            };
            let amount = glimpse.amount;
            let mut give = |verdict, answer: &[u8], line: Option<&Line<'_>>| {
                totals.count(verdict, amount);
                match line {
                    None => {
                        copy_record(&record, &columns, delimiter, out);
                        out.extend_from_slice(answer);
                    }
                    Some(line) => push_contract(&line.id, answer, out),
                }
                out.push(b'\n');
            };
            match (reader.glance(&glimpse.text, glimpse.kind), appending) {
                (Some((verdict, answer)), Appending::Columns) => give(verdict, answer, None),
                (_, Appending::Columns) => {
                    let (verdict, answer) = reader.read(&columns.line(glimpse, &text, &record));
                    give(verdict, answer, None);
                }
                (_, Appending::Contract) => {
                    let line = columns.line(glimpse, &text, &record);
                    let (verdict, answer) = reader.answer(&line);
                    give(verdict, answer, Some(&line));
                }
            }
        }
    };
    run(task, style, source, from, &file, work, receiver)
}

/// Copies a record as wide as its header; surplus cells are blank, missing ones are added.
fn copy_record(record: &Record<'_>, columns: &TableColumns, delimiter: u8, out: &mut Vec<u8>) {
    let width = columns.header.headings.len();
    copy_inert(record, width, out);
    out.extend(std::iter::repeat_n(delimiter, width.saturating_sub(record.fields.len())));
}

/// Copies the first `width` fields as they stand, in one go where no cell would run as a formula.
fn copy_inert(record: &Record<'_>, width: usize, out: &mut Vec<u8>) {
    let bytes = record.bytes();
    let mut copied = 0;
    let mut end = 0;
    for (start, stop) in record.places_inside().take(width) {
        end = stop;
        let quoted = usize::from(bytes.get(start) == Some(&b'"'));
        if !matches!(bytes.get(start + quoted), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | 0xef)) {
            continue;
        }
        let cell = bytes.get(start + quoted..stop - quoted.min(stop - start)).unwrap_or_default();
        if std::str::from_utf8(cell).is_ok_and(is_formula) {
            out.extend_from_slice(bytes.get(copied..start + quoted).unwrap_or_default());
            out.push(b'\'');
            copied = start + quoted;
        }
    }
    out.extend_from_slice(bytes.get(copied..end).unwrap_or_default());
}

fn push_contract(id: &str, answer: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(ID_KEY);
    if id.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push(b'"');
        out.extend_from_slice(id.as_bytes());
        out.push(b'"');
    } else if serde_json::to_writer(&mut *out, id).is_err() {
        out.extend_from_slice(b"\"\"");
    }
    out.push(b',');
    out.extend_from_slice(answer);
}

/// Reads NDJSON or bare lines into the line contract, from `from` on. With `json_only` every line must be an object;
/// without, a line that begins with `{` is one unless `plain` says that every line is a text.
pub fn read_lines(
    task: &Task<'_>,
    input: &Input,
    source: TextSource,
    plain: bool,
    from: Mark,
    receiver: &mut dyn Receiver,
) -> Result<(), RunError> {
    let encoding = source.encoding;
    let file: Arc<str> = Arc::from(input.name());
    let json_only = matches!(input, Input::Path(_)) && !plain;
    let kind = task.kind;
    let work = |worker: &mut Worker<'_>| {
        let Worker { chunk, decoder, reader, out, rejects, totals, .. } = worker;
        let location = |row| Location { file: file.clone(), sheet: None, row };
        if chunk.too_long {
            rejects.push(too_long(chunk, encoding, location(chunk.line), Shape::Lines));
            return;
        }
        let text = decoder.text(encoding, chunk);
        let mut lines = Lines::new(text.bytes, chunk.line);
        while let Some((row, place)) = lines.next_line() {
            let mut answer = |line: &Line<'_>| {
                let (verdict, answer) = reader.answer(line);
                totals.count(verdict, line.amount);
                push_contract(&line.id, answer, out);
                out.push(b'\n');
            };
            match a_line(&text, place, (json_only, plain), kind, row) {
                Ok(None) => {}
                Ok(Some(line)) => answer(&line),
                Err((fault, column, detail)) => {
                    let raw = text.bytes.get(place.0..place.1).unwrap_or_default();
                    let raw = String::from_utf8_lossy(raw);
                    rejects.push(Quarantined::new(location(row), fault, column, &detail, &raw));
                }
            }
        }
    };
    run(task, Style::Contract, source, from, input.name(), work, receiver)
}

type Bad = (Fault, &'static str, String);

/// Reads one line; nothing for a blank one.
fn a_line<'t>(
    text: &ChunkText<'t>,
    place: (usize, usize),
    (json_only, plain): (bool, bool),
    kind: TextKind,
    row: u64,
) -> Result<Option<Line<'t>>, Bad> {
    let line = text.line(place).map_err(|(fault, detail)| (fault, "", detail))?;
    if line.trim().is_empty() {
        Ok(None)
    } else if json_only || !plain && line.trim_start().starts_with('{') {
        json_line(line, kind, row).map(Some)
    } else {
        Ok(Some(Line { id: row.to_string().into(), text: line.into(), kind, ..Line::default() }))
    }
}
