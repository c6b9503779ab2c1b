//! Delimited text and lines, a chunk at a time: chunks end where a record ends, so that threads can read them apart,
//! and records are places in the chunk, so that nothing is copied that nobody asks for.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use memchr::{memchr, memchr_iter, memrchr, memrchr2};

use serde::{Deserialize, Serialize};

use super::{limits, quarantine::Fault};

/// Bytes that a chunk holds, more or less.
pub const CHUNK: usize = 1024 * 1024;

/// Where records end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// At each line end.
    Lines,
    /// At each line end outside quotation marks; the byte parts fields.
    Fields(u8),
}

/// Whole records of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// The records, in the file's encoding.
    pub bytes: Vec<u8>,
    /// Line number of the first byte, from 1.
    pub line: u64,
    /// The chunk is the beginning of a single record beyond the size limit; the rest of it is lost.
    pub too_long: bool,
    /// The quotation mark that made the record too long never closes.
    pub never_closed: bool,
}

/// Where a reader of chunks stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Bytes of the (unpacked) text in front.
    pub offset: u64,
    /// Line number of the next byte, from 1.
    pub line: u64,
}

/// Cuts a text into chunks.
pub struct Chunks {
    input: Box<dyn Read + Send>,
    shape: Shape,
    size: usize,
    held: Vec<u8>,
    position: Position,
    regions: Vec<(usize, usize)>,
}

impl Chunks {
    /// Chunks of about `size` bytes.
    pub fn new(input: Box<dyn Read + Send>, shape: Shape, size: usize) -> Self {
        Self { input, shape, size, held: Vec::new(), position: Position { offset: 0, line: 1 }, regions: Vec::new() }
    }

