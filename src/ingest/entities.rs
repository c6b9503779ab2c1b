//! Enterprises from a bank's collection form: a table, or JSON objects.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    Column, ColumnMap, Header, IngestError, Input, Sink, TableReport, limits,
    quarantine::{Fault, Quarantined},
    table::{self, RawRow, TableRow, bad_cell, parse_date},
    text_rows::each_line,
};
use crate::model::{Enterprise, FieldCell, FieldKind, FieldRule, FieldValue, Location, Money, Record, UnreadCell};

/// Reads enterprises. Needed: 企业名称 or 统一社会信用代码; the columns in `fields` are found by their headings. An empty
/// cell is missing; 无 is a known nothing; 不适用：理由 leaves the denominator. A cell that cannot be read is missing too,
/// and kept in [`Enterprise::unread`]: one slip must not cost the whole enterprise. The report names ignored columns.
pub fn read_entities(
    input: &Input,
    map: &ColumnMap,
    fields: &[FieldRule],
    sink: &mut Sink<'_, Enterprise>,
) -> Result<TableReport, IngestError> {
    let mut take = |row: table::ReadRow<'_>| match row.and_then(|row| enterprise(row, fields)) {
        Ok(enterprise) => (sink.give)(enterprise),
        Err(bad) => (sink.set_aside)(*bad),
    };
    let wanted = |header: &Header| header.has(Column::Customer) || header.has(Column::TaxId);
    let report = match input.is_json() {
        true => read_json(input, map, &mut take)?,
        false => table::read(input, map, &wanted, &mut take)?,
    };
    let headings: Vec<&str> =
        fields.iter().flat_map(|field| field.headings.iter().chain([&field.id])).map(String::as_str).collect();
    Ok(report.with_ignored(map, &[Column::Customer, Column::TaxId, Column::Industry, Column::Scope], &headings))
}

/// Most bytes of a JSON array that spreads over lines.
const ARRAY: usize = 32 * 1024 * 1024;

