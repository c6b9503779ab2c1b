//! Parquet in, the same Parquet out with four more columns: the encoded columns are copied as they stand, only the
//! columns that are read are decoded, and row groups stay what they were.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, Read, Write},
    path::Path,
    sync::Arc,
};

use parquet::{
    basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical},
    column::{
        reader::{ColumnReader, ColumnReaderImpl},
        writer::{ColumnCloseResult, ColumnWriter},
    },
    data_type::{ByteArray, ByteArrayType, DataType},
    errors::ParquetError,
    file::{
        metadata::{PageIndexPolicy, ParquetMetaDataReader},
        properties::{EnabledStatistics, WriterProperties},
        reader::FileReader,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{Type, TypePtr},
};

use rustc_hash::FxHashMap;

use super::{
    Mark, Receiver, RunError, Task, Totals,
    chunks::HEADINGS,
    reader::{CELL_END, LineReader, Style},
    tickets::in_order,
};
use crate::ingest::{
    CELL, ColumnMap, Fault, Glimpse, Header, IngestError, ParquetFile, Quarantined, TableColumns, damaged, guarded,
    long_cell, open_parquet,
};

/// Rows that one thread takes at a time.
const BATCH: usize = 8_192;

/// Reads the Parquet file at `path` and writes it to `out` with four more columns. A row that must be set aside stays in
/// its place, because whole columns are copied; its verdict is empty and its reason says why.
pub fn classify_parquet<W: Write + Send>(
    task: &Task<'_>,
    path: &Path,
    map: &ColumnMap,
    out: W,
    receiver: &mut dyn Receiver,
) -> Result<W, RunError> {
    let (source, columns) = Source::open(path, map, task)?;
    let mut target = Target::open(path, &source.reader, out).map_err(|error| told(path, error))?;
    each_batch(task, path, source, &columns, Mark::default(), &mut |worker, mark| {
        target.take(&worker.answers, &worker.ends, worker.ends_group).map_err(|error| told(path, error))?;
        worker.give_rest(mark, receiver)
    })?;
    target.close().map_err(|error| told(path, error))
}

/// Reads the Parquet file at `path` from `from` on and gives the answers alone, as [`assemble_parquet`] reads them.
pub fn answer_parquet(
    task: &Task<'_>,
    path: &Path,
    map: &ColumnMap,
    from: Mark,
    receiver: &mut dyn Receiver,
) -> Result<(), RunError> {
    let (source, columns) = Source::open(path, map, task)?;
    each_batch(task, path, source, &columns, from, &mut |worker, mark| {
        let mut bytes = Vec::with_capacity(worker.answers.len() + 4 * worker.ends.len() + 5);
        bytes.push(u8::from(worker.ends_group));
        bytes.extend((worker.ends.len() as u32).to_le_bytes());
        bytes.extend(worker.ends.iter().flat_map(|&end| (end as u32).to_le_bytes()));
        bytes.extend_from_slice(&worker.answers);
        receiver.bytes(&bytes)?;
        worker.give_rest(mark, receiver)
    })
}

/// Writes the Parquet file at `path` to `out` with the answers that [`answer_parquet`] gave: the bytes are those of
/// [`classify_parquet`].
pub fn assemble_parquet<W: Write + Send>(path: &Path, mut answers: impl Read, out: W) -> Result<W, RunError> {
    let failed = |error| told(path, error);
    let mut target = Target::open(path, &open_parquet(path)?, out).map_err(failed)?;
    let mut head = [0; 1];
    while answers.read(&mut head)? > 0 {
        let mut number = || -> io::Result<usize> {
            let mut bytes = [0; 4];
            answers.read_exact(&mut bytes)?;
            Ok(u32::from_le_bytes(bytes) as usize)
        };
        let count = number()?;
        let ends = (0..count).map(|_| number()).collect::<io::Result<Vec<usize>>>()?;
        let mut bytes = vec![0; ends.last().copied().unwrap_or_default()];
        answers.read_exact(&mut bytes)?;
        target.take(&bytes, &ends, head == [1]).map_err(failed)?;
    }
    target.close().map_err(failed)
}

