//! Tables out: for a terminal, for a spreadsheet, as a workbook.

use std::io::Write;

use super::{
    Failure,
    output::{Output, fit, inert, width},
};

/// A column of a report.
pub struct Heading {
    /// Its heading.
    pub name: &'static str,
    /// Widest on a terminal, in display columns.
    pub width: usize,
}

/// Writes UTF-8 with BOM, quoted where needed, with inert cells.
pub fn csv(out: &mut Output, headings: &[Heading], rows: impl Iterator<Item = Vec<String>>) -> Result<(), Failure> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(out);
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Failure::Output(error),
        other => Failure::Said(format!("{other:?}")),
    };
    writer.write_record(headings.iter().map(|heading| heading.name)).map_err(failed)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| inert(cell))).map_err(failed)?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes a table for a terminal.
pub fn text(out: &mut Output, headings: &[Heading], rows: &[Vec<String>]) -> Result<(), Failure> {
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(place, heading)| {
            let longest = rows.iter().filter_map(|row| row.get(place)).map(|cell| width(cell)).max().unwrap_or(0);
            longest.max(width(heading.name)).min(heading.width)
        })
        .collect();
    let line = |cells: &[&str]| -> String {
        let last = cells.len().saturating_sub(1);
        let fitted: Vec<String> = cells
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(place, (cell, width))| if place == last { (*cell).to_owned() } else { fit(cell, *width) })
            .collect();
        fitted.join("  ").trim_end().to_owned()
    };
    let names: Vec<&str> = headings.iter().map(|heading| heading.name).collect();
    writeln!(out, "{}", line(&names))?;
    writeln!(out, "{}", "─".repeat(widths.iter().sum::<usize>().min(110)))?;
    for row in rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        writeln!(out, "{}", line(&cells))?;
    }
    Ok(())
}

/// Writes a workbook with one sheet. Text cells are stored as text, so that nothing in them is ever run.
pub fn xlsx(
    out: &mut Output,
    sheet: &str,
    headings: &[Heading],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Failure> {
    let failed = |error: rust_xlsxwriter::XlsxError| Failure::Said(error.to_string());
    let mut workbook = rust_xlsxwriter::Workbook::new();
    // The same input must give the same bytes: no clock in the file's properties.
    let epoch = rust_xlsxwriter::ExcelDateTime::from_ymd(2020, 1, 1).map_err(failed)?;
    workbook.set_properties(&rust_xlsxwriter::DocProperties::new().set_creation_datetime(&epoch));
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
