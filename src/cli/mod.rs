//! The command line: one file per verb. Only here is anything printed, and only here is the clock read.

mod assess;
mod card;
mod catalogue;
mod classify;
mod contrast;
mod corpus;
mod decided;
mod dict;
mod editions;
mod explain;
mod find;
mod html;
mod language;
mod ledger;
mod matching;
mod output;
mod portfolio;
mod progress;
mod quarantine;
mod rate;
mod replay;
mod report;
mod runs;
mod similar;
mod standard;
mod why;

use std::{io, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;

use output::ColorWhen;

use crate::{Engine, EngineError, batch::RunError, catalogue::NoEdition, ingest::IngestError, store::StoreError};

/// 绿鉴：读发票明细和贷款用途，对照绿色目录，说明每一步 / reads invoice lines and loan purposes against the green catalogues.
#[derive(Debug, Parser)]
#[command(name = "lvjian", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Args)]
struct Shared {
    /// 按哪一天的目录判断（YYYY-MM-DD，默认今天）/ the day whose catalogue applies
    #[arg(long, global = true, value_name = "DATE")]
    as_of: Option<Date>,
    /// 用此词典目录代替内置词典 / a dictionary folder in place of the one that ships
    #[arg(long = "base", global = true, value_name = "DIR")]
    base: Option<PathBuf>,
    /// 叠加词典目录，可重复，后者优先 / dictionary overlay folder, repeatable
    #[arg(long = "dict", global = true, value_name = "DIR")]
    overlays: Vec<PathBuf>,
    /// 线程数（结果与线程数无关）/ threads; they never change the result
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    /// 少说 / say less on stderr
    #[arg(short, long, global = true)]
    quiet: bool,
    /// 多说：载入与运行用时 / say more: how long things took
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
    /// 终端颜色 / colours
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    color: ColorWhen,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// 逐行判断发票明细或文本 / read lines of text
    Classify(classify::ClassifyArgs),
    /// 认绿：贷款台账加发票 / decide loans with their invoices
    Assess(assess::AssessArgs),
    /// 评绿：企业采集表加发票 / rate enterprises with their invoices
    Rate(rate::RateArgs),
    /// 为什么：一笔贷款或一段文字的依据链 / the trace of a loan or a text
    Why(why::WhyArgs),
    /// 重放：重新计算存档的决定并逐字节比较 / decide a stored run again and compare
    Replay(replay::ReplayArgs),
    /// 绿色认定卡：一笔贷款一张纸 / one loan's decision on a sheet of paper
    Card(card::CardArgs),
    /// 组合报告和报送口径 / the portfolio report and the filing views
    Report(portfolio::PortfolioArgs),
    /// 看某一阶段的内部 / look inside a stage
    Match(matching::MatchArgs),
    /// 查词典、目录和已存的决定 / search dictionary, catalogue and decisions
    Find(find::FindArgs),
    /// 解释一个代码 / explain a code
    Explain(explain::ExplainArgs),
    /// 目录条目 / catalogue entries
    Catalogue(catalogue::CatalogueArgs),
    /// 规则包 / rule packs
    Standard(standard::StandardArgs),
    /// 生成命令补全脚本 / a completion script for a shell
    Completion {
        /// bash、zsh、fish、powershell、elvish
        shell: clap_complete::Shell,
    },
    /// 程序与所带知识的版本 / version of the program and of the knowledge that ships with it
    Version,
    /// 词典维护台 / the dictionary maintainer's desk
    Dict(dict::DictArgs),
    /// 标注语料与成绩 / labelled texts and figures
    Corpus(corpus::CorpusArgs),
}

/// Why the program could not run, or what it found.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Edition(#[from] NoEdition),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Run(RunError),
    #[error("{0}")]
    Said(String),
    #[error("输出失败 / cannot write: {0}")]
    Output(#[from] io::Error),
    /// Findings: the run is done, and the exit code is 1.
    #[error("{0}")]
    Findings(String),
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Output(error) => Self::Output(error),
            other => Self::Run(other),
        }
    }
}