/// What went wrong, told as a fault of the input or of the output.
fn told(path: &Path, error: ParquetError) -> RunError {
    let name = path.display().to_string();
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => RunError::Output(*error),
            Err(error) => RunError::Ingest(damaged(&name, &ParquetError::External(error))),
        },
        other => RunError::Ingest(damaged(&name, &other)),
    }
}

/// Answers the rows behind `from`, a batch a thread, and gives each batch in order, with the mark behind it.
fn each_batch<'e>(
    task: &Task<'e>,
    path: &Path,
    mut source: Source,
    columns: &TableColumns,
    from: Mark,
    give: &mut (dyn FnMut(&mut Worker<'e>, Mark) -> Result<(), RunError> + Send),
) -> Result<(), RunError> {
    let needed = columns.needed();
    let mut workers: Vec<Worker<'_>> = (0..task.threads.max(1))
        .map(|_| Worker::new(LineReader::new(task.matcher, Style::Cells), needed.len()))
        .collect();
    let read = |worker: &mut Worker<'_>| guarded(|| source.fill(worker, &needed)).map_err(|error| told(path, error));
    let known = |worker: &Worker<'_>| worker.first + worker.rows as u64 - 1 <= from.events;
    let work = |worker: &mut Worker<'_>| {
        if !known(worker) {
            worker.answer(columns, &needed);
        }
    };
    let write = |worker: &mut Worker<'e>| {
        if known(worker) {
            return Ok(());
        }
        let mark = Mark { events: worker.first + worker.rows as u64 - 1, ..Mark::default() };
        give(worker, mark)
    };
    in_order(&mut workers, read, work, write)
}

/// Reads the needed columns group by group.
struct Source {
    reader: ParquetFile,
    groups: Vec<usize>,
    group: usize,
    open: Vec<(ColumnReaderImpl<ByteArrayType>, bool)>,
    left: usize,
    row: u64,
}

impl Source {
    /// Opens the file at `path` and finds the columns that are read.
    fn open(path: &Path, map: &ColumnMap, task: &Task<'_>) -> Result<(Self, TableColumns), RunError> {
        let name = path.display().to_string();
        let reader = open_parquet(path)?;
        let schema = reader.metadata().file_metadata().schema_descr();
        // Only columns at the top can be read by their name; those inside groups are copied.
        let headings: Vec<String> = schema
            .columns()
            .iter()
            .map(|column| {
                let flat =
                    column.path().parts().len() == 1 && column.max_rep_level() == 0 && column.max_def_level() <= 1;
                if flat && column.physical_type() == Physical::BYTE_ARRAY {
                    column.name().to_owned()
                } else {
                    String::new()
                }
            })
            .collect();
        let header = Header::of(&headings, map);
        let columns = TableColumns::new(&name, header, task.kind).ok_or_else(|| IngestError::NoHeader {
            path: name.clone(),
            seen: headings
                .iter()
                .filter(|heading| !heading.is_empty())
                .take(12)
                .cloned()
                .collect::<Vec<_>>()
                .join("、"),
        })?;
        let groups =
            reader.metadata().row_groups().iter().map(|group| group.num_rows().try_into().unwrap_or(0)).collect();
        Ok((Self { reader, groups, group: 0, open: Vec::new(), left: 0, row: 0 }, columns))
    }

