//! What long runs share: where answers and rows set aside go, progress, limits, and taking up a run again.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{
    Failure,
    output::Output,
    progress::{Progress, ProgressFormat},
    quarantine::{Quarantine, is_workbook, line_of, write_workbook},
    report::Report,
};
use crate::{
    batch::{InputFile, Manifest, Mark, Receiver, Run, RunError, Totals},
    ingest::{CHUNK, Input, Quarantined},
    model::{Classification, Document, Money, Verdict},
};

/// Options of long runs.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// 隔离行写入的文件：.xlsx 可改正后重新提交，其余为 NDJSON / where bad rows go
    #[arg(long, value_name = "FILE")]
    pub quarantine: Option<PathBuf>,
    /// 有这些结果时退出码为 1：rejects 或结论，逗号分隔 / exit 1 when there are such rows
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub fail_on: Vec<FailOn>,
    /// 同 --fail-on rejects
    #[arg(long, hide = true)]
    pub fail_on_rejects: bool,
    /// 隔离行超过 N 行即中止，退出码 2 / stop when more rows are set aside
    #[arg(long, value_name = "N")]
    pub max_rejects: Option<u64>,
    /// 进度：终端上自动显示，json 为每秒一行 / progress on standard error
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: ProgressFormat,
    /// Prometheus 文本格式的指标文件 / metrics for Prometheus
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// 可续跑的运行：清单与检查点存于此目录 / a run that can be taken up again
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// 接着做 --run 目录里没做完的运行 / take up the run again
    #[arg(long, requires = "run")]
    pub resume: bool,
    /// Bytes that one thread takes at a time; for tests of the seams between chunks.
    #[arg(long, hide = true, default_value_t = CHUNK)]
    pub chunk_size: usize,
    /// Chunks between two checkpoints; for tests.
    #[arg(long, hide = true, default_value_t = 16)]
    pub checkpoint_every: u64,
}

/// What makes a run end with findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Rows set aside.
    Rejects,
    /// 绿色.
    Green,
    /// 待补证.
    NeedsEvidence,
    /// 人工复核.
    Review,
    /// 非绿.
    NotGreen,
}

impl RunArgs {
    /// Whether the run ends with findings, and which.
    pub fn findings(&self, rejects: u64, verdicts: &[u64; 4]) -> Result<(), Failure> {
        let mut found = Vec::new();
        for what in self.fail_on.iter().copied().chain(self.fail_on_rejects.then_some(FailOn::Rejects)) {
            let verdict = match what {
                FailOn::Rejects => None,
                FailOn::Green => Some(Verdict::Green),
                FailOn::NeedsEvidence => Some(Verdict::NeedsEvidence),
                FailOn::Review => Some(Verdict::Review),
                FailOn::NotGreen => Some(Verdict::NotGreen),
            };
            let (name, count) = match verdict {
                None => ("被隔离", rejects),
                Some(verdict) => (verdict.chinese(), verdicts.get(verdict as usize).copied().unwrap_or_default()),
            };
            if count > 0 {
                found.push(format!("{name} {count} 行"));
            }
        }
        found.dedup();
        if found.is_empty() { Ok(()) } else { Err(Failure::Findings(format!("{} / findings", found.join("，")))) }
    }

    /// Opens the run that `--run` names: its output becomes `target`, or a file in the folder.
    pub fn open_run(
        &self,
        inputs: &[Input],
        target: Option<&Path>,
        ending: &str,
        fingerprint: String,
        options: Vec<(String, String)>,
    ) -> Result<Option<Run>, Failure> {
        let Some(folder) = &self.run else { return Ok(None) };
        let target = target.map_or_else(|| folder.join(format!("output.{ending}")), Path::to_owned);
        let packed = target.extension().is_some_and(|ending| ending == "gz" || ending == "zst");
        if packed {
            return Err(Failure::Said("--run 的输出不能压缩 / the output of --run cannot be packed".to_owned()));
        }
        let manifest = Manifest { fingerprint, options, inputs: input_files(inputs)? };
        Ok(Some(Run::open(folder, &target, &manifest, self.resume, self.checkpoint_every)?))
    }
}

