//! `dict export`, `dict import`: the tables as a workbook and back.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;

use super::super::{Failure, Shared, output::Output};
use super::{
    folder_of, said,
    sheets::{self, BadRow, SHEETS},
};
use crate::{
    catalogue::builtin_sources,
    dictionary::{Dictionary, Texts, builtin_texts, canonical, shape},
};

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// 写到哪个工作簿 / the workbook to write
    #[arg(short, long, value_name = "FILE.xlsx", default_value = "绿色生产资料库.xlsx")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// 改好的工作簿 / the edited workbook
    file: PathBuf,
    /// 写进哪个词典目录 / the dictionary folder to write into
    #[arg(long, value_name = "DIR", default_value = "dictionaries")]
    to: PathBuf,
    /// 只核对，不写 / check only
    #[arg(long)]
    dry_run: bool,
    /// 有坏行也写其余的：坏行保持原样，没有原样的略去，逐行说明 / write the rest in spite of bad rows
    #[arg(long)]
    force: bool,
}

/// Writes the tables of `--base`, of `dictionaries` when that folder is here, or the shipped ones.
pub(super) fn export(shared: &Shared, args: &ExportArgs) -> Result<(), Failure> {
    let folder = folder_of(shared, None);
    let texts = match folder.as_deref() {
        Some(folder) => read_tables(folder)?,
        None => {
            let mut texts = builtin_texts();
            let conditions = builtin_sources().conditions;
            texts.extend(conditions.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())));
            shared.say("内置词典不带用例；用 --base 词典目录 可连用例一起导出");
            texts
        }
    };
    if texts.is_empty() {
        let folder = folder.unwrap_or_default();
        return Err(Failure::Said(format!("{}：没有词典的表 / no tables of a dictionary here", folder.display())));
    }
    let bytes = sheets::write(&texts).map_err(Failure::Said)?;
    let mut output = Output::open(Some(&args.output))?;
    output.write_all(&bytes)?;
    output.finish()?;
    let from = folder.map_or_else(|| "内置词典".to_owned(), |folder| folder.display().to_string());
    shared.say(&format!("{from} 的 {} 张表已写到 {}", texts.len(), args.output.display()));
    Ok(())
}

/// Puts an edited workbook into a dictionary folder. Nothing is written while a row has a fault, unless forced.
pub(super) fn import(shared: &Shared, args: &ImportArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let existing = if args.to.is_dir() { read_tables(&args.to)? } else { Texts::new() };
    let mut imported = sheets::read(&args.file, &existing, engine.catalogue())?;
    // A row added at the end of a sheet finds its place in the file.
    for (file, text) in &mut imported.texts {
        if shape(file).is_some() && existing.get(file) != Some(text) {
            *text = canonical(file, text).map_err(said)?;
        }
    }
    let mut out = Output::open(None)?;
    for bad in &imported.bad {
        writeln!(out, "{}", told(bad))?;
    }
    out.finish()?;
    if imported.texts.is_empty() && imported.bad.is_empty() {
        return Err(Failure::Said(format!("{}：没有词典的工作表 / no sheet of a dictionary", args.file.display())));
    }
    let stale = !existing.is_empty()
        && !imported.fingerprint.is_empty()
        && imported.fingerprint != sheets::fingerprint(&existing);
    if stale {
        // Prose that must not be lost under --quiet: somebody else's change is at stake.
        eprintln!("注意：{} 在导出这份工作簿之后又改过，导入会以工作簿为准", args.to.display());
    }
    let changed: Vec<(&String, &String)> =
        imported.texts.iter().filter(|(file, text)| existing.get(*file) != Some(text)).collect();
    for (file, text) in &changed {
        shared.say(&format!("{file}：{}", changes(existing.get(*file).map_or("", String::as_str), text)));
    }
    if !args.force && (!imported.bad.is_empty() || stale && !changed.is_empty() && !args.dry_run) {
        let reason = if imported.bad.is_empty() {
            "目录在导出之后改过".to_owned()
        } else {
            format!("{} 处不合要求", imported.bad.len())
        };
        return Err(Failure::Findings(format!("{reason}，什么也没有写 / nothing written（确要写入用 --force）")));
    }
    let mut whole = existing.clone();
    whole.extend(imported.texts.clone());
    // Files that the matcher does not read are passed over; what it reads must compile.
    Dictionary::compile(&[whole]).map_err(crate::engine::EngineError::from)?;
    if !args.dry_run {
        for (file, text) in &changed {
            save(&args.to.join(file), text)?;
        }
    }
    let done = if args.dry_run { "核对完毕，没有写" } else { "已写入" };
    shared.say(&format!("{done} {}：{} 张表有改动，共 {} 张", args.to.display(), changed.len(), imported.texts.len()));
    if imported.bad.is_empty() {
        Ok(())
    } else {
        Err(Failure::Findings(format!("{} 处不合要求，这些行没有写", imported.bad.len())))
    }
}

fn told(bad: &BadRow) -> String {
    let mut words = vec![format!("工作表“{}”", bad.sheet)];
    if bad.row > 0 {
        words.push(format!("第{}行", bad.row));
    }
    if !bad.column.is_empty() {
        words.push(format!("{}列", bad.column));
    }
    let value = if bad.value.is_empty() { String::new() } else { format!("“{}”", bad.value) };
    format!("{}：{value}{}", words.join(" "), bad.reason)
}

/// Lines that came and went.
fn changes(before: &str, after: &str) -> String {
    let mut lines: std::collections::HashMap<&str, i64> = std::collections::HashMap::new();
    for line in before.lines() {
        *lines.entry(line).or_default() -= 1;
    }
    for line in after.lines() {
        *lines.entry(line).or_default() += 1;
    }
    let came: i64 = lines.values().filter(|count| **count > 0).sum();
    let went: i64 = -lines.values().filter(|count| **count < 0).sum::<i64>();
    if came == 0 && went == 0 { "只改了次序".to_owned() } else { format!("新写 {came} 行，去掉 {went} 行") }
}

/// The tables of a folder that a workbook can hold; those that are not there are left out.
fn read_tables(folder: &Path) -> Result<Texts, Failure> {
    let mut texts = Texts::new();
    for sheet in &SHEETS {
        let path = folder.join(sheet.file);
        match std::fs::read(&path) {
            Ok(bytes) => drop(texts.insert(sheet.file.to_owned(), crate::text::decode(&bytes).text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::Said(format!("{}：无法读取 / cannot be read: {error}", path.display()))),
        }
    }
    Ok(texts)
}

fn save(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut output = Output::open(Some(path))?;
    output.write_all(text.as_bytes())?;
    output.finish()
}
