//! `catalogue show`: an entry with its path, industries, conditions and older counterparts.

use std::io::Write;

use clap::{Args, Subcommand};

use super::{Failure, Shared, output::Output};

#[derive(Debug, Args)]
pub struct CatalogueArgs {
    #[command(subcommand)]
    verb: CatalogueVerb,
}

#[derive(Debug, Subcommand)]
enum CatalogueVerb {
    /// 版本一览 / editions
    List,
    /// 一个条目 / one entry
    Show {
        /// 条目代码，如 4.1.2
        code: String,
        /// 版本；默认按 --as-of / edition
        #[arg(long)]
        edition: Option<String>,
    },
}

pub(super) fn run(shared: &Shared, args: &CatalogueArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let catalogue = engine.catalogue();
    let mut out = Output::open(None)?;
    match &args.verb {
        CatalogueVerb::List => {
            for edition in catalogue.editions() {
                let to = edition.to.map_or_else(|| "今".to_owned(), |date| date.to_string());
                let deepest = catalogue.entries(&edition.id).map(|entry| entry.level()).max().unwrap_or(0);
                let leaves = catalogue.entries(&edition.id).filter(|entry| entry.level() == deepest).count();
                let held =
                    if edition.has_table { format!("{leaves} 个末级条目") } else { "没有条目表".to_owned() };
                writeln!(out, "{}  {} 至 {to}  {}  {held}", edition.id, edition.from, edition.title)?;
            }
        }
        CatalogueVerb::Show { code, edition } => {
            let edition = match edition {
                Some(id) => catalogue.edition(id).ok_or_else(|| Failure::Said(format!("没有目录版本 {id}")))?,
                None => catalogue.in_force(shared.as_of())?,
            };
            let entry = catalogue
                .entry(&edition.id, code)
                .ok_or_else(|| Failure::Said(format!("{} 没有条目 {code} / no such entry", edition.id)))?;
            writeln!(out, "{} {}　{}", edition.id, entry.code, entry.name)?;
            let path: Vec<String> =
                catalogue.path(&edition.id, code).iter().map(|e| format!("{} {}", e.code, e.name)).collect();
            writeln!(out, "  路径  {}", path.join(" › "))?;
            if !entry.industries.is_empty() {
                writeln!(out, "  行业  {}（描述活动，不用来给借款人归类）", entry.industries.join(" "))?;
            }
            if let Some(mark) = entry.greenhouse {
                writeln!(out, "  温室气体  {mark:?}")?;
            }
            for condition in catalogue.conditions().iter().filter(|c| c.edition == edition.id && c.applies_to(code)) {
                writeln!(out, "  条件  {} [{}] 可由“{}”证明", condition.id, condition.kind, condition.evidence)?;
            }
            for below in catalogue.entries(&edition.id).filter(|below| below.parent == *code) {
                writeln!(out, "  下级  {} {}", below.code, below.name)?;
            }
            for row in catalogue.crosswalk().iter().filter(|row| row.to.0 == edition.id && row.to.1 == *code) {
                let name = catalogue.entry(&row.from.0, &row.from.1).map_or("", |entry| entry.name.as_str());
                writeln!(out, "  对应  {} {} {name}（{:?}）", row.from.0, row.from.1, row.relation)?;
            }
            let terms = engine.dictionary().terms().iter().filter(|term| {
                term.active && term.links.iter().any(|link| link.edition == edition.id && link.codes.contains(code))
            });
            let names: Vec<&str> = terms.map(|term| term.term.as_str()).collect();
            if !names.is_empty() {
                let shown: Vec<&str> = names.iter().copied().take(30).collect();
                writeln!(out, "  词条  {} 个：{}", names.len(), shown.join("、"))?;
            }
        }
    }
    out.finish()
}