/// The files of a run as they are now.
pub fn input_files(inputs: &[Input]) -> Result<Vec<InputFile>, Failure> {
    let file = |input: &Input| {
        let Input::Path(path) = input else {
            return Err(Failure::Said("标准输入不能续跑 / standard input cannot be taken up again".to_owned()));
        };
        let name = path.display().to_string();
        InputFile::of(&name).map_err(|error| Failure::Said(format!("{name}：无法读取 / cannot be read: {error}")))
    };
    inputs.iter().map(file).collect()
}

/// Hands the rows that a finished run has set aside to where the user asked.
pub fn hand_out(kept: &Path, path: &Path) -> Result<(), Failure> {
    if is_workbook(path) {
        return write_workbook(File::open(kept)?, path);
    }
    let mut output = Output::open(Some(path))?;
    std::io::copy(&mut File::open(kept)?, &mut output)?;
    output.finish()
}

/// A reading as cells of a report.
pub type Row = fn(&Document, &Classification) -> Vec<String>;

/// Rows of a run that is not finished: tables other than plain text cannot be cut back to a checkpoint.
pub struct Rows {
    /// Where they are kept, one JSON array a line.
    pub kept: PathBuf,
    /// The file they become.
    pub target: PathBuf,
}

impl Rows {
    /// Lays the rows out. The file appears whole or not at all; when a kill prevents it, it is done again.
    pub fn lay_out(&self, mut report: Report<'_>) -> Result<(), Failure> {
        let mut output = Output::open(Some(&self.target))?;
        for line in BufReader::new(File::open(&self.kept)?).lines() {
            let row: Vec<String> = serde_json::from_str(&line?).map_err(std::io::Error::from)?;
            report.row(&mut output, row)?;
        }
        report.finish(&mut output)?;
        output.finish_safely()
    }
}

/// Where answers go.
pub enum Destination {
    /// An output file or standard output.
    Output(Output),
    /// A run that can be taken up again; its readings are laid out at the end, where they come as rows.
    Run(Run, Option<Rows>),
    /// Nowhere: the answers are written by whoever makes them.
    #[cfg(feature = "parquet")]
    Elsewhere,
}

/// Puts the answers of a run where they belong.
pub struct Taker<'t> {
    /// Where answers go.
    pub destination: Destination,
    /// How readings are laid out that do not come as bytes.
    pub report: Option<(Report<'static>, Row)>,
    /// Where rows set aside go.
    pub quarantine: Quarantine<'t>,
    /// What was counted.
    pub totals: Totals,
    /// Number of the file that is being read.
    pub file: usize,
    /// Shows how far the run is.
    pub progress: Progress,
    /// Rows that may be set aside.
    pub max_rejects: Option<u64>,
}

impl Receiver for Taker<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        let written = match &mut self.destination {
            Destination::Output(output) => std::io::Write::write_all(output, bytes),
            Destination::Run(run, _) => run.write(bytes),
            #[cfg(feature = "parquet")]
            Destination::Elsewhere => Ok(()),
        };
        Ok(written?)
    }

    fn reading(&mut self, document: Document, reading: Classification) -> Result<(), RunError> {
        let Some((report, row)) = &mut self.report else { return Ok(()) };
        match &mut self.destination {
            Destination::Output(output) => report.row(output, row(&document, &reading)).map_err(said),
            Destination::Run(run, _) => {
                let mut line = serde_json::to_vec(&row(&document, &reading)).map_err(std::io::Error::from)?;
                line.push(b'\n');
                Ok(run.write(&line)?)
            }
            #[cfg(feature = "parquet")]
            Destination::Elsewhere => Ok(()),
        }
    }

    fn set_aside(&mut self, bad: Quarantined) -> Result<(), RunError> {
        match &mut self.destination {
            Destination::Output(_) => self.quarantine.add(&bad).map_err(said),
            #[cfg(feature = "parquet")]
            Destination::Elsewhere => self.quarantine.add(&bad).map_err(said),
            Destination::Run(run, _) => {
                self.quarantine.tell(&bad);
                Ok(run.set_aside(&line_of(&bad).map_err(said)?)?)
            }
        }
    }

    fn reached(&mut self, mark: Mark, part: &Totals) -> Result<(), RunError> {
        self.totals.add(part);
        if let Destination::Run(run, _) = &mut self.destination {
            run.reached(self.file, mark, part)?;
        }
        self.progress.at(&self.totals);
        match self.max_rejects {
            Some(most) if self.totals.rejects > most => Err(RunError::TooManyRejects(self.totals.rejects, most)),
            _ => Ok(()),
        }
    }
}