    /// Where the next chunk begins.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The first bytes, without taking them; at most a chunk.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        if self.held.len() < self.size {
            let room = (self.size - self.held.len()) as u64;
            self.input.by_ref().take(room).read_to_end(&mut self.held)?;
        }
        Ok(&self.held)
    }

    /// Tells how records end, once the first bytes have shown it.
    pub fn set_shape(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// Passes over everything in front of `position`.
    pub fn skip_to(&mut self, position: Position) -> io::Result<()> {
        let mut rest = position.offset.saturating_sub(self.position.offset);
        let held = usize::try_from(rest).map_or(self.held.len(), |rest| rest.min(self.held.len()));
        self.held.drain(..held);
        rest -= held as u64;
        let skipped = io::copy(&mut self.input.by_ref().take(rest), &mut io::sink())?;
        if skipped < rest {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "文件比上次短 / the file is shorter than before"));
        }
        self.position = position;
        Ok(())
    }

    /// Fills `chunk` with the next records; false at the end.
    pub fn next(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        chunk.bytes.clear();
        chunk.line = self.position.line;
        chunk.too_long = false;
        chunk.never_closed = false;
        std::mem::swap(&mut chunk.bytes, &mut self.held);
        let mut target = self.size.max(chunk.bytes.len());
        loop {
            let room = (target - chunk.bytes.len()) as u64;
            let ended = self.input.by_ref().take(room).read_to_end(&mut chunk.bytes)? < room as usize;
            if chunk.bytes.is_empty() {
                return Ok(false);
            }
            if ended && chunk.bytes.len() <= limits::RECORD {
                break;
            }
            if let Some(end) = self.last_end(&chunk.bytes) {
                self.held.extend_from_slice(chunk.bytes.get(end..).unwrap_or_default());
                chunk.bytes.truncate(end);
                break;
            }
            if chunk.bytes.len() > limits::RECORD {
                self.pass_over(chunk)?;
                return Ok(true);
            }
            target = target.max(limits::RECORD) + self.size;
        }
        self.position.offset += chunk.bytes.len() as u64;
        self.position.line += self.line_ends(&chunk.bytes);
        Ok(true)
    }

    fn line_ends(&self, bytes: &[u8]) -> u64 {
        match self.shape {
            Shape::Lines => memchr_iter(b'\n', bytes).count() as u64,
            Shape::Fields(_) => line_ends(bytes),
        }
    }

    /// One past the last line end that ends a record.
    fn last_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let Shape::Fields(delimiter) = self.shape else { return memrchr(b'\n', bytes).map(|at| at + 1) };
        self.regions.clear();
        let mut from = 0;
        let mut at = 0;
        while let Some(quote) = find(b'"', bytes, at) {
            if !opens(bytes, quote, delimiter) {
                at = quote + 1;
                continue;
            }
            self.regions.push((from, quote));
            match closing(bytes, quote + 1) {
                Some(close) => (from, at) = (close + 1, close + 1),
                None => {
                    from = bytes.len();
                    break;
                }
            }
        }
        // Whether a carriage return at the very end is half of a line end, the next byte tells.
        self.regions.push((from, bytes.strip_suffix(b"\r").unwrap_or(bytes).len()));
        self.regions
            .iter()
            .rev()
            .find_map(|&(start, end)| memrchr2(b'\n', b'\r', bytes.get(start..end)?).map(|at| start + at + 1))
    }

    /// Leaves the beginning of a record that is too long in `chunk`, and passes over its rest.
    fn pass_over(&mut self, chunk: &mut Chunk) -> io::Result<()> {
        let mut scan = Slow { delimiter: self.shape, state: State::FieldStart };
        let mut block = std::mem::take(&mut chunk.bytes);
        chunk.bytes.extend_from_slice(block.get(..4 * limits::RAW_KEPT).unwrap_or(&block));
        chunk.too_long = true;
        let mut returned = false;
        loop {
            let end = block.iter().position(|&byte| scan.ends(byte)).map(|at| at + 1);
            let passed = block.get(..end.unwrap_or(block.len())).unwrap_or_default();
            self.position.offset += passed.len() as u64;
            let halved = returned && passed.first() == Some(&b'\n') && self.shape != Shape::Lines;
            self.position.line += self.line_ends(passed) - u64::from(halved);
            returned = passed.last() == Some(&b'\r');
            if let Some(end) = end {
                self.held.extend_from_slice(block.get(end..).unwrap_or_default());
                return Ok(());
            }
            block.clear();
            if self.input.by_ref().take(self.size as u64).read_to_end(&mut block)? == 0 {
                chunk.never_closed = scan.state == State::Quoted;
                return Ok(());
            }
        }
    }
}

/// Line ends of delimited text: a line feed, or a carriage return without one, as old spreadsheets on a Mac write.
fn line_ends(bytes: &[u8]) -> u64 {
    let lone = memchr_iter(b'\r', bytes).filter(|&at| bytes.get(at + 1) != Some(&b'\n')).count();
    (memchr_iter(b'\n', bytes).count() + lone) as u64
}

fn find(byte: u8, bytes: &[u8], from: usize) -> Option<usize> {
    memchr(byte, bytes.get(from..)?).map(|at| from + at)
}

/// Whether the quotation mark at `quote`, outside any quotation, opens one: it stands where a field begins.
fn opens(bytes: &[u8], quote: usize, delimiter: u8) -> bool {
    let before = quote.checked_sub(1).and_then(|at| bytes.get(at));
    before.is_none_or(|&byte| byte == delimiter || byte == b'\n' || byte == b'\r')
}

/// The quotation mark that closes the quotation whose content begins at `from`; a doubled one does not.
fn closing(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let quote = find(b'"', bytes, from)?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        from = quote + 2;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    QuoteInQuoted,
}

/// The same grammar byte by byte, for records that do not fit.
struct Slow {
    delimiter: Shape,
    state: State,
}

