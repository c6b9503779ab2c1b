//! `dict show`: everything the dictionary knows about a term.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::super::{Failure, Shared, output::Output};
use super::{
    desk::{Desk, surfaces},
    impact::ReportFormat,
};
use crate::{dictionary::Term, eval::impact::CaseExpected, text::fold_text};

/// Neighbours listed of each kind.
const MOST: usize = 20;

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// 词条编号，或任一写法 / an id or a surface
    term: String,
    /// 词典目录（默认 --base，或 dictionaries，或内置词典）/ the dictionary folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 输出格式
    #[arg(long, value_enum, default_value = "text")]
    format: ReportFormat,
}

pub(super) fn run(shared: &Shared, args: &ShowArgs) -> Result<(), Failure> {
    let desk = Desk::open(shared, args.dir.as_deref())?;
    let dictionary = desk.engine.dictionary();
    let found: Vec<&Term> = match dictionary.term_by_id(&args.term) {
        Some(term) => vec![term],
        None => desk.terms_named(&args.term),
    };
    let mut out = Output::open(None)?;
    if found.is_empty() {
        return other_rows(&desk, args, out);
    }
    for term in found {
        let shown = describe(&desk, term, shared)?;
        match args.format {
            ReportFormat::Ndjson => writeln!(out, "{shown}")?,
            ReportFormat::Text => text(&mut out, &shown)?,
        }
    }
    out.finish()
}

/// What is known of a surface that no term has: exclusion, negative, or nothing.
fn other_rows(desk: &Desk, args: &ShowArgs, mut out: Output) -> Result<(), Failure> {
    let folded = fold_text(&args.term);
    let dictionary = desk.engine.dictionary();
    let mut any = false;
    for exclusion in dictionary.exclusions().iter().filter(|exclusion| exclusion.surface == folded) {
        any = true;
        writeln!(out, "排除词 {}（{}）：{}", exclusion.surface, exclusion.kind, exclusion.reason)?;
    }
    for negative in dictionary.negatives() {
        if std::iter::once(&negative.surface).chain(&negative.aliases).any(|name| fold_text(name) == folded) {
            any = true;
            writeln!(out, "负面清单 {} {}（{}）", negative.id, negative.surface, negative.kind)?;
        }
    }
    out.finish()?;
    if any {
        return Ok(());
    }
    Err(Failure::Findings(format!(
        "词典里没有 {}；用 lvjian dict find {} 找相近的 / no such term",
        args.term, args.term
    )))
}

/// The whole description as JSON; the text is written from it, so that both say the same.
fn describe(desk: &Desk, term: &Term, shared: &Shared) -> Result<Value, Failure> {
    let catalogue = desk.engine.catalogue();
    let matcher = desk.engine.matcher(shared.as_of())?;
    let rows: Vec<_> = desk.rows(&term.id).collect();
    let layers: Vec<Value> = rows
        .iter()
        .map(|placed| {
            json!({
                "layer": placed.layer.name(),
                "file": placed.table.file,
                "line": placed.row.line,
                "row": placed.table.header.iter().zip(&placed.row.cells).collect::<BTreeMap<_, _>>(),
            })
        })
        .collect();
    let entries: Vec<Value> = term
        .links
        .iter()
        .flat_map(|link| {
            link.codes.iter().map(move |code| {
                json!({"edition": link.edition, "role": link.role.code(), "role_zh": link.role.chinese(),
                       "code": code, "name": desk.entry_name(&link.edition, code)})
            })
        })
        .collect();
    let conditions: Vec<Value> = term
        .conditions
        .iter()
        .map(|id| {
            let condition = catalogue.condition(id);
            json!({"id": id, "kind": condition.map(|c| &c.kind), "entries": condition.map(|c| &c.entries),
                   "evidence": condition.map(|c| &c.evidence)})
        })
        .collect();
    let cases: Vec<Value> = desk
        .cases
        .iter()
        .filter(|case| case.term_id == term.id)
        .map(|case| {
            let (holds, reason) = case.holds(&matcher);
            let expect = if case.expect == CaseExpected::Hit { "hit" } else { "miss" };
            json!({"text": case.text, "expect": expect, "why": case.why, "holds": holds, "reason": reason})
        })
        .collect();
    let own = surfaces(term);
    let dictionary = desk.engine.dictionary();
    let mut longer = Vec::new();
    let mut shorter = Vec::new();
    for other in dictionary.terms().iter().filter(|other| other.active && other.id != term.id) {
        for surface in surfaces(other) {
            if own.iter().any(|mine| surface.contains(mine.as_str())) {
                longer.push(json!({"id": other.id, "surface": surface}));
            } else if own.iter().any(|mine| mine.contains(surface.as_str())) {
                shorter.push(json!({"id": other.id, "surface": surface}));
            }
        }
    }
    let exclusions: Vec<Value> = dictionary
        .exclusions()
        .iter()
        .filter(|exclusion| {
            let covers = own.iter().any(|mine| exclusion.surface.contains(mine.as_str()));
            exclusion.blocks.contains(&term.id) || covers && exclusion.blocks.is_empty()
        })
        .map(|exclusion| json!({"surface": exclusion.surface, "kind": exclusion.kind, "reason": exclusion.reason}))
        .collect();
    let negatives: Vec<Value> = dictionary
        .negatives()
        .iter()
        .flat_map(|negative| std::iter::once(&negative.surface).chain(&negative.aliases))
        .filter(|name| own.iter().any(|mine| fold_text(name).contains(mine.as_str())))
        .map(|name| json!(name))
        .collect();
    let source = desk.source(&term.source.0).cloned().unwrap_or_default();
    Ok(json!({
        "id": term.id,
        "term": term.term,
        "aliases": term.aliases,
        "scene": term.scene.code(),
        "scene_zh": term.scene.chinese(),
        "strength": term.strength.code(),
        "strength_zh": term.strength.chinese(),
        "active": term.active,
        "entries": entries,
        "conditions": conditions,
        "source": {"id": term.source.0, "title": source.title, "number": source.number, "locator": term.source.1},
        "layers": layers,
        "cases": cases,
        "longer": longer,
        "shorter": shorter,
        "exclusions": exclusions,
        "negatives": negatives,
    }))
}

