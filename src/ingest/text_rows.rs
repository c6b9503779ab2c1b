//! Rows and lines of a text file, one after the other, in constant memory.

use std::{io, sync::Arc};

use super::{
    delimited::{Chunk, Records, Shape},
    limits,
    quarantine::{Fault, Quarantined},
    source::{ChunkDecoder, TextSource, too_long},
    table::RawRow,
};
use crate::model::Location;

/// Gives every row of a delimited text until `take` says false.
pub(super) fn each_row(
    mut source: TextSource,
    file: &Arc<str>,
    take: &mut dyn FnMut(Result<RawRow, Box<Quarantined>>) -> bool,
) -> io::Result<()> {
    let delimiter = source.delimiter()?;
    source.chunks.set_shape(Shape::Fields(delimiter));
    let (mut chunk, mut decoder) = (Chunk::default(), ChunkDecoder::default());
    while source.chunks.next(&mut chunk)? {
        let location = |row| Location { file: file.clone(), sheet: None, row };
        if chunk.too_long {
            let bad = too_long(&chunk, source.encoding, location(chunk.line), Shape::Fields(delimiter));
            if !take(Err(Box::new(bad))) {
                return Ok(());
            }
            continue;
        }
        let text = decoder.text(source.encoding, &chunk);
        let mut records = Records::new(text.bytes, delimiter, chunk.line);
        while let Some(record) = records.next_record() {
            let row = match text.record(&record) {
                Ok(_) => Ok(RawRow {
                    location: location(record.line),
                    cells: (0..record.fields.len())
                        .map(|at| text.cell(&record, at).unwrap_or_default().into_owned())
                        .collect(),
                }),
                Err((fault, detail)) => {
                    let raw = String::from_utf8_lossy(record.bytes());
                    Err(Box::new(Quarantined::new(location(record.line), fault, "", &detail, &raw)))
                }
            };
            if !take(row) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What is wrong with a line, with details.
pub(super) type BadLine = (Fault, String);

/// Gives every line with its number, and what is wrong with it; blank lines too.
pub(super) fn each_line(mut source: TextSource, take: &mut dyn FnMut(u64, &str, Option<BadLine>)) -> io::Result<()> {
    let (mut chunk, mut decoder) = (Chunk::default(), ChunkDecoder::default());
    while source.chunks.next(&mut chunk)? {
        if chunk.too_long {
            let limit = format!("一行最多 {} 字节", limits::RECORD);
            take(chunk.line, &String::from_utf8_lossy(&chunk.bytes), Some((Fault::TooLong, limit)));
            continue;
        }
        let text = decoder.text(source.encoding, &chunk);
        let mut lines = Lines::new(text.bytes, chunk.line);
        while let Some((number, place)) = lines.next_line() {
            match text.line(place) {
                Ok(line) => take(number, line, None),
                Err(bad) => {
                    let raw = text.bytes.get(place.0..place.1).unwrap_or_default();
                    take(number, &String::from_utf8_lossy(raw), Some(bad));
                }
            }
        }
    }
    Ok(())
}

/// The lines of a chunk.
pub struct Lines<'c> {
    bytes: &'c [u8],
    at: usize,
    line: u64,
}

impl<'c> Lines<'c> {
    /// Reads `bytes`, which begin at line `line` of the file.
    pub fn new(bytes: &'c [u8], line: u64) -> Self {
        Self { bytes, at: 0, line }
    }

    /// The next line: its number, and its place without the line end.
    pub fn next_line(&mut self) -> Option<(u64, (usize, usize))> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (start, number) = (self.at, self.line);
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at += length + 1;
        self.line += 1;
        let bare = rest.get(..length).unwrap_or_default();
        let end = start + bare.strip_suffix(b"\r").unwrap_or(bare).len();
        Some((number, (start, end)))
    }
}
