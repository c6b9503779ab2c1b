//! `classify`: lines of text in, verdicts and matches out.

use std::{io::IsTerminal, path::PathBuf};

use clap::Args;

use super::{
    Failure, Shared,
    output::{Format, Output},
    progress::Progress,
    quarantine::Quarantine,
    report::{Heading, Report},
    runs::{Destination, Row, Rows, RunArgs, Taker, files, summary, total_bytes},
};
use crate::{
    batch::{Appending, Mark, Receiver, RowsAhead, Run, Task, Totals, headings_of, read_any, read_lines, read_table},
    ingest::{ColumnMap, Input, TextSource, TextTable, is_delimited_text, is_workbook},
    model::{Classification, Document, TextKind},
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
    /// 没有发现词条时，找只差一个字的词条（错字、识别错误），列入复核；较慢 / look for slips of one character, slower
    #[arg(long)]
    near: bool,
    /// 列映射文件 / column map
    #[arg(long, value_name = "COLS.TOML")]
    map: Option<PathBuf>,
    /// 输出格式（默认：标准输入为 ndjson，文件为 text）
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// 输出文件 / output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    runs: RunArgs,
}

fn parse_kind(text: &str) -> Result<TextKind, String> {
    TextKind::from_code(text).ok_or_else(|| "invoice_line, purpose, scope".to_owned())
}

