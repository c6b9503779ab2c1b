//! `match`: look inside a stage.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::{Failure, Shared, output::Output};
use crate::{
    model::{Document, TextKind},
    text::{Layout, fold},
};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Stage {
    Fold,
    Tokens,
    Candidates,
    Rejected,
}

#[derive(Debug, Args)]
pub struct MatchArgs {
    /// 文字 / the text
    text: String,
    /// 阶段 / the stage
    #[arg(long, value_enum, default_value = "candidates")]
    stage: Stage,
    /// 文本类型 / kind of text
    #[arg(long, default_value = "invoice_line")]
    kind: String,
}

pub(super) fn run(shared: &Shared, args: &MatchArgs) -> Result<(), Failure> {
    let kind = TextKind::from_code(&args.kind)
        .ok_or_else(|| Failure::Said("kind: invoice_line, purpose, scope".to_owned()))?;
    let mut out = Output::open(None)?;
    let folded = fold(&args.text);
    let text = folded.text();
    let document = Document { text: args.text.clone(), kind, ..Document::default() };
    let piece = |start: usize, end: usize| text.get(start..end).unwrap_or_default();
    match args.stage {
        Stage::Fold => {
            writeln!(out, "{text}")?;
            let layout = Layout::of(text, kind == TextKind::InvoiceLine);
            if let Some(label) = layout.label_text(text) {
                writeln!(out, "简称  {label}")?;
            }
            for phrase in &layout.phrases {
                let span = folded.original(phrase.start, phrase.end);
                let mark = if phrase.bracketed { "括号 " } else { "" };
                writeln!(out, "短语  {}  {mark}原文字节 {}–{}", piece(phrase.start, phrase.end), span.start, span.end)?;
            }
        }
        Stage::Tokens => {
            let engine = shared.engine()?;
            let tokens = engine.segmenter().tokens(text);
            let words: Vec<&str> = tokens.iter().map(|&(start, end)| piece(start, end)).collect();
            writeln!(out, "{}", words.join(" / "))?;
        }
        Stage::Candidates => {
            let engine = shared.engine()?;
            let matcher = engine.matcher(shared.as_of())?;
            for (candidate, span) in matcher.candidates(&document) {
                let term = engine.dictionary().term(candidate.term);
                let name = term.map_or_else(String::new, |term| format!("{} {}", term.id, term.term));
                let words = piece(candidate.start, candidate.end);
                writeln!(out, "{}–{}  {words}  {}  {name}", span.start, span.end, candidate.via.chinese())?;
            }
        }
        Stage::Rejected => {
            let engine = shared.engine()?;
            for refused in engine.classify(&document, shared.as_of())?.rejected {
                let span = refused.span;
                let words = span.slice(&args.text).unwrap_or_default();
                writeln!(
                    out,
                    "{}–{}  {words}  {} {}  {}",
                    span.start, span.end, refused.term_id, refused.code, refused.reason
                )?;
            }
        }
    }
    out.finish()
}