impl Slow {
    /// Takes a byte; true when it ends the record.
    fn ends(&mut self, byte: u8) -> bool {
        let Shape::Fields(delimiter) = self.delimiter else { return byte == b'\n' };
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::QuoteInQuoted,
            (State::Quoted, _) => State::Quoted,
            (State::FieldStart | State::QuoteInQuoted, b'"') => State::Quoted,
            (_, b'\n') => return true,
            (_, byte) if byte == delimiter || byte == b'\r' => State::FieldStart,
            _ => State::Unquoted,
        };
        false
    }
}

/// A field of a record: places in the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A record of delimited text.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    text: &'r [u8],
    /// First byte in the chunk, and one past the last without the line end.
    pub place: (usize, usize),
    /// Line number, from 1.
    pub line: u64,
    /// The fields, at most [`limits::COLUMNS`] and one.
    pub fields: &'r [Field],
    /// Lines that an unclosed quotation mark swallowed at the end of the file.
    pub swallowed: usize,
}

impl<'r> Record<'r> {
    /// The bytes of the record as they stand, without the line end.
    pub fn bytes(&self) -> &'r [u8] {
        self.text.get(self.place.0..self.place.1).unwrap_or_default()
    }

    /// Whether the record keeps the limits and its quotation marks, or why it must be set aside.
    pub fn is_whole(&self) -> Result<(), (Fault, String)> {
        let length = self.place.1 - self.place.0;
        if length > limits::RECORD || self.fields.len() > limits::COLUMNS {
            return Err((Fault::TooLong, format!("一条记录最多 {} 字节、{} 列", limits::RECORD, limits::COLUMNS)));
        }
        if self.swallowed > 0 {
            return Err((Fault::OpenQuote, format!("其后 {} 行被并入这一行，都没有读到", self.swallowed)));
        }
        if length > limits::CELL
            && let Some(longest) = self.fields.iter().map(|field| field.end - field.start).max()
            && longest > limits::CELL
        {
            return Err((Fault::TooLong, limits::long_cell(longest)));
        }
        Ok(())
    }

    /// The places of the fields in [`Self::bytes`], with their quotation marks.
    pub fn places_inside(&self) -> impl Iterator<Item = (usize, usize)> {
        let begin = self.place.0;
        self.fields.iter().map(move |field| (field.start - begin, field.end - begin))
    }

    /// The place of a field in the chunk, with its quotation marks.
    pub fn place_of(&self, column: usize) -> Option<(usize, usize)> {
        self.fields.get(column).map(|field| (field.start, field.end))
    }
}

/// The content of a field without its quotation marks.
pub fn unquoted(raw: &str) -> Cow<'_, str> {
    let Some(inside) = raw.strip_prefix('"') else { return Cow::Borrowed(raw) };
    match memchr(b'"', inside.as_bytes()) {
        None => Cow::Borrowed(inside),
        Some(close) if close + 1 == inside.len() => Cow::Borrowed(inside.get(..close).unwrap_or_default()),
        Some(_) => {
            let close = closing(inside.as_bytes(), 0).unwrap_or(inside.len());
            let quoted = inside.get(..close).unwrap_or_default().replace("\"\"", "\"");
            Cow::Owned(quoted + inside.get(close + 1..).unwrap_or_default())
        }
    }
}

/// The records of a chunk of delimited text, one after the other. Blank lines are passed over.
pub struct Records<'c> {
    bytes: &'c [u8],
    at: usize,
    line: u64,
    fields: Vec<Field>,
    signs: Signs<'c>,
}

impl<'c> Records<'c> {
    /// Reads `bytes`, which begin at line `line` of the file.
    pub fn new(bytes: &'c [u8], delimiter: u8, line: u64) -> Self {
        Self { bytes, at: 0, line, fields: Vec::new(), signs: Signs::new(bytes, delimiter) }
    }

    /// Where the next record begins, with its line.
    pub fn position(&self) -> (usize, u64) {
        (self.at, self.line)
    }

