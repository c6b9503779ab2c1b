//! How much a name sounds like the terms and entries that the dictionary and the catalogue hold already.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    catalogue::Catalogue,
    dictionary::Dictionary,
    text::{Script, fold_text, script_of},
};

/// What a name sounds like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Likeness {
    /// 0…1: how much of the name the nearest name has too, and of that one this one; pairs of characters that few
    /// names hold weigh more, and two names that end in different characters name different things.
    pub score: f64,
    /// Nearest terms: id and name, nearest first.
    pub terms: Vec<(String, String)>,
    /// Entries of those terms, or of the catalogue's own wording: code and name, likeliest first.
    pub entries: Vec<(String, String)>,
}

/// Names by their pairs of neighbouring characters.
pub(super) struct Names<'d> {
    dictionary: &'d Dictionary,
    catalogue: &'d Catalogue,
    edition: &'d str,
    /// Pair → names that hold it.
    holders: HashMap<(char, char), Vec<usize>>,
    /// What each name is of, how many pairs it has, and its last character.
    owners: Vec<(Owner, usize, Option<char>)>,
}

#[derive(Clone, Debug)]
enum Owner {
    /// A term, by number.
    Term(usize),
    /// An entry, by code.
    Entry(String),
}

/// Nearest names looked at.
const NEAREST: usize = 5;
/// What likeness is worth when the other name ends in another character.
const OTHER_HEAD: f64 = 0.6;

impl<'d> Names<'d> {
    /// Takes every name of active terms, and the names of the entries of `edition`.
    pub fn of(dictionary: &'d Dictionary, catalogue: &'d Catalogue, edition: &'d str) -> Self {
        let mut names = Self { dictionary, catalogue, edition, holders: HashMap::new(), owners: Vec::new() };
        for (number, term) in dictionary.terms().iter().enumerate().filter(|(_, term)| term.active) {
            for surface in std::iter::once(&term.term).chain(&term.aliases) {
                names.add(&fold_text(surface), Owner::Term(number));
            }
        }
        for entry in catalogue.entries(edition).filter(|entry| entry.level() == 3) {
            for part in fold_text(&entry.name).split(['、', '和', ',']) {
                names.add(part, Owner::Entry(entry.code.clone()));
            }
        }
        names
    }

    fn add(&mut self, name: &str, owner: Owner) {
        let number = self.owners.len();
        let pairs = pairs(name);
        self.owners.push((owner, pairs.len(), name.chars().next_back()));
        for pair in pairs {
            self.holders.entry(pair).or_default().push(number);
        }
    }

    /// What `name` (folded) sounds like.
    pub fn like(&self, name: &str) -> Likeness {
        let own = pairs(name);
        let all = self.owners.len().max(1) as f64;
        // A pair that few names hold says more; one that no name holds says that this is something else.
        let weight = |pair: &(char, char)| (all / (1.0 + self.holders.get(pair).map_or(0, Vec::len) as f64)).ln();
        let mut own: Vec<(char, char)> = own.into_iter().collect();
        own.sort_unstable();
        let total: f64 = own.iter().map(weight).sum();
        if total <= 0.0 {
            return Likeness::default();
        }
        let mut shared: HashMap<usize, (f64, usize)> = HashMap::new();
        for pair in &own {
            for &holder in self.holders.get(pair).map_or(&[][..], Vec::as_slice) {
                let sum = shared.entry(holder).or_default();
                *sum = (sum.0 + weight(pair), sum.1 + 1);
            }
        }
        let end = name.chars().next_back();
        let score = |(number, (sum, pairs)): (usize, (f64, usize))| {
            let (_, all, other_end) = self.owners.get(number)?;
            let covered = pairs as f64 / (*all).max(1) as f64;
            let head = if *other_end == end { 1.0 } else { OTHER_HEAD };
            Some((number, sum / total * (0.5 + 0.5 * covered) * head))
        };
        let mut nearest: Vec<(usize, f64)> = shared.into_iter().filter_map(score).collect();
        nearest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut likeness = Likeness { score: nearest.first().map_or(0.0, |(_, score)| *score), ..Likeness::default() };
        let mut entries: BTreeMap<String, f64> = BTreeMap::new();
        for (name, score) in nearest.into_iter().take(NEAREST * 2) {
            match self.owners.get(name).map(|(owner, ..)| owner) {
                Some(Owner::Term(number)) => {
                    let Some(term) = self.dictionary.term(*number) else { continue };
                    let known = (term.id.clone(), term.term.clone());
                    if likeness.terms.len() < NEAREST && !likeness.terms.contains(&known) {
                        likeness.terms.push(known);
                    }
                    let links = term.links.iter().filter(|link| link.edition == self.edition);
                    let codes: HashSet<&String> = links.flat_map(|link| &link.codes).collect();
                    for code in codes {
                        *entries.entry(code.clone()).or_default() += score;
                    }
                }
                Some(Owner::Entry(code)) => *entries.entry(code.clone()).or_default() += score,
                None => {}
            }
        }
        let mut entries: Vec<(String, f64)> = entries.into_iter().collect();
        entries.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let named = |code: String| {
            let name = self.catalogue.entry(self.edition, &code).map_or_else(String::new, |entry| entry.name.clone());
            (code, name)
        };
        likeness.entries = entries.into_iter().take(3).map(|(code, _)| named(code)).collect();
        likeness
    }
}

/// Neighbouring characters of a name, each pair once.
fn pairs(name: &str) -> HashSet<(char, char)> {
    let characters: Vec<char> = name.chars().filter(|c| script_of(*c) != Script::Other).collect();
    characters.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect()
}
