//! Tables from any file: find the header within the first rows, then give the rows below it.

use std::{fs::File, path::Path, sync::Arc};

use super::{
    IngestError, Input,
    columns::{Column, ColumnMap, Header, IgnoredColumn},
    delimited, einvoice, limits,
    quarantine::{Fault, Quarantined},
    source::TextSource,
    text_rows::each_row,
    workbook::{self, Next},
};
use crate::{model::Location, text::Encoding};

/// A row before its columns are understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRow {
    /// File, sheet, row.
    pub location: Location,
    /// Cells in column order; rows may be ragged.
    pub cells: Vec<String>,
}

/// A row under its header.
pub type TableRow<'r> = (&'r Header, &'r RawRow);

/// A good row, or one set aside.
pub type ReadRow<'r> = Result<TableRow<'r>, Box<Quarantined>>;

/// What a whole file gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableReport {
    /// Encoding of a text file.
    pub encoding: Option<Encoding>,
    /// Sheets or files whose header was understood.
    pub tables: usize,
    /// The headers that were understood.
    pub headers: Vec<Header>,
    /// Columns that are not read.
    pub ignored: Vec<IgnoredColumn>,
}

impl TableReport {
    /// The report with the columns of its headers that are not read: see [`Header::ignored`].
    pub(super) fn with_ignored(mut self, map: &ColumnMap, columns: &[Column], fields: &[&str]) -> Self {
        let ignored = self.headers.iter().flat_map(|header| header.ignored(map, columns, fields));
        for column in ignored.collect::<Vec<_>>() {
            if !self.ignored.contains(&column) {
                self.ignored.push(column);
            }
        }
        self
    }
}

/// Feeds rows to the consumer, sheet by sheet.
struct Feed<'f> {
    map: &'f ColumnMap,
    wanted: &'f dyn Fn(&Header) -> bool,
    take: &'f mut dyn FnMut(ReadRow<'_>),
    /// Rows seen while the header of this sheet is looked for; bad ones keep their place.
    held: Vec<Result<RawRow, Box<Quarantined>>>,
    /// The header of this sheet, once found.
    header: Option<Header>,
    /// Headings of sheets whose header was not understood, for the error message.
    seen: Vec<String>,
    /// The headers that were understood.
    headers: Vec<Header>,
}

impl Feed<'_> {
    /// Takes one row; false when this sheet has no header and its other rows can be skipped.
    fn row(&mut self, row: &RawRow) -> bool {
        if let Some(longest) = row.cells.iter().map(String::len).max().filter(|&longest| longest > limits::CELL) {
            let (raw, detail) = (row.cells.join(" | "), limits::long_cell(longest));
            return self.read(Err(Box::new(Quarantined::new(row.location.clone(), Fault::TooLong, "", &detail, &raw))));
        }
        if self.header.is_some() {
            self.pass_on(row);
            return true;
        }
        self.read(Ok(row.clone()))
    }

    /// The same for a row that may be bad. What is bad above the header is no data.
    fn read(&mut self, row: Result<RawRow, Box<Quarantined>>) -> bool {
        if self.header.is_some() {
            self.give(row);
            return true;
        }
        self.held.push(row);
        if self.held.len() <= limits::HEADER_ROWS {
            return true;
        }
        self.find_header();
        self.header.is_some()
    }

    /// Looks for the header among the held rows; on success gives the rows below it.
    fn find_header(&mut self) {
        let held = std::mem::take(&mut self.held);
        let bad = RawRow { location: Location::default(), cells: Vec::new() };
        let rows: Vec<&RawRow> = held.iter().map(|row| row.as_ref().unwrap_or(&bad)).collect();
        match best_header(&rows, self.map) {
            Some((place, header)) if (self.wanted)(&header) => {
                self.headers.push(header.clone());
                self.header = Some(header);
                held.into_iter().skip(place + 1).for_each(|row| self.give(row));
            }
            Some((_, header)) => {
                self.seen.extend(header.headings.into_iter().filter(|heading| !heading.is_empty()).take(12));
            }
            None => {}
        }
    }

    fn give(&mut self, row: Result<RawRow, Box<Quarantined>>) {
        match row {
            Ok(row) => self.pass_on(&row),
            Err(bad) => (self.take)(Err(bad)),
        }
    }

    fn pass_on(&mut self, row: &RawRow) {
        let Some(header) = self.header.as_ref().filter(|_| row.cells.iter().any(|cell| !cell.trim().is_empty())) else {
            return;
        };
        let columns = header.headings.len();
        // In a sheet every cell knows its column; in a text a stray comma moves all cells behind it.
        if row.location.sheet.is_none() && row.cells.iter().skip(columns).any(|cell| !cell.trim().is_empty()) {
            let detail = format!("表头 {columns} 列，本行 {} 格", row.cells.len());
            let bad = Quarantined::new(row.location.clone(), Fault::Surplus, "", &detail, &row.cells.join(" | "));
            (self.take)(Err(Box::new(bad.with_cells(header, row.cells.clone()))));
        } else if let Some(origin) = origin(header, row) {
            (self.take)(Ok((header, &RawRow { location: origin, cells: row.cells.clone() })));
        } else {
            (self.take)(Ok((header, row)));
        }
    }

    fn end_sheet(&mut self) {
        if self.header.is_none() {
            self.find_header();
        }
        self.header = None;
        self.held.clear();
    }
}

