//! `dict find`: terms, exclusions and negatives like a word.

use std::{collections::BTreeSet, io::Write, path::PathBuf};

use clap::Args;
use serde_json::json;

use super::super::{Failure, Shared, output::Output, similar::similar_terms};
use super::{desk::Desk, impact::ReportFormat};
use crate::text::fold_text;

#[derive(Debug, Args)]
pub struct FindArgs {
    /// 要找的词 / what to look for
    query: String,
    /// 词典目录（默认 --base，或 dictionaries，或内置词典）/ the dictionary folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 每类最多几条 / most answers of each kind
    #[arg(long, default_value_t = 12, value_name = "N")]
    limit: usize,
    /// 输出格式
    #[arg(long, value_enum, default_value = "text")]
    format: ReportFormat,
}

pub(super) fn run(shared: &Shared, args: &FindArgs) -> Result<(), Failure> {
    let desk = Desk::open(shared, args.dir.as_deref())?;
    let folded = fold_text(&args.query);
    let mut out = Output::open(None)?;
    let mut any = false;
    for (term, way) in similar_terms(&desk.engine, &args.query, args.limit)? {
        any = true;
        let codes: BTreeSet<&str> = term.links.iter().flat_map(|link| link.codes.iter().map(String::as_str)).collect();
        let layer = desk.rows(&term.id).last().map(|placed| placed.layer.name()).unwrap_or_default();
        let alias = term.aliases.iter().find(|alias| fold_text(alias).contains(&folded));
        match args.format {
            ReportFormat::Ndjson => writeln!(
                out,
                "{}",
                json!({"kind": "term", "id": term.id, "term": term.term, "alias": alias, "way": way,
                       "scene": term.scene.code(), "strength": term.strength.code(), "codes": codes, "layer": layer})
            )?,
            ReportFormat::Text => {
                let codes = codes.into_iter().collect::<Vec<_>>().join(" ");
                let alias = alias.map(|alias| format!("（{alias}）")).unwrap_or_default();
                let kind = format!("{}·{}", term.scene.chinese(), term.strength.chinese());
                writeln!(out, "[{way}] {} {}{alias}  {kind}  {codes}  {layer}", term.id, term.term)?;
            }
        }
    }
    let dictionary = desk.engine.dictionary();
    for exclusion in dictionary.exclusions().iter().filter(|row| row.surface.contains(&folded)).take(args.limit) {
        any = true;
        match args.format {
            ReportFormat::Ndjson => writeln!(
                out,
                "{}",
                json!({"kind": "exclusion", "surface": exclusion.surface, "reason": exclusion.reason})
            )?,
            ReportFormat::Text => writeln!(out, "[排除词] {}：{}", exclusion.surface, exclusion.reason)?,
        }
    }
    let negatives = dictionary.negatives().iter().filter(|negative| {
        std::iter::once(&negative.surface).chain(&negative.aliases).any(|name| fold_text(name).contains(&folded))
    });
    for negative in negatives.take(args.limit) {
        any = true;
        match args.format {
            ReportFormat::Ndjson => {
                writeln!(out, "{}", json!({"kind": "negative", "id": negative.id, "surface": negative.surface}))?;
            }
            ReportFormat::Text => writeln!(out, "[负面清单] {} {}", negative.id, negative.surface)?,
        }
    }
    out.finish()?;
    if any { Ok(()) } else { Err(Failure::Findings(format!("没有像 {} 的词 / nothing like it", args.query))) }
}
