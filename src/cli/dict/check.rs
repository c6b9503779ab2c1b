//! `dict check`: findings in the tables, one code each.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::Args;

use super::super::{Failure, Shared, output::Output};
use super::{folder_of, impact::ReportFormat};
use crate::{
    diag::{Diagnostic, Severity},
    dictionary::{
        Texts,
        lint::{LintTask, RawFolder, lint},
    },
    engine::Engine,
    model::{Document, TextKind},
    text::decode,
};

/// Files of the shipped dictionary that a folder without its own is read with.
const LENT: [&str; 5] = ["clauses.toml", "cues.toml", "heads.toml", "ordinary.toml", "tax-labels.csv"];

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// 要检查的词典目录，先列的在下层（默认：--base，或当前目录的 dictionaries，或内置词典；加 --dict 各层）/ folders to check
    folders: Vec<PathBuf>,
    /// 语料，每行一段发票文字：数命中，找夹在常用词里的词 / lines in which terms are counted
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// 输出格式 / format
    #[arg(long, value_enum, default_value = "text")]
    format: ReportFormat,
    /// 输出到文件 / output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(shared: &Shared, args: &CheckArgs) -> Result<(), Failure> {
    let said = |error: crate::dictionary::DictionaryError| Failure::Said(error.to_string());
    let shipped = RawFolder::shipped();
    let mut layers = Vec::new();
    if args.folders.is_empty() {
        let folder = folder_of(shared, None);
        layers.push(folder.as_deref().map_or_else(|| Ok(RawFolder::shipped()), RawFolder::read).map_err(said)?);
    }
    for folder in args.folders.iter().chain(&shared.overlays) {
        layers.push(RawFolder::read(folder).map_err(said)?);
    }
    let corpus: Vec<String> = match &args.corpus {
        None => Vec::new(),
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|error| Failure::Said(format!("{}: {error}", path.display())))?;
            decode(&bytes).text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        }
    };

    // A folder that stands alone is complete in what it says; what it lacks is lent.
    let mut texts: Vec<Texts> = layers.iter().map(|layer| layer.files.clone()).collect();
    if let Some(first) = texts.first_mut() {
        for file in LENT {
            if let Some(text) = shipped.files.get(file) {
                first.entry(file.to_owned()).or_insert_with(|| text.clone());
            }
        }
    }
    let catalogue_only = Engine::with_layers(&[], None)?;
    let built = Engine::with_layers(&texts, None);
    let as_of = shared.as_of();
    let matcher = match &built {
        Ok(engine) => Some(engine.matcher(as_of)?),
        Err(_) => None,
    };
    let read = matcher.map(|matcher| {
        move |text: &str, kind: TextKind| matcher.read(&Document { text: text.to_owned(), kind, ..Document::default() })
    });
    let task = LintTask {
        layers: &layers,
        shipped: &shipped,
        catalogue: catalogue_only.catalogue(),
        as_of,
        read: read.as_ref().map(|read| read as _),
        compile_error: built.as_ref().err().map(ToString::to_string),
        is_word: &|word| catalogue_only.segmenter().has_word(word),
        corpus: &corpus,
        threads: shared.threads(),
    };
    let found = lint(&task);
    report(args, &found)?;

    let count = |severity| found.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Info));
    let summary = format!("{errors} 个错误，{warnings} 个警告，{notes} 个提示 / errors, warnings, notes");
    if errors > 0 {
        return Err(Failure::Findings(summary));
    }
    shared.say(&summary);
    Ok(())
}

fn report(args: &CheckArgs, found: &[Diagnostic]) -> Result<(), Failure> {
    let mut out = Output::open(args.output.as_deref())?;
    for finding in found {
        match args.format {
            ReportFormat::Ndjson => {
                let line = serde_json::to_string(finding).map_err(|error| Failure::Said(error.to_string()))?;
                writeln!(out, "{line}")?;
            }
            ReportFormat::Text => {
                let place = match finding.line {
                    0 => finding.file.clone(),
                    line => format!("{}:{line}", finding.file),
                };
                let (code, severity) = (finding.code, finding.severity.chinese());
                writeln!(out, "{place}  {code} {severity}  {} {}", finding.id, finding.message)?;
            }
        }
    }
    if args.format == ReportFormat::Text && !found.is_empty() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in found {
            *counts.entry(finding.code).or_default() += 1;
        }
        let counts: Vec<String> = counts.iter().map(|(code, count)| format!("{code}×{count}")).collect();
        writeln!(out, "\n{}（lvjian explain 代码）", counts.join("  "))?;
    }
    out.finish()
}