/// Where a row stood that was set aside and is handed in again.
fn origin(header: &Header, row: &RawRow) -> Option<Location> {
    let cell = |column| header.cell(&row.cells, column);
    let number = cell(Column::OriginRow).parse().ok().filter(|row| *row > 0)?;
    let sheet = Some(cell(Column::OriginSheet)).filter(|sheet| !sheet.is_empty()).map(Arc::from);
    Some(Location { file: Arc::from(cell(Column::OriginFile)), sheet, row: number })
}

/// The row that reads most like a header, among the first ten; the first of equals.
pub(super) fn best_header(rows: &[&RawRow], map: &ColumnMap) -> Option<(usize, Header)> {
    rows.iter()
        .take(limits::HEADER_ROWS)
        .enumerate()
        .map(|(place, row)| (place, Header::of(&row.cells, map)))
        .max_by_key(|(place, header)| (header.understood(), std::cmp::Reverse(*place)))
}

/// Reads the table in `input`. `wanted` says whether a header is good enough; sheets without such a header are passed
/// over, and a file without any is an error that shows what was found.
pub(super) fn read(
    input: &Input,
    map: &ColumnMap,
    wanted: &dyn Fn(&Header) -> bool,
    take: &mut dyn FnMut(ReadRow<'_>),
) -> Result<TableReport, IngestError> {
    let mut report = TableReport::default();
    let file: Arc<str> = Arc::from(input.name());
    let mut feed = Feed { map, wanted, take, held: Vec::new(), header: None, seen: Vec::new(), headers: Vec::new() };
    let kind = match input {
        Input::Path(path) => kind_of(path)?,
        Input::Stdin => FileKind::Text,
    };
    match (input, kind) {
        (Input::Path(path), FileKind::Invoice(kind)) => {
            einvoice::rows(path, &file, kind, &mut |row| {
                feed.row(&row);
            })?;
        }
        #[cfg(feature = "parquet")]
        (Input::Path(path), FileKind::Parquet) => {
            super::parquet::rows(path, &file, &mut |row| feed.row(&row))?;
        }
        (Input::Path(path), FileKind::Workbook) => {
            let mut current: Option<Arc<str>> = None;
            workbook::rows(path, &file, |row| {
                if row.location.sheet != current {
                    feed.end_sheet();
                    current = row.location.sheet.clone();
                }
                Ok(if feed.row(row) { Next::Row } else { Next::LeaveSheet })
            })?;
        }
        _ => {
            let source = open(input)?;
            report.encoding = Some(source.encoding);
            read_delimited(input, source, &mut feed)?;
        }
    }
    feed.end_sheet();
    report.tables = feed.headers.len();
    report.headers = feed.headers;
    if report.tables == 0 {
        return Err(IngestError::NoHeader { path: input.name().to_owned(), seen: feed.seen.join("、") });
    }
    Ok(report)
}

/// Reads delimited text into `feed`.
fn read_delimited(input: &Input, source: TextSource, feed: &mut Feed<'_>) -> Result<(), IngestError> {
    let file = Arc::from(input.name());
    each_row(source, &file, &mut |row| feed.read(row))
        .map_err(|source| IngestError::Read { path: input.name().to_owned(), source })
}

/// Reads a table from text that is open already.
pub(super) fn read_open(
    input: &Input,
    source: TextSource,
    map: &ColumnMap,
    wanted: &dyn Fn(&Header) -> bool,
    take: &mut dyn FnMut(ReadRow<'_>),
) -> Result<TableReport, IngestError> {
    let encoding = source.encoding;
    let mut feed = Feed { map, wanted, take, held: Vec::new(), header: None, seen: Vec::new(), headers: Vec::new() };
    read_delimited(input, source, &mut feed)?;
    feed.end_sheet();
    Ok(TableReport {
        encoding: Some(encoding),
        tables: feed.headers.len(),
        headers: feed.headers,
        ..TableReport::default()
    })
}

/// Whether the first line of `source` is a header of at least two columns that `wanted` accepts.
pub(super) fn begins_with_header(
    source: &mut TextSource,
    map: &ColumnMap,
    wanted: &dyn Fn(&Header) -> bool,
) -> std::io::Result<bool> {
    let line = source.first_line()?;
    let cells: Vec<String> =
        line.trim_end().split([',', '\t', ';']).map(|cell| cell.trim_matches('"').to_owned()).collect();
    Ok(cells.len() > 1 && wanted(&Header::of(&cells, map)))
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileKind {
    Text,
    Workbook,
    #[cfg(feature = "parquet")]
    Parquet,
    Invoice(einvoice::Kind),
}

/// What the file is by its first bytes; the old binary xls, PDF and the like are refused by name.
fn kind_of(path: &Path) -> Result<FileKind, IngestError> {
    use std::io::Read;
    let name = path.display().to_string();
    let failed = |source| IngestError::Read { path: name.clone(), source };
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(1_024).read_to_end(&mut head)).map_err(failed)?;
    let refuse = |format: &'static str, advice: &'static str| {
        Err(IngestError::Unsupported { path: name.clone(), format, advice })
    };
    let ends = |ending: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending));
    if let Some(kind) = einvoice::kind_of(path, &head)? {
        return Ok(FileKind::Invoice(kind));
    }
    match head.as_slice() {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Ok(FileKind::Workbook),
        #[cfg(feature = "parquet")]
        [b'P', b'A', b'R', b'1', ..] => Ok(FileKind::Parquet),
        #[cfg(not(feature = "parquet"))]
        [b'P', b'A', b'R', b'1', ..] => refuse("Parquet", "这个程序编译时没有启用 parquet / built without Parquet"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => refuse("xls（Excel 97-2003）", "请在 Excel 中另存为 .xlsx"),
        [b'%', b'P', b'D', b'F', ..] => refuse("PDF", "请使用 xlsx、csv 或 xml 格式的发票数据"),
        _ if ends("xlsx") => {
            Err(IngestError::Workbook { path: name, reason: "不是完整的 xlsx（zip）文件".to_owned() })
        }
        _ if ends("ofd") => {
            Err(IngestError::Invoice { path: name, reason: "不是完整的 OFD（zip）文件".to_owned() })
        }
        _ => Ok(FileKind::Text),
    }
}

/// Whether a file is text that is cut into rows and fields: neither workbook nor invoice. Formats that are not read are
/// refused by name.
pub fn is_delimited_text(input: &Input) -> Result<bool, IngestError> {
    match input {
        Input::Path(path) => kind_of(path).map(|kind| kind == FileKind::Text),
        Input::Stdin => Ok(false),
    }
}

/// Whether a file is a workbook. What cannot be read is none; its reader tells why.
pub fn is_workbook(input: &Input) -> bool {
    matches!(input, Input::Path(path) if kind_of(path).is_ok_and(|kind| kind == FileKind::Workbook))
}

/// Whether a file is a Parquet file that this program reads.
#[cfg(feature = "parquet")]
pub fn is_parquet(input: &Input) -> bool {
    match input {
        Input::Path(path) => matches!(kind_of(path), Ok(FileKind::Parquet)),
        Input::Stdin => false,
    }
}

/// Opens a text input.
pub(super) fn open(input: &Input) -> Result<TextSource, IngestError> {
    TextSource::open(input, delimited::CHUNK)
}

/// Reads a date as sheets write it: `2025-10-01`, `2025/10/1`, `20251001`, `2025年10月1日`, with or without a time.
pub fn parse_date(text: &str) -> Option<jiff::civil::Date> {
    let text = text.trim();
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let first = numbers.next()?;
    if first.len() >= 8 {
        let part = |range: std::ops::Range<usize>| first.get(range)?.parse::<i16>().ok();
        return jiff::civil::Date::new(part(0..4)?, part(4..6)? as i8, part(6..8)? as i8).ok();
    }
    let (year, month, day) = (first.parse().ok()?, numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    (first.len() == 4).then(|| jiff::civil::Date::new(year, month, day).ok()).flatten()
}

/// Sets a row aside for one of its cells.
pub(super) fn bad_cell((header, row): TableRow<'_>, column: Column, fault: Fault, detail: &str) -> Box<Quarantined> {
    let raw = row.cells.join(" | ");
    let bad = Quarantined::new(row.location.clone(), fault, header.heading(column), detail, &raw);
    Box::new(bad.with_cells(header, row.cells.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_sheets_write_them() {
        let date = jiff::civil::date(2025, 10, 1);
        for text in ["2025-10-01", "2025/10/1", "20251001", "2025年10月1日", "2025-10-01 08:30:00", "20251001083000"]
        {
            assert_eq!(parse_date(text), Some(date), "{text}");
        }
        for text in ["", "十月", "2025-13-01", "25-10-01", "2025-10"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