impl Shared {
    /// The engine, kept until the process ends: giving its memory back piece by piece would only take time.
    fn engine(&self) -> Result<&'static Engine, Failure> {
        let began = std::time::Instant::now();
        let overlays: Vec<&std::path::Path> = self.overlays.iter().map(PathBuf::as_path).collect();
        let engine: &'static Engine = Box::leak(Box::new(Engine::with_folders(self.base.as_deref(), &overlays)?));
        self.detail(&format!("词典与目录载入 {:.0} 毫秒 / loaded", began.elapsed().as_secs_f64() * 1e3));
        Ok(engine)
    }

    fn as_of(&self) -> Date {
        self.as_of.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).clamp(1, 256)
    }

    /// Details go to stderr when the user wants them.
    fn detail(&self, message: &str) {
        if self.verbose {
            eprintln!("{}", output::harmless(message));
        }
    }

    /// Prose goes to stderr, unless the user wants quiet.
    fn say(&self, message: &str) {
        if !self.quiet {
            eprintln!("{}", output::harmless(message));
        }
    }
}

/// Runs the command line. 0 done, 1 findings, 2 could not run; a broken pipe is 0.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    output::choose_color(cli.shared.color);
    #[cfg(feature = "parquet")]
    leave_panics_of_parquet_to_their_reader();
    let began = std::time::Instant::now();
    let outcome = match &cli.verb {
        Verb::Classify(args) => classify::run(&cli.shared, args),
        Verb::Assess(args) => assess::run(&cli.shared, args),
        Verb::Rate(args) => rate::run(&cli.shared, args),
        Verb::Why(args) => why::run(&cli.shared, args),
        Verb::Replay(args) => replay::run(&cli.shared, args),
        Verb::Card(args) => card::run(&cli.shared, args),
        Verb::Report(args) => portfolio::run(&cli.shared, args),
        Verb::Match(args) => matching::run(&cli.shared, args),
        Verb::Find(args) => find::run(&cli.shared, args),
        Verb::Explain(args) => explain::run(args),
        Verb::Catalogue(args) => catalogue::run(&cli.shared, args),
        Verb::Standard(args) => standard::run(&cli.shared, args),
        Verb::Completion { shell } => {
            clap_complete::generate(*shell, &mut <Cli as clap::CommandFactory>::command(), "lvjian", &mut io::stdout());
            Ok(())
        }
        Verb::Version => version(&cli.shared),
        Verb::Dict(args) => dict::run(&cli.shared, args),
        Verb::Corpus(args) => corpus::run(&cli.shared, args),
    };
    cli.shared.detail(&format!("共用 {:.3} 秒 / took", began.elapsed().as_secs_f64()));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Findings(message)) => {
            eprintln!("lvjian: {}", output::harmless(&message));
            ExitCode::from(1)
        }
        Err(failure) => {
            eprintln!("lvjian: {}", output::harmless(&failure.to_string()));
            ExitCode::from(2)
        }
    }
}

/// The parquet crate panics where a damaged file breaks what it asserts. The reader makes an error of it that names the file,
/// which is all that a user wants to see.
#[cfg(feature = "parquet")]
fn leave_panics_of_parquet_to_their_reader() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|place| place.file().contains("parquet-")) {
            tell(panic);
        }
    }));
}

/// The fingerprint for each edition and pack that ships.
fn version(shared: &Shared) -> Result<(), Failure> {
    use io::Write;
    let engine = shared.engine()?;
    let mut out = io::stdout().lock();
    writeln!(out, "lvjian {}", env!("CARGO_PKG_VERSION"))?;
    for edition in engine.catalogue().editions().iter().filter(|edition| edition.has_table) {
        for standard in engine.standards() {
            writeln!(out, "{}", engine.fingerprint(&edition.id, Some(standard)))?;
        }
    }
    Ok(())
}
