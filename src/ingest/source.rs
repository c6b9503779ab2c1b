//! Text files as they come: packed or not, in any encoding, opened as chunks of records.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufReader, Cursor, Read},
    sync::Arc,
};

use encoding_rs::{Decoder, GB18030, UTF_16BE, UTF_16LE};

use super::{
    IngestError, Input,
    delimited::{Chunk, Chunks, Record, Shape, unquoted},
    limits,
    quarantine::{Fault, Quarantined},
};
use crate::{
    model::Location,
    text::{Encoding, decode},
};

/// Bytes looked at to tell the encoding.
const SNIFFED: usize = 256 * 1024;

/// An opened text file.
pub struct TextSource {
    /// What its bytes are taken for.
    pub encoding: Encoding,
    /// Its records; UTF-16 is turned into UTF-8 on the way, GB18030 chunk by chunk by [`ChunkText`].
    pub chunks: Chunks,
}

impl TextSource {
    /// Opens `input`, unpacks gzip and zstd, tells the encoding, and passes over a byte order mark. Records are lines
    /// until `chunks` is told otherwise.
    pub fn open(input: &Input, chunk_size: usize) -> Result<Self, IngestError> {
        let failed = |source| IngestError::Read { path: input.name().to_owned(), source };
        let raw: Box<dyn Read + Send> = match input {
            Input::Path(path) => Box::new(File::open(path).map_err(failed)?),
            Input::Stdin => Box::new(io::stdin()),
        };
        Self::of(unpacked(raw).map_err(failed)?, chunk_size).map_err(failed)
    }

    fn of(mut input: Box<dyn Read + Send>, chunk_size: usize) -> io::Result<Self> {
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
        let whole: Box<dyn Read + Send> = Box::new(Cursor::new(head).chain(input));
        let text: Box<dyn Read + Send> = if encoding == Encoding::Utf16 {
            let utf16 = if big_endian { UTF_16BE } else { UTF_16LE };
            Box::new(Decoding::new(whole, utf16.new_decoder_without_bom_handling()))
        } else {
            whole
        };
        Ok(Self { encoding, chunks: Chunks::new(text, Shape::Lines, chunk_size) })
    }

    /// The first line, decoded, without taking it.
    pub fn first_line(&mut self) -> io::Result<String> {
        let encoding = self.encoding;
        let head = self.chunks.peek()?;
        let line = head.split(|&b| b == b'\n').next().unwrap_or_default();
        let line = line.get(..line.len().min(limits::CELL)).unwrap_or_default();
        Ok(if encoding == Encoding::Gb18030 {
            GB18030.decode_without_bom_handling(line).0.into_owned()
        } else {
            String::from_utf8_lossy(line).into_owned()
        })
    }

    /// The delimiter, by what the first line holds most of.
    pub fn delimiter(&mut self) -> io::Result<u8> {
        let head = self.chunks.peek()?;
        let line = head.split(|&b| b == b'\n').next().unwrap_or_default();
        let count = |byte: u8| line.iter().filter(|&&b| b == byte).count();
        let best = [b'\t', b',', b';'].into_iter().max_by_key(|&byte| (count(byte), byte == b','));
        Ok(best.unwrap_or(b','))
    }
}

/// Unpacks gzip and zstd, told by their first bytes; anything else is passed through.
fn unpacked(mut input: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut magic = Vec::with_capacity(4);
    input.by_ref().take(4).read_to_end(&mut magic)?;
    let gzip = magic.starts_with(&[0x1f, 0x8b]);
    let zstd = magic.as_slice() == [0x28, 0xb5, 0x2f, 0xfd];
    let whole = Cursor::new(magic).chain(input);
    if !gzip && !zstd {
        return Ok(Box::new(whole));
    }
    let packed = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = BufReader::with_capacity(128 * 1024, Counted { inner: whole, count: packed.clone() });
    let inner: Box<dyn Read + Send> = if gzip {
        Box::new(flate2::bufread::MultiGzDecoder::new(counted))
    } else {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(counted)?;
        decoder.window_log_max(limits::ZSTD_WINDOW_LOG)?;
        Box::new(decoder)
    };
    Ok(Box::new(Guarded { inner, packed, unpacked: 0 }))
}

/// Counts the bytes read.
struct Counted<R> {
    inner: R,
    count: Arc<std::sync::atomic::AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.count.fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(count)
    }
}

/// Stops at a packing ratio that no text has.
struct Guarded {
    inner: Box<dyn Read + Send>,
    packed: Arc<std::sync::atomic::AtomicU64>,
    unpacked: u64,
}

