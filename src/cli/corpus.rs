//! `corpus score`: the engine against labelled texts, traps and simple rivals.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;

use super::{
    Failure, Shared,
    output::{Output, fit},
};
use crate::{
    Engine,
    eval::{
        Answer, Basis, EntryScenes, EvalError, Floors, GoldRow, RivalScore, Run, Score, Tally, TrapScore,
        answered_right, answers, entry_known, flips, read_gold, read_traps, rivals, score, score_traps, wilson,
    },
    matcher::Matcher,
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

/// Wrong rows listed unless the user says how many.
const LISTED: usize = 20;

#[derive(Debug, Args)]
struct ScoreArgs {
    /// 语料目录（gold/、traps/、floors.toml）/ corpus folder
    #[arg(long, default_value = "corpus", value_name = "DIR")]
    corpus: PathBuf,
    /// 打分的部分 / which rows
    #[arg(long, default_value = "held")]
    split: Rows,
    /// 列出多少条错行（默认：dev 与陷阱 20；held 不列，只给维护标注的人看）/ wrong rows listed; none of held unless asked
    #[arg(long, value_name = "N")]
    worst: Option<usize>,
    /// 同时给出简单方法的成绩 / score simple rivals on the same rows
    #[arg(long)]
    rivals: bool,
    /// 比较两次结果：存下的 ndjson 或词典目录；只给一个时与现在比 / compare two runs: saved answers or dictionary folders
    #[arg(long, value_name = "FILE|DIR", num_args = 1..=2)]
    diff: Vec<PathBuf>,
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
    let mut out = Output::open(args.output.as_deref())?;
    if let Some(earlier) = args.diff.first() {
        let before = run_of(shared, earlier, &rows)?;
        let after = match args.diff.get(1) {
            Some(later) => run_of(shared, later, &rows)?,
            None => run_now(engine, &matcher, &rows),
        };
        write_flips(&mut out, args.format, &rows, &before, &after)?;
        return out.finish();
    }
    let run = run_now(engine, &matcher, &rows);
    if args.format == ScoreFormat::Ndjson {
        writeln!(out, "{}", json!({ "basis": run.basis }))?;
        for answer in &run.answers {
            writeln!(out, "{}", json!(answer))?;
        }
        return out.finish();
    }
    let said = run.answers;
    let scenes = EntryScenes::of(engine.dictionary());
    let total = score(&rows, &said, &scenes);
    let traps = score_traps(engine, &corpus.traps, shared.as_of())?;
    writeln!(
        out,
        "标注行 {}（dev {}，held {}），本次 {} 行",
        all(&corpus),
        corpus.dev.len(),
        corpus.held.len(),
        rows.len()
    )?;
    let unasked = if args.split == Rows::Dev { LISTED } else { 0 };
    write_score(&mut out, &total, args.worst.unwrap_or(unasked))?;
    write_traps(&mut out, &traps, args.worst.unwrap_or(LISTED))?;
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
    let held =
        if args.split == Rows::Held { total } else { score(&corpus.held, &answers(&matcher, &corpus.held), &scenes) };
    let breaches = corpus.floors.breaches(all(&corpus), &held.total, traps.total);
    for breach in &breaches {
        writeln!(out, "未达底线 {}：{:.4}，底线 {:.4}", breach.name, breach.figure, breach.floor)?;
    }
    out.finish()?;
    if args.ratchet {
        let raised = corpus.floors.raised(all(&corpus), &held.total, traps.total);
        let text = toml::to_string(&raised).map_err(|error| Failure::Said(error.to_string()))?;
        let mut file = Output::open(Some(&corpus.floors_file))?;
        write!(file, "{}{text}", Floors::HEADING)?;
        file.finish()?;
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

/// The run of this engine over the rows.
fn run_now(engine: &Engine, matcher: &Matcher<'_>, rows: &[GoldRow]) -> Run {
    Run { basis: Basis::of(engine, &matcher.edition.id), answers: answers(matcher, rows) }
}

/// A run to compare: saved as NDJSON, or made now with another dictionary folder.
fn run_of(shared: &Shared, place: &Path, rows: &[GoldRow]) -> Result<Run, Failure> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Line {
        Basis { basis: Basis },
        Answer(Answer),
    }
    if place.is_dir() {
        let overlays: Vec<&Path> = shared.overlays.iter().map(PathBuf::as_path).collect();
        let engine = Engine::with_folders(Some(place), &overlays)?;
        return Ok(run_now(&engine, &engine.matcher(shared.as_of())?, rows));
    }
    let bad = |line: usize, error: &dyn std::fmt::Display| {
        Failure::Said(format!("{} 第{line}行：不是 corpus score 的结果 / no saved score: {error}", place.display()))
    };
    let text = fs::read_to_string(place).map_err(|error| bad(0, &error))?;
    let mut run = Run::default();
    for (number, line) in text.lines().enumerate() {
        match serde_json::from_str(line).map_err(|error| bad(number + 1, &error))? {
            Line::Basis { basis } => run.basis = basis,
            Line::Answer(answer) => run.answers.push(answer),
        }
    }
    if run.basis == Basis::default() {
        return Err(bad(1, &"basis"));
    }
    Ok(run)
}

fn percent((hits, all): (u32, u32)) -> String {
    let (low, high) = wilson(hits, all);
    let share = if all == 0 { 0.0 } else { f64::from(hits) / f64::from(all) };
    format!("{:>6.2}%  [{:>6.2}, {:>6.2}]  {hits}/{all}", share * 100.0, low * 100.0, high * 100.0)
}

/// A share and its interval in few characters; a dash when there is nothing to count.
fn brief((hits, all): (u32, u32)) -> String {
    if all == 0 {
        return format!("{:<20}", "    –");
    }
    let (low, high) = wilson(hits, all);
    format!("{:>5.1} [{:>5.1}, {:>5.1}]", f64::from(hits) * 100.0 / f64::from(all), low * 100.0, high * 100.0)
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
        writeln!(out, "\n{title}（行 · 对 · 精确率 · 召回率 · 条目，方括号内为 95% Wilson 区间）")?;
        for (name, tally) in group {
            let Tally { rows, right, .. } = tally;
            let figures = [tally.precision(), tally.recall(), (tally.entry_right, tally.entry_asked)].map(brief);
            writeln!(out, "  {name:<16} {rows:>5} {right:>5}  {}", figures.join("  ").trim_end())?;
        }
    }
    let left = if score.wrong.len() > worst { format!("，列出 {worst} 条") } else { String::new() };
    writeln!(out, "\n错行 {} 条{left}", score.wrong.len())?;
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
        ordinary: own.ordinary,
        entry: (own.entry_right, own.entry_asked),
    };
    writeln!(out, "\n同一批行上的简单方法")?;
    for rival in std::iter::once(&engine).chain(rivals) {
        writeln!(out, "  {}", rival.name)?;
        for (name, figure) in [
            ("精确率", (rival.true_positive, rival.true_positive + rival.false_positive)),
            ("召回率", (rival.true_positive, rival.true_positive + rival.missed)),
            ("三级条目", rival.entry),
            ("普通货物误判为正", (rival.false_positive, rival.ordinary)),
        ] {
            writeln!(out, "    {}  {}", fit(name, 18), percent(figure))?;
        }
    }
    Ok(())
}

