//! `dict skos`: dictionary and catalogues for thesaurus tools.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;

use super::super::{Failure, Shared, output::Output};
use crate::dictionary::{Source, turtle};

#[derive(Debug, Args)]
pub struct SkosArgs {
    /// 概念名称的前缀 / what every concept's name begins with, `https://…/` or `urn:…:`
    #[arg(long, default_value = "urn:lvjian:", value_parser = parse_uri)]
    uri: String,
    /// 输出文件（.ttl），默认标准输出 / output file
    #[arg(short, long, value_name = "FILE.ttl")]
    output: Option<PathBuf>,
}

fn parse_uri(text: &str) -> Result<String, String> {
    let scheme = text.split_once(':').is_some_and(|(scheme, rest)| {
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric()) && !rest.is_empty()
    });
    let ends = text.ends_with(['/', '#', ':']);
    if scheme && ends {
        Ok(text.to_owned())
    } else {
        Err("要以 / # 或 : 结尾，如 https://bank.example/green/".to_owned())
    }
}

pub(super) fn run(shared: &Shared, args: &SkosArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let text = turtle(engine.dictionary(), engine.catalogue(), &sources(shared)?, &args.uri);
    let mut output = Output::open(args.output.as_deref())?;
    output.write_all(text.as_bytes())?;
    output.finish()?;
    let catalogue = engine.catalogue();
    let entries: usize = catalogue.editions().iter().map(|edition| catalogue.entries(&edition.id).count()).sum();
    shared.say(&format!("词条 {} 个，目录条目 {entries} 个", engine.dictionary().terms().len()));
    Ok(())
}

/// The sources of the folder in use; without a folder they are named by id only.
fn sources(shared: &Shared) -> Result<BTreeMap<String, Source>, Failure> {
    let usual = Path::new("dictionaries");
    let path = shared.base.as_deref().unwrap_or(usual).join("sources.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map_err(|error| Failure::Said(format!("{}：{error}", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(Failure::Said(format!("{}：无法读取 / cannot be read: {error}", path.display()))),
    }
}
