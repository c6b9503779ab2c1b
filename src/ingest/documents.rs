//! Texts to classify: NDJSON lines, or any table with a column of goods names.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Column, ColumnMap, Header, IngestError, Input, Sink, TableReport, limits,
    quarantine::{Fault, Quarantined},
    quick::signed_amount,
    source::TextSource,
    table::{self, bad_cell, parse_date},
    text_rows::each_line,
};
use crate::model::{Document, Location, Money, Role, TextKind};

/// Reads the documents of `input`: NDJSON by the file's ending, tables otherwise. Standard input may hold NDJSON, a table
/// with a header, or one text a line; with `plain` every line of any input is one text.
pub fn read_documents(
    input: &Input,
    map: &ColumnMap,
    kind: TextKind,
    plain: bool,
    sink: &mut Sink<'_, Document>,
) -> Result<TableReport, IngestError> {
    let wanted =
        |header: &Header| header.has(Column::Goods) || header.has(Column::Purpose) || header.has(Column::OriginText);
    let mut take = |row: table::ReadRow<'_>| match row.and_then(|row| document(row, kind)) {
        Ok(document) => (sink.give)(document),
        Err(bad) => (sink.set_aside)(*bad),
    };
    if input.is_json() || plain {
        return read_lines(input, table::open(input)?, kind, plain, sink);
    }
    if *input == Input::Stdin {
        let mut source = table::open(input)?;
        let failed = |source| IngestError::Read { path: input.name().to_owned(), source };
        if table::begins_with_header(&mut source, map, &wanted).map_err(failed)? {
            return table::read_open(input, source, map, &wanted, &mut take);
        }
        return read_lines(input, source, kind, plain, sink);
    }
    table::read(input, map, &wanted, &mut take)
}

/// One JSON object a line, or one text a line. Standard input may hold either: a line that begins with `{` is JSON,
/// unless every line is said to be a text.
fn read_lines(
    input: &Input,
    source: TextSource,
    kind: TextKind,
    plain: bool,
    sink: &mut Sink<'_, Document>,
) -> Result<TableReport, IngestError> {
    let file: Arc<str> = Arc::from(input.name());
    let json_only = matches!(input, Input::Path(_)) && !plain;
    let encoding = source.encoding;
    each_line(source, &mut |row, raw, bad| {
        let location = Location { file: file.clone(), sheet: None, row };
        if let Some((fault, detail)) = bad {
            (sink.set_aside)(Quarantined::new(location, fault, "", &detail, raw));
        } else if raw.trim().is_empty() {
            // A blank line is none.
        } else if json_only || !plain && raw.trim_start().starts_with('{') {
            match from_json(raw, kind, location.clone()) {
                Ok(document) => (sink.give)(document),
                Err((fault, column, detail)) => {
                    (sink.set_aside)(Quarantined::new(location, fault, column, &detail, raw));
                }
            }
        } else {
            (sink.give)(Document { id: row.to_string(), text: raw.to_owned(), kind, location, ..Document::default() });
        }
    })
    .map_err(|source| IngestError::Read { path: input.name().to_owned(), source })?;
    Ok(TableReport { encoding: Some(encoding), tables: 1, ..TableReport::default() })
}

/// Reads one object of the line contract. Unknown keys are ignored; a known key of a wrong type or value is a fault.
pub(super) fn from_json(
    raw: &str,
    kind: TextKind,
    location: Location,
) -> Result<Document, (Fault, &'static str, String)> {
    let value: Value = serde_json::from_str(raw).map_err(|error| (Fault::NotJson, "", error.to_string()))?;
    let Value::Object(object) = value else { return Err((Fault::NotJson, "", String::new())) };
    let text = |key: &'static str| match object.get(key) {
        Some(Value::String(text)) if text.len() > limits::CELL => {
            Err((Fault::TooLong, key, limits::long_cell(text.len())))
        }
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err((Fault::NotAllowed, key, other.to_string())),
    };
    let id = text("id")?.unwrap_or_else(|| location.row.to_string());
    let Some(body) = text("text")? else { return Err((Fault::Missing, "text", String::new())) };
    let kind = match text("kind")? {
        Some(code) => TextKind::from_code(&code).ok_or((Fault::NotAllowed, "kind", code))?,
        None => kind,
    };
    let role = match text("role")?.filter(|code| !code.is_empty()) {
        Some(code) => Some(Role::from_code(&code).ok_or((Fault::NotAllowed, "role", code))?),
        None => None,
    };
    let date = match text("date")?.filter(|date| !date.is_empty()) {
        Some(date) => Some(parse_date(&date).ok_or((Fault::NotDate, "date", date))?),
        None => None,
    };
    Ok(Document {
        id,
        text: body,
        kind,
        spec: text("spec")?.filter(|spec| !spec.is_empty()),
        tax_code: text("tax_code")?.filter(|code| !code.is_empty()),
        role,
        industry: text("industry")?.filter(|code| !code.is_empty()),
        date,
        parties: Vec::new(),
        proofs: Vec::new(),
        amount: match text("amount")?.filter(|amount| !amount.is_empty()) {
            Some(amount) => Some(Money::parse_yuan(&amount).ok_or((Fault::NotAmount, "amount", amount))?),
            None => None,
        },
        location,
    })
}

/// Reads one row of a table.
fn document((header, row): table::TableRow<'_>, kind: TextKind) -> Result<Document, Box<Quarantined>> {
    let cell = |column| header.cell(&row.cells, column);
    let some = |column| Some(cell(column)).filter(|text: &&str| !text.is_empty()).map(str::to_owned);
    let purpose = !header.has(Column::Goods);
    let raw = cell(Column::OriginText);
    if !raw.is_empty() && some(Column::Goods).or_else(|| some(Column::Purpose)).is_none() {
        // A line of NDJSON that was set aside and is handed in again.
        return from_json(raw, kind, row.location.clone()).map_err(|(fault, column, detail)| {
            Box::new(Quarantined::new(row.location.clone(), fault, column, &detail, raw))
        });
    }
    let text = if purpose { cell(Column::Purpose) } else { cell(Column::Goods) };
    let kind = match some(Column::Kind) {
        Some(code) => {
            TextKind::from_code(&code).ok_or_else(|| bad_cell((header, row), Column::Kind, Fault::NotAllowed, &code))?
        }
        None if purpose => TextKind::Purpose,
        None => kind,
    };
    let role = match some(Column::Role) {
        Some(code) => Some(
            Role::from_code(&code).ok_or_else(|| bad_cell((header, row), Column::Role, Fault::NotAllowed, &code))?,
        ),
        None => None,
    };
    let money = |column| Some(cell(column)).filter(|text| !text.is_empty()).and_then(Money::parse_yuan);
    let id = some(Column::Id).or_else(|| some(Column::LoanId)).unwrap_or_else(|| row.location.row.to_string());
    Ok(Document {
        id,
        text: text.to_owned(),
        kind,
        spec: some(Column::Spec),
        tax_code: some(Column::TaxCode),
        role,
        industry: some(Column::Industry),
        date: match cell(Column::Date) {
            "" => None,
            text => Some(parse_date(text).ok_or_else(|| bad_cell((header, row), Column::Date, Fault::NotDate, text))?),
        },
        // Reading a text asks for no amount: a damaged one is as good as none.
        amount: signed_amount([Column::Gross, Column::Net, Column::Tax], money, cell(Column::Positive)),
        parties: [Column::Seller, Column::Buyer, Column::Customer].into_iter().filter_map(some).collect(),
        proofs: Vec::new(),
        location: row.location.clone(),
    })
}
