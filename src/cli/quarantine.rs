//! Rows set aside: told on standard error, written as NDJSON or as a workbook that a person corrects and hands in again.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Seek, Write},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    Failure, Shared,
    output::Output,
    report::{SHEET_ROWS, dated_workbook},
};
use crate::ingest::{IgnoredColumn, ORIGIN_HEADINGS, Quarantined};

/// Rows told one by one; the rest is counted.
const SHOWN: u64 = 10;

/// Characters of a row that are told.
const TOLD: usize = 300;

/// Takes the rows that a run sets aside.
pub struct Quarantine<'s> {
    shared: &'s Shared,
    kept: Kept,
    count: u64,
}

enum Kept {
    Nothing,
    Lines(Output),
    /// Lines on their way into a workbook.
    Workbook(BufWriter<File>, PathBuf),
}

impl<'s> Quarantine<'s> {
    /// Opens the file at `path`, if any; a workbook when it ends in `.xlsx`, otherwise NDJSON.
    pub fn new(shared: &'s Shared, path: Option<&Path>) -> Result<Self, Failure> {
        let kept = match path {
            None => Kept::Nothing,
            Some(path) if is_workbook(path) => Kept::Workbook(BufWriter::new(tempfile::tempfile()?), path.to_owned()),
            Some(path) => Kept::Lines(Output::open(Some(path))?),
        };
        Ok(Self { shared, kept, count: 0 })
    }

    /// Takes one row.
    pub fn add(&mut self, bad: &Quarantined) -> Result<(), Failure> {
        self.tell(bad);
        match &mut self.kept {
            Kept::Nothing => {}
            Kept::Lines(output) => output.write_all(&line_of(bad)?)?,
            Kept::Workbook(lines, _) => lines.write_all(&line_of(bad)?)?,
        }
        Ok(())
    }

    /// Tells of a row that is written elsewhere.
    pub fn tell(&mut self, bad: &Quarantined) {
        self.count += 1;
        if self.count <= SHOWN {
            let raw: String = bad.raw.chars().take(TOLD).collect();
            self.shared.say(&format!("隔离 {} {} [{}] {}：{raw}", bad.location, bad.column, bad.code, bad.reason));
        }
    }

    /// Tells how many there were, and finishes the file.
    pub fn finish(self) -> Result<(), Failure> {
        if self.count > SHOWN && matches!(self.kept, Kept::Nothing) {
            self.shared.say(&format!("另有 {} 行被隔离；用 --quarantine FILE 写出全部", self.count - SHOWN));
        }
        match self.kept {
            Kept::Nothing => Ok(()),
            Kept::Lines(output) => output.finish(),
            Kept::Workbook(lines, path) => {
                let mut lines = lines.into_inner().map_err(|error| Failure::Output(error.into_error()))?;
                lines.rewind()?;
                write_workbook(lines, &path)
            }
        }
    }
}

/// Whether rows set aside become a workbook.
pub fn is_workbook(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"))
}

/// A row set aside as a line of NDJSON.
pub fn line_of(bad: &Quarantined) -> Result<Vec<u8>, Failure> {
    let mut line = serde_json::to_vec(bad).map_err(std::io::Error::from)?;
    line.push(b'\n');
    Ok(line)
}

/// Names the columns of a file that are not read, those first that look like a slip.
pub fn tell_ignored(shared: &Shared, file: &str, ignored: &[IgnoredColumn]) {
    for (column, nearest) in ignored.iter().filter_map(|column| Some((column, column.nearest.as_ref()?))) {
        let heading = &column.heading;
        shared.say(&format!(
            "{file}：列“{heading}”没有读；若是“{nearest}”，请改列名或用 --map / not read, did you mean “{nearest}”?"
        ));
    }
    let others: Vec<&str> =
        ignored.iter().filter(|column| column.nearest.is_none()).map(|column| column.heading.as_str()).collect();
    if !others.is_empty() {
        shared.say(&format!("{file}：没有读的列 / columns not read：{}", others.join("、")));
    }
}

/// Tells about rows that were kept in memory, and writes them down where the user asked.
pub fn finish_quarantine(
    shared: &Shared,
    rows: &[Quarantined],
    path: Option<&Path>,
    fail: bool,
) -> Result<(), Failure> {
    let mut quarantine = Quarantine::new(shared, path)?;
    rows.iter().try_for_each(|bad| quarantine.add(bad))?;
    quarantine.finish()?;
    if fail && !rows.is_empty() {
        return Err(Failure::Findings(format!("{} 行被隔离 / rows set aside", rows.len())));
    }
    Ok(())
}

/// A line of the quarantine file.
#[derive(Deserialize)]
struct Kind {
    file: String,
    #[serde(default)]
    sheet: String,
    row: u64,
    column: String,
    code: String,
    reason: String,
    raw: String,
    #[serde(default)]
    cells: Vec<(String, String)>,
}

/// Turns quarantine lines into a workbook: one sheet for each header, what is wrong in front, the cells of the row
/// behind it, ready to be corrected. `classify` and `assess` read it back and keep the first place of each row.
pub fn write_workbook(lines: File, path: &Path) -> Result<(), Failure> {
    let failed = |error: rust_xlsxwriter::XlsxError| Failure::Said(format!("{}：{error}", path.display()));
    let mut workbook = dated_workbook()?;
    let bold = rust_xlsxwriter::Format::new().set_bold();
    // Header → (sheet, next row).
    let mut sheets: HashMap<Vec<String>, (usize, u32)> = HashMap::new();
    let mut count = 0;
    for line in BufReader::new(lines).lines() {
        let bad: Kind = serde_json::from_str(&line?).map_err(std::io::Error::from)?;
        let headings: Vec<String> = bad.cells.iter().map(|(heading, _)| heading.clone()).collect();
        let known = sheets.get(&headings).copied().filter(|(_, row)| *row as usize <= SHEET_ROWS);
        let (place, row) = match known {
            Some(known) => known,
            None => {
                let sheet = workbook.add_worksheet();
                sheet.set_name(format!("隔离{}", count + 1)).map_err(failed)?;
                let own = ORIGIN_HEADINGS.iter().copied().chain(headings.iter().map(String::as_str));
                for (column, heading) in (0u16..).zip(own) {
                    sheet.write_string_with_format(0, column, heading, &bold).map_err(failed)?;
                }
                sheet.set_freeze_panes(1, 0).map_err(failed)?;
                count += 1;
                (count - 1, 1)
            }
        };
        let sheet = workbook.worksheet_from_index(place).map_err(failed)?;
        let raw = if bad.cells.is_empty() { bad.raw } else { String::new() };
        let own = [bad.file, bad.sheet, bad.row.to_string(), bad.column, bad.code, bad.reason, raw];
        let cells = own.into_iter().chain(bad.cells.into_iter().map(|(_, cell)| cell));
        for (column, cell) in (0u16..).zip(cells) {
            sheet.write_string(row, column, clipped(&cell)).map_err(failed)?;
        }
        sheets.insert(headings, (place, row + 1));
    }
    if count == 0 {
        let sheet = workbook.add_worksheet();
        for (column, heading) in (0u16..).zip(ORIGIN_HEADINGS) {
            sheet.write_string_with_format(0, column, heading, &bold).map_err(failed)?;
        }
    }
    let mut output = Output::open(Some(path))?;
    output.write_all(&workbook.save_to_buffer().map_err(failed)?)?;
    output.finish()
}

/// What fits into a cell of a workbook.
fn clipped(cell: &str) -> &str {
    cell.char_indices().nth(32_767).map_or(cell, |(end, _)| cell.get(..end).unwrap_or(cell))
}
