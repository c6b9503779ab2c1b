//! One text to read, with what is known around it.

use std::{fmt, sync::Arc};

use jiff::civil::Date;
use serde::Serialize;

use super::{
    loan::Proof,
    money::Money,
    words::{Role, TextKind},
};

/// Where a piece of data stood in the user's files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Location {
    /// File as the user named it; `-` for standard input.
    pub file: Arc<str>,
    /// Sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Arc<str>>,
    /// Row as a spreadsheet counts it, from 1; a line number in text files.
    pub row: u64,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(sheet) = &self.sheet {
            write!(f, " [{sheet}]")?;
        }
        if self.row > 0 {
            write!(f, " 第{}行", self.row)?;
        }
        Ok(())
    }
}

/// One text and what came with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The caller's id, given back unchanged.
    pub id: String,
    /// The text itself.
    pub text: String,
    /// How to read it.
    pub kind: TextKind,
    /// 规格型号, when it stands in a column of its own.
    pub spec: Option<String>,
    /// 商品和服务税收分类编码, digits.
    pub tax_code: Option<String>,
    /// The borrower's role, when the caller knows it.
    pub role: Option<Role>,
    /// The borrower's GB/T 4754 industry code.
    pub industry: Option<String>,
    /// Date of the paper the text stands on. It never chooses the catalogue edition: the loan's approval does.
    pub date: Option<Date>,
    /// Names of the parties, masked before matching.
    pub parties: Vec<String>,
    /// Documents beside the text. They settle conditions on which the text is silent, and never contradict it.
    pub proofs: Vec<Proof>,
    /// The money that stands on it, tax included; zero on void invoices, which count for nothing. It never changes a
    /// reading.
    pub amount: Option<Money>,
    /// Where it stood.
    pub location: Location,
}

impl Document {
    /// An invoice line with nothing around it.
    pub fn line(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A loan purpose with nothing around it.
    pub fn purpose(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: TextKind::Purpose, ..Self::default() }
    }
}
