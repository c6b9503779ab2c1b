//! `dict stats`: how far the dictionary reaches, and which terms are dead or noisy in a corpus.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;

use super::super::{Failure, Shared, classify::column_map, output::Output, quarantine::finish_quarantine};
use super::{
    desk::{Desk, EDITION},
    impact::ReportFormat,
    said,
};
use crate::{
    dictionary::Table,
    eval::{Coverage, Occurrence, occurrences},
    ingest::{Input, Sink, read_documents},
    model::TextKind,
};

/// Fewer terms than this ask for a reason in `catalogue/unevidenced.csv`.
const FEW: usize = 5;
/// Terms in more than this part of the lines (one in …) are noisy.
const NOISY: usize = 100;

#[derive(Debug, Args)]
pub struct StatsArgs {
    /// 词典目录（默认 --base，或 dictionaries，或内置词典）/ the dictionary folder
    dir: Option<PathBuf>,
    /// 列出每个条目 / list every entry
    #[arg(long)]
    entries: bool,
    /// 语料：每行一段文字，或表格、NDJSON；数每个词条的命中 / lines in which terms are counted
    #[arg(long, value_name = "FILE")]
    corpus: Option<String>,
    /// 列出多少个从未命中和命中最多的词条 / how many dead and frequent terms are listed
    #[arg(long, default_value_t = 30, value_name = "N")]
    worst: usize,
    /// 输出格式
    #[arg(long, value_enum, default_value = "text")]
    format: ReportFormat,
}

pub(super) fn run(shared: &Shared, args: &StatsArgs) -> Result<(), Failure> {
    let desk = Desk::open(shared, args.dir.as_deref())?;
    let dictionary = desk.engine.dictionary();
    let coverage = Coverage::of(dictionary, desk.engine.catalogue(), EDITION);
    let reasons = reasons(&desk)?;
    let mut out = Output::open(None)?;
    match args.format {
        ReportFormat::Text => text(&mut out, &coverage, &reasons, args.entries)?,
        ReportFormat::Ndjson => ndjson(&mut out, &coverage, &reasons)?,
    }
    if let Some(name) = &args.corpus {
        let mut lines = Vec::new();
        let mut set_aside = Vec::new();
        let mut sink = Sink { give: &mut |line| lines.push(line), set_aside: &mut |bad| set_aside.push(bad) };
        let plain = Path::new(name).extension().is_some_and(|ending| ending == "txt");
        read_documents(&Input::named(name), &column_map(None)?, TextKind::InvoiceLine, plain, &mut sink)?;
        let mut counted = occurrences(&desk.engine.matcher(shared.as_of())?, &lines);
        counted.sort_by_key(|count| (std::cmp::Reverse(count.accepted), std::cmp::Reverse(count.refused)));
        corpus(&mut out, &desk, &counted, lines.len(), args)?;
        out.finish()?;
        return finish_quarantine(shared, &set_aside, None, false);
    }
    out.finish()
}

/// Why an entry has few terms, by code.
fn reasons(desk: &Desk) -> Result<BTreeMap<String, String>, Failure> {
    let mut reasons = BTreeMap::new();
    for layer in &desk.layers {
        let file = "catalogue/unevidenced.csv";
        let Some(text) = layer.texts.get(file) else { continue };
        let table = Table::read(file, text).map_err(said)?;
        for row in &table.rows {
            reasons.insert(table.cell(row, "code").to_owned(), table.cell(row, "reason").to_owned());
        }
    }
    Ok(reasons)
}

fn text(
    out: &mut Output,
    coverage: &Coverage,
    reasons: &BTreeMap<String, String>,
    every_entry: bool,
) -> Result<(), Failure> {
    let covered = coverage.entries.iter().filter(|entry| entry.terms > 0).count();
    let all = coverage.entries.len();
    writeln!(out, "词条 {}，写法 {}，覆盖 {EDITION} 的 {covered}/{all} 个三级条目", coverage.terms, coverage.surfaces)?;
    let scenes: Vec<String> =
        coverage.scenes.iter().map(|(scene, count)| format!("{} {count}", scene.chinese())).collect();
    let roles: Vec<String> = coverage.roles.iter().map(|(role, count)| format!("{} {count}", role.chinese())).collect();
    let strengths: Vec<String> =
        coverage.strengths.iter().map(|(strength, count)| format!("{} {count}", strength.chinese())).collect();
    writeln!(out, "场景  {}\n角色  {}\n强度  {}", scenes.join("  "), roles.join("  "), strengths.join("  "))?;
    if every_entry {
        writeln!(out, "\n条目  词条  写法  角色")?;
        for entry in &coverage.entries {
            let roles: Vec<String> =
                entry.roles.iter().map(|(role, count)| format!("{}{count}", role.chinese())).collect();
            writeln!(out, "{} {}  {}  {}  {}", entry.code, entry.name, entry.terms, entry.surfaces, roles.join(" "))?;
        }
    }
    writeln!(out, "\n词条不足 {FEW} 个的条目")?;
    for entry in coverage.entries.iter().filter(|entry| entry.terms < FEW) {
        let reason = reasons.get(&entry.code).map_or("没有写明原因（catalogue/unevidenced.csv）", String::as_str);
        writeln!(out, "{} {}  {} 个  {reason}", entry.code, entry.name, entry.terms)?;
    }
    Ok(())
}