const HEADINGS: &[Heading<'static>] = &[
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

pub(super) fn run(shared: &Shared, args: &ClassifyArgs) -> Result<(), Failure> {
    let map = column_map(args.map.as_deref())?;
    let inputs: Vec<Input> = files(&args.files)?.iter().map(|name| Input::named(name)).collect();
    // A workbook takes time to open: while the dictionary loads.
    let rows_of = |input: &Input| RowsAhead::of(input, &map, args.kind, args.plain, shared.threads());
    let mut early = match inputs.as_slice() {
        [input] if args.runs.run.is_none() && is_workbook(input) => Some(rows_of(input)),
        _ => None,
    };
    let engine = shared.engine()?;
    let matcher = engine.matcher(shared.as_of())?;
    let near = args.near.then(|| engine.dictionary().near_terms()).transpose();
    let near = near.map_err(crate::EngineError::from)?;
    let matcher = near.as_ref().map_or(matcher, |near| matcher.with_near(near));
    let from_stdin = inputs.contains(&Input::Stdin);
    let default = if from_stdin && !std::io::stdout().is_terminal() { Format::Ndjson } else { Format::Text };
    let format = args.format.unwrap_or(if inputs.iter().all(Input::is_json) { Format::Ndjson } else { default });
    let fingerprint = engine.fingerprint(&matcher.edition.id, None);
    let task = Task { matcher, threads: shared.threads(), kind: args.kind };
    #[cfg(feature = "parquet")]
    if format == Format::Parquet
        && let [input @ Input::Path(path)] = inputs.as_slice()
        && crate::ingest::is_parquet(input)
    {
        let totals = match &args.runs.run {
            None => parquet_to_parquet(shared, args, &task, path, &map)?,
            Some(folder) => parquet_in_a_run(shared, args, &task, path, &map, (folder, &fingerprint))?,
        };
        shared.say(&format!("{} · {fingerprint}", summary(&totals)));
        return args.runs.findings(totals.rejects, &totals.verdicts);
    }
    let (appended, plans) = plans(&inputs, &map, args, format)?;
    let report = (format != Format::Ndjson && !appended).then(|| (Report::new(format, "结论", HEADINGS), row as Row));
    let rows = args.runs.run.as_ref().filter(|_| report.is_some()).map(|folder| Rows {
        kept: folder.join("rows.ndjson"),
        target: args.output.clone().unwrap_or_else(|| folder.join(format!("output.{}", ending(format)))),
    });
    let opened = open_run(&inputs, args, format, rows.as_ref(), &fingerprint)?;
    if let Some(run) = opened.as_ref().filter(|run| run.is_complete()) {
        shared.say("这次运行早已完成 / this run was complete");
        if let (Some(rows), Some((report, _))) = (rows, report) {
            rows.lay_out(report)?;
        }
        shared.say(&format!("{} · {fingerprint}", summary(run.totals())));
        return args.runs.findings(run.totals().rejects, &run.totals().verdicts);
    }
    let before = opened.as_ref().map_or_else(Totals::default, |run| *run.totals());
    let (first, mark) = opened.as_ref().map_or_else(Default::default, Run::position);
    let fresh = opened.as_ref().is_none_or(Run::is_fresh);
    let quarantined = args.runs.quarantine.as_deref().filter(|_| opened.is_none());
    let total = total_bytes(&inputs);
    let mut taker = Taker {
        quarantine: Quarantine::new(shared, quarantined)?,
        destination: match opened {
            Some(run) => Destination::Run(run, rows),
            None => Destination::Output(Output::open(args.output.as_deref())?),
        },
        report,
        totals: before,
        file: first,
        progress: Progress::new(shared, args.runs.progress, args.runs.metrics.clone(), total, before),
        max_rejects: args.runs.max_rejects,
    };
    if fresh
        && appended
        && let Some(Plan::Table(table)) = plans.first()
    {
        taker.bytes(&[BYTE_ORDER_MARK, &headings_of(table), b"\n"].concat())?;
    }
    for (number, (input, plan)) in inputs.iter().zip(plans).enumerate().skip(first) {
        taker.file = number;
        let from = if number == first { mark } else { Mark::default() };
        let encoding = match plan {
            Plan::Table(table) => {
                let encoding = table.source.encoding;
                let appending = if appended { Appending::Columns } else { Appending::Contract };
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
                let rows = early.take().unwrap_or_else(|| rows_of(input));
                read_any(&task, rows, contract, from, &mut taker)?.encoding
            }
        };
        if let Some(encoding) = encoding.filter(|_| *input != Input::Stdin) {
            shared.say(&format!("{0}：按 {1} 读取 / read as {1}", input.name(), encoding.name()));
        }
    }
    let totals = taker.finish(&args.runs)?;
    shared.say(&format!("{} · {fingerprint}", summary(&totals)));
    args.runs.findings(totals.rejects, &totals.verdicts)
}

/// Copies a Parquet file with four more columns.
#[cfg(feature = "parquet")]
fn parquet_to_parquet(
    shared: &Shared,
    args: &ClassifyArgs,
    task: &Task<'_>,
    path: &std::path::Path,
    map: &ColumnMap,
) -> Result<Totals, Failure> {
    let before = Totals::default();
    let mut taker = Taker {
        quarantine: Quarantine::new(shared, args.runs.quarantine.as_deref())?,
        destination: Destination::Elsewhere,
        report: None,
        totals: before,
        file: 0,
        progress: Progress::new(shared, args.runs.progress, args.runs.metrics.clone(), None, before),
        max_rejects: args.runs.max_rejects,
    };
    let output = crate::batch::classify_parquet(task, path, map, Output::open(args.output.as_deref())?, &mut taker)?;
    output.finish()?;
    taker.finish(&args.runs)
}

/// What spreadsheets need to see that a text is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The same in a run that can be taken up again: the answers are kept, and put into the file when all are there.
#[cfg(feature = "parquet")]
fn parquet_in_a_run(
    shared: &Shared,
    args: &ClassifyArgs,
    task: &Task<'_>,
    path: &std::path::Path,
    map: &ColumnMap,
    (folder, fingerprint): (&std::path::Path, &str),
) -> Result<Totals, Failure> {
    let answers = folder.join("answers.bin");
    let inputs = [Input::Path(path.to_owned())];
    let options = options(args, "parquet")?;
    let run = args.runs.open_run(&inputs, Some(&answers), "parquet", fingerprint.to_owned(), options)?;
    let Some(run) = run else { return Err(Failure::Said("--run".to_owned())) };
    let before = *run.totals();
    let totals = if run.is_complete() {
        shared.say("这次运行早已完成 / this run was complete");
        before
    } else {
        let (_, mark) = run.position();
        let mut taker = Taker {
            quarantine: Quarantine::new(shared, None)?,
            destination: Destination::Run(run, None),
            report: None,
            totals: before,
            file: 0,
            progress: Progress::new(shared, args.runs.progress, args.runs.metrics.clone(), None, before),
            max_rejects: args.runs.max_rejects,
        };
        crate::batch::answer_parquet(task, path, map, mark, &mut taker)?;
        taker.finish(&args.runs)?
    };
    let target = args.output.clone().unwrap_or_else(|| folder.join("output.parquet"));
    let kept = std::io::BufReader::new(std::fs::File::open(&answers)?);
    crate::batch::assemble_parquet(path, kept, Output::open(Some(&target))?)?.finish_safely()?;
    Ok(totals)
}

/// How a run's output ends when the user gives it no name.
pub(super) fn ending(format: Format) -> &'static str {
    match format {
        Format::Text => "txt",
        Format::Ndjson => "ndjson",
        Format::Csv => "csv",
        Format::Xlsx => "xlsx",
        #[cfg(feature = "parquet")]
        Format::Parquet => "parquet",
    }
}

