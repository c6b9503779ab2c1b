//! `dict`: the maintainer's desk.

mod discover;
mod exchange;
mod impact;
mod impact_report;
mod sheets;

use clap::{Args, Subcommand};

use super::{Failure, Shared};

#[derive(Debug, Args)]
pub struct DictArgs {
    #[command(subcommand)]
    verb: DictVerb,
}

#[derive(Debug, Subcommand)]
enum DictVerb {
    /// 改动的影响：哪些明细、贷款、金额、用例会变 / what a change would change
    Impact(Box<impact::ImpactArgs>),
    /// 从发票明细里找词典可能缺少的词 / terms that the dictionary may lack
    Discover(discover::DiscoverArgs),
    /// 导出为 Excel 工作簿 / the tables as a workbook
    Export(exchange::ExportArgs),
    /// 导入改好的 Excel 工作簿 / an edited workbook back into the tables
    Import(exchange::ImportArgs),
}

pub(super) fn run(shared: &Shared, args: &DictArgs) -> Result<(), Failure> {
    match &args.verb {
        DictVerb::Impact(args) => impact::run(shared, args),
        DictVerb::Discover(args) => discover::run(shared, args),
        DictVerb::Export(args) => exchange::export(shared, args),
        DictVerb::Import(args) => exchange::import(shared, args),
    }
}
