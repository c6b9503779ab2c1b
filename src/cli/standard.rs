//! `standard list|show`: rule packs with the origin of every value.

use std::io::Write;

use clap::{Args, Subcommand};

use super::{Failure, Shared, output::Output};

#[derive(Debug, Args)]
pub struct StandardArgs {
    #[command(subcommand)]
    verb: StandardVerb,
}

#[derive(Debug, Subcommand)]
enum StandardVerb {
    /// 规则包一览 / packs
    List,
    /// 一个规则包 / one pack
    Show {
        /// 规则包代号
        #[arg(default_value = "sme-green-2022")]
        id: String,
    },
}

pub(super) fn run(shared: &Shared, args: &StandardArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let mut out = Output::open(None)?;
    match &args.verb {
        StandardVerb::List => {
            for pack in engine.standards() {
                writeln!(out, "{}  {}  {}", pack.id, pack.title, pack.fingerprint.get(..12).unwrap_or_default())?;
            }
        }
        StandardVerb::Show { id } => {
            let pack = engine.standard(id).ok_or_else(|| Failure::Said(format!("没有规则包 {id}")))?;
            writeln!(out, "{}  {}\n依据  {}\n注意  {}\n", pack.id, pack.title, pack.basis, pack.notice)?;
            for rule in &pack.editions {
                let day =
                    |date: Option<jiff::civil::Date>| date.map_or_else(|| "…".to_owned(), |date| date.to_string());
                let flag = rule.flag.as_deref().unwrap_or_default();
                writeln!(
                    out,
                    "版本  {} 至 {}  {}  {flag}  [{}] {}",
                    day(rule.from),
                    day(rule.to),
                    rule.edition,
                    rule.origin.code(),
                    rule.source
                )?;
            }
            for parameter in pack.parameters.values() {
                writeln!(
                    out,
                    "参数  {} = {}  [{}] {}",
                    parameter.name,
                    parameter.value,
                    parameter.origin.code(),
                    parameter.source
                )?;
            }
            for parameter in pack.points.values() {
                writeln!(
                    out,
                    "分值  {} = {}  [{}] {}",
                    parameter.name,
                    parameter.value,
                    parameter.origin.code(),
                    parameter.source
                )?;
            }
            for rule in &pack.rules {
                let groups: Vec<String> = rule
                    .any
                    .iter()
                    .map(|group| group.iter().map(|fact| fact.chinese()).collect::<Vec<_>>().join(" 且 "))
                    .collect();
                let when = groups.join(" 或 ");
                let when = if when.is_empty() { "其余情形".to_owned() } else { when };
                writeln!(out, "规则  {} {} → {}  [{}]", rule.id, when, rule.verdict.chinese(), rule.origin.code())?;
            }
        }
    }
    out.finish()
}
