//! The dictionary as its maintainers see it: layers in order, rows in their files, cases, and the engine on top of all.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use super::super::{Failure, Shared};
use super::{folder_of, said};
use crate::{
    dictionary::{Layer, Table, TableRow, Term},
    engine::Engine,
    eval::impact::{Case, read_cases},
    text::fold_text,
};

/// The edition whose entries terms link to.
pub const EDITION: &str = "gfspc-2025";

/// The layers of a dictionary, lowest first, and what they hold.
pub struct Desk {
    pub layers: Vec<Layer>,
    pub engine: Engine,
    /// Every term row, by layer: layer number, table.
    terms: Vec<(usize, Table)>,
    /// Cases of all layers.
    pub cases: Vec<Case>,
    sources: BTreeMap<String, Source>,
}

/// A source as `sources.toml` describes it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Source {
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub number: String,
}

/// One row of a term, and where it stands.
pub struct Placed<'d> {
    pub layer: &'d Layer,
    pub table: &'d Table,
    pub row: &'d TableRow,
}

impl Desk {
    /// The folder given, `--base`, `dictionaries` or the shipped tables, with the overlays on top.
    pub fn open(shared: &Shared, given: Option<&Path>) -> Result<Self, Failure> {
        let first = match folder_of(shared, given) {
            Some(folder) => Layer::read(&folder).map_err(said)?,
            None => Layer::builtin(),
        };
        let mut layers = vec![first];
        for folder in &shared.overlays {
            layers.push(Layer::read(folder).map_err(said)?);
        }
        Self::with_layers(layers)
    }

    /// The desk over these layers.
    pub fn with_layers(layers: Vec<Layer>) -> Result<Self, Failure> {
        let texts: Vec<_> = layers.iter().map(|layer| layer.texts.clone()).collect();
        let conditions = layers.first().and_then(|layer| layer.texts.get("catalogue/conditions.csv"));
        let engine = Engine::with_layers(&texts, conditions.map(String::as_str))?;
        let mut desk = Self { layers, engine, terms: Vec::new(), cases: Vec::new(), sources: BTreeMap::new() };
        for (number, layer) in desk.layers.iter().enumerate() {
            for (file, text) in &layer.texts {
                if file.ends_with(".cases.csv") {
                    let cases = read_cases(text).map_err(|error| Failure::Said(format!("{file}：{error}")))?;
                    desk.cases.extend(cases);
                } else if file.starts_with("materials/") {
                    desk.terms.push((number, Table::read(file, text).map_err(said)?));
                } else if file == "sources.toml" {
                    let read: BTreeMap<String, Source> =
                        toml::from_str(text).map_err(|error| Failure::Said(format!("{file}：{error}")))?;
                    desk.sources.extend(read);
                }
            }
        }
        Ok(desk)
    }

    /// Every row of the term with this id, lowest layer first; the last one is in force.
    pub fn rows<'d>(&'d self, id: &'d str) -> impl Iterator<Item = Placed<'d>> {
        self.every_row().filter(move |placed| placed.table.cell(placed.row, "id") == id)
    }

    /// Every row of every term, lowest layer first.
    pub fn every_row(&self) -> impl Iterator<Item = Placed<'_>> {
        self.terms.iter().flat_map(|(number, table)| {
            let layer = self.layers.get(*number);
            table.rows.iter().filter_map(move |row| Some(Placed { layer: layer?, table, row }))
        })
    }

    /// A source.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.get(id)
    }

    /// Ids of all sources.
    pub fn source_ids(&self) -> Vec<&str> {
        self.sources.keys().map(String::as_str).collect()
    }

    /// The active terms that have `surface`, in any spelling.
    pub fn terms_named(&self, surface: &str) -> Vec<&Term> {
        let folded = fold_text(surface);
        let terms = self.engine.dictionary().terms().iter().filter(|term| term.active);
        terms.filter(|term| surfaces(term).contains(&folded)).collect()
    }

    /// The name of an entry of the current edition.
    pub fn entry_name(&self, edition: &str, code: &str) -> &str {
        self.engine.catalogue().entry(edition, code).map_or("（目录没有该条目）", |entry| entry.name.as_str())
    }
}

/// The folded surfaces of a term.
pub fn surfaces(term: &Term) -> Vec<String> {
    let mut all: Vec<String> = std::iter::once(&term.term).chain(&term.aliases).map(|name| fold_text(name)).collect();
    all.retain(|surface| !surface.is_empty());
    all
}
