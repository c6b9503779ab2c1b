//! Layers of tables, and every row with the place it stands at: findings name lines, and rows that the compiler would
//! refuse.

use std::{collections::BTreeMap, path::Path};

use crate::dictionary::{DictionaryError, Layer, Table, Texts, table::TableRow};

/// One layer, with the name that findings give it.
#[derive(Clone, Debug, Default)]
pub struct RawFolder {
    /// How findings name it; empty for the dictionary that ships.
    pub name: String,
    /// File name, relative to the folder → text.
    pub files: Texts,
}

impl RawFolder {
    /// The dictionary that ships.
    pub fn shipped() -> Self {
        Self { name: String::new(), files: Layer::builtin().texts }
    }

    /// The folder at `path`.
    pub fn read(path: &Path) -> Result<Self, DictionaryError> {
        Layer::read(path).map(|layer| Self { name: path.display().to_string(), files: layer.texts })
    }

    /// How a finding names `file`.
    pub fn label(&self, file: &str) -> String {
        if self.name.is_empty() { file.to_owned() } else { format!("{}/{file}", self.name.trim_end_matches('/')) }
    }
}

/// A row with the place it stands at.
#[derive(Clone, Copy, Debug)]
pub struct Row<'t> {
    /// Number of its layer; a later layer wins.
    pub layer: usize,
    /// File, relative to its folder.
    pub file: &'t str,
    /// Its line.
    pub line: u64,
    table: &'t Table,
    raw: &'t TableRow,
}

impl<'t> Row<'t> {
    /// The cell in the column `name`, trimmed; empty when there is no such column.
    pub fn get(&self, name: &str) -> &'t str {
        self.table.cell(self.raw, name).trim()
    }

    /// The parts of a list cell, trimmed; empty ones are left out.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &'t str> {
        self.get(name).split('|').map(str::trim).filter(|part| !part.is_empty())
    }

    /// Term and aliases.
    pub fn surfaces(&self) -> impl Iterator<Item = &'t str> {
        std::iter::once(self.get("term")).chain(self.list("aliases")).filter(|surface| !surface.is_empty())
    }

    /// Whether the row is in use.
    pub fn active(&self) -> bool {
        self.get("status") != "withdrawn"
    }
}

/// The parsed tables of several layers.
#[derive(Debug, Default)]
pub struct Rows {
    /// Tables by layer and file.
    pub tables: Vec<BTreeMap<String, Table>>,
    /// Tables that cannot be read: layer, file, why.
    pub broken: Vec<(usize, String, String)>,
}

impl Rows {
    /// Parses every CSV table of the layers.
    pub fn parse(layers: &[RawFolder]) -> Self {
        let mut rows = Self::default();
        for (layer, folder) in layers.iter().enumerate() {
            let mut tables = BTreeMap::new();
            for (file, text) in folder.files.iter().filter(|(file, _)| file.ends_with(".csv")) {
                match Table::read(file, text) {
                    Ok(table) => {
                        tables.insert(file.clone(), table);
                    }
                    Err(error) => rows.broken.push((layer, file.clone(), error.to_string())),
                }
            }
            rows.tables.push(tables);
        }
        rows
    }

    /// Every row of the files that `wanted` takes, layer by layer.
    pub fn of<'t>(&'t self, wanted: impl Fn(&str) -> bool + 't) -> impl Iterator<Item = Row<'t>> + 't {
        self.tables.iter().enumerate().flat_map(move |(layer, tables)| {
            tables
                .iter()
                .filter(|(file, _)| wanted(file))
                .flat_map(move |(file, table)| {
                    table.rows.iter().map(move |raw| Row { layer, file, line: raw.line, table, raw })
                })
                .collect::<Vec<_>>()
        })
    }

    /// Every row of terms, also those that a later layer replaces.
    pub fn terms(&self) -> impl Iterator<Item = Row<'_>> {
        self.of(is_terms)
    }

    /// The rows of terms that count: of each id the last.
    pub fn effective_terms(&self) -> BTreeMap<&str, Row<'_>> {
        self.terms().map(|row| (row.get("id"), row)).collect()
    }

    /// Every case.
    pub fn cases(&self) -> impl Iterator<Item = Row<'_>> {
        self.of(|file| file.ends_with(".cases.csv"))
    }

    /// Every exclusion.
    pub fn exclusions(&self) -> impl Iterator<Item = Row<'_>> {
        self.of(|file| file == "exclusions.csv")
    }

    /// Every name of the negative list.
    pub fn negatives(&self) -> impl Iterator<Item = Row<'_>> {
        self.of(|file| file == "negatives.csv")
    }
}

/// Whether a file holds terms.
fn is_terms(file: &str) -> bool {
    file.starts_with("materials/") && file.ends_with(".csv") && !file.ends_with(".cases.csv")
}
