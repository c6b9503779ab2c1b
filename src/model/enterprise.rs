//! Enterprises as the bank's collection form has them, and the fields that a rule pack asks for.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{document::Location, money::Money};

/// What a field's cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// 有/无, 是/否.
    Flag,
    /// A whole number, not negative.
    Count,
    /// `62%` or `0.62`.
    Share,
    /// One word of a list.
    Word,
    /// Named items, each with a date or an amount where the field has them: `ISO14001 2027-03-01；绿色工厂`.
    Records,
}

impl FieldKind {
    /// Every kind with its spelling in packs.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Flag, "flag"),
        (Self::Count, "count"),
        (Self::Share, "share"),
        (Self::Word, "word"),
        (Self::Records, "records"),
    ];

    /// Reads the spelling of packs.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == code).map(|(kind, _)| *kind)
    }
}

/// A field that a pack asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRule {
    /// Stable id, also the key in JSON.
    pub id: String,
    /// Headings of its column; the first is the one of the template.
    pub headings: Vec<String>,
    /// What its cell holds.
    pub kind: FieldKind,
    /// Allowed words, for [`FieldKind::Word`].
    pub words: Vec<String>,
    /// The document that settles it.
    pub document: String,
    /// How to fill the cell, shown in the template.
    pub example: String,
}

/// One named item of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The words without date and amount.
    pub name: String,
    /// The day it happened, or the last day it is valid.
    pub date: Option<Date>,
    /// Its amount in yuan.
    pub amount: Option<Money>,
}

/// What a cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Yes or no.
    Flag(bool),
    /// A count or a share.
    Number(Decimal),
    /// A word of the list.
    Word(String),
    /// Items; none is a known nothing.
    Records(Vec<Record>),
    /// The question does not apply, for the reason given.
    NotApplicable(String),
}

/// A filled field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldCell {
    /// The cell as written.
    pub text: String,
    /// What it says.
    pub value: FieldValue,
}

/// A cell that says something, but nothing its field can hold: the field is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadCell {
    /// Heading of its column.
    pub heading: String,
    /// The cell as written.
    pub text: String,
    /// How to write it, in Chinese.
    pub advice: String,
}

/// One enterprise to rate. A field that is not in `fields` is missing: neither zero nor full.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enterprise {
    /// Where it stood.
    pub location: Location,
    /// 企业名称.
    pub name: String,
    /// 统一社会信用代码; joins the invoices.
    pub tax_id: String,
    /// GB/T 4754 code; empty when unknown.
    pub industry: String,
    /// 经营范围.
    pub scope: String,
    /// Filled fields by id.
    pub fields: BTreeMap<String, FieldCell>,
    /// Cells that could not be read, in column order of the fields.
    pub unread: Vec<UnreadCell>,
}
