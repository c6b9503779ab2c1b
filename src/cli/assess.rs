//! `assess`: loans with their invoices in, 认绿 decisions out.

use std::{
    collections::HashSet,
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    Failure, Shared,
    classify::column_map,
    editions,
    language::{Language, Speech, headings},
    output::{Format, Output},
    quarantine::{finish_quarantine, tell_ignored},
    report::{self, Heading},
    runs::files,
    standard::find_pack,
};
use crate::{
    decision::{Decision, SideBySide},
    engine::{DecisionTask, LoanInput},
    ingest::{Input, InvoiceBook, Quarantined, Sink, read_loans},
    model::{Loan, Verdict},
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

fn long_headings() -> Vec<Heading<'static>> {
    HEADINGS.iter().chain(MORE).map(|heading| Heading { name: heading.name, width: heading.width }).collect()
}

/// What a run of `assess` gives.
pub(super) struct Assessed {
    /// Decisions in ledger order.
    pub decisions: Vec<Decision>,
    /// The same loans with the edition asked for beside their own, in that order.
    pub beside: Vec<SideBySide>,
    /// Rows that could not be read.
    pub set_aside: Vec<Quarantined>,
}

pub(super) fn run(shared: &Shared, args: &AssessArgs) -> Result<(), Failure> {
    let speech = Speech::new(args.lang, Some(&args.standard))?;
    let mut record = RunRecord {
        loans: args.loans.clone(),
        invoices: files(&args.invoices)?,
        map: args.map.clone(),
        standard: args.standard.clone(),
        hashes: Vec::new(),
    };
    let assessed = assess_files(shared, &record, args.compare_edition.as_deref())?;
    record.hashes = hashes(&record)?;
    let store = DecisionStore::new(&args.store);
    store.save(&assessed.decisions)?;
    store.save_record(&record)?;
    if args.compare_edition.is_some() {
        editions::write(args.format, args.output.as_deref(), &assessed.beside)?;
        let differ = assessed.beside.iter().filter(|row| !row.same).count();
        shared
            .say(&format!("两版结论或占比不同 {differ} 笔，共 {} 笔；对照只供参考，不用于认定", assessed.beside.len()));
    } else {
        write(args.format, args.output.as_deref(), &assessed.decisions, &speech)?;
    }
    summarise(shared, &assessed.decisions, &store, &speech);
    finish_quarantine(shared, &assessed.set_aside, args.quarantine.as_deref(), args.fail_on_rejects)
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

/// What the files of a run hold.
pub(super) struct RunFiles {
    /// Loans in ledger order.
    pub loans: Vec<Loan>,
    /// The borrowers' invoice lines.
    pub book: InvoiceBook,
    /// Rows that could not be read.
    pub set_aside: Vec<Quarantined>,
}

/// Reads the files of a run.
pub(super) fn read_files(shared: &Shared, record: &RunRecord) -> Result<RunFiles, Failure> {
    let map = column_map(record.map.as_deref())?;
    let mut set_aside = Vec::new();
    let mut loans: Vec<Loan> = Vec::new();
    let ledger = Input::named(&record.loans);
    let mut sink = Sink { give: &mut |loan| loans.push(loan), set_aside: &mut |bad| set_aside.push(bad) };
    let found = read_loans(&ledger, &map, &mut sink)?;
    tell_ignored(shared, ledger.name(), &found.ignored);
    if let Some(encoding) = found.encoding {
        shared.say(&format!("{}：按 {} 读取", record.loans, encoding.name()));
    }
    let inputs: Vec<Input> = record.invoices.iter().map(|name| Input::named(name)).collect();
    let mut report = |input: &Input, found: &crate::ingest::TableReport| {
        if let Some(encoding) = found.encoding {
            shared.say(&format!("{}：按 {} 读取", input.name(), encoding.name()));
        }
        tell_ignored(shared, input.name(), &found.ignored);
    };
    // What the loans do not need is not kept: a month of invoices of all customers may be far larger than the ledger.
    let borrowers: HashSet<&str> = loans.iter().map(Loan::borrower).collect();
    let keep = |buyer_id: &str, buyer: &str| borrowers.contains(buyer_id) || borrowers.contains(buyer);
    let book = InvoiceBook::read(&inputs, &map, &keep, &mut |bad| set_aside.push(bad), &mut report)?;
    Ok(RunFiles { loans, book, set_aside })
}

/// Reads the files of a run and decides every loan.
pub(super) fn assess_files(shared: &Shared, record: &RunRecord, beside: Option<&str>) -> Result<Assessed, Failure> {
    let engine = shared.engine()?;
    let beside = beside.map(|id| editions::edition(engine, id)).transpose()?;
    let standard = find_pack(engine, &record.standard)?;
    if standard.rules.is_empty() {
        return Err(Failure::Said(format!("规则包 {} 没有认绿规则（loan.toml）", standard.id)));
    }
    let RunFiles { loans, book, set_aside } = read_files(shared, record)?;
    shared.say(&format!(
        "贷款 {} 笔，发票明细 {} 行{}{}",
        loans.len(),
        book.lines.len(),
        if book.repeated > 0 {
            format!("（另有 {} 行重复发票已略去）", book.repeated)
        } else {
            String::new()
        },
        if book.others > 0 {
            format!("（另有 {} 行不属于这些借款人，未保留）", book.others)
        } else {
            String::new()
        }
    ));
    let total = loans.len();
    let live = std::io::stderr().is_terminal() && !shared.quiet;
    let progress = |done: usize| {
        if live {
            eprint!("\r认绿 {done}/{total}");
        }
    };
    let task = DecisionTask { standard: &standard, threads: shared.threads(), progress: &progress, edition: None };
    let input = LoanInput { loans: &loans, invoices: &book.lines };
    let decisions = engine.assess(input, task);
    let trials = beside.map_or_else(Vec::new, |_| engine.assess(input, DecisionTask { edition: beside, ..task }));
    let pairs = decisions.iter().zip(&trials);
    let beside = pairs.map(|(own, other)| SideBySide::of(own, other, engine.catalogue())).collect();
    if live {
        eprintln!();
    }
    Ok(Assessed { decisions, beside, set_aside })
}

fn write(format: Format, path: Option<&Path>, decisions: &[Decision], speech: &Speech) -> Result<(), Failure> {
    let long = long_headings();
    let names = speech.names(&long);
    let long = headings(&names, &long);
    let rows = || decisions.iter().map(|decision| long_row(decision, speech));
    let mut output = Output::open(path)?;
    match format {
        Format::Text => {
            let rows: Vec<Vec<String>> = decisions.iter().map(|decision| short_row(decision, speech)).collect();
            report::text(&mut output, long.get(..HEADINGS.len()).unwrap_or(&long), &rows)?;
        }
        Format::Ndjson => {
            for decision in decisions {
                let decision = serde_json::to_value(decision).map_err(std::io::Error::from)?;
                serde_json::to_writer(&mut output, &speech.value(&decision)).map_err(std::io::Error::from)?;
                output.write_all(b"\n")?;
            }
        }
        Format::Csv => report::csv(&mut output, &long, rows())?,
        #[cfg(feature = "parquet")]
        Format::Parquet => report::parquet(&mut output, &long, rows())?,
        Format::Xlsx => report::xlsx(&mut output, &speech.of("认绿"), &long, rows())?,
    }
    output.finish()
}

fn summarise(shared: &Shared, decisions: &[Decision], store: &DecisionStore, speech: &Speech) {
    let words: Vec<String> = Verdict::ALL
        .iter()
        .map(|verdict| {
            let count = decisions.iter().filter(|decision| decision.verdict == *verdict).count();
            format!("{} {count}", speech.of(verdict.chinese()))
        })
        .collect();
    shared.say(&speech.told(&format!("共 {} 笔", decisions.len()), &words.join(speech.either("，", ", "))));
    let noted: Vec<&str> = decisions
        .iter()
        .filter(|own| own.flags.iter().any(|flag| flag.starts_with("A0")))
        .map(|own| own.loan_id.as_str())
        .collect();
    if !noted.is_empty() {
        shared.say(&format!(
            "{} 笔的“已有证明”有未采用的，见提示列和 lvjian explain A001：{}",
            noted.len(),
            noted.iter().take(5).copied().collect::<Vec<_>>().join("、")
        ));
    }
    if let Some(first) = decisions.first() {
        shared.say(&speech.of(&first.notice));
        shared.say(&first.fingerprint);
    }
    shared.say(&speech.of(&format!("依据链已存 {}，用 lvjian why 借据号 查看", store.path().display())));
}
