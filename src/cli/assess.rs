//! `assess`: loans with their invoices in, 认绿 decisions out.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Seek, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::Value;

use super::{
    Failure, Shared,
    classify::ending,
    decided::{Decided, Head},
    editions,
    language::{Language, Speech, headings},
    ledger::{Ledger, Outcome},
    output::{Format, Output},
    progress::{LoanProgress, ProgressFormat},
    quarantine::{Quarantine, line_of},
    report::{Heading, Report},
    runs::{files, hand_out, input_files},
};
use crate::{
    batch::{Manifest, Mark, PART, PartedInvoices, Run, Totals},
    catalogue::Edition,
    decision::Decision,
    ingest::Input,
    model::Verdict,
    store::{DecisionStore, RunRecord, hash_file},
};

#[derive(Debug, Args)]
pub struct AssessArgs {
    /// 贷款台账（xlsx、csv）/ the loan ledger
    #[arg(long, value_name = "FILE")]
    loans: String,
    /// 发票文件，可多个 / invoice files
    #[arg(long, value_name = "FILE", num_args = 1..)]
    invoices: Vec<String>,
    /// 规则包代号或目录 / rule pack, by id or folder
    #[arg(long, default_value = "sme-green-2022", value_name = "ID|DIR")]
    standard: String,
    /// 列映射文件 / column map
    #[arg(long, value_name = "COLS.TOML")]
    map: Option<PathBuf>,
    /// 输出的语言（存档总是中文）/ language of the output; the store is always Chinese
    #[arg(long, value_enum, default_value = "zh", conflicts_with = "compare_edition")]
    lang: Language,
    /// 输出格式
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// 输出文件 / output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// 同时按另一目录版本试算，逐笔并列（存档仍是适用版本的决定）/ every loan under another edition too, side by side
    #[arg(long, value_name = "EDITION")]
    compare_edition: Option<String>,
    /// 决定存档目录，供 why 和 find 使用 / where decisions are kept for `why` and `find`
    #[arg(long, default_value = ".lvjian", value_name = "DIR")]
    store: PathBuf,
    /// 隔离行写入的 NDJSON 文件 / where bad rows go
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,
    /// 有隔离行时退出码为 1 / exit 1 when rows were set aside
    #[arg(long)]
    fail_on_rejects: bool,
    /// 进度：终端上自动显示，json 为每秒一行 / progress on standard error
    #[arg(long, value_enum, default_value = "auto")]
    progress: ProgressFormat,
    /// Prometheus 文本格式的指标文件 / metrics for Prometheus
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// 可续跑的运行：清单与检查点存于此目录 / a run that can be taken up again
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// 接着做 --run 目录里没做完的运行 / take up the run again
    #[arg(long, requires = "run")]
    resume: bool,
    /// Bytes of invoices that are held at a time; for tests of the seams between parts.
    #[arg(long, hide = true, default_value_t = PART)]
    part_size: u64,
}

const HEADINGS: &[Heading<'static>] = &[
    Heading { name: "借据号", width: 16 },
    Heading { name: "客户名称", width: 30 },
    Heading { name: "放款金额", width: 14 },
    Heading { name: "结论", width: 8 },
    Heading { name: "绿色占比", width: 9 },
    Heading { name: "目录条目", width: 34 },
    Heading { name: "主要理由", width: 60 },
];

/// Further columns of files, where width does not matter.
const MORE: &[Heading<'static>] = &[
    Heading { name: "建议绿色金额", width: 14 },
    Heading { name: "凭证覆盖", width: 10 },
    Heading { name: "置信分", width: 8 },
    Heading { name: "场景", width: 10 },
    Heading { name: "目录版本", width: 14 },
    Heading { name: "规则", width: 6 },
    Heading { name: "其他理由", width: 50 },
    Heading { name: "待补材料", width: 40 },
    Heading { name: "提示", width: 40 },
    Heading { name: "经办机构", width: 16 },
    Heading { name: "指纹", width: 40 },
    Heading { name: "说明", width: 40 },
];

