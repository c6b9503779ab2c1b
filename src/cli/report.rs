//! Tables out: for a terminal, for a spreadsheet, as a workbook.

use std::io::Write;

use super::{
    Failure,
    output::{Format, Output, fit, inert, one_line, painted, width},
};

/// A column of a report.
pub struct Heading<'n> {
    /// Its heading.
    pub name: &'n str,
    /// Widest on a terminal, in display columns.
    pub width: usize,
}

/// Writes UTF-8 with BOM, quoted where needed, with inert cells.
pub fn csv(out: &mut Output, headings: &[Heading<'_>], rows: impl Iterator<Item = Vec<String>>) -> Result<(), Failure> {
    csv_rows(out, Some(headings), rows)
}

/// Writes rows, behind the byte order mark and the headings when there are some.
fn csv_rows(
    out: &mut Output,
    headings: Option<&[Heading<'_>]>,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Failure> {
    if headings.is_some() {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let mut writer = csv::Writer::from_writer(out);
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Failure::Output(error),
        other => Failure::Said(format!("{other:?}")),
    };
    if let Some(headings) = headings {
        writer.write_record(headings.iter().map(|heading| heading.name)).map_err(failed)?;
    }
    for row in rows {
        writer.write_record(row.iter().map(|cell| inert(cell))).map_err(failed)?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes a table for a terminal.
pub fn text(out: &mut Output, headings: &[Heading<'_>], rows: &[Vec<String>]) -> Result<(), Failure> {
    let widths = widths(headings, rows);
    text_head(out, headings, &widths)?;
    text_rows(out, &widths, rows)
}

fn widths(headings: &[Heading<'_>], rows: &[Vec<String>]) -> Vec<usize> {
    headings
        .iter()
        .enumerate()
        .map(|(place, heading)| {
            let longest = rows.iter().filter_map(|row| row.get(place)).map(|cell| width(cell)).max().unwrap_or(0);
            longest.max(width(heading.name)).min(heading.width)
        })
        .collect()
}

fn text_line(widths: &[usize], cells: &[&str], colored: bool) -> String {
    let last = cells.len().saturating_sub(1);
    let fitted: Vec<String> = cells
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(place, (cell, width))| {
            let shown = one_line(cell);
            let fitted = if place == last { shown.into_owned() } else { fit(&shown, *width) };
            if colored { painted(cell, fitted) } else { fitted }
        })
        .collect();
    fitted.join("  ").trim_end().to_owned()
}

fn text_head(out: &mut Output, headings: &[Heading<'_>], widths: &[usize]) -> Result<(), Failure> {
    let names: Vec<&str> = headings.iter().map(|heading| heading.name).collect();
    writeln!(out, "{}", text_line(widths, &names, false))?;
    writeln!(out, "{}", "─".repeat(widths.iter().sum::<usize>().min(110)))?;
    Ok(())
}

fn text_rows(out: &mut Output, widths: &[usize], rows: &[Vec<String>]) -> Result<(), Failure> {
    for row in rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        let line = text_line(widths, &cells, out.is_stdout());
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Writes a workbook with one sheet. Text cells are stored as text, so that nothing in them is ever run.
pub fn xlsx(
    out: &mut Output,
    sheet: &str,
    headings: &[Heading<'_>],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Failure> {
    let failed = |error: rust_xlsxwriter::XlsxError| Failure::Said(error.to_string());
    let mut workbook = dated_workbook()?;
    let bold = rust_xlsxwriter::Format::new().set_bold();
    let page = workbook.add_worksheet();
    page.set_name(sheet).map_err(failed)?;
    for (column, heading) in (0u16..).zip(headings) {
        page.write_string_with_format(0, column, heading.name, &bold).map_err(failed)?;
        page.set_column_width(column, heading.width.clamp(6, 60) as f64).map_err(failed)?;
    }
    page.set_freeze_panes(1, 0).map_err(failed)?;
    for (row, cells) in (1u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(cells) {
            page.write_string(row, column, cell).map_err(failed)?;
        }
    }
    let bytes = workbook.save_to_buffer().map_err(failed)?;
    out.write_all(&bytes)?;
    Ok(())
}

/// An empty workbook. The same input must give the same bytes: no clock in the file's properties.
pub fn dated_workbook() -> Result<rust_xlsxwriter::Workbook, Failure> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let epoch = rust_xlsxwriter::ExcelDateTime::from_ymd(2020, 1, 1);
    let epoch = epoch.map_err(|error| Failure::Said(error.to_string()))?;
    workbook.set_properties(&rust_xlsxwriter::DocProperties::new().set_creation_datetime(&epoch));
    Ok(workbook)
}

/// Rows that decide how wide the columns of a text table are.
const MEASURED: usize = 2_000;

/// A table that is written while its rows come.
pub struct Report<'h> {
    format: Format,
    title: &'h str,
    headings: &'h [Heading<'h>],
    held: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
    #[cfg(feature = "parquet")]
    parquet: Option<crate::batch::TextTableWriter>,
}

impl<'h> Report<'h> {
    /// A table in `format`; `title` names the sheet of a workbook.
    pub fn new(format: Format, title: &'h str, headings: &'h [Heading<'h>]) -> Self {
        Self {
            format,
            title,
            headings,
            held: Vec::new(),
            widths: None,
            #[cfg(feature = "parquet")]
            parquet: None,
        }
    }

    /// Adds a row.
    pub fn row(&mut self, out: &mut Output, row: Vec<String>) -> Result<(), Failure> {
        self.held.push(row);
        match self.format {
            Format::Xlsx if self.held.len() >= SHEET_ROWS => Err(Failure::Said(format!(
                "一个工作表最多 {SHEET_ROWS} 行，请用 --format csv / more rows than a sheet holds, use csv"
            ))),
            Format::Xlsx => Ok(()),
            _ if self.held.len() >= MEASURED => self.flush(out),
            _ => Ok(()),
        }
    }

    /// Writes what is held.
    fn flush(&mut self, out: &mut Output) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.held);
        let first = self.widths.is_none();
        match self.format {
            Format::Xlsx => xlsx(out, self.title, self.headings, rows.into_iter()),
            Format::Csv => {
                self.widths.get_or_insert_default();
                csv_rows(out, first.then_some(self.headings), rows.into_iter())
            }
            #[cfg(feature = "parquet")]
            Format::Parquet => {
                if self.parquet.is_none() {
                    let names: Vec<&str> = self.headings.iter().map(|heading| heading.name).collect();
                    self.parquet = Some(crate::batch::TextTableWriter::new(tempfile::tempfile()?, &names)?);
                }
                self.widths.get_or_insert_default();
                let Some(writer) = &mut self.parquet else { return Ok(()) };
                Ok(rows.into_iter().try_for_each(|row| writer.row(row))?)
            }
            Format::Text | Format::Ndjson => {
                let widths = self.widths.get_or_insert_with(|| widths(self.headings, &rows));
                if first {
                    text_head(out, self.headings, widths)?;
                }
                text_rows(out, widths, &rows)
            }
        }
    }

    /// Writes the rest.
    pub fn finish(mut self, out: &mut Output) -> Result<(), Failure> {
        if self.widths.is_none() || !self.held.is_empty() {
            self.flush(out)?;
        }
        #[cfg(feature = "parquet")]
        if let Some(writer) = self.parquet.take() {
            copy_spool(writer.finish()?, out)?;
        }
        Ok(())
    }
}

/// Copies what was written to a temporary file.
#[cfg(feature = "parquet")]
fn copy_spool(mut spool: std::fs::File, out: &mut Output) -> Result<(), Failure> {
    std::io::Seek::rewind(&mut spool)?;
    std::io::copy(&mut spool, out)?;
    Ok(())
}

/// Writes a Parquet file of texts.
#[cfg(feature = "parquet")]
pub fn parquet(
    out: &mut Output,
    headings: &[Heading<'_>],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Failure> {
    let names: Vec<&str> = headings.iter().map(|heading| heading.name).collect();
    let mut writer = crate::batch::TextTableWriter::new(tempfile::tempfile()?, &names)?;
    for row in rows {
        writer.row(row)?;
    }
    copy_spool(writer.finish()?, out)
}

/// Rows of a worksheet below its heading.
pub const SHEET_ROWS: usize = 1_048_575;
