//! Traps: `corpus/traps/*.csv`, header `id,pair,family,kind,text,as_of,verdict,entries,why`. The rows of one `pair` look
//! alike; one is green and the other is not, and `why` says what tells them apart.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::gold::{EvalError, GoldRow, RowReader};
use crate::Engine;

/// Columns of a trap table, in order.
const COLUMNS: [&str; 9] = ["id", "pair", "family", "kind", "text", "as_of", "verdict", "entries", "why"];

/// One row of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The labelled text; `why` says what tells it from its twin.
    pub row: GoldRow,
    /// Name of the pair.
    pub pair: String,
    /// The day whose catalogue applies; none: the day of the measuring.
    pub as_of: Option<Date>,
}

/// Reads trap files, given as (name, text), as strictly as gold. A pair is two rows of one family, one green and the
/// other not; no text may stand in `gold` too.
pub fn read_traps<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
    gold: &[GoldRow],
    known_entry: impl Fn(&str, Option<Date>) -> bool,
) -> Result<Vec<Trap>, EvalError> {
    let mut reader = RowReader::new(&known_entry);
    reader.taken(gold);
    let mut traps: Vec<Trap> = Vec::new();
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    for (file, text) in files {
        reader.table(file, text, &COLUMNS, |reader, place, cell| {
            let as_of = cell("as_of").parse::<Date>().ok();
            if as_of.is_none() && !cell("as_of").is_empty() {
                reader.fault(place, format!("as_of `{}`：YYYY-MM-DD", cell("as_of")));
            }
            let Some(row) = reader.row(place, cell, as_of) else { return };
            let pair = pairs.entry(cell("pair").to_owned()).or_insert_with(|| Pair::at(place));
            pair.rows += 1;
            pair.green += u32::from(row.expected.is_positive());
            pair.families.insert(row.family.clone());
            traps.push(Trap { row, pair: cell("pair").to_owned(), as_of });
        });
    }
    for (name, pair) in &pairs {
        if name.is_empty() || pair.rows != 2 || pair.green != 1 || pair.families.len() != 1 {
            let problem = "一对须是同一类别的两行，一行绿、一行不绿 / two rows of one family, one green and one not";
            reader.fault((&pair.file, pair.line), format!("pair `{name}`：{problem}"));
        }
    }
    reader.finish(traps)
}

/// What was seen of a pair, and where first.
struct Pair {
    file: String,
    line: u64,
    rows: u32,
    green: u32,
    families: BTreeSet<String>,
}

impl Pair {
    fn at(place: (&str, u64)) -> Self {
        Self { file: place.0.to_owned(), line: place.1, rows: 0, green: 0, families: BTreeSet::new() }
    }
}

/// Right and all rows, whole and by family, and the rows that came out wrong with what was said.
#[derive(Clone, Debug, Default)]
pub struct TrapScore {
    /// Right answers and rows.
    pub total: (u32, u32),
    /// Pairs with both rows right, and pairs.
    pub pairs: (u32, u32),
    /// Rows by family.
    pub by_family: BTreeMap<String, (u32, u32)>,
    /// Wrong rows, with verdict and reason given.
    pub wrong: Vec<(Trap, String)>,
}

/// Runs the traps; rows without a day are read as of `today`.
pub fn score_traps(engine: &Engine, traps: &[Trap], today: Date) -> Result<TrapScore, crate::catalogue::NoEdition> {
    let mut score = TrapScore::default();
    let mut pairs: BTreeMap<&str, bool> = BTreeMap::new();
    for trap in traps {
        let (row, day) = (&trap.row, trap.as_of.unwrap_or(today));
        let reading = engine.classify(&row.document(), day)?;
        let entry = || {
            let mut codes = reading.matches.iter().flat_map(|found| &found.entries).map(|entry| &entry.code);
            codes.any(|code| row.entries.contains(code))
        };
        let right = row.expected.takes(reading.verdict) && (!row.expected.is_positive() || entry());
        for (hits, all) in [&mut score.total, score.by_family.entry(row.family.clone()).or_default()] {
            *hits += u32::from(right);
            *all += 1;
        }
        *pairs.entry(&trap.pair).or_insert(true) &= right;
        if !right {
            score.wrong.push((trap.clone(), format!("{} {}", reading.verdict, reading.reason)));
        }
    }
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    score.pairs = (count(pairs.values().filter(|right| **right).count()), count(pairs.len()));
    Ok(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_two_rows_that_differ() {
        let read = |rows: &str| {
            let text = format!("{}\n{rows}", COLUMNS.join(","));
            read_traps([("t.csv", text.as_str())], &[], |code, _| code.starts_with("4."))
        };
        let green = "p-1,p,part,invoice_line,光伏支架,,positive,4.1.2,组件\n";
        let bolt = "p-2,p,part,invoice_line,光伏支架螺栓,2025-11-01,not-green,,螺栓\n";
        let traps = read(&format!("{green}{bolt}")).unwrap();
        assert_eq!(traps[1].as_of, Some(jiff::civil::date(2025, 11, 1)));
        for (rows, part) in [
            (green.to_owned(), "第2行：pair `p`"),
            (format!("{green}{}", bolt.replace("part", "toy")), "第2行：pair `p`"),
            (format!("{green}{}", bolt.replace("not-green,", "positive,4.1.2")), "第2行：pair `p`"),
            (format!("{green}{bolt}{}", bolt.replace("p-2", "p-3").replace("螺栓", "螺母")), "第2行：pair `p`"),
            (format!("{green}{}", bolt.replace("11-01", "13-01")), "第3行：as_of `2025-13-01`"),
            (format!("{green}{}", bolt.replace("not-green,", "not-green,5.1")), "第3行：entries `5.1`"),
        ] {
            let error = read(&rows).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        let text = format!("{}\n{green}{bolt}", COLUMNS.join(","));
        let gold = [traps[0].row.clone()];
        let error = read_traps([("t.csv", text.as_str())], &gold, |_, _| true).unwrap_err().to_string();
        assert!(error.contains("第2行：text `光伏支架`"), "{error}");
    }
}