    fn fill(&mut self, worker: &mut Worker<'_>, needed: &[usize]) -> Result<bool, ParquetError> {
        while self.left == 0 {
            let Some(&rows) = self.groups.get(self.group) else { return Ok(false) };
            let group = self.reader.get_row_group(self.group)?;
            self.open.clear();
            for &column in needed {
                let optional = group.metadata().column(column).column_descr().max_def_level() > 0;
                match group.get_column_reader(column)? {
                    ColumnReader::ByteArrayColumnReader(reader) => self.open.push((reader, optional)),
                    _ => return Err(ParquetError::General("a column changed its type".to_owned())),
                }
            }
            self.group += 1;
            self.left = rows;
        }
        let rows = self.left.min(BATCH);
        for ((reader, optional), column) in self.open.iter_mut().zip(&mut worker.columns) {
            column.values.clear();
            column.present.clear();
            let mut got = 0;
            while got < rows {
                let levels = optional.then_some(&mut column.present);
                let (records, _, _) = reader.read_records(rows - got, levels, None, &mut column.values)?;
                if records == 0 {
                    return Err(ParquetError::EOF("a column is shorter than its row group".to_owned()));
                }
                got += records;
            }
            if !*optional {
                column.present.resize(rows, 1);
            }
        }
        self.left -= rows;
        worker.rows = rows;
        worker.first = self.row + 1;
        worker.ends_group = self.left == 0;
        self.row += rows as u64;
        Ok(true)
    }
}

#[derive(Default)]
struct Values {
    values: Vec<ByteArray>,
    /// 1 where the row has a value.
    present: Vec<i16>,
}

struct Worker<'e> {
    columns: Vec<Values>,
    rows: usize,
    first: u64,
    ends_group: bool,
    reader: LineReader<'e>,
    /// Answers, four cells each, and where each ends.
    answers: Vec<u8>,
    ends: Vec<usize>,
    rejects: Vec<Quarantined>,
    totals: Totals,
}

impl<'e> Worker<'e> {
    fn new(reader: LineReader<'e>, columns: usize) -> Self {
        Self {
            columns: (0..columns).map(|_| Values::default()).collect(),
            rows: 0,
            first: 0,
            ends_group: false,
            reader,
            answers: Vec::new(),
            ends: Vec::new(),
            rejects: Vec::new(),
            totals: Totals::default(),
        }
    }

    /// Gives what is not part of the output.
    fn give_rest(&mut self, mark: Mark, receiver: &mut dyn Receiver) -> Result<(), RunError> {
        for bad in self.rejects.drain(..) {
            receiver.set_aside(bad)?;
        }
        receiver.reached(mark, &self.totals)
    }

    fn answer(&mut self, columns: &TableColumns, needed: &[usize]) {
        self.answers.clear();
        self.ends.clear();
        self.totals = Totals::default();
        let mut next = vec![0usize; needed.len()];
        let mut cells: Vec<Option<&str>> = Vec::with_capacity(needed.len());
        // The number among the needed columns of each column of the file; one past the last for the others.
        let mut numbers = vec![needed.len(); needed.iter().max().map_or(0, |last| last + 1)];
        for (number, &place) in needed.iter().enumerate() {
            if let Some(slot) = numbers.get_mut(place) {
                *slot = number;
            }
        }
        for row in 0..self.rows {
            cells.clear();
            for (column, next) in self.columns.iter().zip(&mut next) {
                if column.present.get(row) != Some(&1) {
                    cells.push(Some(""));
                    continue;
                }
                cells.push(column.values.get(*next).and_then(|value| value.as_utf8().ok()));
                *next += 1;
            }
            let number = self.first + row as u64;
            let cell = |place: usize| {
                let found = numbers.get(place).and_then(|&number| *cells.get(number)?);
                Cow::Borrowed(found.unwrap_or_default().trim())
            };
            let decoded = cells.iter().all(Option::is_some);
            let longest = cells.iter().flatten().map(|text| text.len()).max().unwrap_or_default();
            let glimpse: Result<Glimpse<'_>, Box<Quarantined>> = if longest > CELL {
                let raw = cells.iter().flatten().copied().collect::<Vec<_>>().join(" | ");
                let location = columns.location(number);
                Err(Box::new(Quarantined::new(location, Fault::TooLong, "", &long_cell(longest), &raw)))
            } else if decoded {
                columns.glimpse_of(cell, |column, fault, detail| {
                    let raw = cells.iter().flatten().copied().collect::<Vec<_>>().join(" | ");
                    let heading = columns.header.heading(column);
                    Box::new(Quarantined::new(columns.location(number), fault, heading, detail, &raw))
                })
            } else {
                Err(Box::new(Quarantined::new(columns.location(number), Fault::Undecodable, "", "", "")))
            };
            match glimpse {
                Ok(glimpse) => {
                    let amount = glimpse.amount;
                    let verdict = match self.reader.glance(&glimpse.text, glimpse.kind) {
                        Some((verdict, answer)) => {
                            self.answers.extend_from_slice(answer);
                            verdict
                        }
                        None => {
                            let (verdict, answer) = self.reader.read(&columns.line_of(glimpse, cell, number));
                            self.answers.extend_from_slice(answer);
                            verdict
                        }
                    };
                    self.totals.count(verdict, amount);
                }
                Err(bad) => {
                    self.answers.extend([CELL_END; 3]);
                    self.answers.extend_from_slice(format!("隔离 {}：{}", bad.code, bad.reason).as_bytes());
                    self.totals.rejects += 1;
                    self.rejects.push(*bad);
                }
            }
            self.ends.push(self.answers.len());
        }
    }
}

