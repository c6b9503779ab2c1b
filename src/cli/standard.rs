//! `standard list|show`: rule packs with the origin of every value.

use std::{
    borrow::Cow,
    io::{Read, Write},
    path::Path,
};

use clap::{Args, Subcommand};

use super::{Failure, Shared, output::Output};
use crate::{
    Engine,
    standard::{EntityRules, Finding, Joined, PackTexts, Standard, StandardError, check},
};

#[derive(Debug, Args)]
pub struct StandardArgs {
    #[command(subcommand)]
    verb: StandardVerb,
}

#[derive(Debug, Subcommand)]
enum StandardVerb {
    /// 规则包一览 / packs
    List,
    /// 检查规则包：P001…，见 lvjian explain / lint a pack
    Check {
        /// 规则包代号或目录；不写则查全部内置规则包
        pack: Option<String>,
        /// 每行一个 JSON / one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// 一个规则包 / one pack
    Show {
        /// 规则包代号或目录
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
        StandardVerb::Check { pack, json } => {
            let names: Vec<String> = match pack {
                Some(name) => vec![name.clone()],
                None => engine.standards().iter().map(|pack| pack.id.clone()).collect(),
            };
            let mut count = 0;
            for name in names {
                let found = faults(engine, &name)?;
                count += found.len();
                for fault in &found {
                    if *json {
                        serde_json::to_writer(&mut out, fault).map_err(std::io::Error::from)?;
                        writeln!(out)?;
                    } else {
                        writeln!(out, "{name}  {}  {}  {}", fault.code, fault.place, fault.detail)?;
                    }
                }
                if found.is_empty() {
                    shared.say(&format!("{name}：没有发现问题 / clean"));
                }
            }
            out.finish()?;
            return match count {
                0 => Ok(()),
                count => Err(Failure::Findings(format!("规则包有 {count} 处问题；用 lvjian explain P001 查看代码"))),
            };
        }
        StandardVerb::Show { id } => {
            let pack = find_pack(engine, id)?;
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
            if let Some(rules) = &pack.entity {
                show_entity(&mut out, rules)?;
            }
        }
    }
    out.finish()
}

/// Most bytes of one file of a pack.
const PACK_FILE: u64 = 4 * 1024 * 1024;

/// The pack with this id, or the one in this folder.
pub(super) fn find_pack<'e>(engine: &'e Engine, name: &str) -> Result<Cow<'e, Standard>, Failure> {
    if let Some(pack) = engine.standard(name) {
        return Ok(Cow::Borrowed(pack));
    }
    match read_pack(Path::new(name))? {
        Some(pack) => Ok(Cow::Owned(pack.map_err(|error| Failure::Said(error.to_string()))?)),
        None => Err(Failure::Said(format!("没有规则包 {name}，也没有这个目录；见 lvjian standard list"))),
    }
}

/// A bank's own pack; `None` when there is no such folder.
fn read_pack(folder: &Path) -> Result<Option<Result<Standard, StandardError>>, Failure> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let file = |name: &str| -> Result<Option<String>, Failure> {
        let path = folder.join(name);
        let failed =
            |error: std::io::Error| Failure::Said(format!("{}：无法读取 / cannot be read: {error}", path.display()));
        let opened = match std::fs::File::open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let mut text = String::new();
        opened.take(PACK_FILE + 1).read_to_string(&mut text).map_err(failed)?;
        match text.len() as u64 > PACK_FILE {
            true => Err(Failure::Said(format!("{}：超过 {PACK_FILE} 字节 / too large", path.display()))),
            false => Ok(Some(text)),
        }
    };
    let name = folder.display().to_string();
    let head = file("standard.toml")?.ok_or_else(|| Failure::Said(format!("{name} 里没有 standard.toml")))?;
    let (loan, entity) = (file("loan.toml")?, file("entity.toml")?);
    Ok(Some(Standard::read(PackTexts { name: &name, head: &head, loan: loan.as_deref(), entity: entity.as_deref() })))
}

/// Everything wrong with a pack.
fn faults(engine: &Engine, name: &str) -> Result<Vec<Finding>, Failure> {
    let pack = match engine.standard(name) {
        Some(pack) => return Ok(check(pack, engine.catalogue())),
        None => read_pack(Path::new(name))?,
    };
    let Some(pack) = pack else {
        return Err(Failure::Said(format!("没有规则包 {name}，也没有这个目录；见 lvjian standard list")));
    };
    Ok(match pack {
        Ok(pack) => check(&pack, engine.catalogue()),
        Err(error) => error.findings(),
    })
}

fn show_entity(out: &mut Output, rules: &EntityRules) -> Result<(), Failure> {
    for (value, _) in &rules.values {
        writeln!(out, "评绿  {} = {}  [{}] {}", value.name, value.value, value.origin.code(), value.source)?;
    }
    for row in &rules.indicators {
        let from = format!("[{}] {}", row.basis.origin.code(), row.basis.source);
        writeln!(out, "指标  {} {}  {}  满分 {}  {from}", row.id, row.name, row.dimension, row.max)?;
        if row.parts.len() > 1 {
            let joined = if row.joined == Joined::Sum { "相加" } else { "取高" };
            let parts =
                row.parts.iter().map(|part| format!("{}（至多 {}）", part.name, part.measure.most().normalize()));
            writeln!(out, "        {joined}：{}", parts.collect::<Vec<_>>().join("、"))?;
        }
    }
    for row in &rules.overlays {
        let weights = row.weights.iter().map(|(id, weight)| format!("{id}={weight}")).collect::<Vec<_>>().join(" ");
        let out_of = row.not_applicable.keys().cloned().collect::<Vec<_>>().join("、");
        writeln!(out, "行业  {} {}  {weights}  不适用 {out_of}  [{}]", row.id, row.name, row.basis.origin.code())?;
    }
    for row in &rules.vetoes {
        writeln!(out, "否决  {} {}  [{}] {}", row.id, row.name, row.basis.origin.code(), row.basis.source)?;
    }
    for row in &rules.grades {
        writeln!(out, "等级  {} ≥ {}  [{}]", row.name, row.from, row.basis.origin.code())?;
    }
    Ok(())
}