fn write_flips(
    out: &mut Output,
    format: ScoreFormat,
    rows: &[GoldRow],
    before: &Run,
    after: &Run,
) -> Result<(), Failure> {
    let found = flips(rows, before, after);
    let by_id: BTreeMap<&str, &GoldRow> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let (mut better, mut worse) = (0, 0);
    for flip in &found {
        let Some(row) = by_id.get(flip.id.as_str()) else { continue };
        let (was, is) = (answered_right(row, &flip.before), answered_right(row, &flip.after));
        better += u32::from(!was && is);
        worse += u32::from(was && !is);
        let causes = if flip.causes.is_empty() {
            "引擎（同一版本号的不同构建）".to_owned()
        } else {
            flip.causes.join("；")
        };
        if format == ScoreFormat::Ndjson {
            let flipped = json!({
                "id": flip.id, "text": row.text, "expected": row.expected.code(), "before": flip.before.verdict,
                "after": flip.after.verdict, "right_before": was, "right_after": is, "causes": flip.causes,
                "effect": flip.effect,
            });
            writeln!(out, "{flipped}")?;
            continue;
        }
        let sign = match (was, is) {
            (false, true) => '+',
            (true, false) => '-',
            _ => '·',
        };
        let (then, now) = (flip.before.verdict.chinese(), flip.after.verdict.chinese());
        writeln!(out, "{sign} {} {}  {then} → {now}", flip.id, row.text)?;
        writeln!(out, "    因：{causes}")?;
        writeln!(out, "    果：{}", flip.effect)?;
    }
    if format == ScoreFormat::Text {
        writeln!(out, "{} 行不同：变对 {better}，变错 {worse}", found.len())?;
    }
    Ok(())
}
