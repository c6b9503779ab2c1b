//! Floors under the figures: they rise and never sink.

use serde::{Deserialize, Serialize};

use super::{
    gold::{EvalError, GoldRow, Split, split_of},
    score::Tally,
};

/// What must hold, `corpus/floors.toml`. Shares from 0 to 1; the last two are ceilings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floors {
    /// Gold files whose every row was read while terms were written: all of it counts as dev.
    pub read_while_writing: Vec<String>,
    /// Labelled rows there must be.
    pub rows: u32,
    /// Precision of the verdict on held.
    pub precision: f64,
    /// Recall of the verdict on held.
    pub recall: f64,
    /// Level-3 entry among the candidates on held.
    pub entry: f64,
    /// Generic types surfaced on held.
    pub generic_surfaced: f64,
    /// Traps right.
    pub traps: f64,
    /// At most this share of ordinary rows is called green on held.
    pub ordinary_green: f64,
    /// At most this share of rows outside generic types goes to review on held.
    pub specific_to_review: f64,
}

/// A figure below its floor or above its ceiling.
#[derive(Clone, Debug, PartialEq)]
pub struct FloorBreach {
    /// Name in the file.
    pub name: &'static str,
    /// The figure.
    pub figure: f64,
    /// The floor or ceiling.
    pub floor: f64,
}

fn share((hits, all): (u32, u32), empty: f64) -> f64 {
    if all == 0 { empty } else { f64::from(hits) / f64::from(all) }
}

impl Floors {
    /// The rows that are only counted: held by [`split_of`], and of no file that was read while terms were written.
    /// Given first; the others are dev.
    pub fn held_and_dev(&self, rows: Vec<GoldRow>) -> (Vec<GoldRow>, Vec<GoldRow>) {
        let read: Vec<String> = self.read_while_writing.iter().map(|area| format!("{area}-")).collect();
        let unread = |row: &GoldRow| !read.iter().any(|area| row.id.starts_with(area.as_str()));
        rows.into_iter().partition(|row| split_of(&row.text) == Split::Held && unread(row))
    }

    /// What stands above the figures in the file.
    pub const HEADING: &'static str = "# 底线：由 lvjian corpus score --ratchet 抬高，不降。比例 0–1；后两项是上限。\n";

    /// Reads the file's text.
    pub fn read(file: &str, text: &str) -> Result<Self, EvalError> {
        toml::from_str(text).map_err(|source| EvalError::Floors { file: file.to_owned(), source: Box::new(source) })
    }

    /// Every breach by the figures of the held rows and the traps (right, all).
    pub fn breaches(&self, rows: u32, held: &Tally, traps: (u32, u32)) -> Vec<FloorBreach> {
        let now = self.at(rows, held, traps);
        let low = [
            ("rows", f64::from(now.rows), f64::from(self.rows)),
            ("precision", now.precision, self.precision),
            ("recall", now.recall, self.recall),
            ("entry", now.entry, self.entry),
            ("generic_surfaced", now.generic_surfaced, self.generic_surfaced),
            ("traps", now.traps, self.traps),
        ];
        let high = [
            ("ordinary_green", now.ordinary_green, self.ordinary_green),
            ("specific_to_review", now.specific_to_review, self.specific_to_review),
        ];
        let below = low.into_iter().filter(|(_, figure, floor)| figure < floor);
        let above = high.into_iter().filter(|(_, figure, ceiling)| figure > ceiling);
        below.chain(above).map(|(name, figure, floor)| FloorBreach { name, figure, floor }).collect()
    }

    /// The floors raised to the figures, each rounded half a hundredth to the safe side; none sinks.
    pub fn raised(&self, rows: u32, held: &Tally, traps: (u32, u32)) -> Self {
        let now = self.at(rows, held, traps);
        let floor = |figure: f64, old: f64| ((figure * 200.0).floor() / 200.0).max(old);
        let ceiling = |figure: f64, old: f64| ((figure * 200.0).ceil() / 200.0).min(old);
        Self {
            read_while_writing: self.read_while_writing.clone(),
            rows: now.rows.max(self.rows),
            precision: floor(now.precision, self.precision),
            recall: floor(now.recall, self.recall),
            entry: floor(now.entry, self.entry),
            generic_surfaced: floor(now.generic_surfaced, self.generic_surfaced),
            traps: floor(now.traps, self.traps),
            ordinary_green: ceiling(now.ordinary_green, self.ordinary_green),
            specific_to_review: ceiling(now.specific_to_review, self.specific_to_review),
        }
    }

    /// The figures themselves, in the shape of floors. A share of nothing breaks no floor.
    fn at(&self, rows: u32, held: &Tally, traps: (u32, u32)) -> Self {
        Self {
            read_while_writing: Vec::new(),
            rows,
            precision: share(held.precision(), 1.0),
            recall: share(held.recall(), 1.0),
            entry: share((held.entry_right, held.entry_asked), 1.0),
            generic_surfaced: share((held.generic_surfaced, held.generic), 1.0),
            traps: share(traps, 1.0),
            ordinary_green: share((held.ordinary_green, held.ordinary), 0.0),
            specific_to_review: share((held.specific_to_review, held.specific), 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floors() -> Floors {
        let text = "read_while_writing = []\nrows = 2\nprecision = 0.9\nrecall = 0.8\nentry = 0.5\n\
                    generic_surfaced = 0.5\ntraps = 0.9\nordinary_green = 0.01\nspecific_to_review = 0.05\n";
        Floors::read("floors.toml", text).unwrap()
    }

    #[test]
    fn breaches_are_named_and_floors_never_sink() {
        let good =
            Tally { true_positive: 97, false_positive: 1, missed: 3, ordinary: 200, specific: 300, ..Tally::default() };
        assert!(floors().breaches(400, &good, (99, 100)).is_empty());
        let bad = Tally { missed: 50, ordinary_green: 9, ..good.clone() };
        let names: Vec<&str> = floors().breaches(400, &bad, (80, 100)).iter().map(|breach| breach.name).collect();
        assert_eq!(names, ["recall", "traps", "ordinary_green"]);
        let raised = floors().raised(400, &good, (99, 100));
        assert!(raised.recall > 0.96 && raised.rows == 400);
        assert_eq!(raised.raised(1, &bad, (0, 100)), raised);
    }
}
