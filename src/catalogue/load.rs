//! Reading the catalogue tables.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Catalogue, CatalogueEntry, Condition, Crossing, Edition, EditionUse, Equipment, GreenhouseMark, Relation, Test,
};

/// The texts of the catalogue tables, each with the name errors are reported under.
#[derive(Clone, Debug, Default)]
pub struct CatalogueSources<'t> {
    /// `edition,title,number,used_for,from,to,table`
    pub editions: (&'t str, &'t str),
    /// `edition,code,name,parent,industries,ghg,from,to`, one table per edition.
    pub entries: Vec<(&'t str, &'t str)>,
    /// `id,edition,entry,kind,test,evidence,source,locator`
    pub conditions: Vec<(&'t str, &'t str)>,
    /// `from_edition,from,to_edition,to,relation,note`
    pub crosswalk: (&'t str, &'t str),
    /// `edition,works,make,trade,note`
    pub equipment: (&'t str, &'t str),
}

/// A table that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The row is no CSV or lacks a column.
    #[error("{file}: {source}")]
    Row {
        /// Table.
        file: String,
        /// What the CSV reader says, with its line.
        source: csv::Error,
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
    /// The same code or id twice.
    #[error("{file}: {id} 重复 / duplicate")]
    Duplicate {
        /// Table.
        file: String,
        /// The repeated id.
        id: String,
    },
}

#[derive(Deserialize)]
struct EditionRow {
    edition: String,
    title: String,
    number: String,
    used_for: String,
    from: String,
    to: String,
    table: String,
}

#[derive(Deserialize)]
struct EntryRow {
    edition: String,
    code: String,
    name: String,
    parent: String,
    industries: String,
    ghg: String,
}

#[derive(Deserialize)]
struct ConditionRow {
    id: String,
    edition: String,
    entry: String,
    kind: String,
    test: String,
    evidence: String,
    source: String,
    locator: String,
}

#[derive(Deserialize)]
struct CrossingRow {
    from_edition: String,
    from: String,
    to_edition: String,
    to: String,
    relation: String,
    note: String,
}

#[derive(Deserialize)]
struct EquipmentRow {
    edition: String,
    works: String,
    make: String,
    trade: String,
}

fn rows<R: DeserializeOwned>((file, text): (&str, &str)) -> Result<Vec<R>, CatalogueError> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|source| CatalogueError::Row { file: file.to_owned(), source })
}

fn list(cell: &str) -> Vec<String> {
    cell.split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

pub(super) fn load(sources: &CatalogueSources<'_>) -> Result<Catalogue, CatalogueError> {
    let bad = |file: &str, id: &str, column: &'static str, value: &str| CatalogueError::Cell {
        file: file.to_owned(),
        id: id.to_owned(),
        column,
        value: value.to_owned(),
    };

    let file = sources.editions.0;
    let mut editions = Vec::new();
    for row in rows::<EditionRow>(sources.editions)? {
        let date = |column, text: &str| text.parse::<Date>().map_err(|_| bad(file, &row.edition, column, text));
        editions.push(Edition {
            from: date("from", &row.from)?,
            to: if row.to.is_empty() { None } else { Some(date("to", &row.to)?) },
            used_for: match row.used_for.as_str() {
                "loan" => EditionUse::Loan,
                "bond" => EditionUse::Bond,
                other => return Err(bad(file, &row.edition, "used_for", other)),
            },
            has_table: row.table == "yes",
            id: row.edition,
            title: row.title,
            number: row.number,
        });
    }
    editions.sort_by(|a, b| a.from.cmp(&b.from).then_with(|| a.id.cmp(&b.id)));

    let mut entries = Vec::new();
    let mut by_code = HashMap::new();
    for &table in &sources.entries {
        for row in rows::<EntryRow>(table)? {
            let greenhouse = match row.ghg.as_str() {
                "" => None,
                "enabling" => Some(GreenhouseMark::Enabling),
                "direct" => Some(GreenhouseMark::Direct),
                "mixed" => Some(GreenhouseMark::Mixed),
                "none" => Some(GreenhouseMark::None),
                other => return Err(bad(table.0, &row.code, "ghg", other)),
            };
            let key = (row.edition.clone(), row.code.clone());
            if by_code.insert(key, entries.len()).is_some() {
                return Err(CatalogueError::Duplicate { file: table.0.to_owned(), id: row.code });
            }
            entries.push(CatalogueEntry {
                edition: row.edition,
                code: row.code,
                name: row.name,
                parent: row.parent,
                industries: list(&row.industries),
                greenhouse,
            });
        }
    }

    let mut conditions = Vec::new();
    let mut condition_by_id = HashMap::new();
    for &table in &sources.conditions {
        for row in rows::<ConditionRow>(table)? {
            let tests = row
                .test
                .split('|')
                .map(|text| Test::parse(text).ok_or_else(|| bad(table.0, &row.id, "test", text)))
                .collect::<Result<Vec<_>, _>>()?;
            if condition_by_id.insert(row.id.clone(), conditions.len()).is_some() {
                return Err(CatalogueError::Duplicate { file: table.0.to_owned(), id: row.id });
            }
            conditions.push(Condition {
                entries: list(&row.entry),
                id: row.id,
                edition: row.edition,
                kind: row.kind,
                tests,
                evidence: row.evidence,
                source: row.source,
                locator: row.locator,
            });
        }
    }

    let mut crosswalk = Vec::new();
    for row in rows::<CrossingRow>(sources.crosswalk)? {
        let relation = match row.relation.as_str() {
            "exact" => Relation::Exact,
            "narrower" => Relation::Narrower,
            "broader" => Relation::Broader,
            "related" => Relation::Related,
            other => return Err(bad(sources.crosswalk.0, &row.from, "relation", other)),
        };
        crosswalk.push(Crossing {
            from: (row.from_edition, row.from),
            to: (row.to_edition, row.to),
            relation,
            note: row.note,
        });
    }
    let mut equipment = HashMap::new();
    for row in rows::<EquipmentRow>(sources.equipment)? {
        let unknown = |code: &&String| !by_code.contains_key(&(row.edition.clone(), (*code).clone()));
        let (make, trade) = (list(&row.make), list(&row.trade));
        if let Some(code) = std::iter::once(&row.works).chain(&make).chain(&trade).find(unknown) {
            return Err(bad(sources.equipment.0, &row.works, "make", code));
        }
        if equipment.insert((row.edition, row.works.clone()), Equipment { make, trade }).is_some() {
            return Err(CatalogueError::Duplicate { file: sources.equipment.0.to_owned(), id: row.works });
        }
    }
    let mut hasher = blake3::Hasher::new();
    let tables = sources.entries.iter().chain(&sources.conditions).chain([
        &sources.editions,
        &sources.crosswalk,
        &sources.equipment,
    ]);
    for (name, text) in tables {
        hasher.update(name.as_bytes()).update(&[0]).update(text.as_bytes()).update(&[0]);
    }
    let fingerprint = hasher.finalize().to_hex().to_string();
    Ok(Catalogue { editions, entries, by_code, conditions, condition_by_id, crosswalk, equipment, fingerprint })
}