fn text(out: &mut Output, shown: &Value) -> Result<(), Failure> {
    let word = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |key: &str| shown.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let withdrawn = if shown.get("active") == Some(&Value::Bool(false)) { "  已停用" } else { "" };
    let (scene, strength) = (word(shown, "scene_zh"), word(shown, "strength_zh"));
    writeln!(out, "{} {}  {scene}·{strength}{withdrawn}", word(shown, "id"), word(shown, "term"))?;
    let aliases: Vec<String> = list("aliases").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if !aliases.is_empty() {
        writeln!(out, "别名    {}", aliases.join(" "))?;
    }
    let layers = list("layers");
    if let Some(row) = layers.last().and_then(|layer| layer.get("row")) {
        for (column, name) in [
            ("needs", "同现才算"),
            ("unless", "同现不算"),
            ("before_not", "前邻不算"),
            ("after_not", "后邻不算"),
            ("note", "备注"),
        ] {
            let cell = word(row, column);
            if !cell.is_empty() {
                writeln!(out, "{name}  {}", cell.replace('|', " "))?;
            }
        }
    }
    for entry in list("entries") {
        let (role, code, name) = (word(&entry, "role_zh"), word(&entry, "code"), word(&entry, "name"));
        writeln!(out, "条目    {role} → {code} {name}（{}）", word(&entry, "edition"))?;
    }
    for condition in list("conditions") {
        writeln!(out, "条件    {}：{}", word(&condition, "id"), word(&condition, "evidence"))?;
    }
    if let Some(source) = shown.get("source") {
        let (id, title, number) = (word(source, "id"), word(source, "title"), word(source, "number"));
        writeln!(out, "出处    {id} {title} {number}，{}", word(source, "locator"))?;
    }
    let places: Vec<String> = layers
        .iter()
        .map(|layer| {
            let line = layer.get("line").and_then(Value::as_u64).unwrap_or_default();
            format!("{} {}:{line}", word(layer, "layer"), word(layer, "file"))
        })
        .collect();
    writeln!(out, "所在    {}", places.join("，被后者取代 → "))?;
    for pair in layers.windows(2) {
        if let [lower, upper] = pair {
            for (column, from, to) in changed(lower, upper) {
                writeln!(out, "        {column}：{from} → {to}")?;
            }
        }
    }
    for case in list("cases") {
        let expect = if word(&case, "expect") == "hit" { "应中" } else { "应不中" };
        let holds = case.get("holds") == Some(&Value::Bool(true));
        let result = if holds { "✓".to_owned() } else { format!("✗ {}", word(&case, "reason")) };
        writeln!(out, "用例    {expect} {}  {result}", word(&case, "text"))?;
    }
    for (key, name) in [("longer", "更长的词"), ("shorter", "更短的词"), ("exclusions", "排除词")] {
        let all = list(key);
        let names: Vec<String> = all
            .iter()
            .take(MOST)
            .map(|item| {
                let id = word(item, "id");
                let why = word(item, "reason");
                let tail = if id.is_empty() { format!("（{why}）") } else { format!("({id})") };
                format!("{}{tail}", word(item, "surface"))
            })
            .collect();
        if !names.is_empty() {
            let more = if all.len() > MOST { format!(" …共 {}", all.len()) } else { String::new() };
            writeln!(out, "{name}  {}{more}", names.join(" "))?;
        }
    }
    let negatives: Vec<String> = list("negatives").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if !negatives.is_empty() {
        writeln!(out, "负面清单  {}", negatives.join(" "))?;
    }
    writeln!(out)?;
    Ok(())
}

/// Columns in which two rows differ.
fn changed(lower: &Value, upper: &Value) -> Vec<(String, String, String)> {
    let cells = |layer: &Value| -> BTreeMap<String, String> {
        let row = layer.get("row").and_then(Value::as_object).cloned().unwrap_or_default();
        row.into_iter().map(|(column, cell)| (column, cell.as_str().unwrap_or_default().to_owned())).collect()
    };
    let (old, new) = (cells(lower), cells(upper));
    let pairs = new.into_iter().map(|(column, to)| {
        let from = old.get(&column).cloned().unwrap_or_default();
        (column, from, to)
    });
    pairs.filter(|(_, from, to)| from != to).collect()
}
