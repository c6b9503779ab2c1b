//! What every file of a pack is read with: numbers, dates and origins, and the faults found on the way.

use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{Basis, Finding};
use crate::model::Origin;

/// What every row with a value carries.
#[derive(Clone, Default, Deserialize)]
pub(super) struct BasisRow {
    pub origin: Option<String>,
    pub source: Option<String>,
    pub clause: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Reads values and collects their faults.
pub(super) struct Reader {
    period: (Option<Date>, Option<Date>),
    pub findings: Vec<Finding>,
}

impl Reader {
    /// A reader for a pack that holds in `period`.
    pub fn new(period: (Option<Date>, Option<Date>)) -> Self {
        Self { period, findings: Vec::new() }
    }

    /// Adds a fault.
    pub fn note(&mut self, code: &'static str, place: &str, detail: impl Into<String>) {
        self.findings.push(Finding { code, place: place.to_owned(), detail: detail.into() });
    }

    /// A number.
    pub fn signed(&mut self, place: &str, value: &toml::Value) -> Decimal {
        let text = match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Decimal::from_str(&text).unwrap_or_else(|_| {
            self.note("P013", place, format!("`{text}` 不是数"));
            Decimal::ZERO
        })
    }

    /// A number that is not below 0.
    pub fn number(&mut self, place: &str, value: &toml::Value) -> Decimal {
        let number = self.signed(place, value);
        if number < Decimal::ZERO {
            self.note("P013", place, format!("`{number}` 小于 0"));
        }
        number.max(Decimal::ZERO)
    }

    /// Origin, source and dates of a row.
    pub fn basis(&mut self, place: &str, row: &BasisRow) -> Basis {
        let origin = row.origin.as_deref().and_then(Origin::from_code);
        if origin.is_none() || row.source.as_deref().unwrap_or_default().is_empty() {
            self.note("P005", place, "要写 origin（public、derived、default）和 source");
        }
        let (from, to) = self.dates(place, row);
        Basis {
            origin: origin.unwrap_or(Origin::Default),
            source: row.source.clone().unwrap_or_default(),
            clause: row.clause.clone().unwrap_or_default(),
            from,
            to,
        }
    }

    /// First and last day of a row.
    pub fn dates(&mut self, place: &str, row: &BasisRow) -> (Option<Date>, Option<Date>) {
        let mut date = |text: &Option<String>| {
            let text = text.as_deref()?;
            let date = text.parse::<Date>().ok();
            if date.is_none() {
                self.note("P013", place, format!("`{text}` 不是日期"));
            }
            date
        };
        let (from, to) = (date(&row.from), date(&row.to));
        let early = |date: Option<Date>| date.zip(self.period.0).is_some_and(|(date, first)| date < first);
        let late = |date: Option<Date>| date.zip(self.period.1).is_some_and(|(date, last)| date > last);
        if early(from) || early(to) || late(from) || late(to) || from.zip(to).is_some_and(|(from, to)| from > to) {
            self.note("P006", place, "起止日期不在规则包的有效期内，或起晚于止");
        }
        (from, to)
    }
}