fn short_row(decision: &Decision, speech: &Speech) -> Vec<String> {
    let percent = |share: rust_decimal::Decimal| {
        format!("{}%", (share * rust_decimal::Decimal::ONE_HUNDRED).round_dp(2).normalize())
    };
    vec![
        decision.loan_id.clone(),
        decision.customer.clone(),
        decision.amount.map_or_else(String::new, |amount| amount.to_string()),
        speech.of(decision.verdict.chinese()),
        decision.green_share.map_or_else(|| "—".to_owned(), percent),
        decision.entry.as_ref().map_or_else(|| "—".to_owned(), |entry| format!("{} {}", entry.code, entry.name)),
        match (decision.verdict, decision.reasons.as_slice()) {
            // The rule's own sentence says little when a person must look; what is missing says more.
            (Verdict::Review, [_, rest @ ..]) if !rest.is_empty() => speech.all(rest),
            (_, reasons) => reasons.first().map_or_else(String::new, |reason| speech.of(reason)),
        },
    ]
}

fn long_row(decision: &Decision, speech: &Speech) -> Vec<String> {
    let mut row = short_row(decision, speech);
    let wanted: Vec<String> = decision
        .wanted
        .iter()
        .map(|wanted| speech.noted(&speech.of(&wanted.document), &speech.of(&wanted.settles)))
        .collect();
    row.extend([
        decision.green_amount.map_or_else(String::new, |amount| amount.to_string()),
        decision.cover.map_or_else(String::new, |cover| cover.round_dp(4).normalize().to_string()),
        decision.confidence.to_string(),
        decision.scene.map_or_else(String::new, |scene| speech.of(scene.chinese())),
        decision.edition.clone(),
        decision.rule.clone(),
        speech.all(&decision.reasons),
        wanted.join(speech.either("；", "; ")),
        speech.all(&decision.flags),
        decision.branch.clone(),
        decision.fingerprint.clone(),
        speech.of(&decision.notice),
    ]);
    row
}

/// One run of `assess`.
struct Job<'j> {
    shared: &'j Shared,
    args: &'j AssessArgs,
    ledger: Ledger<'j>,
    /// The edition to compare with.
    edition: Option<&'j Edition>,
    speech: Speech,
}

pub(super) fn run(shared: &Shared, args: &AssessArgs) -> Result<(), Failure> {
    let speech = Speech::new(args.lang, Some(&args.standard))?;
    let engine = shared.engine()?;
    let edition = args.compare_edition.as_deref().map(|id| editions::edition(engine, id)).transpose()?;
    let mut record = RunRecord {
        loans: args.loans.clone(),
        invoices: files(&args.invoices)?,
        map: args.map.clone(),
        standard: args.standard.clone(),
        hashes: Vec::new(),
    };
    let job = Job { shared, args, ledger: Ledger::read(shared, &record)?, edition, speech };
    let store = DecisionStore::new(&args.store);
    let (mut decided, rejects, progress) = match &args.run {
        None => job.at_once()?,
        Some(folder) => job.in_a_run(&record, folder)?,
    };
    record.hashes = hashes(&record)?;
    store.save_lines(&mut |out| decided.each(|_, decision| out.write_all(decision)))?;
    store.save_record(&record)?;
    let beside = args.run.as_deref().map(|folder| folder.join(format!("output.{}", ending(args.format))));
    let mut output = Output::open(args.output.as_deref().or(beside.as_deref()))?;
    job.write(&mut output, &mut decided)?;
    if let Some(folder) = &args.run {
        output.finish_safely()?;
        PartedInvoices::remove_from(folder)?;
    } else {
        output.finish()?;
    }
    progress.end();
    job.summarise(&mut decided, &store)?;
    match rejects {
        0 => Ok(()),
        _ if !args.fail_on_rejects => Ok(()),
        count => Err(Failure::Findings(format!("{count} 行被隔离 / rows set aside"))),
    }
}

