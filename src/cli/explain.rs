//! `explain CODE`: what a stable code means.

use std::io::Write;

use clap::Args;

use super::{Failure, output::Output};
use crate::diag;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// 代码，如 M005、Q004、L5；不给则列出全部 / a code; all of them when none is given
    code: Option<String>,
}

pub(super) fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let mut out = Output::open(None)?;
    match &args.code {
        None => {
            for code in diag::documented() {
                writeln!(out, "{code}  {}", diag::explain(code).map_or("", |doc| doc.title.as_str()))?;
            }
        }
        Some(code) => {
            let doc = diag::explain(code)
                .ok_or_else(|| Failure::Said(format!("没有代码 {code}；lvjian explain 列出全部 / unknown code")))?;
            writeln!(out, "{}  {}\n    {}", code.to_uppercase(), doc.title, doc.english)?;
            writeln!(out, "缘由  {}\n例子  {}\n处理  {}", doc.why, doc.example, doc.fix)?;
        }
    }
    out.finish()
}
