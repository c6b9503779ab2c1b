//! Rows of an xlsx workbook: archive checked first, cells streamed, `<dimension>` never trusted.

use std::{fmt::Write as _, fs::File, io::BufReader, path::Path, sync::Arc};

use calamine::{DataRef, Reader as _, Xlsx};

use super::{IngestError, limits, package::check_package, table::RawRow};
use crate::model::Location;

/// What to do after a row.
pub(super) enum Next {
    /// Give the next row.
    Row,
    /// Leave this sheet.
    LeaveSheet,
}

/// The row being filled. Its texts are used again for the next one, for most of the time of taking memory goes into them.
struct OpenRow {
    row: RawRow,
    /// One past the last cell of the present row; the texts behind it are empty.
    width: usize,
    /// Texts that no cell of the present row needs.
    spare: Vec<String>,
}

impl OpenRow {
    /// The text of a cell, empty as yet.
    fn cell(&mut self, column: usize) -> Option<&mut String> {
        self.width = self.width.max(column + 1);
        while self.row.cells.len() <= column {
            self.row.cells.push(self.spare.pop().unwrap_or_default());
        }
        self.row.cells.get_mut(column)
    }

    /// The row, as wide as its last cell.
    fn whole(&mut self) -> &RawRow {
        self.spare.extend(self.row.cells.drain(self.width.min(self.row.cells.len())..));
        &self.row
    }

    fn clear(&mut self) {
        self.width = 0;
        self.row.cells.iter_mut().for_each(String::clear);
    }
}

/// Gives every row of every sheet, in order. Rows without cells are not given.
pub(super) fn rows(
    path: &Path,
    file: &Arc<str>,
    mut give: impl FnMut(&RawRow) -> Result<Next, IngestError>,
) -> Result<(), IngestError> {
    let read = |source| IngestError::Read { path: file.to_string(), source };
    let damaged = |reason: String| IngestError::Workbook { path: file.to_string(), reason };
    let mut handle = File::open(path).map_err(read)?;
    check_package(file, &mut handle)?;
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(handle)).map_err(|error| damaged(error.to_string()))?;
    for name in workbook.sheet_names() {
        let sheet: Arc<str> = Arc::from(name.as_str());
        let mut cells = match workbook.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            // A chart sheet has no cells.
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(damaged(format!("工作表 {name}：{error}"))),
        };
        let location = Location { file: file.clone(), sheet: Some(sheet.clone()), row: 0 };
        let mut open = OpenRow { row: RawRow { location, cells: Vec::new() }, width: 0, spare: Vec::new() };
        let mut value = String::new();
        loop {
            let cell = cells.next_cell().map_err(|error| damaged(format!("工作表 {name}：{error}")))?;
            let place = cell.as_ref().map(|cell| cell.get_position());
            if place.is_some_and(|(row, column)| row >= limits::SHEET_ROWS || column >= limits::SHEET_COLUMNS) {
                return Err(damaged(format!("工作表 {name}：有单元格的位置超出工作表范围，文件损坏或有意伪造")));
            }
            let row = place.map(|(row, _)| u64::from(row) + 1);
            if open.width > 0 && row != Some(open.row.location.row) {
                if matches!(give(open.whole())?, Next::LeaveSheet) {
                    break;
                }
                open.clear();
            }
            let (Some(cell), Some((_, column)), Some(row)) = (cell, place, row) else { break };
            value.clear();
            write_text(cell.get_value(), &mut value);
            if column as usize >= limits::COLUMNS || value.is_empty() {
                continue;
            }
            open.row.location.row = row;
            if let Some(slot) = open.cell(column as usize) {
                std::mem::swap(slot, &mut value);
            }
        }
    }
    Ok(())
}

/// Every row of every sheet of a workbook, without looking for a header.
pub fn read_sheets(path: &Path) -> Result<Vec<RawRow>, IngestError> {
    let mut found = Vec::new();
    rows(path, &Arc::from(path.display().to_string()), |row| {
        found.push(row.clone());
        Ok(Next::Row)
    })?;
    Ok(found)
}

/// Cells that hold a formula: where, and the column from 0. What they show is somebody's sum, not what was typed.
pub fn formula_cells(path: &Path) -> Result<Vec<(Location, usize)>, IngestError> {
    let file: Arc<str> = Arc::from(path.display().to_string());
    let damaged = |reason: String| IngestError::Workbook { path: file.to_string(), reason };
    let mut handle = File::open(path).map_err(|source| IngestError::Read { path: file.to_string(), source })?;
    check_package(&file, &mut handle)?;
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(handle)).map_err(|error| damaged(error.to_string()))?;
    let mut found = Vec::new();
    for name in workbook.sheet_names() {
        let sheet: Arc<str> = Arc::from(name.as_str());
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else { continue };
        while let Some(cell) = cells.next_formula().map_err(|error| damaged(format!("工作表 {name}：{error}")))? {
            if !cell.get_value().is_empty() {
                let (row, column) = cell.get_position();
                let row = u64::from(row) + 1;
                found.push((Location { file: file.clone(), sheet: Some(sheet.clone()), row }, column as usize));
            }
        }
    }
    Ok(found)
}

/// Writes a cell as text: dates as `YYYY-MM-DD`, numbers without exponent.
fn write_text(value: &DataRef<'_>, out: &mut String) {
    // Writing into a text never fails.
    let _ = match value {
        DataRef::Int(number) => write!(out, "{number}"),
        DataRef::Float(number) => write!(out, "{number}"),
        DataRef::String(text) => out.write_str(text),
        DataRef::SharedString(text) => out.write_str(text),
        DataRef::Bool(flag) => out.write_str(if *flag { "是" } else { "否" }),
        DataRef::DateTime(moment) => out.write_str(&date_of_serial(moment.as_f64())),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => out.write_str(text),
        DataRef::Error(_) | DataRef::Empty => Ok(()),
    };
}

/// Excel's day number to a date. Day 60 is the 29 February 1900 that never was.
fn date_of_serial(serial: f64) -> String {
    let days = serial.floor() as i64 - if serial >= 60.0 { 1 } else { 0 };
    let span = jiff::Span::new().try_days(days);
    let date = span.and_then(|span| jiff::civil::date(1899, 12, 31).checked_add(span));
    date.map_or_else(|_| serial.to_string(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_days_are_excels() {
        assert_eq!(date_of_serial(1.0), "1900-01-01");
        assert_eq!(date_of_serial(45_658.5), "2025-01-01");
        assert_eq!(date_of_serial(46_000.0), "2025-12-09");
    }
}
