//! Traps: `corpus/traps/*.csv`, header `id,pair,family,kind,text,as_of,verdict,entries,why`. The rows of one `pair` look
//! alike; one is green and the other is not, and `why` says what tells them apart.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::gold::{EvalError, Expected};
use crate::{
    Engine,
    model::{Document, TextKind},
};

/// One row of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// Stable id, `colour-0001`.
    pub id: String,
    /// Id of the pair.
    pub pair: String,
    /// colour, brand, food …
    pub family: String,
    /// How to read the text.
    pub kind: TextKind,
    /// The text.
    pub text: String,
    /// The day whose catalogue applies; none: the day of the measuring.
    pub as_of: Option<Date>,
    /// What it should come out as.
    pub expected: Expected,
    /// Entries of which one must be among the candidates of a positive row; none: not asked.
    pub entries: Vec<String>,
    /// What tells it from its twin.
    pub why: String,
}

#[derive(Deserialize)]
struct Raw<'r> {
    id: &'r str,
    pair: &'r str,
    family: &'r str,
    kind: &'r str,
    text: &'r str,
    as_of: &'r str,
    verdict: &'r str,
    entries: &'r str,
    why: &'r str,
}

/// Reads trap files, given as (name, text). Ids must be unique; every pair needs rows with different labels.
pub fn read_traps<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Result<Vec<Trap>, EvalError> {
    let mut traps: Vec<Trap> = Vec::new();
    let mut ids = BTreeSet::new();
    let mut labels: BTreeMap<String, (String, u64, BTreeSet<&'static str>)> = BTreeMap::new();
    for (file, text) in files {
        let bad_csv = |source| EvalError::Csv { file: file.to_owned(), source };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(bad_csv)?.clone();
        for record in reader.records() {
            let record = record.map_err(bad_csv)?;
            let raw: Raw = record.deserialize(Some(&header)).map_err(bad_csv)?;
            let line = record.position().map_or(0, csv::Position::line);
            let bad = |column, value: &str, problem| EvalError::Cell {
                file: file.to_owned(),
                line,
                column,
                value: value.to_owned(),
                problem,
            };
            let unknown = "不是允许的值 / not an allowed value";
            let expected = Expected::from_code(raw.verdict).ok_or_else(|| bad("verdict", raw.verdict, unknown))?;
            let as_of = match raw.as_of {
                "" => None,
                date => Some(date.parse().map_err(|_| bad("as_of", date, unknown))?),
            };
            if !ids.insert(raw.id.to_owned()) {
                return Err(bad("id", raw.id, "重复 / given twice"));
            }
            if raw.why.is_empty() {
                return Err(bad("why", raw.why, "须写明理由 / a reason must be given"));
            }
            let pair = labels.entry(raw.pair.to_owned()).or_insert_with(|| (file.to_owned(), line, BTreeSet::new()));
            pair.2.insert(expected.code());
            traps.push(Trap {
                id: raw.id.to_owned(),
                pair: raw.pair.to_owned(),
                family: raw.family.to_owned(),
                kind: TextKind::from_code(raw.kind).ok_or_else(|| bad("kind", raw.kind, unknown))?,
                text: raw.text.to_owned(),
                as_of,
                expected,
                entries: raw.entries.split('|').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
                why: raw.why.to_owned(),
            });
        }
    }
    match labels.into_iter().find(|(_, (_, _, labels))| labels.len() < 2) {
        Some((pair, (file, line, _))) => {
            let problem = "一对须有两种结论 / a pair needs two different labels";
            Err(EvalError::Cell { file, line, column: "pair", value: pair, problem })
        }
        None => Ok(traps),
    }
}

/// Right and all rows, whole and by family, and the rows that came out wrong with what was said.
#[derive(Clone, Debug, Default)]
pub struct TrapScore {
    /// Right answers and rows.
    pub total: (u32, u32),
    /// The same by family.
    pub by_family: BTreeMap<String, (u32, u32)>,
    /// Wrong rows, with verdict and reason given.
    pub wrong: Vec<(Trap, String)>,
}

/// Runs the traps; rows without a day are read as of `today`.
pub fn score_traps(engine: &Engine, traps: &[Trap], today: Date) -> Result<TrapScore, crate::catalogue::NoEdition> {
    let mut score = TrapScore::default();
    for trap in traps {
        let document = Document { text: trap.text.clone(), kind: trap.kind, ..Document::default() };
        let reading = engine.classify(&document, trap.as_of.unwrap_or(today))?;
        let entry = || {
            let mut codes = reading.matches.iter().flat_map(|found| &found.entries).map(|entry| &entry.code);
            trap.entries.is_empty() || codes.any(|code| trap.entries.contains(code))
        };
        let right = trap.expected.takes(reading.verdict) && (!trap.expected.is_positive() || entry());
        for (hits, all) in [&mut score.total, score.by_family.entry(trap.family.clone()).or_default()] {
            *hits += u32::from(right);
            *all += 1;
        }
        if !right {
            score.wrong.push((trap.clone(), format!("{} {}", reading.verdict, reading.reason)));
        }
    }
    Ok(score)
}
