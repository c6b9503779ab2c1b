//! `classify`: lines of text in, verdicts and matches out.

use std::{
    cell::RefCell,
    io::{IsTerminal, Write},
    path::PathBuf,
};

use clap::Args;

use super::{
    Failure, Shared,
    output::{Format, Output},
    report::{self, Heading},
};
use crate::{
    batch::Ordered,
    ingest::{ColumnMap, Input, Quarantined, Sink, read_documents},
    model::{Classification, Document, TextKind, Verdict},
};

#[derive(Debug, Args)]
pub struct ClassifyArgs {
    /// 文件（xlsx、csv、ndjson），`-` 为标准输入 / files; `-` is standard input
    #[arg(default_value = "-")]
    files: Vec<String>,
    /// 文本类型：invoice_line、purpose、scope
    #[arg(long, default_value = "invoice_line", value_parser = parse_kind)]
    kind: TextKind,
    /// 每行一段文字，不找表头 / every line is one text
    #[arg(long)]
    plain: bool,
    /// 列映射文件 / column map
    #[arg(long, value_name = "COLS.TOML")]
    map: Option<PathBuf>,
    /// 输出格式（默认：标准输入为 ndjson，文件为 text）
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// 输出文件 / output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// 隔离行写入的 NDJSON 文件 / where bad rows go
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,
    /// 有隔离行时退出码为 1 / exit 1 when rows were set aside
    #[arg(long)]
    fail_on_rejects: bool,
}

fn parse_kind(text: &str) -> Result<TextKind, String> {
    TextKind::from_code(text).ok_or_else(|| "invoice_line, purpose, scope".to_owned())
}

const HEADINGS: &[Heading] = &[
    Heading { name: "来源", width: 34 },
    Heading { name: "编号", width: 12 },
    Heading { name: "结论", width: 8 },
    Heading { name: "文本", width: 40 },
    Heading { name: "词条", width: 18 },
    Heading { name: "条目", width: 24 },
    Heading { name: "理由", width: 60 },
];

fn row(document: &Document, reading: &Classification) -> Vec<String> {
    let best = reading.matches.iter().min_by_key(|found| (found.verdict(), found.span));
    let codes = best.map_or_else(String::new, |found| {
        let mut codes: Vec<&str> = Vec::new();
        for entry in &found.entries {
            if !codes.contains(&entry.code.as_str()) {
                codes.push(&entry.code);
            }
        }
        codes.join("|")
    });
    vec![
        document.location.to_string(),
        document.id.clone(),
        reading.verdict.chinese().to_owned(),
        document.text.clone(),
        best.map_or_else(String::new, |found| found.term.clone()),
        codes,
        reading.reason.clone(),
    ]
}

pub(super) fn run(shared: &Shared, args: &ClassifyArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let matcher = engine.matcher(shared.as_of())?;
    let map = column_map(args.map.as_deref())?;
    let from_stdin = args.files.iter().any(|file| file == "-");
    let default = if from_stdin && !std::io::stdout().is_terminal() { Format::Ndjson } else { Format::Text };
    let by_name = args.files.iter().all(|file| file.ends_with(".ndjson") || file.ends_with(".jsonl"));
    let format = args.format.unwrap_or(if by_name { Format::Ndjson } else { default });
    let mut output = Output::open(args.output.as_deref())?;
    let mut failure: Option<Failure> = None;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut counts = [0usize; 4];
    let set_aside: RefCell<Vec<Quarantined>> = RefCell::new(Vec::new());
    {
        let mut take = |document: Document, reading: Classification| {
            let place = Verdict::ALL.iter().position(|verdict| *verdict == reading.verdict);
            if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                *count += 1;
            }
            if failure.is_some() {
                return;
            }
            if format == Format::Ndjson {
                let written = serde_json::to_writer(&mut output, &reading)
                    .map_err(std::io::Error::from)
                    .and_then(|()| output.write_all(b"\n"));
                failure = written.err().map(Failure::Output);
            } else {
                rows.push(row(&document, &reading));
            }
        };
        let work = |document: &Document| matcher.read(document);
        let mut ordered = Ordered::new(shared.threads(), &work, &mut take);
        for name in &args.files {
            let input = Input::named(name);
            let mut give = |document| ordered.push(document);
            let mut aside = |bad| set_aside.borrow_mut().push(bad);
            let mut sink = Sink { give: &mut give, set_aside: &mut aside };
            let found = read_documents(&input, &map, args.kind, args.plain, &mut sink)?;
            if let Some(encoding) = found.encoding.filter(|_| !from_stdin) {
                shared.say(&format!("{name}：按 {} 读取 / read as {}", encoding.name(), encoding.name()));
            }
        }
        ordered.flush();
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    match format {
        Format::Ndjson => {}
        Format::Text => report::text(&mut output, HEADINGS, &rows)?,
        Format::Csv => report::csv(&mut output, HEADINGS, rows.into_iter())?,
        Format::Xlsx => report::xlsx(&mut output, "结论", HEADINGS, rows.into_iter())?,
    }
    output.finish()?;
    let total: usize = counts.iter().sum();
    let words: Vec<String> =
        Verdict::ALL.iter().zip(counts).map(|(verdict, count)| format!("{} {count}", verdict.chinese())).collect();
    shared.say(&format!("共 {total} 行：{} · {}", words.join("，"), engine.fingerprint(&matcher.edition.id, None)));
    finish_quarantine(shared, &set_aside.into_inner(), args.quarantine.as_deref(), args.fail_on_rejects)
}

/// The user's column map, or an empty one.
pub(super) fn column_map(path: Option<&std::path::Path>) -> Result<ColumnMap, Failure> {
    let Some(path) = path else { return Ok(ColumnMap::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Said(format!("{}：无法读取 / cannot be read: {error}", path.display())))?;
    ColumnMap::parse(&text).map_err(|error| Failure::Said(format!("{}：{error}", path.display())))
}

/// Tells about rows set aside, and writes them down where the user asked.
pub(super) fn finish_quarantine(
    shared: &Shared,
    rows: &[Quarantined],
    path: Option<&std::path::Path>,
    fail: bool,
) -> Result<(), Failure> {
    const SHOWN: usize = 10;
    for bad in rows.iter().take(SHOWN) {
        shared.say(&format!("隔离 {} {} [{}] {}：{}", bad.location, bad.column, bad.code, bad.reason, bad.raw));
    }
    if let Some(path) = path {
        let mut output = Output::open(Some(path))?;
        for bad in rows {
            serde_json::to_writer(&mut output, bad).map_err(std::io::Error::from)?;
            output.write_all(b"\n")?;
        }
        output.finish()?;
    }
    if rows.len() > SHOWN && path.is_none() {
        shared.say(&format!("另有 {} 行被隔离；用 --quarantine FILE 写出全部", rows.len() - SHOWN));
    }
    if fail && !rows.is_empty() {
        return Err(Failure::Findings(format!("{} 行被隔离 / rows set aside", rows.len())));
    }
    Ok(())
}
