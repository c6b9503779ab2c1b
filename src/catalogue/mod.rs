//! The official catalogues: editions, coded entries, conditions, and the crosswalk between editions.

mod builtin;
mod condition;
mod load;

use std::collections::HashMap;

use jiff::civil::Date;

pub use builtin::builtin_sources;
pub use condition::{Condition, Quantity, Test};
pub use load::{CatalogueError, CatalogueSources};

/// What an edition is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditionUse {
    /// Green loans.
    Loan,
    /// Green bonds.
    Bond,
}

/// One edition of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Stable id, `gfspc-2025`.
    pub id: String,
    /// Official title.
    pub title: String,
    /// Official document number; empty when not known.
    pub number: String,
    /// Loans or bonds.
    pub used_for: EditionUse,
    /// First day in force.
    pub from: Date,
    /// Last day in force; open when `None`.
    pub to: Option<Date>,
    /// Whether this project holds the edition's table.
    pub has_table: bool,
}

/// How an entry relates to greenhouse gases, by the catalogue's own mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GreenhouseMark {
    /// √ enabling
    Enabling,
    /// √√ direct emission cut
    Direct,
    /// The activities of the entry differ.
    Mixed,
    /// No mark.
    None,
}

/// One coded entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// Edition id.
    pub edition: String,
    /// Code, `4.1.2`.
    pub code: String,
    /// Name.
    pub name: String,
    /// Code of the entry above; empty at the top.
    pub parent: String,
    /// GB/T 4754 codes named by the entry. They describe activities, not borrowers.
    pub industries: Vec<String>,
    /// Greenhouse mark; `None` above level 3 and where the edition has no marks.
    pub greenhouse: Option<GreenhouseMark>,
}

impl CatalogueEntry {
    /// 1, 2, 3 or 4.
    pub fn level(&self) -> usize {
        self.code.split('.').count()
    }
}

/// How an older entry relates to a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same content.
    Exact,
    /// The older entry is narrower.
    Narrower,
    /// The older entry is broader.
    Broader,
    /// They overlap.
    Related,
}

/// One row of the crosswalk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// Older edition and code.
    pub from: (String, String),
    /// Newer edition and code.
    pub to: (String, String),
    /// How they relate.
    pub relation: Relation,
    /// Our remark.
    pub note: String,
}

/// Where an edition lists the equipment that works of some entry need: 2.3.4 重点行业水污染治理 → 2.1.2, 8.3.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Equipment {
    /// Entries for those who make it.
    pub make: Vec<String>,
    /// Entries for those who trade in it.
    pub trade: Vec<String>,
}

/// All editions, entries, conditions, crossings, and equipment of works.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    editions: Vec<Edition>,
    entries: Vec<CatalogueEntry>,
    by_code: HashMap<(String, String), usize>,
    conditions: Vec<Condition>,
    condition_by_id: HashMap<String, usize>,
    crosswalk: Vec<Crossing>,
    equipment: HashMap<(String, String), Equipment>,
    fingerprint: String,
}

/// No table for the edition that applies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoEdition {
    /// The edition in force is known by name only.
    #[error("{date} 适用《{title}》（{id}），本项目没有该版本的条目表，不以其他版本代替 / no table for edition {id}")]
    Untabled {
        /// The day asked for.
        date: Date,
        /// Edition id.
        id: String,
        /// Its title.
        title: String,
    },
    /// No edition was in force.
    #[error("{date} 之前没有生效的目录版本 / no catalogue edition was in force on {date}")]
    BeforeAll {
        /// The day asked for.
        date: Date,
    },
}

impl Catalogue {
    /// Reads the tables. See [`CatalogueSources`] for their columns.
    pub fn load(sources: &CatalogueSources<'_>) -> Result<Self, CatalogueError> {
        load::load(sources)
    }

    /// Content hash of every table, hexadecimal.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether editions, entries and crosswalk are the same; conditions may differ.
    pub fn same_entries(&self, other: &Self) -> bool {
        self.editions == other.editions
            && self.entries == other.entries
            && self.crosswalk == other.crosswalk
            && self.equipment == other.equipment
    }

    /// All editions, oldest first.
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    /// The edition with this id.
    pub fn edition(&self, id: &str) -> Option<&Edition> {
        self.editions.iter().find(|edition| edition.id == id)
    }

    /// The loan edition in force on `date`, if the project holds its table.
    pub fn in_force(&self, date: Date) -> Result<&Edition, NoEdition> {
        let edition = self
            .editions
            .iter()
            .rev()
            .find(|edition| {
                edition.used_for == EditionUse::Loan && edition.from <= date && edition.to.is_none_or(|to| date <= to)
            })
            .ok_or(NoEdition::BeforeAll { date })?;
        if edition.has_table {
            Ok(edition)
        } else {
            Err(NoEdition::Untabled { date, id: edition.id.clone(), title: edition.title.clone() })
        }
    }

    /// All entries of an edition, in code order.
    pub fn entries<'c>(&'c self, edition: &'c str) -> impl Iterator<Item = &'c CatalogueEntry> {
        self.entries.iter().filter(move |entry| entry.edition == edition)
    }

    /// One entry.
    pub fn entry(&self, edition: &str, code: &str) -> Option<&CatalogueEntry> {
        self.by_code.get(&(edition.to_owned(), code.to_owned())).and_then(|&index| self.entries.get(index))
    }

    /// The entry and those above it, topmost first.
    pub fn path(&self, edition: &str, code: &str) -> Vec<&CatalogueEntry> {
        let mut path = Vec::new();
        let mut next = self.entry(edition, code);
        while let Some(entry) = next {
            path.push(entry);
            next = if entry.parent.is_empty() { None } else { self.entry(edition, &entry.parent) };
        }
        path.reverse();
        path
    }

    /// One condition.
    pub fn condition(&self, id: &str) -> Option<&Condition> {
        self.condition_by_id.get(id).and_then(|&index| self.conditions.get(index))
    }

    /// All conditions.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// All crossings.
    pub fn crosswalk(&self) -> &[Crossing] {
        &self.crosswalk
    }

    /// The entries for the equipment of works under `code`; `None` where the edition lists none.
    pub fn equipment(&self, edition: &str, code: &str) -> Option<&Equipment> {
        self.equipment.get(&(edition.to_owned(), code.to_owned()))
    }

    /// Codes of `older` that correspond to entry `code` of `newer`, best relation first.
    pub fn older_codes(&self, newer: &str, code: &str, older: &str) -> Vec<&Crossing> {
        let mut found: Vec<&Crossing> =
            self.crosswalk.iter().filter(|row| row.from.0 == older && row.to.0 == newer && row.to.1 == code).collect();
        found.sort_by_key(|row| match row.relation {
            Relation::Exact => 0,
            Relation::Narrower | Relation::Broader => 1,
            Relation::Related => 2,
        });
        found
    }
}