/// The file that is written.
struct Target<W: Write + Send> {
    input: File,
    metadata: parquet::file::metadata::ParquetMetaData,
    writer: SerializedFileWriter<W>,
    group: usize,
    /// Different answers of this row group, and the answer of each of its rows.
    known: FxHashMap<Vec<u8>, u32>,
    distinct: Vec<Vec<u8>>,
    rows: Vec<u32>,
}

impl<W: Write + Send> Target<W> {
    fn open(path: &Path, reader: &ParquetFile, out: W) -> Result<Self, ParquetError> {
        let input = File::open(path)?;
        let metadata =
            ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional).parse_and_finish(&input)?;
        let file = reader.metadata().file_metadata();
        let mut fields: Vec<TypePtr> = file.schema().get_fields().to_vec();
        for heading in HEADINGS {
            fields.push(Arc::new(text_column(heading)?));
        }
        let schema = Arc::new(Type::group_type_builder(file.schema().name()).with_fields(fields).build()?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            // The least and the greatest of a hundred thousand reasons help nobody, and finding them takes long.
            .set_statistics_enabled(EnabledStatistics::None)
            .set_created_by(format!("lvjian {}", env!("CARGO_PKG_VERSION")))
            .build();
        let writer = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
        let (known, distinct, rows) = (FxHashMap::default(), Vec::new(), Vec::new());
        Ok(Self { input, metadata, writer, group: 0, known, distinct, rows })
    }

    /// Adds the answers of the next rows, of which `ends` tells the ends.
    fn take(&mut self, answers: &[u8], ends: &[usize], ends_group: bool) -> Result<(), ParquetError> {
        let mut start = 0;
        for &end in ends {
            let answer = answers.get(start..end).unwrap_or_default();
            start = end;
            // Most rows have the answer of the row before.
            let before = self.rows.last().copied();
            let same = before.filter(|&before| self.distinct.get(before as usize).is_some_and(|known| known == answer));
            let number = match same.or_else(|| self.known.get(answer).copied()) {
                Some(number) => number,
                None => {
                    let number = u32::try_from(self.distinct.len())
                        .map_err(|_| ParquetError::General("too many answers in a row group".to_owned()))?;
                    self.known.insert(answer.to_vec(), number);
                    self.distinct.push(answer.to_vec());
                    number
                }
            };
            self.rows.push(number);
        }
        if ends_group { self.write_group() } else { Ok(()) }
    }

