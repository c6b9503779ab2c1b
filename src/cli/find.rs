//! `find`: terms, entries and stored decisions.

use std::{io::Write, path::PathBuf};

use clap::Args;
use serde_json::Value;

use super::{Failure, Shared, output::Output, similar::similar_terms};
use crate::{catalogue::CatalogueEntry, model::Verdict, store::DecisionStore, text::fold};

#[derive(Debug, Args)]
pub struct FindArgs {
    /// 要找的词 / what to look for
    query: String,
    /// 每类最多几条 / most answers of each kind
    #[arg(long, default_value_t = 8)]
    limit: usize,
    /// 决定存档目录 / decision store
    #[arg(long, default_value = ".lvjian", value_name = "DIR")]
    store: PathBuf,
}

pub(super) fn run(shared: &Shared, args: &FindArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let edition = engine.catalogue().in_force(shared.as_of())?;
    let mut out = Output::open(None)?;
    let query = fold(&args.query).text().to_owned();

    let found = similar_terms(engine, &query, args.limit)?;
    if !found.is_empty() {
        writeln!(out, "词条")?;
    }
    for (term, way) in found {
        let codes: Vec<&str> = term.links.iter().flat_map(|link| link.codes.iter().map(String::as_str)).collect();
        let name = format!("{} {}", term.id, term.term);
        writeln!(out, "  [{way}] {name}  {}·{}  {}", term.scene.chinese(), term.strength.chinese(), codes.join(" "))?;
    }

    let entries: Vec<&CatalogueEntry> = entries(engine, &edition.id, &query, args.limit)?;
    if !entries.is_empty() {
        writeln!(out, "目录条目（{}）", edition.id)?;
    }
    for entry in entries {
        writeln!(out, "  {} {}", entry.code, entry.name)?;
    }

    let decisions = DecisionStore::new(&args.store).load()?;
    let text = |decision: &Value, key: &str| decision.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let hits: Vec<&Value> = decisions.iter().filter(|decision| decision.to_string().contains(&args.query)).collect();
    if !hits.is_empty() {
        writeln!(out, "已存决定（{} 笔）", hits.len())?;
    }
    for decision in hits.into_iter().take(args.limit) {
        let verdict = Verdict::from_code(&text(decision, "verdict")).map_or("", Verdict::chinese);
        writeln!(out, "  {} {} {verdict}", text(decision, "loan_id"), text(decision, "customer"))?;
    }
    out.finish()
}

/// Entries whose name holds the query, then those that full-text look-up proposes.
fn entries<'e>(
    engine: &'e crate::Engine,
    edition: &'e str,
    query: &str,
    limit: usize,
) -> Result<Vec<&'e CatalogueEntry>, Failure> {
    let all: Vec<&CatalogueEntry> = engine.catalogue().entries(edition).filter(|entry| entry.level() >= 3).collect();
    let mut found: Vec<&CatalogueEntry> =
        all.iter().copied().filter(|entry| fold(&entry.name).text().contains(query)).collect();
    #[cfg(feature = "recall")]
    {
        let index = crate::dictionary::RecallIndex::new(all.iter().map(|e| (e.code.as_str(), e.name.as_str())))
            .map_err(|error| Failure::Said(error.to_string()))?;
        for hit in index.search(query, limit).map_err(|error| Failure::Said(error.to_string()))? {
            if let Some(entry) = engine.catalogue().entry(edition, &hit.key)
                && !found.iter().any(|known| known.code == entry.code)
            {
                found.push(entry);
            }
        }
    }
    found.truncate(limit);
    Ok(found)
}
