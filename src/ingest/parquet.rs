//! Rows of a Parquet file.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    panic,
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use parquet::{
    errors::ParquetError,
    file::metadata::ColumnChunkMetaData,
    file::reader::{ChunkReader, FileReader, Length, SerializedFileReader},
    record::Field,
};

use super::{IngestError, limits, table::RawRow};
use crate::model::Location;

/// A Parquet file whose pages are measured before they are unpacked.
pub type ParquetFile = SerializedFileReader<MeasuredPages>;

/// Opens a Parquet file.
pub fn open_parquet(path: &Path) -> Result<ParquetFile, IngestError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|source| IngestError::Read { path: name.clone(), source })?;
    let size = file.len();
    let reader = guarded(|| SerializedFileReader::new(MeasuredPages(file))).map_err(|error| damaged(&name, &error))?;
    let inside = |column: &ColumnChunkMetaData| {
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let end = start.checked_add(column.compressed_size());
        start >= 0 && column.compressed_size() >= 0 && end.is_some_and(|end| end as u64 <= size)
    };
    if !reader.metadata().row_groups().iter().all(|group| group.columns().iter().all(inside)) {
        return Err(damaged(&name, &ParquetError::EOF("a column lies outside the file".to_owned())));
    }
    // A run of equal rows takes a few bytes, whatever its length.
    let rows = reader.metadata().row_groups().iter().map(|group| group.num_rows().max(0) as u64);
    let rows = rows.fold(0, u64::saturating_add);
    if rows > u64::from(limits::SHEET_ROWS) && rows / size.max(1) > limits::RATIO {
        return Err(damaged(&name, &bomb(&format!("{size} 字节声称有 {rows} 行"))));
    }
    Ok(reader)
}

fn bomb(what: &str) -> ParquetError {
    ParquetError::General(format!("{what}，疑为压缩炸弹"))
}

/// A file in which every page is refused whose header claims more than the limits: the reader would take that much memory
/// at once.
pub struct MeasuredPages(File);

/// Bytes behind the last page: the length of the footer, and the mark.
const TAIL: u64 = 8;

impl Length for MeasuredPages {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for MeasuredPages {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let mut reader = self.0.get_read(start)?;
        if start.saturating_add(TAIL) < self.len() {
            let Page { unpacked, packed, words } = Page::of(reader.fill_buf()?)
                .ok_or_else(|| ParquetError::General(format!("a page header at {start} without sizes")))?;
            let ratio = unpacked > limits::RATIO_FROM && unpacked / packed.max(1) > limits::RATIO;
            if unpacked > limits::HELD_PART || ratio {
                return Err(bomb(&format!("一页声称解压后 {unpacked} 字节（压缩 {packed}）")));
            }
            if words > unpacked.min(limits::DICTIONARY) {
                return Err(bomb(&format!("{unpacked} 字节的词典页声称有 {words} 个值")));
            }
        }
        Ok(reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if start.saturating_add(length as u64) > self.len() {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} on reach beyond the end")));
        }
        self.0.get_bytes(start, length)
    }
}

/// What a page header claims.
struct Page {
    unpacked: u64,
    packed: u64,
    /// Values of a dictionary; 0 for other pages.
    words: u64,
}

impl Page {
    /// Reads fields 1 to 3 of a struct in Thrift's compact form (kind, unpacked and packed size), which every writer puts in
    /// order, and the count in field 7 of a dictionary page. None when they are not there.
    fn of(header: &[u8]) -> Option<Self> {
        const DICTIONARY_PAGE: u64 = 2;
        let mut at = 0;
        // The first byte of a field: how many numbers behind the field before, and its kind.
        let (int, structure) = (5, 12);
        let next = |field: &mut u8, at: usize| {
            let byte = *header.get(at)?;
            *field += byte >> 4;
            (byte >> 4 > 0 && *field < 16).then_some(byte & 15)
        };
        let mut field = 0;
        let mut sizes = [0; 3];
        for (size, wanted) in sizes.iter_mut().zip(1..) {
            (next(&mut field, at)? == int && field == wanted).then_some(())?;
            *size = signed(varint(header, &mut at)?)?;
        }
        let [kind, unpacked, packed] = sizes;
        let mut words = 0;
        while kind == DICTIONARY_PAGE && words == 0 {
            match next(&mut field, at)? {
                kind if kind == int => {
                    varint(header, &mut at)?;
                }
                kind if kind == structure && field == 7 && header.get(at + 1) == Some(&0x15) => {
                    at += 1;
                    words = signed(varint(header, &mut at)?)?;
                    if words == 0 {
                        break;
                    }
                }
                _ => return None,
            }
        }
        Some(Self { unpacked, packed, words })
    }
}

