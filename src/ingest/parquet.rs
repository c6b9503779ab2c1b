//! Rows of a Parquet file.

use std::{fs::File, path::Path, sync::Arc};

use parquet::{
    errors::ParquetError,
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};

use super::{IngestError, table::RawRow};
use crate::model::Location;

/// Opens a Parquet file.
pub fn open_parquet(path: &Path) -> Result<SerializedFileReader<File>, IngestError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|source| IngestError::Read { path: name.clone(), source })?;
    SerializedFileReader::new(file).map_err(|error| damaged(&name, &error))
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
    let records = reader.get_row_iter(None).map_err(|error| damaged(file, &error))?;
    for (number, record) in (1..).zip(records) {
        let record = record.map_err(|error| damaged(file, &error))?;
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
