//! Rows of a CSV or TSV file in any encoding, in constant memory.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::Arc,
};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use encoding_rs::{Decoder, GB18030, UTF_16BE, UTF_16LE};

use super::{
    limits,
    quarantine::{Fault, Quarantined},
    table::RawRow,
};
use crate::{
    model::Location,
    text::{Encoding, decode},
};

/// Bytes looked at to tell the encoding.
const SNIFFED: usize = 256 * 1024;

/// Opens `input`, tells its encoding, and gives a reader of UTF-8. UTF-8 input is passed through unchanged, so that
/// a stray byte can be blamed on its row.
pub(super) fn open_text<R: Read + 'static>(input: R) -> io::Result<(Encoding, Box<dyn BufRead>)> {
    let mut input = BufReader::with_capacity(64 * 1024, input);
    let mut head = Vec::with_capacity(SNIFFED);
    input.by_ref().take(SNIFFED as u64).read_to_end(&mut head)?;
    // The sample may end inside a character; judge it up to its last line end.
    let sample = head.iter().rposition(|&b| b == b'\n').filter(|_| head.len() == SNIFFED);
    let encoding = decode(sample.and_then(|end| head.get(..end)).unwrap_or(&head)).encoding;
    let big_endian = head.starts_with(&[0xfe, 0xff]);
    let skipped = match encoding {
        Encoding::Utf8Bom => 3,
        Encoding::Utf16 => 2,
        _ => 0,
    };
    let head = head.split_off(skipped.min(head.len()));
    let whole = io::Cursor::new(head).chain(input);
    let reader: Box<dyn BufRead> = match encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => Box::new(BufReader::with_capacity(64 * 1024, whole)),
        Encoding::Gb18030 => Box::new(BufReader::new(Decoding::new(whole, GB18030.new_decoder_without_bom_handling()))),
        Encoding::Utf16 => {
            let utf16 = if big_endian { UTF_16BE } else { UTF_16LE };
            Box::new(BufReader::new(Decoding::new(whole, utf16.new_decoder_without_bom_handling())))
        }
    };
    Ok((encoding, reader))
}

/// Turns bytes of another encoding into UTF-8 on the way; bytes that mean nothing become U+FFFD.
struct Decoding<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Decoding<R> {
    fn new(inner: R, decoder: Decoder) -> Self {
        Self { inner, decoder, raw: vec![0; 32 * 1024], ready: Vec::new(), given: 0, ended: false }
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.ready.len() {
            if self.ended {
                return Ok(0);
            }
            let count = self.inner.read(&mut self.raw)?;
            self.ended = count == 0;
            let input = self.raw.get(..count).unwrap_or_default();
            let room = self.decoder.max_utf8_buffer_length(input.len()).unwrap_or(4 * 32 * 1024);
            self.ready.resize(room, 0);
            let (_, _, written, _) = self.decoder.decode_to_utf8(input, &mut self.ready, self.ended);
            self.ready.truncate(written);
            self.given = 0;
        }
        let rest = self.ready.get(self.given..).unwrap_or_default();
        let count = rest.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

/// Rows of a delimited text.
pub(super) struct TextRows {
    input: Box<dyn BufRead>,
    reader: Reader,
    file: Arc<str>,
    fields: Vec<u8>,
    ends: Vec<usize>,
}

impl TextRows {
    /// `delimiter` is `,`, `\t` or `;`.
    pub(super) fn new(input: Box<dyn BufRead>, file: Arc<str>, delimiter: u8) -> Self {
        Self {
            input,
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            file,
            fields: vec![0; limits::RECORD],
            ends: vec![0; limits::COLUMNS],
        }
    }

    /// The next row; `None` at the end of the file.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Result<RawRow, Box<Quarantined>>>> {
        let (mut written, mut ended) = (0, 0);
        let mut row = self.reader.line();
        let mut too_long = false;
        let mut quotes = 0;
        loop {
            let chunk = self.input.fill_buf()?;
            let (fields, ends) = (self.fields.get_mut(written..), self.ends.get_mut(ended..));
            let (Some(fields), Some(ends)) = (fields, ends) else { return Ok(None) };
            let (outcome, read, wrote, ends_count) = self.reader.read_record(chunk, fields, ends);
            quotes += chunk.get(..read).unwrap_or_default().iter().filter(|&&byte| byte == b'"').count();
            self.input.consume(read);
            written += wrote;
            ended += ends_count;
            match outcome {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    // Remember that the record does not fit and let the rest of it overwrite the buffers.
                    too_long = true;
                    written = 0;
                    ended = 0;
                    if row == 0 {
                        row = 1;
                    }
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        let location = Location { file: self.file.clone(), sheet: None, row };
        let swallowed = quotes % 2 == 1 && self.input.fill_buf()?.is_empty();
        let bytes = self.fields.get(..written).unwrap_or_default();
        if too_long {
            let raw = String::from_utf8_lossy(bytes.get(..bytes.len().min(4 * limits::RAW_KEPT)).unwrap_or_default());
            let quote = if swallowed { "；引号没有闭合，其后各行都没有读到" } else { "" };
            let limit = format!("一条记录最多 {} 字节、{} 列{quote}", limits::RECORD, limits::COLUMNS);
            return Ok(Some(Err(Box::new(Quarantined::new(location, Fault::TooLong, "", &limit, &raw)))));
        }
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        if swallowed && lines > 0 {
            let raw = String::from_utf8_lossy(bytes);
            let detail = format!("其后 {lines} 行被并入这一行，都没有读到");
            return Ok(Some(Err(Box::new(Quarantined::new(location, Fault::OpenQuote, "", &detail, &raw)))));
        }
        let mut cells = Vec::with_capacity(ended);
        let mut start = 0;
        for &end in self.ends.get(..ended).unwrap_or_default() {
            let cell = bytes.get(start..end).unwrap_or_default();
            start = end;
            match std::str::from_utf8(cell) {
                Ok(text) if text.len() <= limits::CELL => cells.push(text.to_owned()),
                Ok(text) => {
                    let limit = format!("一格最多 {} 字节，实有 {}", limits::CELL, text.len());
                    return Ok(Some(Err(Box::new(Quarantined::new(location, Fault::TooLong, "", &limit, text)))));
                }
                Err(_) => {
                    let raw = String::from_utf8_lossy(bytes);
                    return Ok(Some(Err(Box::new(Quarantined::new(location, Fault::Undecodable, "", "", &raw)))));
                }
            }
        }
        Ok(Some(Ok(RawRow { location, cells })))
    }
}

/// Reads one line of at most `limits::RECORD` bytes; a longer one is cut off and said to be.
pub(super) fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let mut too_long = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Ok((!line.is_empty() || too_long).then_some(too_long));
        }
        let end = chunk.iter().position(|&b| b == b'\n');
        let piece = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        let room = limits::RECORD.saturating_sub(line.len());
        too_long |= piece.len() > room;
        line.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or_default());
        let used = end.map_or(chunk.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(Some(too_long));
        }
    }
}