/// A number that is written with its sign in the last bit; None below 0.
fn signed(number: u64) -> Option<u64> {
    (number & 1 == 0).then_some(number >> 1)
}

/// The number behind the byte at `at`, which moves to the byte behind it.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..35).step_by(7) {
        *at += 1;
        let byte = *bytes.get(*at)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            *at += 1;
            return Some(value);
        }
    }
    None
}

/// Does `read`, in which the parquet crate may panic: it asserts much that a damaged file breaks (a page of numbers into a
/// dictionary that was never there). Such a panic is an error of the file.
pub fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    // What `read` has changed is never used again behind an error.
    panic::catch_unwind(panic::AssertUnwindSafe(read)).unwrap_or_else(|cause| {
        let words = cause.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let words = words.or_else(|| cause.downcast_ref::<String>().cloned());
        Err(ParquetError::General(words.unwrap_or_else(|| "damaged".to_owned())))
    })
}

/// A Parquet file that cannot be read.
pub fn damaged(path: &str, error: &ParquetError) -> IngestError {
    IngestError::Parquet { path: path.to_owned(), reason: error.to_string() }
}

/// Gives the headings and then every row, cells as text.
pub(super) fn rows(path: &Path, file: &Arc<str>, give: &mut dyn FnMut(RawRow) -> bool) -> Result<(), IngestError> {
    let reader = open_parquet(path)?;
    let location = |row| Location { file: file.clone(), sheet: Some(Arc::from("parquet")), row };
    let schema = reader.metadata().file_metadata().schema();
    let headings = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    give(RawRow { location: location(0), cells: headings });
    let mut records = guarded(|| reader.get_row_iter(None)).map_err(|error| damaged(file, &error))?;
    for number in 1.. {
        let Some(record) = guarded(|| records.next().transpose()).map_err(|error| damaged(file, &error))? else {
            break;
        };
        let cells = record.get_column_iter().map(|(_, field)| text_of(field)).collect();
        if !give(RawRow { location: location(number), cells }) {
            break;
        }
    }
    Ok(())
}

fn text_of(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
        Field::Bool(flag) => if *flag { "是" } else { "否" }.to_owned(),
        // Dates and moments begin with the day, as `parse_date` reads it.
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_headers_say_what_they_claim() {
        let claims = |header: &[u8]| Page::of(header).map(|page| (page.unpacked, page.packed, page.words));
        // A page of data, a dictionary, and one with a checksum in front of its count.
        assert_eq!(claims(&[0x15, 0, 0x15, 0x90, 1, 0x15, 20, 0x2c]), Some((72, 10, 0)));
        assert_eq!(claims(&[0x15, 4, 0x15, 40, 0x15, 20, 0x4c, 0x15, 0x80, 0x80, 4, 0x15]), Some((20, 10, 32_768)));
        assert_eq!(claims(&[0x15, 4, 0x15, 40, 0x15, 20, 0x15, 9, 0x3c, 0x15, 6, 0x15]), Some((20, 10, 3)));
        // Cut short, below nothing, or in another order.
        for header in [&[0x15, 0, 0x15, 40][..], &[0x15, 0, 0x15, 41, 0x15, 20], &[0x25, 0, 0x15, 40, 0x15, 20], &[]] {
            assert_eq!(claims(header), None);
        }
    }
}