    /// Copies the columns of the row group as they stand, and writes the four new ones.
    fn write_group(&mut self) -> Result<(), ParquetError> {
        // A row group without rows was never read, and is left out.
        let rows = |group: usize| self.metadata.row_groups().get(group).map(|group| group.num_rows());
        while rows(self.group) == Some(0) {
            self.group += 1;
        }
        let Some(group) = self.metadata.row_groups().get(self.group) else {
            return Err(ParquetError::General("the file has fewer row groups than before".to_owned()));
        };
        let mut out = self.writer.next_row_group()?;
        let index = self.metadata.page_index();
        for (number, column) in group.columns().iter().enumerate() {
            let close = ColumnCloseResult {
                bytes_written: column.compressed_size().try_into().unwrap_or_default(),
                rows_written: group.num_rows().try_into().unwrap_or_default(),
                metadata: column.clone(),
                bloom_filter: None,
                column_index: index.and_then(|index| index.column_index(self.group, number)).cloned(),
                offset_index: index.and_then(|index| index.offset_index(self.group, number)).cloned(),
            };
            out.append_column(&self.input, close)?;
        }
        for place in 0..HEADINGS.len() {
            let cells: Vec<ByteArray> = self
                .distinct
                .iter()
                .map(|answer| {
                    ByteArray::from(answer.split(|&byte| byte == CELL_END).nth(place).unwrap_or_default().to_vec())
                })
                .collect();
            write_texts(&mut out, self.rows.iter().map(|&row| cells.get(row as usize).cloned().unwrap_or_default()))?;
        }
        out.close()?;
        self.group += 1;
        self.known.clear();
        self.distinct.clear();
        self.rows.clear();
        Ok(())
    }

    fn close(self) -> Result<W, ParquetError> {
        self.writer.into_inner()
    }
}

fn text_column(name: &str) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
        .with_repetition(Repetition::REQUIRED)
        .with_converted_type(ConvertedType::UTF8)
        .with_logical_type(Some(LogicalType::String))
        .build()
}

/// Writes the next column of a row group.
fn write_texts<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    mut texts: impl Iterator<Item = ByteArray>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("no such column".to_owned()));
    };
    let ColumnWriter::ByteArrayColumnWriter(writer) = column.untyped() else {
        return Err(ParquetError::General(format!("{} is no text column", ByteArrayType::get_physical_type())));
    };
    loop {
        let batch: Vec<ByteArray> = texts.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return column.close();
        }
        writer.write_batch(&batch, None, None)?;
    }
}

/// Rows of a row group in a table of texts.
const GROUP: usize = 65_536;

/// A table of texts that becomes a Parquet file.
pub struct TextTableWriter {
    writer: SerializedFileWriter<File>,
    held: Vec<Vec<String>>,
    columns: usize,
}

impl TextTableWriter {
    /// Writes to `spool`.
    pub fn new(spool: File, headings: &[&str]) -> io::Result<Self> {
        let fields = headings.iter().map(|heading| text_column(heading).map(Arc::new)).collect::<Result<Vec<_>, _>>();
        let schema = fields.and_then(|fields| Type::group_type_builder("schema").with_fields(fields).build());
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = schema
            .and_then(|schema| SerializedFileWriter::new(spool, Arc::new(schema), Arc::new(properties)))
            .map_err(io::Error::other)?;
        Ok(Self { writer, held: Vec::new(), columns: headings.len() })
    }

    /// Adds a row.
    pub fn row(&mut self, row: Vec<String>) -> io::Result<()> {
        self.held.push(row);
        if self.held.len() < GROUP { Ok(()) } else { self.flush().map_err(io::Error::other) }
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for column in 0..self.columns {
            let cells = self.held.iter().map(|row| row.get(column).map_or("", String::as_str));
            write_texts(&mut group, cells.map(|cell| ByteArray::from(cell.as_bytes().to_vec())))?;
        }
        self.held.clear();
        group.close().map(|_| ())
    }

    /// Writes the rest and gives the spool back.
    pub fn finish(mut self) -> io::Result<File> {
        if !self.held.is_empty() {
            self.flush().map_err(io::Error::other)?;
        }
        self.writer.into_inner().map_err(io::Error::other)
    }
}
