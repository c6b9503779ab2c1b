//! Rows of an xlsx workbook: archive checked first, cells streamed, `<dimension>` never trusted.

use std::{fs::File, io::BufReader, path::Path, sync::Arc};

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

/// Gives every row of every sheet, in order. Rows without cells are not given.
pub(super) fn rows(
    path: &Path,
    file: &Arc<str>,
    mut give: impl FnMut(RawRow) -> Result<Next, IngestError>,
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
        let location = |row: u32| Location { file: file.clone(), sheet: Some(sheet.clone()), row: u64::from(row) + 1 };
        let mut open: Option<(u32, Vec<String>)> = None;
        loop {
            let cell = cells.next_cell().map_err(|error| damaged(format!("工作表 {name}：{error}")))?;
            let place = cell.as_ref().map(|cell| cell.get_position());
            if place.is_some_and(|(row, column)| row >= limits::SHEET_ROWS || column >= limits::SHEET_COLUMNS) {
                return Err(damaged(format!("工作表 {name}：有单元格的位置超出工作表范围，文件损坏或有意伪造")));
            }
            if let Some((row, _)) = &open
                && place.is_none_or(|(next, _)| next != *row)
                && let Some((row, cells)) = open.take()
                && matches!(give(RawRow { location: location(row), cells })?, Next::LeaveSheet)
            {
                break;
            }
            let (Some(cell), Some((row, column))) = (cell, place) else { break };
            let column = column as usize;
            let value = text_of(cell.get_value());
            if column >= limits::COLUMNS || value.is_empty() {
                continue;
            }
            let (_, row_cells) = open.get_or_insert_with(|| (row, Vec::new()));
            if row_cells.len() <= column {
                row_cells.resize(column + 1, String::new());
            }
            if let Some(slot) = row_cells.get_mut(column) {
                *slot = value;
            }
        }
    }
    Ok(())
}

/// Every row of every sheet of a workbook, without looking for a header.
pub fn read_sheets(path: &Path) -> Result<Vec<RawRow>, IngestError> {
    let mut found = Vec::new();
    rows(path, &Arc::from(path.display().to_string()), |row| {
        found.push(row);
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

/// A cell as text: dates as `YYYY-MM-DD`, numbers without exponent.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => if *flag { "是" } else { "否" }.to_owned(),
        DataRef::DateTime(moment) => date_of_serial(moment.as_f64()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
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
