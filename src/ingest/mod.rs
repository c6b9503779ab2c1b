//! Reading users' files: CSV, xlsx, NDJSON, standard input. Bad rows are set aside with file, row, column and reason.

mod columns;
mod delimited;
mod documents;
mod einvoice;
mod entities;
mod invoices;
mod json_line;
mod limits;
mod loans;
mod package;
#[cfg(feature = "parquet")]
mod parquet;
mod quarantine;
mod quick;
mod source;
mod table;
mod text_rows;
mod workbook;

use std::path::PathBuf;

pub use columns::{Column, ColumnMap, Header, IgnoredColumn};
pub use delimited::{CHUNK, Chunk, Position, Record, Records, Shape};
pub use documents::read_documents;
pub use entities::read_entities;
pub use invoices::{InvoiceBook, InvoiceRow, read_invoices};
pub use json_line::json_line;
#[cfg(feature = "parquet")]
pub use limits::{CELL, long_cell};
pub use loans::read_loans;
#[cfg(feature = "parquet")]
pub use parquet::{ParquetFile, damaged, guarded, open_parquet};
pub use quarantine::{Fault, ORIGIN_HEADINGS, Quarantined};
#[cfg(feature = "parquet")]
pub use quick::Glimpse;
pub use quick::{Line, TableColumns, TextTable};
pub use source::{ChunkDecoder, ChunkText, TextSource, too_long};
#[cfg(feature = "parquet")]
pub use table::is_parquet;
pub use table::{RawRow, TableReport, is_delimited_text, is_workbook};
pub use text_rows::Lines;
pub use workbook::{formula_cells, read_sheets};

/// Where data comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// Standard input, named `-`.
    Stdin,
}

impl Input {
    /// The input a user names on the command line.
    pub fn named(name: &str) -> Self {
        if name == "-" { Self::Stdin } else { Self::Path(PathBuf::from(name)) }
    }

    /// Whether the file holds NDJSON by its name, packed or not.
    pub fn is_json(&self) -> bool {
        let Self::Path(path) = self else { return false };
        let name = path.to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        name.ends_with(".ndjson") || name.ends_with(".jsonl") || name.ends_with(".json")
    }

    /// The name shown to people.
    pub fn name(&self) -> &str {
        match self {
            Self::Path(path) => path.to_str().unwrap_or("?"),
            Self::Stdin => "-",
        }
    }
}

/// A file that cannot be read as a whole.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The file cannot be opened or read.
    #[error("{path}：无法读取 / cannot be read: {source}")]
    Read {
        /// File.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A workbook that is damaged or forged.
    #[error("{path}：工作簿无法读取 / the workbook cannot be read: {reason}")]
    Workbook {
        /// File.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// An electronic invoice that is damaged or forged.
    #[error("{path}：电子发票无法读取 / the e-invoice cannot be read: {reason}")]
    Invoice {
        /// File.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A Parquet file that is damaged or forged.
    #[cfg(feature = "parquet")]
    #[error("{path}：Parquet 文件无法读取 / the Parquet file cannot be read: {reason}")]
    Parquet {
        /// File.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// No sheet has a header that is understood.
    #[error(
        "{path}：前十行内没有能识别的表头 / no header found within ten rows。看到的列：{seen}。可用 --map cols.toml 指明列名"
    )]
    NoHeader {
        /// File.
        path: String,
        /// Headings seen.
        seen: String,
    },
    /// A format that is not read.
    #[error("{path}：不支持 {format} / unsupported format。{advice}")]
    Unsupported {
        /// File.
        path: String,
        /// The format.
        format: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
}

/// Receives what a reader finds.
pub struct Sink<'s, T> {
    /// A good row.
    pub give: &'s mut dyn FnMut(T),
    /// A bad row.
    pub set_aside: &'s mut dyn FnMut(Quarantined),
}
