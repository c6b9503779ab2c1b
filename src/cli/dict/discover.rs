//! `dict discover`: terms that the dictionary may lack, from unlabelled invoice lines.

use std::{
    collections::HashSet,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;

use super::super::{Failure, Shared, classify::column_map, output::Output, quarantine::finish_quarantine};
use super::impact::ReportFormat;
use super::impact_report::yuan;
use crate::{
    eval::discover::{Discovery, DiscoveryTask, discover},
    ingest::{ColumnMap, IngestError, Input, InvoiceBook, Quarantined, Sink, read_documents},
    model::{Document, TextKind},
    text::fold_text,
};

#[derive(Debug, Args)]
pub struct DiscoverArgs {
    /// 发票明细（xlsx、csv，带 text、amount 的 ndjson，或 .txt 每行一段文字）/ invoice lines
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// 不要再提的词，每行一个 / words refused before, one a line
    #[arg(long, value_name = "FILE")]
    skip: Vec<PathBuf>,
    /// 至少出现在多少行 / fewest lines
    #[arg(long, default_value_t = 3, value_name = "N")]
    least: usize,
    /// 最多列多少个 / most candidates
    #[arg(long, default_value_t = 100, value_name = "N")]
    most: usize,
    /// 列映射文件 / column map
    #[arg(long, value_name = "COLS.TOML")]
    map: Option<PathBuf>,
    /// 输出格式
    #[arg(long, value_enum, default_value = "text")]
    format: ReportFormat,
    /// 输出文件 / output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(shared: &Shared, args: &DiscoverArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let map = column_map(args.map.as_deref())?;
    let mut set_aside = Vec::new();
    let lines = read_lines(&args.files, &map, &mut set_aside)?;
    let mut skip = HashSet::new();
    for path in &args.skip {
        skip.extend(words(path)?);
    }
    let task = DiscoveryTask {
        as_of: shared.as_of(),
        least_lines: args.least,
        most: args.most,
        skip: &skip,
        threads: shared.threads(),
    };
    let found = discover(engine, &lines, task)?;
    let mut output = Output::open(args.output.as_deref())?;
    match args.format {
        ReportFormat::Text => text(&mut output, &found)?,
        ReportFormat::Ndjson => ndjson(&mut output, &found)?,
    }
    output.finish()?;
    shared.say(&format!(
        "共 {} 行，{} 元；没有词条解释、也未被排除的 {} 行，{} 元；候选 {} 个",
        found.lines,
        yuan(found.amount),
        found.open_lines,
        yuan(found.open_amount),
        found.candidates.len()
    ));
    finish_quarantine(shared, &set_aside, None, false)
}

/// Lines with amounts from any file: invoices first, each once; files that are no invoices as plain documents.
pub(super) fn read_lines(
    files: &[String],
    map: &ColumnMap,
    set_aside: &mut Vec<Quarantined>,
) -> Result<Vec<Document>, Failure> {
    let is_text = |name: &str| name.ends_with(".txt");
    let is_json = |name: &str| [".ndjson", ".jsonl", ".json"].iter().any(|ending| name.ends_with(ending));
    let mut lines = Vec::new();
    let mut books = Vec::new();
    for name in files {
        let input = Input::named(name);
        if input != Input::Stdin && !is_text(name) && !is_json(name) {
            books.push(input);
            continue;
        }
        let mut sink = Sink { give: &mut |line| lines.push(line), set_aside: &mut |bad| set_aside.push(bad) };
        read_documents(&input, map, TextKind::InvoiceLine, is_text(name), &mut sink)?;
    }
    match InvoiceBook::read(&books, map, &|_, _| true, &mut |bad| set_aside.push(bad), &mut |_, _| ()) {
        Ok(book) => lines.extend(book.lines.iter().map(|line| line.document(None))),
        // Tables with a column of goods and nothing else.
        Err(IngestError::NoHeader { .. }) => {
            for input in &books {
                let mut sink = Sink { give: &mut |line| lines.push(line), set_aside: &mut |bad| set_aside.push(bad) };
                read_documents(input, map, TextKind::InvoiceLine, false, &mut sink)?;
            }
        }
        Err(error) => return Err(error.into()),
    }
    Ok(lines)
}

/// The words of a file, one a line, folded; what stands behind `#` is a remark.
fn words(path: &Path) -> Result<Vec<String>, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::Said(format!("{}：无法读取 / cannot be read: {error}", path.display())))?;
    let text = crate::text::decode(&bytes).text;
    let words = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    Ok(words.filter(|word| !word.is_empty()).map(fold_text).collect())
}

fn text(out: &mut impl Write, found: &Discovery) -> Result<(), Failure> {
    for (number, term) in (1..).zip(&found.candidates) {
        let amount = if term.amount.fen() == 0 { String::new() } else { format!("　{} 元", yuan(term.amount)) };
        writeln!(out, "{number}. {}　{} 行{amount}", term.surface, term.lines)?;
        let entries: Vec<String> = term.likeness.entries.iter().map(|(code, name)| format!("{code} {name}")).collect();
        writeln!(out, "   可能归入　{}", if entries.is_empty() { "—".to_owned() } else { entries.join("；") })?;
        let terms: Vec<String> = term.likeness.terms.iter().take(3).map(|(id, name)| format!("{id} {name}")).collect();
        if !terms.is_empty() {
            writeln!(out, "   近似词条　{}", terms.join("，"))?;
        }
        writeln!(
            out,
            "   凝合 {:.2}　左右自由 {:.2} / {:.2}　居中心词 {:.0}%　近似 {:.2}",
            term.cohesion,
            term.freedom.0,
            term.freedom.1,
            term.head_share * 100.0,
            term.likeness.score
        )?;
        for (place, text, span) in &term.examples {
            let (before, hit, after) = (
                text.get(..span.start).unwrap_or_default(),
                span.slice(text).unwrap_or_default(),
                text.get(span.end..).unwrap_or_default(),
            );
            writeln!(out, "   例　{before}【{hit}】{after}　{place}")?;
        }
    }
    if found.candidates.is_empty() {
        writeln!(out, "没有发现词典缺少的词")?;
    }
    Ok(())
}

fn ndjson(out: &mut impl Write, found: &Discovery) -> Result<(), Failure> {
    let rounded = |value: f64| (value * 10_000.0).round() / 10_000.0;
    for term in &found.candidates {
        let entries: Vec<_> =
            term.likeness.entries.iter().map(|(code, name)| json!({"code": code, "name": name})).collect();
        let terms: Vec<_> = term.likeness.terms.iter().map(|(id, name)| json!({"term_id": id, "term": name})).collect();
        let examples: Vec<_> = term
            .examples
            .iter()
            .map(|(place, text, span)| json!({"location": place, "text": text, "span": span}))
            .collect();
        let row = json!({
            "surface": term.surface,
            "lines": term.lines,
            "amount": term.amount,
            "cohesion": rounded(term.cohesion),
            "freedom": [rounded(term.freedom.0), rounded(term.freedom.1)],
            "head_share": rounded(term.head_share),
            "likeness": rounded(term.likeness.score),
            "entries": entries,
            "like": terms,
            "examples": examples,
        });
        writeln!(out, "{row}")?;
    }
    Ok(())
}