    /// The next record.
    pub fn next_record(&mut self) -> Option<Record<'_>> {
        loop {
            match self.bytes.get(self.at)? {
                b'\n' => self.line += 1,
                b'\r' => self.line += self.lone(self.at),
                _ => break,
            }
            self.signs.next();
            self.at += 1;
        }
        let (start, line) = (self.at, self.line);
        let mut swallowed = 0;
        self.fields.clear();
        let end = loop {
            let field = self.at;
            let (mut end, mut sign) = self.signs.next();
            if sign == b'"' && end == field {
                let close = self.signs.closing();
                let lines = line_ends(self.bytes.get(field..close.unwrap_or(self.bytes.len())).unwrap_or_default());
                self.line += lines;
                if close.is_none() {
                    swallowed = lines as usize;
                }
                (end, sign) = self.signs.next();
            }
            // Any other quotation mark quotes nothing.
            while sign == b'"' {
                (end, sign) = self.signs.next();
            }
            if self.fields.len() <= limits::COLUMNS {
                self.fields.push(Field { start: field, end });
            }
            self.at = (end + 1).min(self.bytes.len());
            match sign {
                Signs::END => break end,
                b'\n' => {
                    self.line += 1;
                    break end;
                }
                b'\r' => {
                    self.line += self.lone(end);
                    break end;
                }
                _ if self.at == self.bytes.len() => {
                    if self.fields.len() <= limits::COLUMNS {
                        self.fields.push(Field { start: self.at, end: self.at });
                    }
                    break self.at;
                }
                _ => {}
            }
        };
        Some(Record { text: self.bytes, place: (start, end), line, fields: &self.fields, swallowed })
    }

    /// 1 when the carriage return at `at` is a line end of its own.
    fn lone(&self, at: usize) -> u64 {
        u64::from(self.bytes.get(at + 1) != Some(&b'\n'))
    }
}

/// Bytes looked at together; one bit of a word for each.
const BLOCK: usize = 64;

/// Places and bytes of the delimiters, line ends and quotation marks of a text, looked for in many bytes at once: a
/// search for each field would cost more than all else that is done with it.
struct Signs<'c> {
    bytes: &'c [u8],
    delimiter: u8,
    /// Where the bytes that were looked at begin, and the signs among them that were not given yet, one bit each.
    block: usize,
    found: u64,
    /// Where the bytes begin that were not looked at.
    rest: usize,
}

impl<'c> Signs<'c> {
    /// Stands for a sign at the end of the text.
    const END: u8 = 0;

    fn new(bytes: &'c [u8], delimiter: u8) -> Self {
        Self { bytes, delimiter, block: 0, found: 0, rest: 0 }
    }

    /// The place of the next sign, and its byte.
    #[inline]
    fn next(&mut self) -> (usize, u8) {
        while self.found == 0 {
            if !self.look() {
                return (self.bytes.len(), Self::END);
            }
        }
        let at = self.block + self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        (at, self.bytes.get(at).copied().unwrap_or(Self::END))
    }

    /// One past the quotation mark that closes the quotation whose opening mark was given last; a doubled one does not.
    fn closing(&mut self) -> Option<usize> {
        loop {
            match self.next() {
                (_, Self::END) => return None,
                (at, b'"') if self.bytes.get(at + 1) != Some(&b'"') => return Some(at + 1),
                (_, b'"') => {
                    self.next();
                }
                _ => {}
            }
        }
    }

    /// Looks at the next bytes; false at the end.
    fn look(&mut self) -> bool {
        let Some(rest) = self.bytes.get(self.rest..).filter(|rest| !rest.is_empty()) else { return false };
        self.block = self.rest;
        self.found = match rest.first_chunk() {
            Some(block) => self.signs_of(block),
            None => {
                let mut block = [0; BLOCK];
                block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                self.signs_of(&block)
            }
        };
        self.rest += BLOCK;
        true
    }

