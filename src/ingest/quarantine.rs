//! Bad input rows: kept with file, row, column and reason, while the run goes on.

use serde::Serialize;

use super::{columns::Header, limits};
use crate::model::Location;

/// Why a row was set aside. The codes are stable and explained by `lvjian explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Bytes that mean nothing in the file's encoding.
    Undecodable,
    /// A record or cell beyond the size limit.
    TooLong,
    /// A line that is no JSON object.
    NotJson,
    /// A needed cell is empty.
    Missing,
    /// A cell that should hold an amount does not.
    NotAmount,
    /// A cell that should hold a date does not.
    NotDate,
    /// A word outside the allowed set.
    NotAllowed,
    /// A quotation mark that never closes and swallows the rows below it.
    OpenQuote,
    /// More cells than the header has columns: a comma inside a cell that nobody quoted moves every cell behind it.
    Surplus,
}

impl Fault {
    /// Every fault, in order.
    #[cfg(test)]
    const ALL: &'static [Self] = &[
        Self::Undecodable,
        Self::TooLong,
        Self::NotJson,
        Self::Missing,
        Self::NotAmount,
        Self::NotDate,
        Self::NotAllowed,
        Self::OpenQuote,
        Self::Surplus,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Undecodable => "Q001",
            Self::TooLong => "Q002",
            Self::NotJson => "Q003",
            Self::Missing => "Q004",
            Self::NotAmount => "Q005",
            Self::NotDate => "Q006",
            Self::NotAllowed => "Q007",
            Self::OpenQuote => "Q008",
            Self::Surplus => "Q009",
        }
    }

    /// The fault in Chinese.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Undecodable => "含无法解码的字节",
            Self::TooLong => "超出长度上限",
            Self::NotJson => "不是 JSON 对象",
            Self::Missing => "必填项为空",
            Self::NotAmount => "金额无法识别",
            Self::NotDate => "日期无法识别",
            Self::NotAllowed => "取值不在允许范围",
            Self::OpenQuote => "引号没有闭合",
            Self::Surplus => "单元格多于表头",
        }
    }
}

/// Headings in front of the cells of a row in a workbook of rows set aside. `隔离文件`, `隔离工作表`, `隔离行` and
/// `隔离原文` are read again when the corrected workbook is handed in.
pub const ORIGIN_HEADINGS: [&str; 7] =
    ["隔离文件", "隔离工作表", "隔离行", "隔离列", "隔离代码", "隔离理由", "隔离原文"];

/// One row set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// File, sheet, row.
    #[serde(flatten)]
    pub location: Location,
    /// Column by its heading; empty when the whole row is at fault.
    pub column: String,
    /// Stable code.
    pub code: &'static str,
    /// Reason in Chinese.
    pub reason: String,
    /// The row or cell as it stood, cut to a few hundred characters.
    pub raw: String,
    /// Heading and content of every cell of the row, where it could be cut into cells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<(String, String)>,
}

impl Quarantined {
    /// Sets a row aside.
    pub fn new(location: Location, fault: Fault, column: &str, detail: &str, raw: &str) -> Self {
        let reason = match detail.char_indices().nth(limits::DETAIL_KEPT) {
            _ if detail.is_empty() => fault.chinese().to_owned(),
            None => format!("{}：{detail}", fault.chinese()),
            Some((end, _)) => format!("{}：{}…", fault.chinese(), detail.get(..end).unwrap_or_default()),
        };
        let raw = raw.chars().take(limits::RAW_KEPT).collect();
        Self { location, column: column.to_owned(), code: fault.code(), reason, raw, cells: Vec::new() }
    }

    /// The same with the row's cells, so that a person can correct them.
    pub fn with_cells(mut self, header: &Header, cells: Vec<String>) -> Self {
        let headings = header.headings.iter().cloned().chain(std::iter::repeat(String::new()));
        self.cells = headings.zip(cells).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_page() {
        for fault in Fault::ALL {
            let page = crate::diag::explain(fault.code()).unwrap();
            assert_eq!(page.title, fault.chinese());
        }
    }
}
