//! `classify`: lines of text in, verdicts and matches out.

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
};

use clap::Args;

use super::{
    Failure, Shared,
    output::{Format, Output},
    quarantine::Quarantine,
    report::{Heading, Report},
};
use crate::{
    batch::{Appending, Mark, Receiver, RunError, Task, Totals, headings_of, read_any, read_lines, read_table},
    ingest::{CHUNK, ColumnMap, Input, Quarantined, TextSource, TextTable, is_delimited_text},
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
    /// Bytes that one thread takes at a time; for tests of the seams between chunks.
    #[arg(long, hide = true, default_value_t = CHUNK)]
    chunk_size: usize,
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
    let best = reading.best();
    vec![
        document.location.to_string(),
        document.id.clone(),
        reading.verdict.chinese().to_owned(),
        document.text.clone(),
        best.map_or_else(String::new, |found| found.term.clone()),
        best.map_or_else(String::new, |found| found.codes()),
        reading.reason.clone(),
    ]
}

/// How one file is read.
enum Plan {
    /// Delimited text below a header that is understood.
    Table(Box<TextTable>),
    /// NDJSON or one text a line.
    Lines(TextSource),
    /// Row by row.
    Rows,
}

/// Puts the answers of a run where they belong.
struct Taker<'t> {
    output: Output,
    report: Option<Report>,
    quarantine: Quarantine<'t>,
    totals: Totals,
}

impl Receiver for Taker<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        Ok(self.output.write_all(bytes)?)
    }

    fn reading(&mut self, document: Document, reading: Classification) -> Result<(), RunError> {
        let Some(report) = &mut self.report else { return Ok(()) };
        report.row(&mut self.output, row(&document, &reading)).map_err(said)
    }

    fn set_aside(&mut self, bad: Quarantined) -> Result<(), RunError> {
        self.quarantine.add(&bad).map_err(said)
    }

    fn reached(&mut self, _: Mark, part: &Totals) -> Result<(), RunError> {
        self.totals.add(part);
        Ok(())
    }
}

fn said(failure: Failure) -> RunError {
    match failure {
        Failure::Output(error) => RunError::Output(error),
        other => RunError::Said(other.to_string()),
    }
}

pub(super) fn run(shared: &Shared, args: &ClassifyArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let matcher = engine.matcher(shared.as_of())?;
    let map = column_map(args.map.as_deref())?;
    let inputs: Vec<Input> = args.files.iter().map(|name| Input::named(name)).collect();
    let from_stdin = inputs.contains(&Input::Stdin);
    let default = if from_stdin && !std::io::stdout().is_terminal() { Format::Ndjson } else { Format::Text };
    let format = args.format.unwrap_or(if inputs.iter().all(Input::is_json) { Format::Ndjson } else { default });
    let task = Task { matcher, threads: shared.threads(), kind: args.kind };
    let (appended, mut plans) = plans(&inputs, &map, args, format)?;
    let mut taker = Taker {
        output: Output::open(args.output.as_deref())?,
        report: (format != Format::Ndjson && !appended).then(|| Report::new(format, "结论", HEADINGS)),
        quarantine: Quarantine::new(shared, args.quarantine.as_deref())?,
        totals: Totals::default(),
    };
    if appended && let Some(Plan::Table(table)) = plans.first() {
        taker.output.write_all("\u{feff}".as_bytes())?;
        taker.output.write_all(&headings_of(table))?;
        taker.output.write_all(b"\n")?;
    }
    let appending = if appended { Appending::Columns } else { Appending::Contract };
    for (input, plan) in inputs.iter().zip(plans.drain(..)) {
        let from = Mark::default();
        let encoding = match plan {
            Plan::Table(table) => {
                let encoding = table.source.encoding;
                read_table(&task, *table, appending, from, &mut taker)?;
                Some(encoding)
            }
            Plan::Lines(source) => {
                let encoding = source.encoding;
                read_lines(&task, input, source, args.plain, from, &mut taker)?;
                Some(encoding)
            }
            Plan::Rows => {
                let contract = format == Format::Ndjson;
                read_any(&task, input, &map, args.plain, contract, from, &mut taker)?.encoding
            }
        };
        if let Some(encoding) = encoding.filter(|_| *input != Input::Stdin) {
            shared.say(&format!("{0}：按 {1} 读取 / read as {1}", input.name(), encoding.name()));
        }
    }
    let Taker { mut output, report, quarantine, totals } = taker;
    if let Some(report) = report {
        report.finish(&mut output)?;
    }
    output.finish()?;
    shared.say(&format!("{} · {}", words_of(&totals), engine.fingerprint(&matcher.edition.id, None)));
    quarantine.finish(args.fail_on_rejects)
}

/// Chooses how each file is read, and whether the output is the input with four more columns: that needs delimited
/// texts with one and the same header.
fn plans(inputs: &[Input], map: &ColumnMap, args: &ClassifyArgs, format: Format) -> Result<(bool, Vec<Plan>), Failure> {
    let mut plans = Vec::new();
    for input in inputs {
        plans.push(if *input == Input::Stdin || !matches!(format, Format::Csv | Format::Ndjson) {
            Plan::Rows
        } else if input.is_json() || args.plain {
            if format == Format::Ndjson { Plan::Lines(TextSource::open(input, args.chunk_size)?) } else { Plan::Rows }
        } else if is_delimited_text(input)? {
            Plan::Table(Box::new(TextTable::open(input, map, args.kind, args.chunk_size)?))
        } else {
            Plan::Rows
        });
    }
    let heading = |plan: &Plan| match plan {
        Plan::Table(table) => Some((table.heading.clone(), table.delimiter)),
        _ => None,
    };
    let first = plans.first().and_then(heading);
    let appended = format == Format::Csv && first.is_some() && plans.iter().all(|plan| heading(plan) == first);
    if format == Format::Csv && !appended {
        plans.iter_mut().for_each(|plan| *plan = Plan::Rows);
    }
    Ok((appended, plans))
}

/// What was counted, in words.
fn words_of(totals: &Totals) -> String {
    let counts: Vec<String> = Verdict::ALL
        .iter()
        .zip(totals.verdicts)
        .map(|(verdict, count)| format!("{} {count}", verdict.chinese()))
        .collect();
    format!("共 {} 行：{}", totals.rows, counts.join("，"))
}

/// The user's column map, or an empty one.
pub(super) fn column_map(path: Option<&std::path::Path>) -> Result<ColumnMap, Failure> {
    let Some(path) = path else { return Ok(ColumnMap::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Said(format!("{}：无法读取 / cannot be read: {error}", path.display())))?;
    ColumnMap::parse(&text).map_err(|error| Failure::Said(format!("{}：{error}", path.display())))
}