/// Everything besides knowledge and inputs that decides the output.
fn options(args: &ClassifyArgs, ending: &str) -> Result<Vec<(String, String)>, Failure> {
    let map = args.map.as_deref().map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    Ok(vec![
        ("--format".to_owned(), ending.to_owned()),
        ("--kind".to_owned(), args.kind.code().to_owned()),
        ("--plain".to_owned(), args.plain.to_string()),
        ("--near".to_owned(), args.near.to_string()),
        ("--map".to_owned(), map),
    ])
}

/// Opens the run of `--run`, with everything that decides its output.
fn open_run(
    inputs: &[Input],
    args: &ClassifyArgs,
    format: Format,
    rows: Option<&Rows>,
    fingerprint: &str,
) -> Result<Option<Run>, Failure> {
    if args.runs.run.is_none() {
        return Ok(None);
    }
    let target = rows.map_or(args.output.as_deref(), |rows| Some(rows.kept.as_path()));
    args.runs.open_run(inputs, target, ending(format), fingerprint.to_owned(), options(args, ending(format))?)
}

/// Chooses how each file is read, and whether the output is the input with four more columns: that needs delimited
/// texts with one and the same header.
fn plans(inputs: &[Input], map: &ColumnMap, args: &ClassifyArgs, format: Format) -> Result<(bool, Vec<Plan>), Failure> {
    let mut plans = Vec::new();
    for input in inputs {
        plans.push(if *input == Input::Stdin || !matches!(format, Format::Csv | Format::Ndjson) {
            Plan::Rows
        } else if input.is_json() || args.plain {
            if format == Format::Ndjson {
                Plan::Lines(TextSource::open(input, args.runs.chunk_size)?)
            } else {
                Plan::Rows
            }
        } else if is_delimited_text(input)? {
            let table = TextTable::open(input, map, args.kind, args.runs.chunk_size)?;
            if table.columns.header.is_handed_in_again() { Plan::Rows } else { Plan::Table(Box::new(table)) }
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

/// The user's column map, or an empty one.
pub(super) fn column_map(path: Option<&std::path::Path>) -> Result<ColumnMap, Failure> {
    let Some(path) = path else { return Ok(ColumnMap::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Said(format!("{}：无法读取 / cannot be read: {error}", path.display())))?;
    ColumnMap::parse(&text).map_err(|error| Failure::Said(format!("{}：{error}", path.display())))
}