fn ndjson(out: &mut Output, coverage: &Coverage, reasons: &BTreeMap<String, String>) -> Result<(), Failure> {
    let scenes: BTreeMap<_, _> = coverage.scenes.iter().map(|(scene, count)| (scene.code(), count)).collect();
    let roles: BTreeMap<_, _> = coverage.roles.iter().map(|(role, count)| (role.code(), count)).collect();
    let strengths: BTreeMap<_, _> = coverage.strengths.iter().map(|(word, count)| (word.code(), count)).collect();
    let covered = coverage.entries.iter().filter(|entry| entry.terms > 0).count();
    writeln!(
        out,
        "{}",
        json!({"kind": "summary", "edition": EDITION, "terms": coverage.terms, "surfaces": coverage.surfaces,
               "entries": coverage.entries.len(), "covered": covered, "scenes": scenes, "roles": roles,
               "strengths": strengths})
    )?;
    for entry in &coverage.entries {
        let roles: BTreeMap<_, _> = entry.roles.iter().map(|(role, count)| (role.code(), count)).collect();
        writeln!(
            out,
            "{}",
            json!({"kind": "entry", "code": entry.code, "name": entry.name, "terms": entry.terms,
                   "surfaces": entry.surfaces, "roles": roles, "reason": reasons.get(&entry.code)})
        )?;
    }
    Ok(())
}

/// Terms by how often they occur: noisy ones first, then the most frequent, then those that never occur.
fn corpus(
    out: &mut Output,
    desk: &Desk,
    counted: &[Occurrence],
    lines: usize,
    args: &StatsArgs,
) -> Result<(), Failure> {
    let name = |id: &str| desk.engine.dictionary().term_by_id(id).map_or("", |term| term.term.as_str());
    let noisy = |count: &Occurrence| count.accepted * NOISY > lines;
    let dead: Vec<&Occurrence> = counted.iter().filter(|count| count.accepted == 0).collect();
    if args.format == ReportFormat::Ndjson {
        for count in counted {
            writeln!(
                out,
                "{}",
                json!({"kind": "term", "id": count.id, "term": name(&count.id), "accepted": count.accepted,
                       "refused": count.refused, "lines": lines, "noisy": noisy(count)})
            )?;
        }
        return Ok(());
    }
    writeln!(out, "\n语料 {lines} 行：{} 个词条有命中，{} 个没有", counted.len() - dead.len(), dead.len())?;
    writeln!(out, "命中最多（超过 1% 的行标 ！）")?;
    for count in counted.iter().take(args.worst).filter(|count| count.accepted > 0) {
        let mark = if noisy(count) { "！" } else { "  " };
        writeln!(
            out,
            "{mark}{} {}  {} 行，另有 {} 行不作数",
            count.id,
            name(&count.id),
            count.accepted,
            count.refused
        )?;
    }
    let found_and_refused = dead.iter().filter(|count| count.refused > 0);
    writeln!(out, "文中有但从不作数")?;
    for count in found_and_refused.take(args.worst) {
        writeln!(out, "  {} {}  {} 行不作数", count.id, name(&count.id), count.refused)?;
    }
    let never: Vec<&str> = dead.iter().filter(|count| count.refused == 0).map(|count| name(&count.id)).collect();
    let shown = never.iter().take(args.worst).copied().collect::<Vec<_>>().join(" ");
    writeln!(out, "从未出现 {} 个：{shown}{}", never.len(), if never.len() > args.worst { " …" } else { "" })?;
    Ok(())
}