fn said(failure: Failure) -> RunError {
    match failure {
        Failure::Output(error) => RunError::Output(error),
        other => RunError::Said(other.to_string()),
    }
}

impl Taker<'_> {
    /// Finishes output, quarantine and progress, and gives what was counted.
    pub fn finish(self, args: &RunArgs) -> Result<Totals, Failure> {
        let Self { destination, report, quarantine, totals, mut progress, .. } = self;
        match destination {
            Destination::Output(mut output) => {
                if let Some((report, _)) = report {
                    report.finish(&mut output)?;
                }
                output.finish()?;
            }
            #[cfg(feature = "parquet")]
            Destination::Elsewhere => {}
            Destination::Run(run, rows) => {
                let kept = run.quarantine_path();
                run.finish()?;
                if let (Some((report, _)), Some(rows)) = (report, rows) {
                    rows.lay_out(report)?;
                }
                if let Some(path) = &args.quarantine {
                    hand_out(&kept, path)?;
                }
            }
        }
        progress.end(&totals);
        quarantine.finish()?;
        Ok(totals)
    }
}

/// What was counted, in words: rows and amounts by verdict, rows set aside.
pub fn summary(totals: &Totals) -> String {
    let counts: Vec<String> = Verdict::ALL
        .iter()
        .zip(totals.verdicts.iter().zip(totals.fen))
        .map(|(verdict, (count, fen))| {
            let amount =
                if totals.with_amount > 0 { format!("（{} 元）", Money::from_fen(fen)) } else { String::new() };
            format!("{} {count}{amount}", verdict.chinese())
        })
        .collect();
    let rejects = if totals.rejects > 0 { format!("，隔离 {}", totals.rejects) } else { String::new() };
    format!("共 {} 行：{}{rejects}", totals.rows, counts.join("，"))
}

/// The files that `names` stand for: patterns such as `发票/*.csv` are spread out, in order of name.
pub fn files(names: &[String]) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    for name in names {
        let is_pattern = name.contains(['*', '?', '[']) && !Path::new(name).exists();
        if !is_pattern {
            files.push(name.clone());
            continue;
        }
        let failed = |error: String| Failure::Said(format!("{name}：{error}"));
        let paths = glob::glob(name).map_err(|error| failed(error.to_string()))?;
        let before = files.len();
        for path in paths {
            let path = path.map_err(|error| failed(error.to_string()))?;
            if path.is_file() {
                files.push(path.to_string_lossy().into_owned());
            }
        }
        if files.len() == before {
            return Err(failed("没有匹配的文件 / no such file".to_owned()));
        }
    }
    Ok(files)
}

/// Bytes of the files, where they can be compared with bytes read: packed files and workbooks cannot.
pub fn total_bytes(inputs: &[Input]) -> Option<u64> {
    inputs
        .iter()
        .map(|input| match input {
            Input::Path(path) => {
                let name = path.to_string_lossy().to_lowercase();
                let readable = ![".gz", ".zst", ".xlsx", ".ofd", ".xml"].iter().any(|ending| name.ends_with(ending));
                path.metadata().ok().filter(|_| readable).map(|data| data.len())
            }
            Input::Stdin => None,
        })
        .sum()
}
