//! Reading the dictionary tables: CSV and TOML that a person who reads no Rust can edit.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use csv::StringRecord;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{
    bundle::BundleFault,
    term::{ClauseWord, CueGroup, Exclusion, Link, Need, Negative, Tail, TaxLabel, Term},
};
use crate::{
    model::{Refusal, Role, Scene, Strength},
    text::fold_text,
};

/// A table that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DictionaryError {
    /// The row is no CSV or lacks a column.
    #[error("{file}: {source}")]
    Row {
        /// Table.
        file: String,
        /// What the CSV reader says, with its line.
        source: csv::Error,
    },
    /// The file is no TOML or lacks a key.
    #[error("{file}: {source}")]
    Toml {
        /// File.
        file: String,
        /// What the TOML reader says, with its line.
        source: Box<toml::de::Error>,
    },
    /// A cell holds something that is not one of the allowed values.
    #[error("{file}: {id}: {column} `{value}` 无法识别 / not understood")]
    Cell {
        /// Table.
        file: String,
        /// The row's id.
        id: String,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// The same id twice in one layer.
    #[error("{file}: {id} 重复 / duplicate")]
    Duplicate {
        /// Table.
        file: String,
        /// The repeated id.
        id: String,
    },
    /// A file of an overlay cannot be opened.
    #[error("{path}: {source}")]
    Open {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A bundle that cannot be used, and what to do.
    #[error("{path}: {fault}")]
    Bundle {
        /// Its path.
        path: String,
        /// What is wrong with it.
        fault: BundleFault,
    },
    /// The surfaces cannot be compiled.
    #[error("词典无法编译 / the dictionary does not compile: {0}")]
    Compile(String),
}

/// The texts of a dictionary: file name (relative to `dictionaries/`) → text.
pub type Texts = BTreeMap<String, String>;

/// Every table, read and merged; later layers replace rows of earlier ones by id, surface, group or label.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tables {
    /// Terms by id.
    pub terms: BTreeMap<String, Term>,
    /// Exclusions by folded surface.
    pub exclusions: BTreeMap<String, Exclusion>,
    /// Negative-list names by id.
    pub negatives: BTreeMap<String, Negative>,
    /// Cue groups by name.
    pub cues: BTreeMap<String, CueGroup>,
    /// What may follow a term: folded word → meaning.
    pub tails: FxHashMap<String, Tail>,
    /// Words of sentences: folded word → meaning.
    pub clause_words: FxHashMap<String, ClauseWord>,
    /// Tax labels by 简称.
    pub labels: BTreeMap<String, TaxLabel>,
}

#[derive(Deserialize)]
struct TermRow<'t> {
    id: &'t str,
    term: &'t str,
    aliases: &'t str,
    scene: &'t str,
    strength: &'t str,
    needs: &'t str,
    unless: &'t str,
    before_not: &'t str,
    after_not: &'t str,
    entries: &'t str,
    conditions: &'t str,
    source: &'t str,
    locator: &'t str,
    status: &'t str,
    note: &'t str,
}

#[derive(Deserialize)]
struct ExclusionRow<'t> {
    surface: &'t str,
    kind: &'t str,
    blocks: &'t str,
    reason: &'t str,
}

#[derive(Deserialize)]
struct NegativeRow<'t> {
    id: &'t str,
    surface: &'t str,
    aliases: &'t str,
    kind: &'t str,
    exempt: &'t str,
    source: &'t str,
    locator: &'t str,
}

#[derive(Deserialize)]
struct LabelRow<'t> {
    label: &'t str,
    prefixes: &'t str,
    refuses: &'t str,
    allows: &'t str,
    supports: &'t str,
}

#[derive(Deserialize)]
struct Groups {
    group: Vec<GroupRow>,
}

#[derive(Deserialize)]
struct GroupRow {
    name: String,
    #[serde(default)]
    meaning: String,
    #[serde(default)]
    window: usize,
    words: Vec<String>,
}

/// Gives every record of a table, with its header, one after the other in the same memory.
fn each_record(
    file: &str,
    text: &str,
    mut take: impl FnMut(&StringRecord, &StringRecord) -> Result<(), DictionaryError>,
) -> Result<(), DictionaryError> {
    let bad = |source| DictionaryError::Row { file: file.to_owned(), source };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(bad)?.clone();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(bad)? {
        take(&header, &record)?;
    }
    Ok(())
}

fn row<'r, R: Deserialize<'r>>(
    file: &str,
    header: &'r StringRecord,
    record: &'r StringRecord,
) -> Result<R, DictionaryError> {
    record.deserialize(Some(header)).map_err(|source| DictionaryError::Row { file: file.to_owned(), source })
}

/// Parsed cells that many rows share.
struct Shared<T>(HashMap<String, Arc<[T]>>);

