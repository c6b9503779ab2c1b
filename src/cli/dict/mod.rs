//! `dict`: the maintainer's desk.

mod add;
mod build;
mod check;
mod desk;
mod diff;
mod discover;
mod exchange;
mod find;
mod fmt;
mod impact;
mod impact_report;
mod sheets;
mod show;
mod skos;
mod stats;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Failure, Shared};
use crate::dictionary::DictionaryError;

#[derive(Debug, Args)]
pub struct DictArgs {
    #[command(subcommand)]
    verb: DictVerb,
}

#[derive(Debug, Subcommand)]
enum DictVerb {
    /// 检查词典：每类问题一个代码 / findings in the tables, one code each
    Check(check::CheckArgs),
    /// 改动的影响：哪些明细、贷款、金额、用例会变 / what a change would change
    Impact(Box<impact::ImpactArgs>),
    /// 从发票明细里找词典可能缺少的词 / terms that the dictionary may lack
    Discover(discover::DiscoverArgs),
    /// 导出为 Excel 工作簿 / the tables as a workbook
    Export(exchange::ExportArgs),
    /// 导入改好的 Excel 工作簿 / an edited workbook back into the tables
    Import(exchange::ImportArgs),
    /// 加一个词条，连同用例 / add a term with its cases
    Add(Box<add::AddArgs>),
    /// 一个词条的全部：出处、条目、条件、用例、邻近的词 / everything about a term
    Show(show::ShowArgs),
    /// 查词典：词头、近似、全文 / search the dictionary
    Find(find::FindArgs),
    /// 词典的覆盖：按条目、场景、角色；给语料则数命中 / coverage, and hits in a corpus
    Stats(stats::StatsArgs),
    /// 整理词典表为统一格式 / write the tables in their canonical form
    Fmt(fmt::FmtArgs),
    /// 两个词典目录有何不同 / what differs between two dictionaries
    Diff(diff::DiffArgs),
    /// 生成词典包，载入更快 / write a bundle that loads quickly
    Build(build::BuildArgs),
    /// 导出为 SKOS（Turtle），供叙词表工具使用 / for thesaurus tools
    Skos(skos::SkosArgs),
}

pub(super) fn run(shared: &Shared, args: &DictArgs) -> Result<(), Failure> {
    match &args.verb {
        DictVerb::Check(args) => check::run(shared, args),
        DictVerb::Impact(args) => impact::run(shared, args),
        DictVerb::Discover(args) => discover::run(shared, args),
        DictVerb::Export(args) => exchange::export(shared, args),
        DictVerb::Import(args) => exchange::import(shared, args),
        DictVerb::Add(args) => add::run(shared, args),
        DictVerb::Show(args) => show::run(shared, args),
        DictVerb::Find(args) => find::run(shared, args),
        DictVerb::Stats(args) => stats::run(shared, args),
        DictVerb::Fmt(args) => fmt::run(shared, args),
        DictVerb::Diff(args) => diff::run(shared, args),
        DictVerb::Build(args) => build::run(shared, args),
        DictVerb::Skos(args) => skos::run(shared, args),
    }
}

/// The folder a verb works on: the one given, `--base`, or `dictionaries` when it holds a dictionary, which is said.
fn folder_of(shared: &Shared, given: Option<&Path>) -> Option<PathBuf> {
    if let Some(folder) = given.or(shared.base.as_deref()) {
        return Some(folder.to_owned());
    }
    let usual = Path::new("dictionaries");
    let found = usual.join("materials").is_dir() || usual.join("exclusions.csv").is_file();
    found.then(|| {
        shared.say("用当前目录下的 dictionaries/ / working on dictionaries/ here");
        usual.to_owned()
    })
}

fn said(error: DictionaryError) -> Failure {
    Failure::Said(error.to_string())
}
