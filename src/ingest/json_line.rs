//! One object of the line contract, borrowed from its line.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, de};

use super::{documents::from_json, limits, quarantine::Fault, quick::Line, table::parse_date};
use crate::model::{Location, Money, Role, TextKind};

/// Reads one line of NDJSON. A line that is not of the plain form is read again slowly, to say what is wrong with it.
pub fn json_line(raw: &str, kind: TextKind, row: u64) -> Result<Line<'_>, (Fault, &'static str, String)> {
    if let Some(line) = plain(raw, kind, row) {
        return Ok(line);
    }
    let document = from_json(raw, kind, Location { row, ..Location::default() })?;
    Ok(Line {
        id: Cow::Owned(document.id),
        text: Cow::Owned(document.text),
        kind: document.kind,
        spec: Cow::Owned(document.spec.unwrap_or_default()),
        tax_code: Cow::Owned(document.tax_code.unwrap_or_default()),
        role: document.role,
        industry: Cow::Owned(document.industry.unwrap_or_default()),
        amount: document.amount,
        ..Line::default()
    })
}

fn plain(raw: &str, kind: TextKind, row: u64) -> Option<Line<'_>> {
    let object: Object<'_> = serde_json::from_str(raw).ok()?;
    if let Some(date) = object.date.0.as_deref().filter(|date| !date.is_empty()) {
        parse_date(date)?;
    }
    Some(Line {
        id: object.id.0.unwrap_or_else(|| Cow::Owned(row.to_string())),
        text: object.text.0?,
        kind: match object.kind.0 {
            Some(code) => TextKind::from_code(&code)?,
            None => kind,
        },
        spec: object.spec.0.unwrap_or_default(),
        tax_code: object.tax_code.0.unwrap_or_default(),
        role: match object.role.0.filter(|code| !code.is_empty()) {
            Some(code) => Some(Role::from_code(&code)?),
            None => None,
        },
        industry: object.industry.0.unwrap_or_default(),
        amount: match object.amount.0.filter(|amount| !amount.is_empty()) {
            Some(amount) => Some(Money::parse_yuan(&amount)?),
            None => None,
        },
        ..Line::default()
    })
}

#[derive(Deserialize)]
struct Object<'l> {
    #[serde(borrow, default)]
    id: Text<'l>,
    #[serde(borrow, default)]
    text: Text<'l>,
    #[serde(borrow, default)]
    kind: Text<'l>,
    #[serde(borrow, default)]
    spec: Text<'l>,
    #[serde(borrow, default)]
    tax_code: Text<'l>,
    #[serde(borrow, default)]
    role: Text<'l>,
    #[serde(borrow, default)]
    industry: Text<'l>,
    #[serde(borrow, default)]
    date: Text<'l>,
    #[serde(borrow, default)]
    amount: Text<'l>,
}

/// A string, or a number as it is written; nothing for null.
#[derive(Default)]
struct Text<'l>(Option<Cow<'l, str>>);

impl<'de: 'l, 'l> Deserialize<'de> for Text<'l> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar)
    }
}

struct Scalar;

/// A text beyond the limit of a cell is not of the plain form.
fn short<E: de::Error>(text: &str) -> Result<(), E> {
    if text.len() > limits::CELL { Err(E::custom("too long")) } else { Ok(()) }
}

impl<'de> de::Visitor<'de> for Scalar {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a number")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        short(text)?;
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        short(text)?;
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text(None))
    }
}
