//! `dict diff A B`: what differs between two dictionaries, row by row and column by column.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;

use super::super::{Failure, Shared, output::Output};
use super::{folder_of, impact::ReportFormat, said};
use crate::{
    dictionary::{Layer, Table, shape},
    text::fold_text,
};

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// 先前的词典目录 / the earlier folder
    before: PathBuf,
    /// 后来的词典目录；不写则以前者与内置（或 --base）词典相比 / the later folder; without it, the first one is compared with what ships
    after: Option<PathBuf>,
    /// 输出格式
    #[arg(long, value_enum, default_value = "text")]
    format: ReportFormat,
}

/// Rows of one table by key; several rows may have one key (cases).
type Rows = BTreeMap<String, Vec<BTreeMap<String, String>>>;

pub(super) fn run(shared: &Shared, args: &DiffArgs) -> Result<(), Failure> {
    let read = |folder: &Path| Layer::read(folder).map_err(said);
    let (before, after) = match &args.after {
        Some(after) => (read(&args.before)?, read(after)?),
        None => {
            let base = shared.base.as_deref().map_or_else(|| Ok(Layer::builtin()), read)?;
            (base, read(&folder_of(shared, Some(&args.before)).unwrap_or_default())?)
        }
    };
    let files: BTreeSet<&String> = before.texts.keys().chain(after.texts.keys()).collect();
    let mut out = Output::open(None)?;
    let (mut added, mut gone, mut altered) = (0, 0, 0);
    for file in files {
        let Some(shape) = shape(file) else {
            if before.texts.get(file) != after.texts.get(file) {
                altered += 1;
                match args.format {
                    ReportFormat::Text => writeln!(out, "~ {file} 内容不同")?,
                    ReportFormat::Ndjson => writeln!(out, "{}", json!({"file": file, "change": "altered"}))?,
                }
            }
            continue;
        };
        let (old, new) = (rows(file, &before, shape.key)?, rows(file, &after, shape.key)?);
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in keys {
            let change = match (old.get(key), new.get(key)) {
                (Some(one), Some(other)) if one == other => continue,
                (None, Some(_)) => {
                    added += 1;
                    "added"
                }
                (Some(_), None) => {
                    gone += 1;
                    "removed"
                }
                _ => {
                    altered += 1;
                    "altered"
                }
            };
            let columns = columns(old.get(key), new.get(key));
            match args.format {
                ReportFormat::Ndjson => {
                    let columns: BTreeMap<_, _> = columns
                        .iter()
                        .map(|(column, from, to)| (column, json!({"before": from, "after": to})))
                        .collect();
                    writeln!(out, "{}", json!({"file": file, "key": key, "change": change, "columns": columns}))?;
                }
                ReportFormat::Text => {
                    let sign = match change {
                        "added" => "+",
                        "removed" => "-",
                        _ => "~",
                    };
                    let name =
                        new.get(key).or(old.get(key)).and_then(|rows| rows.first()).and_then(|row| row.get("term"));
                    writeln!(out, "{sign} {file} {key} {}", name.map_or("", String::as_str))?;
                    if change == "altered" {
                        for (column, from, to) in &columns {
                            writeln!(out, "    {column}：{}", by_part(from, to))?;
                        }
                    }
                }
            }
        }
    }
    let (old, new) = (surfaces(&before)?, surfaces(&after)?);
    let gained: Vec<&String> = new.difference(&old).collect();
    let lost: Vec<&String> = old.difference(&new).collect();
    match args.format {
        ReportFormat::Ndjson => writeln!(out, "{}", json!({"surfaces": {"gained": gained, "lost": lost}}))?,
        ReportFormat::Text => {
            let list = |words: &[&String]| words.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ");
            writeln!(out, "多出写法 {}：{}", gained.len(), list(&gained))?;
            writeln!(out, "失去写法 {}：{}", lost.len(), list(&lost))?;
        }
    }
    out.finish()?;
    shared.say(&format!("新增 {added} 行，删去 {gone} 行，改动 {altered} 行"));
    Ok(())
}

fn rows(file: &str, layer: &Layer, key: &str) -> Result<Rows, Failure> {
    let Some(text) = layer.texts.get(file) else { return Ok(Rows::new()) };
    let table = Table::read(file, text).map_err(said)?;
    let mut rows = Rows::new();
    for row in &table.rows {
        let cells = table.header.iter().cloned().zip(row.cells.iter().cloned()).collect();
        rows.entry(table.cell(row, key).to_owned()).or_default().push(cells);
    }
    Ok(rows)
}

/// Columns that differ: name, before, after. Of several rows under one key, the cells are joined.
fn columns(
    old: Option<&Vec<BTreeMap<String, String>>>,
    new: Option<&Vec<BTreeMap<String, String>>>,
) -> Vec<(String, String, String)> {
    let cell = |rows: Option<&Vec<BTreeMap<String, String>>>, column: &String| -> String {
        let cells = rows.into_iter().flatten().filter_map(|row| row.get(column)).cloned();
        cells.collect::<Vec<_>>().join("|")
    };
    let names: BTreeSet<&String> = old.into_iter().chain(new).flatten().flat_map(BTreeMap::keys).collect();
    let both = names.into_iter().map(|name| (name.clone(), cell(old, name), cell(new, name)));
    both.filter(|(_, from, to)| from != to).collect()
}

/// A change of a list, by its parts: `+new -old`; anything else as `from → to`.
fn by_part(from: &str, to: &str) -> String {
    let parts =
        |cell: &str| -> Vec<String> { cell.split('|').map(str::to_owned).filter(|part| !part.is_empty()).collect() };
    if !from.contains('|') && !to.contains('|') {
        return format!("{from} → {to}");
    }
    let (old, new) = (parts(from), parts(to));
    let plus = new.iter().filter(|part| !old.contains(part)).map(|part| format!("+{part}"));
    let minus = old.iter().filter(|part| !new.contains(part)).map(|part| format!("-{part}"));
    let changed: Vec<String> = plus.chain(minus).collect();
    if changed.is_empty() { "次序不同".to_owned() } else { changed.join(" ") }
}

/// Folded surfaces of the active terms.
fn surfaces(layer: &Layer) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    for (file, text) in &layer.texts {
        if shape(file).is_none_or(|shape| !shape.columns.contains(&"aliases") || shape.columns.contains(&"exempt")) {
            continue;
        }
        let table = Table::read(file, text).map_err(said)?;
        for row in table.rows.iter().filter(|row| table.cell(row, "status") == "active") {
            let names = table.cell(row, "aliases").split('|').chain([table.cell(row, "term")]);
            found.extend(names.map(fold_text).filter(|name| !name.is_empty()));
        }
    }
    Ok(found)
}
