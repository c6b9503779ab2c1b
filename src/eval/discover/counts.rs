//! How often runs of characters occur, how firmly they hold together, and how freely their neighbours change.

use std::collections::{BTreeMap, HashMap};

/// Longest run counted, in characters.
pub(super) const LONGEST: usize = 12;

/// A phrase of the corpus, once for all lines that hold it.
#[derive(Clone, Debug, Default)]
pub(super) struct Phrase {
    /// Folded text.
    pub text: String,
    /// Byte offset of every character, and the length at the end.
    pub places: Vec<usize>,
    /// Byte offsets at which an ordinary word begins or ends.
    pub joints: Vec<usize>,
    /// Lines that hold it.
    pub lines: Vec<usize>,
}

impl Phrase {
    /// The run of `length` characters from character `start`.
    pub fn run(&self, start: usize, length: usize) -> Option<&str> {
        self.text.get(*self.places.get(start)?..*self.places.get(start + length)?)
    }

    /// Number of characters.
    pub fn length(&self) -> usize {
        self.places.len().saturating_sub(1)
    }

    /// What a phrase counts for: its tenth repetition says less than its first.
    fn weight(&self) -> f64 {
        1.0 + (self.lines.len() as f64).ln()
    }
}

/// Frequencies of all runs that stand on at least so many lines.
pub(super) struct Counts<'p> {
    /// Run → weight.
    frequent: HashMap<&'p str, f64>,
    /// Weight of all single characters.
    total: f64,
}

impl<'p> Counts<'p> {
    /// Counts, length by length: a run is frequent only if both its shorter parts are.
    pub fn of(phrases: &'p [Phrase], least: usize) -> Self {
        let mut counts = Self { frequent: HashMap::new(), total: 0.0 };
        for length in 1..=LONGEST {
            let mut level: HashMap<&str, (usize, f64)> = HashMap::new();
            for phrase in phrases {
                for start in 0..(phrase.length() + 1).saturating_sub(length) {
                    let Some(run) = phrase.run(start, length) else { continue };
                    let shorter = |from| phrase.run(from, length - 1).is_some_and(|s| counts.frequent.contains_key(s));
                    if length > 1 && !(shorter(start) && shorter(start + 1)) {
                        continue;
                    }
                    let entry = level.entry(run).or_default();
                    entry.0 += phrase.lines.len();
                    entry.1 += phrase.weight();
                    if length == 1 {
                        counts.total += phrase.weight();
                    }
                }
            }
            level.retain(|_, (lines, _)| *lines >= least);
            if level.is_empty() {
                break;
            }
            counts.frequent.extend(level.into_iter().map(|(run, (_, weight))| (run, weight)));
        }
        counts
    }

    /// Whether the run stands on enough lines.
    pub fn is_frequent(&self, run: &str) -> bool {
        self.frequent.contains_key(run)
    }

    /// Normalised pointwise mutual information of the weakest split, −1…1: how much more often the halves stand
    /// together than by chance.
    pub fn cohesion(&self, run: &str) -> f64 {
        let share = |part: &str| self.frequent.get(part).map_or(0.0, |weight| weight / self.total.max(1.0));
        let whole = share(run);
        if whole <= 0.0 || whole >= 1.0 {
            return 0.0;
        }
        let splits = run.char_indices().skip(1).filter_map(|(at, _)| {
            let by_chance = share(run.get(..at)?) * share(run.get(at..)?);
            (by_chance > 0.0).then(|| (whole / by_chance).ln() / -whole.ln())
        });
        splits.fold(f64::INFINITY, f64::min).min(1.0)
    }
}

/// What stands on one side of a run, over the corpus.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours {
    /// Neighbour → weight.
    seen: BTreeMap<String, f64>,
    /// Weights of phrases that end here; each end is a neighbour of its own.
    open: Vec<f64>,
}

impl Neighbours {
    /// Adds one occurrence in `phrase`; an empty neighbour is the end of the phrase, which every line has for itself.
    pub fn add(&mut self, neighbour: &str, phrase: &Phrase) {
        if neighbour.is_empty() {
            self.open.extend(std::iter::repeat_n(1.0, phrase.lines.len().min(64)));
        } else {
            *self.seen.entry(neighbour.to_owned()).or_default() += phrase.weight();
        }
    }

    /// Entropy in nats: 0 when the same neighbour always stands there.
    pub fn entropy(&self) -> f64 {
        let weights = || self.seen.values().chain(&self.open);
        let total: f64 = weights().sum();
        if total <= 0.0 {
            return 0.0;
        }
        weights().map(|weight| weight / total).map(|share| -share * share.ln()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(text: &str, lines: usize) -> Phrase {
        let places = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Phrase { text: text.to_owned(), places, joints: vec![], lines: (0..lines).collect() }
    }

    #[test]
    fn runs_hold_together_or_meet_by_chance() {
        let phrases = ["正泰逆变器", "阳光逆变器", "逆变器", "正泰电缆", "阳光水泵", "正泰水泵"].map(|t| phrase(t, 2));
        let counts = Counts::of(&phrases, 2);
        assert!(counts.is_frequent("逆变器"));
        assert!(counts.cohesion("逆变器") > counts.cohesion("泰逆变器"));
        assert!(!Counts::of(&phrases, 3).is_frequent("正泰电缆"));
    }

    #[test]
    fn a_fixed_neighbour_has_no_entropy_and_an_edge_is_free() {
        let mut left = Neighbours::default();
        left.add("正泰", &phrase("x", 5));
        assert_eq!(left.entropy(), 0.0);
        left.add("阳光", &phrase("y", 5));
        assert!(left.entropy() > 0.6);
        let mut edge = Neighbours::default();
        edge.add("", &phrase("z", 8));
        assert!((edge.entropy() - 8f64.ln()).abs() < 1e-9);
    }
}
