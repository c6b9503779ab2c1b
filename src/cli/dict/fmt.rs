//! `dict fmt`: the tables in their canonical form.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;

use super::super::{Failure, Shared, output::Output};
use super::folder_of;
use crate::{
    dictionary::{canonical, shape},
    text::{Encoding, decode},
};

#[derive(Debug, Args)]
pub struct FmtArgs {
    /// 词典目录（默认 --base 或 dictionaries）/ the dictionary folder
    dir: Option<PathBuf>,
    /// 只看不写；有要整理的表时退出码为 1 / write nothing, exit 1 when a table would change
    #[arg(long)]
    check: bool,
}

pub(super) fn run(shared: &Shared, args: &FmtArgs) -> Result<(), Failure> {
    let folder = folder_of(shared, args.dir.as_deref())
        .ok_or_else(|| Failure::Said("没有词典目录：写明 DIR，或在有 dictionaries 的目录里运行".to_owned()))?;
    let mut changed = 0;
    let mut out = Output::open(None)?;
    for file in tables(&folder)? {
        let path = folder.join(&file);
        let bytes = std::fs::read(&path).map_err(|error| wrong(&path, &error))?;
        let decoded = decode(&bytes);
        if decoded.damaged {
            return Err(Failure::Said(format!(
                "{}：按 {} 读有无法解码的字节，没有改动 / undecodable bytes",
                path.display(),
                decoded.encoding.name()
            )));
        }
        let text = canonical(&file, &decoded.text).map_err(|error| wrong(&path, &error))?;
        if text.as_bytes() == bytes.as_slice() {
            continue;
        }
        changed += 1;
        let from = if decoded.encoding == Encoding::Utf8 {
            String::new()
        } else {
            format!("（原为 {}）", decoded.encoding.name())
        };
        writeln!(out, "{}{from}", path.display())?;
        if !args.check {
            write_whole(&path, &text)?;
        }
    }
    out.finish()?;
    match (changed, args.check) {
        (0, _) => shared.say("各表格式都已统一"),
        (_, true) => return Err(Failure::Findings(format!("{changed} 个表要整理；lvjian dict fmt 会改好"))),
        (_, false) => shared.say(&format!("整理了 {changed} 个表")),
    }
    Ok(())
}

/// Replaces a file whole: written beside it, then renamed.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    let mut out = Output::open(Some(path))?;
    out.write_all(text.as_bytes())?;
    out.finish()
}

/// The tables of a folder that have a canonical form, by name.
fn tables(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for below in ["", "catalogue", "materials"] {
        let path = folder.join(below);
        let Ok(entries) = std::fs::read_dir(&path) else {
            if below.is_empty() {
                return Err(Failure::Said(format!("{}：没有这个目录 / no such folder", path.display())));
            }
            continue;
        };
        for entry in entries {
            let name = entry.map_err(|error| wrong(&path, &error))?.file_name().to_string_lossy().into_owned();
            let file = if below.is_empty() { name } else { format!("{below}/{name}") };
            if shape(&file).is_some() {
                found.push(file);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn wrong(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Said(format!("{}：{error}", path.display()))
}