impl Job<'_> {
    /// Decides in one go. What does not fit into memory goes to nameless files beside the store.
    fn at_once(&self) -> Result<(Decided, u64, LoanProgress), Failure> {
        let store = &self.args.store;
        let is_new = !store.exists();
        fs::create_dir_all(store)?;
        let decided = self.beside_the_store();
        if decided.is_err() && is_new {
            // Nothing was decided, and no folder is left behind; one that holds something stays.
            let _ = fs::remove_dir(store);
        }
        decided
    }

    fn beside_the_store(&self) -> Result<(Decided, u64, LoanProgress), Failure> {
        let Self { shared, args, .. } = self;
        let temporary = || tempfile::tempfile_in(&args.store);
        let mut quarantine = Quarantine::new(shared, args.quarantine.as_deref())?;
        let progress = self.progress(Totals::default());
        let mut rejects = 0;
        let room = (temporary()?, temporary()?, args.part_size);
        let mut parted = self.ledger.invoices(shared, room, &progress, &mut |bad| {
            rejects += 1;
            quarantine.add(bad)
        })?;
        let mut spool = BufWriter::new(temporary()?);
        self.ledger.decide(shared, &mut parted, 0, self.edition, &progress, &mut |_, outcomes| {
            progress.finished(&totals_of(&outcomes));
            Ok(outcomes.iter().try_for_each(|outcome| self.keep(outcome, &mut spool))?)
        })?;
        let mut spool = spool.into_inner().map_err(|error| Failure::Output(error.into_error()))?;
        spool.rewind()?;
        quarantine.finish()?;
        Ok((Decided::read(spool)?, rejects, progress))
    }

    /// Decides in a run that can be killed and taken up again: the first checkpoint stands behind the last invoice, every
    /// further one behind a part of the borrowers.
    fn in_a_run(&self, record: &RunRecord, folder: &Path) -> Result<(Decided, u64, LoanProgress), Failure> {
        let Self { shared, args, ledger, .. } = self;
        let spool = folder.join("decided.ndjson");
        let mut run = Run::open(folder, &spool, &self.manifest(record)?, args.resume, 1)?;
        let kept = run.quarantine_path();
        let mut quarantine = Quarantine::new(shared, None)?;
        let progress = self.progress(*run.totals());
        if run.is_complete() {
            shared.say("这次运行早已完成 / this run was complete");
        } else {
            let mut done = run.position().1.events;
            let mut parted = if done == 0 {
                let mut rejects = 0;
                let (first, second) = PartedInvoices::files_in(folder)?;
                let mut parted = ledger.invoices(shared, (first, second, args.part_size), &progress, &mut |bad| {
                    rejects += 1;
                    quarantine.tell(bad);
                    Ok(run.set_aside(&line_of(bad)?)?)
                })?;
                parted.seal_in(folder)?;
                done = 1;
                run.reached(0, Mark { events: done, ..Mark::default() }, &Totals { rejects, ..Totals::default() })?;
                parted
            } else {
                PartedInvoices::reopen_in(folder)?
            };
            let from = done as usize - 1;
            ledger.decide(shared, &mut parted, from, self.edition, &progress, &mut |part, outcomes| {
                let mut lines = Vec::new();
                outcomes.iter().try_for_each(|outcome| self.keep(outcome, &mut lines))?;
                run.write(&lines)?;
                let totals = totals_of(&outcomes);
                progress.finished(&totals);
                Ok(run.reached(0, Mark { events: part as u64 + 2, ..Mark::default() }, &totals)?)
            })?;
        }
        let rejects = run.totals().rejects;
        run.finish()?;
        quarantine.finish()?;
        if let Some(path) = &args.quarantine {
            hand_out(&kept, path)?;
        }
        Ok((Decided::read(File::open(spool)?)?, rejects, progress))
    }

    fn progress(&self, before: Totals) -> LoanProgress {
        let Self { shared, args, ledger, .. } = self;
        LoanProgress::new(shared, args.progress, args.metrics.clone(), ledger.loans.len(), before)
    }

    /// Everything that decides the output.
    fn manifest(&self, record: &RunRecord) -> Result<Manifest, Failure> {
        let args = self.args;
        let inputs: Vec<Input> =
            std::iter::once(&record.loans).chain(&record.invoices).map(|name| Input::named(name)).collect();
        let map = args.map.as_deref().map(fs::read_to_string).transpose()?.unwrap_or_default();
        let words = Path::new(&args.standard).join("english.toml");
        let words = if args.lang == Language::En && words.is_file() { hash_file(&words)? } else { String::new() };
        let edition = args.compare_edition.as_deref().unwrap_or("—");
        let options = [
            ("--standard", args.standard.as_str()),
            ("--format", ending(args.format)),
            ("--lang", if args.lang == Language::En { "en" } else { "zh" }),
            ("english.toml", &words),
            ("--compare-edition", edition),
            ("--map", &map),
        ];
        Ok(Manifest {
            fingerprint: self.ledger.fingerprint(),
            options: options.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            inputs: input_files(&inputs)?,
        })
    }

    /// Puts an outcome down with its row of the output.
    fn keep(&self, outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
        let Outcome { loan, decision, beside } = outcome;
        let row = match (self.args.format, beside) {
            // The line of JSON is made of the decision, which is kept anyway.
            (Format::Ndjson, None) => Vec::new(),
            (Format::Ndjson, Some(beside)) => vec![serde_json::to_string(beside)?],
            (format, Some(beside)) => editions::cells(beside, format != Format::Text),
            (Format::Text, None) => short_row(decision, &self.speech),
            (_, None) => long_row(decision, &self.speech),
        };
        let head = Head {
            loan: *loan,
            id: decision.loan_id.clone(),
            verdict: decision.verdict.code().to_owned(),
            noted: decision.flags.iter().any(|flag| flag.starts_with("A0")),
            differs: beside.as_ref().is_some_and(|beside| !beside.same),
            row,
        };
        head.write(decision, out)
    }

    fn write(&self, output: &mut Output, decided: &mut Decided) -> Result<(), Failure> {
        let Self { args, speech, .. } = self;
        if args.format == Format::Ndjson {
            return decided.each(|mut row, decision| {
                let line = match row.pop() {
                    Some(line) => line,
                    None => {
                        let decision: Value = serde_json::from_slice(decision).map_err(io::Error::from)?;
                        speech.value(&decision).to_string()
                    }
                };
                Ok(writeln!(output, "{line}")?)
            });
        }
        let (title, own) = match (self.edition, args.format) {
            (Some(_), _) => ("两版对照", editions::HEADINGS.iter().chain(&[])),
            (None, Format::Text) => ("认绿", HEADINGS.iter().chain(&[])),
            (None, _) => ("认绿", HEADINGS.iter().chain(MORE)),
        };
        let own: Vec<Heading<'static>> =
            own.map(|heading| Heading { name: heading.name, width: heading.width }).collect();
        let (title, names) = (speech.of(title), speech.names(&own));
        let headings = headings(&names, &own);
        let mut report = Report::new(args.format, &title, &headings);
        decided.each(|row, _| report.row(output, row))?;
        report.finish(output)
    }

    fn summarise(&self, decided: &mut Decided, store: &DecisionStore) -> Result<(), Failure> {
        let Self { shared, speech, .. } = self;
        if self.edition.is_some() {
            let (different, all) = (decided.different, decided.len());
            shared.say(&format!("两版结论或占比不同 {different} 笔，共 {all} 笔；对照只供参考，不用于认定"));
        }
        let words: Vec<String> = Verdict::ALL
            .iter()
            .zip(decided.verdicts)
            .map(|(verdict, count)| format!("{} {count}", speech.of(verdict.chinese())))
            .collect();
        shared.say(&speech.told(&format!("共 {} 笔", decided.len()), &words.join(speech.either("，", ", "))));
        if !decided.noted.is_empty() {
            let some: Vec<&str> = decided.noted.iter().take(5).map(|(_, id)| id.as_str()).collect();
            shared.say(&format!(
                "{} 笔的“已有证明”有未采用的，见提示列和 lvjian explain A001：{}",
                decided.noted.len(),
                some.join("、")
            ));
        }
        let first: Option<Value> = serde_json::from_slice(&decided.first()?).ok();
        for key in ["notice", "fingerprint"] {
            if let Some(words) = first.as_ref().and_then(|first| first.get(key)?.as_str()) {
                shared.say(&speech.of(words));
            }
        }
        shared.say(&speech.of(&format!("依据链已存 {}，用 lvjian why 借据号 查看", store.path().display())));
        Ok(())
    }
}

/// What a part of the loans came to.
fn totals_of(outcomes: &[Outcome]) -> Totals {
    let mut totals = Totals::default();
    outcomes.iter().for_each(|outcome| totals.count(outcome.decision.verdict, outcome.decision.amount));
    totals
}

/// The hash of every file of a run; standard input has none.
pub(super) fn hashes(record: &RunRecord) -> Result<Vec<(String, String)>, Failure> {
    let map = record.map.iter().map(|path| path.display().to_string());
    let names = std::iter::once(record.loans.clone()).chain(record.invoices.clone()).chain(map);
    let hash = |name: String| match hash_file(Path::new(&name)) {
        Ok(hash) => Ok((name, hash)),
        Err(error) => Err(Failure::Said(format!("{name}：无法读取 / cannot be read: {error}"))),
    };
    names.filter(|name| name != "-").map(hash).collect()
}
