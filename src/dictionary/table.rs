//! A table as it stands in its file: every cell of every row, with its line. The maintainer's desk reads, checks and
//! writes tables at this level, where nothing is lost; the engine reads them into terms.

use csv::{QuoteStyle, ReaderBuilder, Terminator, WriterBuilder};

use super::DictionaryError;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// The line it begins on, the header being line 1.
    pub line: u64,
    /// Its cells, as many as the header has.
    pub cells: Vec<String>,
}

/// A whole table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Name relative to the dictionary's folder.
    pub file: String,
    /// Column names.
    pub header: Vec<String>,
    /// Rows, in the order of the file.
    pub rows: Vec<TableRow>,
}

impl Table {
    /// Reads a table. Fails when it is no CSV or when a row has more or fewer cells than the header.
    pub fn read(file: &str, text: &str) -> Result<Self, DictionaryError> {
        let bad = |source| DictionaryError::Row { file: file.to_owned(), source };
        let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
        let header = reader.headers().map_err(bad)?.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(bad)?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push(TableRow { line, cells: record.iter().map(str::to_owned).collect() });
        }
        Ok(Self { file: file.to_owned(), header, rows })
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// The cell of `row` under `column`; empty when there is no such column.
    pub fn cell<'r>(&self, row: &'r TableRow, column: &str) -> &'r str {
        self.column(column).and_then(|place| row.cells.get(place)).map_or("", String::as_str)
    }

    /// The text of the table: UTF-8, LF, quotation marks only where they are needed.
    pub fn write(&self) -> Result<String, DictionaryError> {
        let bad = |source| DictionaryError::Row { file: self.file.clone(), source };
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::Any(b'\n'))
            .quote_style(QuoteStyle::Necessary)
            .from_writer(Vec::new());
        writer.write_record(&self.header).map_err(bad)?;
        for row in &self.rows {
            writer.write_record(&row.cells).map_err(bad)?;
        }
        let bytes = writer.into_inner().map_err(|error| bad(csv::Error::from(error.into_error())))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_kept_with_its_line() {
        let text = "id,note\nT1,\"a, b\"\nT2,\"two\nlines\"\nT3,\n";
        let table = Table::read("x.csv", text).unwrap();
        assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 5]);
        assert_eq!(table.cell(&table.rows[0], "note"), "a, b");
        assert_eq!(table.cell(&table.rows[0], "missing"), "");
        assert_eq!(table.write().unwrap(), text);
        assert!(Table::read("x.csv", "id,note\nT1\n").is_err());
    }
}
