//! `corpus score`: the engine against labelled texts, traps and simple rivals.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::json;

use super::{Failure, Shared, output::Output};
use crate::{
    Engine,
    eval::{
        Answer, EvalError, Floors, GoldRow, RivalScore, Score, Tally, TrapScore, answers, entry_known, flips,
        read_gold, read_traps, rivals, score, score_traps, wilson,
    },
};

#[derive(Debug, Args)]
pub struct CorpusArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 按标注集打分 / score against the labelled texts
    Score(ScoreArgs),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rows {
    /// Read while terms are written.
    Dev,
    /// Never read while terms are written.
    Held,
    /// Both.
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ScoreFormat {
    /// For people.
    Text,
    /// The answer of every row, one JSON object a line, for `--diff`.
    Ndjson,
}

#[derive(Debug, Args)]
struct ScoreArgs {
    /// 语料目录（gold/、traps/、floors.toml）/ corpus folder
    #[arg(long, default_value = "corpus", value_name = "DIR")]
    corpus: PathBuf,
    /// 打分的部分 / which rows
    #[arg(long, default_value = "held")]
    split: Rows,
    /// 列出多少条错行（held 的错行只给维护标注的人看）/ how many wrong rows to list
    #[arg(long, default_value_t = 20)]
    worst: usize,
    /// 同时给出简单方法的成绩 / score simple rivals on the same rows
    #[arg(long)]
    rivals: bool,
    /// 与另一次结果（ndjson）或另一词典目录比较 / compare with saved answers or another dictionary folder
    #[arg(long, value_name = "FILE|DIR")]
    diff: Option<PathBuf>,
    /// 把底线提高到现在的成绩 / raise the floors to the present figures
    #[arg(long)]
    ratchet: bool,
    /// 输出格式 / output format
    #[arg(long, default_value = "text")]
    format: ScoreFormat,
    /// 输出文件 / output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(shared: &Shared, args: &CorpusArgs) -> Result<(), Failure> {
    let What::Score(args) = &args.what;
    run_score(shared, args)
}

/// Everything under the corpus folder.
struct Corpus {
    dev: Vec<GoldRow>,
    held: Vec<GoldRow>,
    traps: Vec<crate::eval::Trap>,
    floors: Floors,
    floors_file: PathBuf,
}

fn run_score(shared: &Shared, args: &ScoreArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let matcher = engine.matcher(shared.as_of())?;
    let corpus = load(engine, &args.corpus, shared.as_of())?;
    let rows: Vec<GoldRow> = match args.split {
        Rows::Dev => corpus.dev.clone(),
        Rows::Held => corpus.held.clone(),
        Rows::All => corpus.dev.iter().chain(&corpus.held).cloned().collect(),
    };
    let said = answers(&matcher, &rows);
    let mut out = Output::open(args.output.as_deref())?;
    if args.format == ScoreFormat::Ndjson {
        for answer in &said {
            writeln!(out, "{}", json!(answer))?;
        }
        return out.finish();
    }
    if let Some(other) = &args.diff {
        let before = earlier(shared, other, &rows)?;
        write_flips(&mut out, &rows, &before, &said)?;
        return out.finish();
    }
    let total = score(&rows, &said);
    let traps = score_traps(engine, &corpus.traps, shared.as_of())?;
    writeln!(
        out,
        "标注行 {}（dev {}，held {}），本次 {} 行",
        all(&corpus),
        corpus.dev.len(),
        corpus.held.len(),
        rows.len()
    )?;
    write_score(&mut out, &total, args.worst)?;
    write_traps(&mut out, &traps, args.worst)?;
    if args.rivals {
        let names: Vec<(String, String)> = engine
            .catalogue()
            .entries("gfspc-2025")
            .filter(|entry| entry.level() == 3)
            .map(|entry| (entry.code.clone(), entry.name.clone()))
            .collect();
        let found = rivals(engine.dictionary(), engine.segmenter(), &names, &rows, &corpus.dev).map_err(said_so)?;
        write_rivals(&mut out, &total.total, &found)?;
    }
    let held = if args.split == Rows::Held { total } else { score(&corpus.held, &answers(&matcher, &corpus.held)) };
    let breaches = corpus.floors.breaches(all(&corpus), &held.total, traps.total);
    for breach in &breaches {
        writeln!(out, "未达底线 {}：{:.4}，底线 {:.4}", breach.name, breach.figure, breach.floor)?;
    }
    out.finish()?;
    if args.ratchet {
        let raised = corpus.floors.raised(all(&corpus), &held.total, traps.total);
        let text = toml::to_string(&raised).map_err(|error| Failure::Said(error.to_string()))?;
        fs::write(&corpus.floors_file, text)?;
        shared.say(&format!("{}：底线已更新 / floors raised", corpus.floors_file.display()));
    }
    if breaches.is_empty() {
        Ok(())
    } else {
        Err(Failure::Findings(format!("{} 项未达底线 / below {0} floors", breaches.len())))
    }
}

fn all(corpus: &Corpus) -> u32 {
    u32::try_from(corpus.dev.len() + corpus.held.len()).unwrap_or(u32::MAX)
}

fn said_so(error: EvalError) -> Failure {
    Failure::Said(error.to_string())
}

fn load(engine: &Engine, folder: &Path, today: Date) -> Result<Corpus, Failure> {
    let floors_file = folder.join("floors.toml");
    let open = |path: &Path, error| Failure::Said(format!("{}：无法打开 / cannot be opened: {error}", path.display()));
    let text = fs::read_to_string(&floors_file).map_err(|error| open(&floors_file, error))?;
    let floors = Floors::read(&floors_file.display().to_string(), &text).map_err(said_so)?;
    let gold = tables(&folder.join("gold"))?;
    let known = entry_known(engine.catalogue(), today);
    let rows = read_gold(gold.iter().map(|(name, text)| (name.as_str(), text.as_str())), &known).map_err(said_so)?;
    let traps = tables(&folder.join("traps"))?;
    let traps =
        read_traps(traps.iter().map(|(name, text)| (name.as_str(), text.as_str())), &rows, &known).map_err(said_so)?;
    let (held, dev) = floors.held_and_dev(rows);
    Ok(Corpus { dev, held, traps, floors, floors_file })
}

/// The CSV files of a folder, by name; a folder that is not there has none.
pub(super) fn tables(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut paths: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(files) => files.map(|file| file.map(|file| file.path())).collect::<Result<_, _>>()?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    paths.sort();
    paths.into_iter().map(|path| Ok((path.display().to_string(), fs::read_to_string(&path)?))).collect()
}

/// Answers to compare with: from a file of answers, or of the same rows under another dictionary folder.
fn earlier(shared: &Shared, other: &Path, rows: &[GoldRow]) -> Result<Vec<Answer>, Failure> {
    if other.is_dir() {
        let engine = Engine::with_folders(Some(other), &[])?;
        return Ok(answers(&engine.matcher(shared.as_of())?, rows));
    }
    let text = fs::read_to_string(other)?;
    text.lines()
        .enumerate()
        .map(|(number, line)| {
            serde_json::from_str(line)
                .map_err(|error| Failure::Said(format!("{} 第{}行：{error}", other.display(), number + 1)))
        })
        .collect()
}

fn percent((hits, all): (u32, u32)) -> String {
    let (low, high) = wilson(hits, all);
    let share = if all == 0 { 0.0 } else { f64::from(hits) / f64::from(all) };
    format!("{:>6.2}%  [{:>6.2}, {:>6.2}]  {hits}/{all}", share * 100.0, low * 100.0, high * 100.0)
}

fn write_score(out: &mut Output, score: &Score, worst: usize) -> Result<(), Failure> {
    let total = &score.total;
    writeln!(out, "                      成绩   95% Wilson 区间")?;
    for (name, figure) in [
        ("精确率 precision  ", total.precision()),
        ("召回率 recall     ", total.recall()),
        ("三级条目 entry    ", (total.entry_right, total.entry_asked)),
        ("领域 field        ", (total.field_right, total.entry_asked)),
        ("普通货物误判绿色  ", (total.ordinary_green, total.ordinary)),
        ("普通货物误判为正  ", (total.false_positive, total.ordinary)),
        ("通用类型已提示    ", (total.generic_surfaced, total.generic)),
        ("通用类型误判绿色  ", (total.generic_green, total.generic)),
        ("其余行进入复核    ", (total.specific_to_review, total.specific)),
    ] {
        writeln!(out, "{name}  {}", percent(figure))?;
    }
    writeln!(out, "F1                 {:>6.2}%", total.f1() * 100.0)?;
    for (title, group) in [
        ("按文本种类", &score.by_kind),
        ("按领域", &score.by_field),
        ("按场景", &score.by_scene),
        ("按写法", &score.by_family),
    ] {
        writeln!(out, "\n{title}（行 · 对 · 精确率 · 召回率 · 条目）")?;
        for (name, tally) in group {
            let share = |(hits, all): (u32, u32)| {
                if all == 0 {
                    "    –".to_owned()
                } else {
                    format!("{:>5.1}", f64::from(hits) * 100.0 / f64::from(all))
                }
            };
            let Tally { rows, right, entry_right, entry_asked, .. } = tally;
            let entry = share((*entry_right, *entry_asked));
            writeln!(
                out,
                "  {name:<16} {rows:>5} {right:>5}  {}  {}  {entry}",
                share(tally.precision()),
                share(tally.recall())
            )?;
        }
    }
    writeln!(out, "\n错行 {} 条{}", score.wrong.len(), if score.wrong.len() > worst { "，列出部分" } else { "" })?;
    for wrong in score.wrong.iter().take(worst) {
        let (row, answer) = (&wrong.row, &wrong.answer);
        let want = row.entries.join("|");
        writeln!(
            out,
            "  {} {}  应 {} {want}，得 {} {}",
            row.id,
            row.text,
            row.expected.code(),
            answer.verdict,
            answer.reason
        )?;
    }
    Ok(())
}

fn write_traps(out: &mut Output, traps: &TrapScore, worst: usize) -> Result<(), Failure> {
    writeln!(out, "\n陷阱（行）         {}", percent(traps.total))?;
    writeln!(out, "陷阱（对，两行都对）{}", percent(traps.pairs))?;
    for (family, (hits, all)) in &traps.by_family {
        writeln!(out, "  {family:<16} {hits:>4}/{all}")?;
    }
    for (trap, said) in traps.wrong.iter().take(worst) {
        writeln!(out, "  {} {}  应 {}，得 {said}", trap.row.id, trap.row.text, trap.row.expected.code())?;
    }
    Ok(())
}

fn write_rivals(out: &mut Output, own: &Tally, rivals: &[RivalScore]) -> Result<(), Failure> {
    let engine = RivalScore {
        name: "绿鉴 / lvjian",
        true_positive: own.true_positive,
        false_positive: own.false_positive,
        missed: own.missed,
        entry: (own.entry_right, own.entry_asked),
    };
    writeln!(out, "\n同一批行上的简单方法（精确率 · 召回率 · 条目）")?;
    for rival in std::iter::once(&engine).chain(rivals) {
        let share = |hits: u32, all: u32| if all == 0 { 0.0 } else { f64::from(hits) * 100.0 / f64::from(all) };
        writeln!(
            out,
            "  {:>5.1}  {:>5.1}  {:>5.1}  {}",
            share(rival.true_positive, rival.true_positive + rival.false_positive),
            share(rival.true_positive, rival.true_positive + rival.missed),
            share(rival.entry.0, rival.entry.1),
            rival.name
        )?;
    }
    Ok(())
}

fn write_flips(out: &mut Output, rows: &[GoldRow], before: &[Answer], after: &[Answer]) -> Result<(), Failure> {
    let found = flips(before, after);
    let right = |row: &GoldRow, answer: &Answer| row.expected.takes(answer.verdict);
    let (mut better, mut worse) = (0, 0);
    for flip in &found {
        let Some(row) = rows.iter().find(|row| row.id == flip.id) else { continue };
        let (was, is) = (right(row, &flip.before), right(row, &flip.after));
        better += u32::from(!was && is);
        worse += u32::from(was && !is);
        let sign = if was == is {
            '·'
        } else if is {
            '+'
        } else {
            '-'
        };
        writeln!(
            out,
            "{sign} {} {}  {} → {}  {}",
            flip.id, row.text, flip.before.verdict, flip.after.verdict, flip.cause
        )?;
    }
    writeln!(out, "{} 行不同：变对 {better}，变错 {worse}", found.len())?;
    Ok(())
}