/// One object a line, or one array of objects.
fn read_json(
    input: &Input,
    map: &ColumnMap,
    take: &mut dyn FnMut(table::ReadRow<'_>),
) -> Result<TableReport, IngestError> {
    let source = table::open(input)?;
    let encoding = source.encoding;
    let file: Arc<str> = Arc::from(input.name());
    let place = |row| Location { file: file.clone(), sheet: None, row };
    let mut array: Option<String> = None;
    let mut keys: Vec<String> = Vec::new();
    each_line(source, &mut |row, raw, bad| {
        if let Some((fault, detail)) = bad {
            take(Err(Box::new(Quarantined::new(place(row), fault, "", &detail, raw))));
        } else if let Some(text) = array.as_mut().filter(|text| text.len() < ARRAY) {
            text.push_str(raw);
            text.push('\n');
        } else if raw.trim_start().starts_with('[') && array.is_none() {
            array = Some(format!("{raw}\n"));
        } else if !raw.trim().is_empty() {
            match serde_json::from_str::<Value>(raw) {
                Ok(Value::Object(object)) => give(&object, map, place(row), &mut keys, take),
                _ => take(Err(Box::new(Quarantined::new(place(row), Fault::NotJson, "", "", raw)))),
            }
        }
    })
    .map_err(|source| IngestError::Read { path: input.name().to_owned(), source })?;
    if let Some(text) = array {
        match serde_json::from_str::<Vec<Value>>(&text) {
            Ok(values) => {
                for (row, value) in (1u64..).zip(values) {
                    match value {
                        Value::Object(object) => give(&object, map, place(row), &mut keys, take),
                        other => {
                            let raw = other.to_string();
                            take(Err(Box::new(Quarantined::new(place(row), Fault::NotJson, "", "", &raw))));
                        }
                    }
                }
            }
            Err(error) => {
                take(Err(Box::new(Quarantined::new(place(1), Fault::NotJson, "", &error.to_string(), &text))));
            }
        }
    }
    let headers = vec![Header::of(&keys, map)];
    Ok(TableReport { encoding: Some(encoding), tables: 1, headers, ..TableReport::default() })
}

/// Most different keys that are remembered for the report.
const KEYS: usize = 500;

/// An object as a row under its own keys, which are added to `seen`.
fn give(
    object: &serde_json::Map<String, Value>,
    map: &ColumnMap,
    location: Location,
    seen: &mut Vec<String>,
    take: &mut dyn FnMut(table::ReadRow<'_>),
) {
    let keys: Vec<String> =
        object.keys().map(|key| if key == "name" { "customer".to_owned() } else { key.clone() }).collect();
    for key in &keys {
        if seen.len() < KEYS && !seen.contains(key) {
            seen.push(key.clone());
        }
    }
    let cells = object.values().map(words).collect();
    take(Ok((&Header::of(&keys, map), &RawRow { location, cells })));
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "无".to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join("；"),
        Value::Object(object) => object.values().map(words).collect::<Vec<_>>().join(" "),
        number => number.to_string(),
    }
}

fn enterprise((header, row): TableRow<'_>, fields: &[FieldRule]) -> Result<Enterprise, Box<Quarantined>> {
    let text = |column| header.cell(&row.cells, column).to_owned();
    let (name, tax_id) = (text(Column::Customer), text(Column::TaxId));
    if name.is_empty() && tax_id.is_empty() {
        return Err(bad_cell((header, row), Column::Customer, Fault::Missing, ""));
    }
    let mut filled = BTreeMap::new();
    let mut unread = Vec::new();
    for field in fields {
        let names: Vec<String> = field.headings.iter().chain([&field.id]).cloned().collect();
        let Some(place) = header.place_named(&names) else { continue };
        let cell = row.cells.get(place).map_or("", |cell| cell.trim());
        match value(field, cell, header.has_unit(place, "%")) {
            Ok(None) => {}
            Ok(Some(value)) => {
                filled.insert(field.id.clone(), FieldCell { text: cell.to_owned(), value });
            }
            Err(advice) => unread.push(UnreadCell {
                heading: header.headings.get(place).cloned().unwrap_or_default(),
                text: cell.chars().take(limits::RAW_KEPT).collect(),
                advice,
            }),
        }
    }
    Ok(Enterprise {
        location: row.location.clone(),
        name: if name.is_empty() { tax_id.clone() } else { name },
        tax_id,
        industry: text(Column::Industry),
        scope: text(Column::Scope),
        fields: filled,
        unread,
    })
}

/// What a cell says; nothing when it is missing, and how to write it when it cannot be read. `in_percent`: the heading
/// says that numbers are percent.
fn value(field: &FieldRule, cell: &str, in_percent: bool) -> Result<Option<FieldValue>, String> {
    if matches!(cell, "" | "-" | "—" | "/" | "\\" | "未知" | "不详" | "未查" | "待查" | "缺" | "暂无数据")
    {
        return Ok(None);
    }
    if let Some(reason) = cell.strip_prefix("不适用") {
        let reason = reason.trim_matches(|c: char| c.is_whitespace() || "：:（()），,".contains(c));
        return match reason {
            "" => Err("不适用要写明理由，如 不适用：不产生危废".to_owned()),
            reason => Ok(Some(FieldValue::NotApplicable(reason.to_owned()))),
        };
    }
    let none =
        matches!(cell, "无" | "否" | "没有" | "已查无" | "查无" | "0" | "no" | "false" | "No" | "FALSE" | "n" | "N");
    let read = match field.kind {
        FieldKind::Flag if none => Some(FieldValue::Flag(false)),
        FieldKind::Flag => {
            let yes = matches!(cell, "有" | "是" | "已有" | "有效" | "1" | "yes" | "Yes" | "true" | "TRUE" | "y" | "Y");
            yes.then_some(FieldValue::Flag(true))
        }
        FieldKind::Count if none => Some(FieldValue::Number(Decimal::ZERO)),
        FieldKind::Count => {
            let digits = cell.trim_end_matches(['项', '件', '个', '张']).trim();
            digits.parse::<u32>().ok().map(|count| FieldValue::Number(Decimal::from(count)))
        }
        FieldKind::Share if none => Some(FieldValue::Number(Decimal::ZERO)),
        FieldKind::Share => share(cell, in_percent)?.map(FieldValue::Number),
        FieldKind::Word => {
            let plain = cell.trim_end_matches(['级', '牌', '色', '标']);
            field.words.iter().find(|word| *word == plain || *word == cell).cloned().map(FieldValue::Word)
        }
        FieldKind::Records if none => Some(FieldValue::Records(Vec::new())),
        FieldKind::Records => {
            let items = cell.split(['；', ';', '、', '\n', '|']).map(str::trim).filter(|item| !item.is_empty());
            Some(FieldValue::Records(items.map(record).collect()))
        }
    };
    let advice = || match field.words.is_empty() {
        true => format!("写法如 {}", field.example),
        false => format!("可用 {}", field.words.join("、")),
    };
    read.map(Some).ok_or_else(advice)
}

/// `62%` or `0.62`, within 0…1; under a heading in percent also `62`. There, `0.62` may be what a sheet keeps of a cell
/// that shows 62%, or 0.62%: it is refused with advice.
fn share(text: &str, in_percent: bool) -> Result<Option<Decimal>, String> {
    let hundredth = |number: &str| number.trim().parse::<Decimal>().ok().map(|number| number / Decimal::ONE_HUNDRED);
    let share = match text.strip_suffix(['%', '％']) {
        Some(percent) => hundredth(percent),
        None if !in_percent => text.parse().ok(),
        None => match hundredth(text) {
            Some(share) if share > Decimal::ZERO && share <= Decimal::new(1, 2) => {
                let whole = (share * Decimal::ONE_HUNDRED * Decimal::ONE_HUNDRED).normalize();
                return Err(format!("列名写有 %，不知是 {text}% 还是 {whole}%，请连同 % 一起写"));
            }
            share => share,
        },
    };
    Ok(share.filter(|share| *share >= Decimal::ZERO && *share <= Decimal::ONE))
}

/// `ISO14001（有效期至2027-03-01）`, `2025-03-01 罚款 60万元`.
fn record(item: &str) -> Record {
    let (date, rest) = take_date(item);
    let mut amount = None;
    let mut name = String::new();
    for word in rest.split(|c: char| c.is_whitespace() || "（）()：:，,".contains(c)).filter(|word| !word.is_empty())
    {
        let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
        let unit = digits.ends_with('元') || digits.ends_with('万');
        let read = Money::parse_yuan(digits.strip_suffix('元').unwrap_or(digits));
        let bare = digits.len() == word.len() && date.is_some();
        match read.filter(|_| amount.is_none() && (unit || bare)) {
            Some(read) => amount = Some(read),
            None if matches!(word, "有效期" | "有效期至" | "至" | "到期") => {}
            None => {
                name.push_str(if name.is_empty() { "" } else { " " });
                name.push_str(word);
            }
        }
    }
    Record { name, date, amount }
}

/// The first date in the text, and the text without it.
fn take_date(text: &str) -> (Option<Date>, String) {
    let part = |c: char| c.is_ascii_digit() || "-/.年月日".contains(c);
    for (start, _) in text.match_indices("20").chain(text.match_indices("19")) {
        let before = text.get(..start).unwrap_or_default();
        let rest = text.get(start..).unwrap_or_default();
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let (found, behind) = rest.split_at(end);
        if before.ends_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        if let Some(date) = parse_date(found) {
            return (Some(date), format!("{before} {behind}"));
        }
    }
    (None, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind, words: &[&str]) -> FieldRule {
        FieldRule {
            id: "x".to_owned(),
            headings: vec!["某项".to_owned()],
            kind,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            document: String::new(),
            example: "有".to_owned(),
        }
    }

    #[test]
    fn missing_nothing_and_not_applicable_are_three_things() {
        let flag = field(FieldKind::Flag, &[]);
        assert_eq!(value(&flag, "未查", false), Ok(None));
        assert_eq!(value(&flag, "无", false), Ok(Some(FieldValue::Flag(false))));
        let excused = Ok(Some(FieldValue::NotApplicable("不产生危废".to_owned())));
        assert_eq!(value(&flag, "不适用：不产生危废", false), excused);
        assert!(value(&flag, "不适用", false).is_err(), "a reason is asked for");
        assert!(value(&flag, "大概有", false).is_err());
        let colour = field(FieldKind::Word, &["绿", "红"]);
        assert_eq!(value(&colour, "绿色", false), Ok(Some(FieldValue::Word("绿".to_owned()))));
        assert!(value(&colour, "紫", false).is_err());
        assert!(value(&colour, "未参评", false).is_err() && value(&colour, "无", false).is_err());
    }

    #[test]
    fn a_percent_stands_in_the_cell_or_in_the_heading_and_is_never_guessed() {
        let of = |text: &str, in_percent| match value(&field(FieldKind::Share, &[]), text, in_percent) {
            Ok(Some(FieldValue::Number(share))) => Some(share.normalize().to_string()),
            _ => None,
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(of("62%", false), said("0.62"));
        assert_eq!(of("0.62", false), said("0.62"));
        assert_eq!(of("62", false), None, "neither 62% nor 0.62");
        assert_eq!(of("62", true), said("0.62"));
        assert_eq!(of("62%", true), said("0.62"));
        assert_eq!(of("0", true), said("0"));
        assert_eq!(of("0.62", true), None, "62% as a sheet keeps it, or 0.62%?");
        assert_eq!(of("1", true), None);
        assert_eq!(of("120", true), None);
    }

    #[test]
    fn records_as_people_write_them() {
        let of = |text: &str| {
            let record = record(text);
            (record.name, record.date.map(|date| date.to_string()), record.amount.map(Money::fen))
        };
        let date = |text: &str| Some(text.to_owned());
        assert_eq!(of("ISO14001（有效期至2027-03-01）"), ("ISO14001".to_owned(), date("2027-03-01"), None));
        assert_eq!(of("绿色工厂"), ("绿色工厂".to_owned(), None, None));
        assert_eq!(of("2025年3月1日 罚款60万元"), (String::new(), date("2025-03-01"), Some(60_000_000)));
        assert_eq!(of("2025-03-01 500000.01"), (String::new(), date("2025-03-01"), Some(50_000_001)));
    }
}