impl<T> Shared<T> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    fn get(&mut self, cell: &str, parse: impl FnOnce(&str) -> Vec<T>) -> Arc<[T]> {
        if let Some(known) = self.0.get(cell) {
            return known.clone();
        }
        let parsed: Arc<[T]> = parse(cell).into();
        self.0.insert(cell.to_owned(), parsed.clone());
        parsed
    }
}

/// Reads a file of `[[group]]` tables.
fn groups(file: &str, text: &str) -> Result<Vec<GroupRow>, DictionaryError> {
    toml::from_str::<Groups>(text)
        .map(|groups| groups.group)
        .map_err(|source| DictionaryError::Toml { file: file.to_owned(), source: Box::new(source) })
}

fn list(cell: &str) -> Vec<String> {
    cell.split('|').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn folded(word: &str) -> String {
    fold_text(word)
}

fn folded_list(cell: &str) -> Vec<String> {
    list(cell).iter().map(|word| folded(word)).collect()
}

fn needs(cell: &str) -> Vec<Vec<Need>> {
    list(cell)
        .iter()
        .map(|alternative| {
            alternative
                .split('&')
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .map(|word| match word.strip_prefix('@') {
                    Some(cue) => Need::Cue(cue.to_owned()),
                    None => Need::Word(folded(word)),
                })
                .collect()
        })
        .collect()
}

/// Reads an entries cell: `gfspc-2025:make=1.1.7|trade=8.1.1;gid-2019:make=1.1.8`. `None` when it is not written so.
pub fn links(cell: &str) -> Option<Vec<Link>> {
    let mut links = Vec::new();
    for edition_part in cell.split(';').filter(|part| !part.is_empty()) {
        let (edition, roles) = edition_part.split_once(':')?;
        for part in roles.split('|') {
            let (role, codes) = part.split_once('=')?;
            links.push(Link {
                edition: edition.to_owned(),
                role: Role::from_code(role)?,
                codes: codes.split(',').map(str::to_owned).collect(),
            });
        }
    }
    Some(links)
}

impl Tables {
    /// Reads the layers in order; a later layer wins. Tables are read side by side, and joined in order.
    pub fn read(layers: &[Texts]) -> Result<Self, DictionaryError> {
        let mut files: Vec<(usize, (&String, &String))> = layers.iter().flatten().enumerate().collect();
        // The longest first, so that none is left over for one thread at the end.
        files.sort_by_key(|(_, (_, text))| std::cmp::Reverse(text.len()));
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let Some((number, (file, text))) = files.get(turn) else { return done };
                let mut tables = Self::default();
                done.push((*number, tables.add(file, text).map(|()| tables)));
            }
        };
        // Two threads and no more: the first memory of another one costs more than a table.
        let mut read = std::thread::scope(|scope| {
            let other = scope.spawn(work);
            let mut read = work();
            read.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            read
        });
        read.sort_by_key(|(number, _)| *number);
        let mut tables = Self::default();
        for (_, one) in read {
            tables.join(one?);
        }
        Ok(tables)
    }

    /// Puts `later` on top.
    fn join(&mut self, later: Self) {
        self.terms.extend(later.terms);
        self.exclusions.extend(later.exclusions);
        self.negatives.extend(later.negatives);
        self.cues.extend(later.cues);
        self.tails.extend(later.tails);
        self.labels.extend(later.labels);
        // The first meaning of a word of sentences stands.
        for (word, meaning) in later.clause_words {
            self.clause_words.entry(word).or_insert(meaning);
        }
    }

    fn add(&mut self, file: &str, text: &str) -> Result<(), DictionaryError> {
        match file {
            "exclusions.csv" => {
                each_record(file, text, |header, record| {
                    let row: ExclusionRow = row(file, header, record)?;
                    let surface = folded(row.surface);
                    let blocks = if row.blocks == "*" { Vec::new() } else { list(row.blocks) };
                    let exclusion = Exclusion {
                        surface: surface.clone(),
                        kind: row.kind.to_owned(),
                        blocks,
                        reason: row.reason.to_owned(),
                    };
                    self.exclusions.insert(surface, exclusion);
                    Ok(())
                })?;
            }
            "negatives.csv" => {
                each_record(file, text, |header, record| {
                    let row: NegativeRow = row(file, header, record)?;
                    let negative = Negative {
                        id: row.id.to_owned(),
                        surface: row.surface.to_owned(),
                        aliases: list(row.aliases),
                        kind: row.kind.to_owned(),
                        exempt: folded_list(row.exempt),
                        source: (row.source.to_owned(), row.locator.to_owned()),
                    };
                    self.negatives.insert(negative.id.clone(), negative);
                    Ok(())
                })?;
            }
            "tax-labels.csv" => {
                each_record(file, text, |header, record| {
                    let row: LabelRow = row(file, header, record)?;
                    let label = TaxLabel {
                        label: row.label.to_owned(),
                        prefixes: list(row.prefixes),
                        refuses: row.refuses == "*",
                        allows: list(row.allows),
                        supports: list(row.supports),
                    };
                    self.labels.insert(folded(row.label), label);
                    Ok(())
                })?;
            }
            "cues.toml" | "ordinary.toml" => {
                for row in groups(file, text)? {
                    let words = row.words.iter().map(|word| folded(word)).filter(|word| !word.is_empty()).collect();
                    let group = CueGroup { name: row.name.clone(), meaning: row.meaning, window: row.window, words };
                    self.cues.insert(row.name, group);
                }
            }
            "clauses.toml" => {
                for row in groups(file, text)? {
                    let words: Vec<String> = row.words.iter().map(|word| folded(word)).collect();
                    if let Some(meaning) = clause_word(&row.name) {
                        for word in &words {
                            self.clause_words.entry(word.clone()).or_insert(meaning);
                        }
                    }
                    let group = CueGroup { name: row.name.clone(), meaning: row.meaning, window: row.window, words };
                    self.cues.insert(row.name, group);
                }
            }
            "heads.toml" => {
                for row in groups(file, text)? {
                    let tail = tail(&row.name).ok_or_else(|| DictionaryError::Cell {
                        file: file.to_owned(),
                        id: row.name.clone(),
                        column: "name",
                        value: row.name.clone(),
                    })?;
                    for word in &row.words {
                        self.tails.insert(folded(word), tail);
                    }
                }
            }
            _ if file.starts_with("materials/") && file.ends_with(".csv") && !file.ends_with(".cases.csv") => {
                self.add_terms(file, text)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn add_terms(&mut self, file: &str, text: &str) -> Result<(), DictionaryError> {
        let mut seen = HashSet::new();
        let mut company = Shared::new();
        let mut neighbours = Shared::new();
        each_record(file, text, |header, record| {
            let row: TermRow = row(file, header, record)?;
            let bad = |column: &'static str, value: &str| DictionaryError::Cell {
                file: file.to_owned(),
                id: row.id.to_owned(),
                column,
                value: value.to_owned(),
            };
            if !seen.insert(row.id.to_owned()) {
                return Err(DictionaryError::Duplicate { file: file.to_owned(), id: row.id.to_owned() });
            }
            let term = Term {
                id: row.id.to_owned(),
                aliases: list(row.aliases),
                scene: Scene::from_code(row.scene).ok_or_else(|| bad("scene", row.scene))?,
                strength: Strength::from_code(row.strength).ok_or_else(|| bad("strength", row.strength))?,
                needs: company.get(row.needs, needs),
                unless: company.get(row.unless, needs),
                before_not: neighbours.get(row.before_not, folded_list),
                after_not: neighbours.get(row.after_not, folded_list),
                links: links(row.entries).ok_or_else(|| bad("entries", row.entries))?,
                conditions: if row.conditions == "-" { Vec::new() } else { list(row.conditions) },
                source: (row.source.to_owned(), row.locator.to_owned()),
                active: match row.status {
                    "active" => true,
                    "withdrawn" => false,
                    other => return Err(bad("status", other)),
                },
                note: row.note.to_owned(),
                term: row.term.to_owned(),
            };
            self.terms.insert(term.id.clone(), term);
            Ok(())
        })?;
        Ok(())
    }
}

/// The meaning of a group of heads.toml.
fn tail(name: &str) -> Option<Tail> {
    Some(match name {
        "neutral" => Tail::Neutral,
        "descriptor" => Tail::Descriptor,
        "money" => Tail::Money,
        "work" => Tail::Work,
        "trade" => Tail::Trade,
        "make" => Tail::Make,
        "part" => Tail::Other(Refusal::Part),
        "consumable" => Tail::Other(Refusal::Consumable),
        "tool" => Tail::Other(Refusal::Tool),
        "pack" => Tail::Other(Refusal::Packaging),
        "paper" => Tail::Other(Refusal::Paper),
        "toy" => Tail::Other(Refusal::Toy),
        "wear" => Tail::Other(Refusal::Wear),
        "service" => Tail::Other(Refusal::ServiceAbout),
        "place" => Tail::Place,
        "any-service" => Tail::AnyService,
        "party" => Tail::Other(Refusal::Descriptive),
        "other" => Tail::Other(Refusal::OtherHead),
        _ => return None,
    })
}

/// The meaning of a group of clauses.toml; groups that only name places in a sentence have none.
fn clause_word(name: &str) -> Option<ClauseWord> {
    Some(match name {
        "buy" => ClauseWord::Buy,
        "build" => ClauseWord::Act(Role::Build),
        "use" => ClauseWord::Act(Role::Use),
        "make" => ClauseWord::Act(Role::Make),
        "trade" => ClauseWord::Act(Role::Trade),
        "service" => ClauseWord::Act(Role::Service),
        "link" => ClauseWord::Link,
        _ => return None,
    })
}