impl Read for Guarded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.unpacked += count as u64;
        let packed = self.packed.load(std::sync::atomic::Ordering::Relaxed).max(1);
        if self.unpacked > limits::RATIO_FROM && self.unpacked / packed > limits::RATIO {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{packed} 字节解压出 {} 字节以上，疑为压缩炸弹 / looks like a bomb", self.unpacked),
            ));
        }
        Ok(count)
    }
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

/// Room for the decoded text of chunks, used again and again.
#[derive(Debug, Default)]
pub struct ChunkDecoder {
    decoded: String,
}

impl ChunkDecoder {
    /// The text of a chunk. The whole of it is checked at once; only a chunk with bad bytes is checked record by record.
    pub fn text<'t>(&'t mut self, encoding: Encoding, chunk: &'t Chunk) -> ChunkText<'t> {
        if encoding == Encoding::Gb18030 {
            self.decoded.clear();
            let mut decoder = GB18030.new_decoder_without_bom_handling();
            self.decoded.reserve(decoder.max_utf8_buffer_length(chunk.bytes.len()).unwrap_or_default());
            let (_, _, damaged) = decoder.decode_to_string(&chunk.bytes, &mut self.decoded, true);
            return ChunkText { bytes: self.decoded.as_bytes(), whole: Some(&self.decoded), damaged };
        }
        ChunkText { bytes: &chunk.bytes, whole: simdutf8::basic::from_utf8(&chunk.bytes).ok(), damaged: false }
    }
}

/// The decoded text of a chunk.
#[derive(Clone, Copy, Debug)]
pub struct ChunkText<'t> {
    /// All of it.
    pub bytes: &'t [u8],
    whole: Option<&'t str>,
    damaged: bool,
}

impl<'t> ChunkText<'t> {
    /// The text of a place of the chunk; `None` when it holds bytes that mean nothing.
    pub fn get(&self, (start, end): (usize, usize)) -> Option<&'t str> {
        let text = match self.whole {
            Some(whole) => whole.get(start..end)?,
            None => std::str::from_utf8(self.bytes.get(start..end)?).ok()?,
        };
        (!self.damaged || !text.contains('\u{fffd}')).then_some(text)
    }

    /// The text of a line, or why it must be set aside.
    pub fn line(&self, place: (usize, usize)) -> Result<&'t str, (Fault, String)> {
        if place.1 - place.0 > limits::RECORD {
            return Err((Fault::TooLong, format!("一行最多 {} 字节", limits::RECORD)));
        }
        self.get(place).ok_or((Fault::Undecodable, String::new()))
    }

    /// The text of a record, or why it must be set aside.
    pub fn record(&self, record: &Record<'_>) -> Result<&'t str, (Fault, String)> {
        record.is_whole()?;
        self.get(record.place).ok_or((Fault::Undecodable, String::new()))
    }

    /// The content of a field of a record that [`Self::record`] found good.
    pub fn cell(&self, record: &Record<'_>, column: usize) -> Option<Cow<'t, str>> {
        self.get(record.place_of(column)?).map(unquoted)
    }
}

/// The row for a record that did not fit into memory.
pub fn too_long(chunk: &Chunk, encoding: Encoding, location: Location, shape: Shape) -> Quarantined {
    let quote = if chunk.never_closed { "；引号没有闭合，其后各行都没有读到" } else { "" };
    let limit = match shape {
        Shape::Fields(_) => format!("一条记录最多 {} 字节、{} 列{quote}", limits::RECORD, limits::COLUMNS),
        Shape::Lines => format!("一行最多 {} 字节", limits::RECORD),
    };
    let raw = if encoding == Encoding::Gb18030 {
        GB18030.decode_without_bom_handling(&chunk.bytes).0
    } else {
        String::from_utf8_lossy(&chunk.bytes)
    };
    Quarantined::new(location, Fault::TooLong, "", &limit, &raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_cut_by_a_chunk_of_bytes_stays_whole() {
        let text = "编号,货物名称\n1,光伏组件\n2,镕堃\n".repeat(30_000);
        let (bytes, _, _) = GB18030.encode(&text);
        for size in [7, 64, 1_000, 65_536] {
            let mut source = TextSource::of(Box::new(Cursor::new(bytes.to_vec())), size).unwrap();
            assert_eq!(source.encoding, Encoding::Gb18030);
            let (mut chunk, mut decoder, mut whole) = (Chunk::default(), ChunkDecoder::default(), String::new());
            while source.chunks.next(&mut chunk).unwrap() {
                whole.push_str(decoder.text(source.encoding, &chunk).whole.unwrap());
            }
            assert!(whole == text, "chunks of {size} bytes");
        }
    }
}
