//! How far a dictionary reaches over a catalogue, and how often its terms occur in a body of text.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    catalogue::Catalogue,
    dictionary::{Dictionary, Term},
    matcher::Matcher,
    model::{Document, Role, Scene, Strength},
    text::fold_text,
};

/// One level-3 entry and the active terms that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryCoverage {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// How many terms lead to it, under any role.
    pub terms: usize,
    /// How many distinct surfaces those terms have.
    pub surfaces: usize,
    /// Terms by role.
    pub roles: BTreeMap<Role, usize>,
}

/// The reach of a dictionary over one edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Active terms.
    pub terms: usize,
    /// Distinct folded surfaces.
    pub surfaces: usize,
    /// Every level-3 entry, in the catalogue's order.
    pub entries: Vec<EntryCoverage>,
    /// Active terms by scene.
    pub scenes: BTreeMap<Scene, usize>,
    /// Active terms by role; a term under several roles counts under each.
    pub roles: BTreeMap<Role, usize>,
    /// Active terms by strength.
    pub strengths: BTreeMap<Strength, usize>,
}

impl Coverage {
    /// Counts the active terms of `dictionary` over the level-3 entries of `edition`.
    pub fn of(dictionary: &Dictionary, catalogue: &Catalogue, edition: &str) -> Self {
        let mut by_code: BTreeMap<&str, Vec<(&Term, BTreeSet<Role>)>> = BTreeMap::new();
        let (mut scenes, mut roles, mut strengths) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut surfaces = BTreeSet::new();
        let mut terms = 0;
        for term in dictionary.terms().iter().filter(|term| term.active) {
            terms += 1;
            *scenes.entry(term.scene).or_default() += 1;
            *strengths.entry(term.strength).or_default() += 1;
            surfaces.extend(folded(term));
            let mut here: BTreeMap<&str, BTreeSet<Role>> = BTreeMap::new();
            let mut own = BTreeSet::new();
            for link in term.links.iter().filter(|link| link.edition == edition) {
                own.insert(link.role);
                for code in &link.codes {
                    here.entry(code).or_default().insert(link.role);
                }
            }
            own.into_iter().for_each(|role| *roles.entry(role).or_default() += 1);
            here.into_iter().for_each(|(code, roles)| by_code.entry(code).or_default().push((term, roles)));
        }
        let entries = catalogue.entries(edition).filter(|entry| entry.level() == 3).map(|entry| {
            let found = by_code.get(entry.code.as_str()).map(Vec::as_slice).unwrap_or_default();
            let mut roles = BTreeMap::new();
            found.iter().flat_map(|(_, roles)| roles).for_each(|role| *roles.entry(*role).or_default() += 1);
            EntryCoverage {
                code: entry.code.clone(),
                name: entry.name.clone(),
                terms: found.len(),
                surfaces: found.iter().flat_map(|(term, _)| folded(term)).collect::<BTreeSet<_>>().len(),
                roles,
            }
        });
        Self { terms, surfaces: surfaces.len(), entries: entries.collect(), scenes, roles, strengths }
    }
}

/// How often each active term occurs in a body of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Term id.
    pub id: String,
    /// Lines in which it stands.
    pub accepted: usize,
    /// Lines in which it was found and refused.
    pub refused: usize,
}

/// Reads every line and counts, for every active term, the lines in which it stands and in which it was refused.
pub fn occurrences(matcher: &Matcher<'_>, lines: &[Document]) -> Vec<Occurrence> {
    let mut counts: BTreeMap<String, (usize, usize)> =
        matcher.dictionary.terms().iter().filter(|term| term.active).map(|term| (term.id.clone(), (0, 0))).collect();
    for line in lines {
        let reading = matcher.read(line);
        let accepted: BTreeSet<&String> = reading.matches.iter().map(|found| &found.term_id).collect();
        let refused: BTreeSet<&String> = reading.rejected.iter().map(|found| &found.term_id).collect();
        for id in &accepted {
            counts.entry((*id).clone()).or_default().0 += 1;
        }
        for id in refused.difference(&accepted) {
            counts.entry((*id).clone()).or_default().1 += 1;
        }
    }
    counts.into_iter().map(|(id, (accepted, refused))| Occurrence { id, accepted, refused }).collect()
}

fn folded(term: &Term) -> impl Iterator<Item = String> {
    std::iter::once(&term.term).chain(&term.aliases).map(|name| fold_text(name)).filter(|name| !name.is_empty())
}
