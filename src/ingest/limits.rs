//! What a reader takes at most. Beyond it a row is quarantined or the file refused, with the limit named.

/// Bytes of one cell or field.
pub const CELL: usize = 64 * 1024;
/// A cell or field beyond [`CELL`], in words.
pub fn long_cell(length: usize) -> String {
    format!("一格最多 {CELL} 字节，实有 {length}")
}
/// Bytes of one record of a text file.
pub const RECORD: usize = 1024 * 1024;
/// Columns of one row.
pub const COLUMNS: usize = 512;
/// Entries of one workbook archive.
pub const ARCHIVE_ENTRIES: usize = 4_096;
/// Formats, fonts, fills and borders of one workbook; a sheet program writes 65,490 formats at most.
pub const STYLES: usize = 262_144;
/// Values of one dictionary in a Parquet file.
#[cfg(feature = "parquet")]
pub const DICTIONARY: u64 = 1 << 22;
/// Rows and columns that a worksheet can have.
pub const SHEET_ROWS: u32 = 1_048_576;
/// See [`SHEET_ROWS`].
pub const SHEET_COLUMNS: u32 = 16_384;
/// Unpacked bytes of one part of a workbook that must be held in memory (shared strings, styles).
pub const HELD_PART: u64 = 48 * 1024 * 1024;
/// Unpacked bytes of one worksheet, which is streamed.
pub const SHEET: u64 = 4 * 1024 * 1024 * 1024;
/// A part that unpacks to more than this multiple of its packed size, and to over [`RATIO_FROM`], is a bomb.
pub const RATIO: u64 = 400;
/// Parts smaller than this are never called a bomb.
pub const RATIO_FROM: u64 = 8 * 1024 * 1024;
/// Rows in which the header is looked for.
pub const HEADER_ROWS: usize = 10;
/// Characters of raw text kept with a quarantined row.
pub const RAW_KEPT: usize = 8_000;
/// Characters of a wrong cell kept in the reason why its row was set aside.
pub const DETAIL_KEPT: usize = 300;
/// Largest window of a zstd frame, as a power of two: what `zstd --ultra` writes.
pub const ZSTD_WINDOW_LOG: u32 = 27;
/// Bytes of the XML of one electronic invoice.
pub const INVOICE_XML: u64 = 16 * 1024 * 1024;
/// Items of one electronic invoice.
pub const INVOICE_ITEMS: usize = 20_000;
/// Depth of its elements.
pub const XML_DEPTH: usize = 64;