    /// One bit for each sign, written so that the compiler compares sixteen bytes at once.
    fn signs_of(&self, block: &[u8; BLOCK]) -> u64 {
        // Moves the lowest bits of eight bytes side by side into the highest byte.
        const GATHER: u64 = 0x0102_0408_1020_4080;
        let mut signs = [0; BLOCK];
        for (sign, &byte) in signs.iter_mut().zip(block) {
            *sign = u8::from((byte == self.delimiter) | (byte == b'\n') | (byte == b'\r') | (byte == b'"'));
        }
        let (eights, _) = signs.as_chunks::<8>();
        let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56;
        eights.iter().rev().fold(0, |all, eight| all << 8 | bits(eight))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(bytes: &[u8], line: u64) -> Vec<(u64, Vec<Vec<u8>>)> {
        let text = std::str::from_utf8(bytes).unwrap();
        let mut reader = Records::new(bytes, b',', line);
        let mut found = Vec::new();
        while let Some(record) = reader.next_record() {
            let places = (0..record.fields.len()).map(|at| record.place_of(at).unwrap());
            let cells = places.map(|(start, end)| unquoted(&text[start..end]).into_owned().into_bytes()).collect();
            found.push((record.line, cells));
        }
        found
    }

    fn oracle(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        reader.byte_records().map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
    }

    fn chunked(bytes: &[u8], size: usize, shape: Shape) -> Vec<Chunk> {
        let mut chunks = Chunks::new(Box::new(io::Cursor::new(bytes.to_vec())), shape, size);
        let mut found = Vec::new();
        let mut chunk = Chunk::default();
        while chunks.next(&mut chunk).unwrap() {
            found.push(chunk.clone());
        }
        found
    }

    #[test]
    fn lines_are_counted_with_either_line_end() {
        let lines = |text: &str| records(text.as_bytes(), 1).into_iter().map(|(line, _)| line).collect::<Vec<_>>();
        assert_eq!(lines("a,b\r\nc,\"d\r\ne\"\r\n\r\nf,g\r\n"), [1, 2, 5]);
        assert_eq!(lines("a,b\nc,\"d\ne\"\n\nf,g"), [1, 2, 5]);
        assert_eq!(lines("a,b\rc,\"d\re\"\r\rf,g\r"), [1, 2, 5]);
        assert_eq!(lines("a,b\rc,d\ne,\"f\r\ng\r\"\ri\r\n\rj"), [1, 2, 3, 6, 8]);
    }

    #[test]
    fn an_inch_mark_inside_a_field_quotes_nothing() {
        assert_eq!(records(b"a,1/2\",b\n\"c\",d\n", 1).len(), 2);
        assert_eq!(chunked(b"a,1/2\",b\n\"c\",d\ne,f\n", 9, Shape::Fields(b',')).len(), 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Records are those that the csv crate reads, whatever stands in the text.
        #[test]
        fn records_are_those_of_the_csv_crate(text in "[ab光\",\n\r]{0,40}") {
            let ours: Vec<Vec<Vec<u8>>> = records(text.as_bytes(), 1).into_iter().map(|(_, cells)| cells).collect();
            prop_assert_eq!(ours, oracle(text.as_bytes()));
        }

        /// Cutting into chunks of any size changes no record and no line number.
        #[test]
        fn chunks_cut_no_record(text in "[ab光\",\n\r]{0,60}", size in 1usize..40) {
            let whole = records(text.as_bytes(), 1);
            let mut pieces = Vec::new();
            for chunk in chunked(text.as_bytes(), size, Shape::Fields(b',')) {
                pieces.extend(records(&chunk.bytes, chunk.line));
            }
            prop_assert_eq!(pieces, whole);
            let joined: Vec<u8> =
                chunked(text.as_bytes(), size, Shape::Lines).into_iter().flat_map(|chunk| chunk.bytes).collect();
            prop_assert_eq!(joined, text.into_bytes());
        }
    }
}
