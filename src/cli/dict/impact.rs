//! `dict impact`: what a change of the dictionary would change in lines, loans, amounts, cases and gold labels.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::super::{Failure, Shared, classify::column_map, output::Output, quarantine::finish_quarantine};
use super::impact_report::{self, Findings};
use crate::{
    dictionary::{Dictionary, Texts, builtin_texts, read_conditions, read_folder},
    engine::{DecisionTask, Engine, LoanInput},
    eval::{
        GoldRow, entry_known,
        impact::{Case, Comparison, read_cases},
        read_gold,
    },
    ingest::{Input, InvoiceBook, Quarantined, Sink, read_documents, read_loans},
    model::{Document, InvoiceLine, Loan, Role, Scene, Strength, TextKind},
};

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// One JSON object a finding, the summary first.
    Ndjson,
}

#[derive(Debug, Args)]
pub struct ImpactArgs {
    /// 改动后的词典目录，与 --base（默认内置词典）相比 / the changed dictionary folder
    #[arg(long, value_name = "DIR", conflicts_with = "term")]
    with: Option<PathBuf>,
    /// 试加一个词条 / try one new term
    #[arg(long, value_name = "词", requires = "entry")]
    term: Option<String>,
    /// 试加词条的别名，可重复
    #[arg(long = "alias", value_name = "词", requires = "term")]
    aliases: Vec<String>,
    /// 试加词条的目录条目，可重复 / its entries, `4.1.2`
    #[arg(long, value_name = "CODE", requires = "term")]
    entry: Vec<String>,
    /// 试加词条的角色（默认：该条目在词典里已有的角色）/ make, trade, use, build, service, consume
    #[arg(long = "role", value_parser = parse_role, requires = "term")]
    roles: Vec<Role>,
    /// 试加词条的强度 / sufficient, generic, needs-context, supporting
    #[arg(long, default_value = "sufficient", value_parser = parse_strength)]
    strength: Strength,
    /// 试加词条的场景（默认：该条目在词典里最常见的场景）
    #[arg(long, value_parser = parse_scene, requires = "term")]
    scene: Option<Scene>,
    /// 试加词条的同现词（needs 列的写法）
    #[arg(long, value_name = "词|词", default_value = "", requires = "term")]
    needs: String,
    /// 贷款台账 / the loan ledger
    #[arg(long, value_name = "FILE", requires = "invoices")]
    loans: Option<String>,
    /// 发票文件，可多个 / invoice files
    #[arg(long, value_name = "FILE", num_args = 1..)]
    invoices: Vec<String>,
    /// 其他明细：每行一段文字，或带 text、amount 的 NDJSON、表格 / other lines
    #[arg(long, value_name = "FILE", num_args = 1..)]
    lines: Vec<String>,
    /// 用例所在的词典目录（默认：改动后的目录，否则 dictionaries）/ folders with cases
    #[arg(long, value_name = "DIR")]
    cases: Vec<PathBuf>,
    /// 金标准目录（默认 corpus/gold，没有则不比）/ folder of gold rows
    #[arg(long, value_name = "DIR")]
    gold: Option<PathBuf>,
    /// 列出影响最大的多少行、多少笔 / how many lines and loans are listed
    #[arg(long, default_value_t = 20, value_name = "N")]
    worst: usize,
    /// 规则包 / rule pack
    #[arg(long, default_value = "sme-green-2022")]
    standard: String,
    /// 列映射文件 / column map
    #[arg(long, value_name = "COLS.TOML")]
    map: Option<PathBuf>,
    /// 输出格式
    #[arg(long, value_enum, default_value = "text")]
    format: ReportFormat,
    /// 输出文件 / output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn parse_role(text: &str) -> Result<Role, String> {
    Role::from_code(text).ok_or_else(|| "make, trade, use, build, service, consume".to_owned())
}

pub(super) fn parse_strength(text: &str) -> Result<Strength, String> {
    Strength::from_code(text).ok_or_else(|| "sufficient, generic, needs-context, supporting".to_owned())
}

pub(super) fn parse_scene(text: &str) -> Result<Scene, String> {
    Scene::from_code(text).ok_or_else(|| "replace, reduce, abate, efficiency, quality, recycle".to_owned())
}

/// Everything that is read twice.
#[derive(Default)]
struct Body {
    loans: Vec<Loan>,
    invoices: Vec<InvoiceLine>,
    /// Invoice lines and other lines.
    lines: Vec<Document>,
    set_aside: Vec<Quarantined>,
}

pub(super) fn run(shared: &Shared, args: &ImpactArgs) -> Result<(), Failure> {
    let (before, after) = engines(shared, args)?;
    let standard = before
        .standard(&args.standard)
        .ok_or_else(|| Failure::Said(format!("没有规则包 {}；见 lvjian standard list", args.standard)))?;
    let body = read_body(shared, args)?;
    let cases = cases(shared, args)?;
    let gold = gold(shared, &before, args)?;
    let as_of = shared.as_of();
    let comparison = Comparison::new(&before, &after, shared.threads()).map_err(crate::engine::EngineError::from)?;
    let task = DecisionTask { standard, threads: shared.threads(), progress: &|_| (), edition: None };
    let findings = Findings {
        lines: comparison.lines(&body.lines, as_of)?,
        loans: comparison.loans(LoanInput { loans: &body.loans, invoices: &body.invoices }, task),
        cases: comparison.cases(&cases, as_of)?,
        cases_read: cases.len(),
        gold: comparison.gold(&gold, as_of)?,
        gold_read: gold.len(),
        comparison: &comparison,
        dictionaries: [&before, &after].map(|engine| engine.dictionary().fingerprint().to_owned()),
    };
    let mut output = Output::open(args.output.as_deref())?;
    match args.format {
        ReportFormat::Text => impact_report::text(&mut output, &findings, args.worst)?,
        ReportFormat::Ndjson => impact_report::ndjson(&mut output, &findings)?,
    }
    output.finish()?;
    finish_quarantine(shared, &body.set_aside, None, false)
}

/// The two engines to compare.
fn engines(shared: &Shared, args: &ImpactArgs) -> Result<(Engine, Engine), Failure> {
    let overlays: Vec<&Path> = shared.overlays.iter().map(PathBuf::as_path).collect();
    let base = shared.base.as_deref();
    if let Some(with) = &args.with {
        return Ok((Engine::with_folders(base, &overlays)?, Engine::with_folders(Some(with), &overlays)?));
    }
    if let Some(term) = &args.term {
        let before = Engine::with_folders(base, &overlays)?;
        let mut layers = vec![base.map_or_else(|| Ok(builtin_texts()), read_folder)]
            .into_iter()
            .chain(overlays.iter().map(|folder| read_folder(folder)))
            .collect::<Result<Vec<Texts>, _>>()
            .map_err(crate::engine::EngineError::from)?;
        layers.push(new_term(shared, term, args, &before)?);
        let conditions = base.map(read_conditions).transpose().map_err(crate::engine::EngineError::from)?.flatten();
        let after = Engine::with_layers(&layers, conditions.as_deref())?;
        return Ok((before, after));
    }
    if overlays.is_empty() {
        return Err(Failure::Said(
            "没有改动可比：用 --with DIR（改动后的目录）、--dict DIR（叠加目录）或 --term 词 --entry 条目 / nothing to compare"
                .to_owned(),
        ));
    }
    Ok((Engine::with_folders(base, &[])?, Engine::with_folders(base, &overlays)?))
}

/// A layer that holds the one term of the command line.
fn new_term(shared: &Shared, term: &str, args: &ImpactArgs, before: &Engine) -> Result<Texts, Failure> {
    const EDITION: &str = "gfspc-2025";
    let dictionary = before.dictionary();
    for code in &args.entry {
        if before.catalogue().entry(EDITION, code).is_none() {
            return Err(Failure::Said(format!("目录 {EDITION} 没有条目 {code}；见 lvjian catalogue list")));
        }
    }
    for surface in std::iter::once(term).chain(args.aliases.iter().map(String::as_str)) {
        if let Some(known) = holder(dictionary, surface) {
            shared.say(&format!("注意：{surface} 已是 {known} 的写法；同样的文字以编号在前者为准"));
        }
    }
    let (roles, scene) = usual(dictionary, &args.entry);
    let roles: Vec<Role> = if args.roles.is_empty() { roles } else { args.roles.clone() };
    let Some(scene) = args.scene.or(scene).filter(|_| !roles.is_empty()) else {
        return Err(Failure::Said("词典里还没有归入该条目的词条，请用 --role 和 --scene 写明角色和场景".to_owned()));
    };
    let links: Vec<String> = roles.iter().map(|role| format!("{role}={}", args.entry.join(","))).collect();
    let entries = format!("{EDITION}:{}", links.join("|"));
    shared.say(&format!("试加词条 {term}：{}，{}，{entries}", scene.chinese(), args.strength.chinese()));
    let mut table = csv::Writer::from_writer(Vec::new());
    let header = "id,term,aliases,scene,strength,needs,unless,before_not,after_not,entries,conditions,source,locator,from,to,status,replaced_by,note";
    let aliases = args.aliases.join("|");
    let row = [
        "new",
        term,
        &aliases,
        scene.code(),
        args.strength.code(),
        &args.needs,
        "",
        "",
        "",
        &entries,
        "-",
        "",
        "",
        "",
        "",
        "active",
        "",
        "",
    ];
    let failed = |error: csv::Error| Failure::Said(error.to_string());
    table.write_record(header.split(',')).map_err(failed)?;
    table.write_record(row).map_err(failed)?;
    let bytes = table.into_inner().map_err(|error| Failure::Said(error.to_string()))?;
    Ok(Texts::from([(format!("materials/{scene}.csv"), String::from_utf8_lossy(&bytes).into_owned())]))
}

/// The term that has `surface` as its name or alias.
pub(super) fn holder(dictionary: &Dictionary, surface: &str) -> Option<String> {
    let folded = crate::text::fold_text(surface);
    let same = |name: &String| crate::text::fold_text(name) == folded;
    let term = dictionary.terms().iter().find(|term| same(&term.term) || term.aliases.iter().any(same))?;
    Some(format!("{} {}", term.id, term.term))
}

/// The roles under which the dictionary leads to these entries, and the scene of most of those terms.
pub(super) fn usual(dictionary: &Dictionary, codes: &[String]) -> (Vec<Role>, Option<Scene>) {
    let mut roles = BTreeSet::new();
    let mut scenes: BTreeMap<Scene, usize> = BTreeMap::new();
    for term in dictionary.terms().iter().filter(|term| term.active) {
        let links = term.links.iter().filter(|link| link.codes.iter().any(|code| codes.contains(code)));
        let found: Vec<Role> = links.map(|link| link.role).collect();
        if !found.is_empty() {
            *scenes.entry(term.scene).or_default() += 1;
        }
        roles.extend(found);
    }
    let scene = scenes.into_iter().max_by_key(|(scene, count)| (*count, std::cmp::Reverse(*scene)));
    (roles.into_iter().collect(), scene.map(|(scene, _)| scene))
}

fn read_body(shared: &Shared, args: &ImpactArgs) -> Result<Body, Failure> {
    let mut body = Body::default();
    let map = column_map(args.map.as_deref())?;
    if let Some(ledger) = &args.loans {
        let mut sink = Sink { give: &mut |loan| body.loans.push(loan), set_aside: &mut |bad| body.set_aside.push(bad) };
        read_loans(&Input::named(ledger), &map, &mut sink)?;
    }
    if !args.invoices.is_empty() {
        let inputs: Vec<Input> = args.invoices.iter().map(|name| Input::named(name)).collect();
        let book = InvoiceBook::read(&inputs, &map, &|_, _| true, &mut |bad| body.set_aside.push(bad), &mut |_, _| ())?;
        if book.repeated > 0 {
            shared.say(&format!("另有 {} 行重复发票已略去", book.repeated));
        }
        body.lines.extend(book.lines.iter().map(|line| line.document(None)));
        body.invoices = book.lines;
    }
    for name in &args.lines {
        let mut sink = Sink { give: &mut |line| body.lines.push(line), set_aside: &mut |bad| body.set_aside.push(bad) };
        let is_text = name.ends_with(".txt");
        read_documents(&Input::named(name), &map, TextKind::InvoiceLine, is_text, &mut sink)?;
    }
    Ok(body)
}

/// The cases of the folders in use.
fn cases(shared: &Shared, args: &ImpactArgs) -> Result<Vec<Case>, Failure> {
    let usual = Path::new("dictionaries");
    let mut folders: Vec<&Path> = args.cases.iter().map(PathBuf::as_path).collect();
    if folders.is_empty() {
        let main = args.with.as_deref().or(shared.base.as_deref());
        folders.extend(main.or(usual.is_dir().then_some(usual)));
        folders.extend(shared.overlays.iter().map(PathBuf::as_path));
    }
    let mut cases = Vec::new();
    for folder in folders {
        for scene in Scene::ALL {
            let path = folder.join(format!("materials/{scene}.cases.csv"));
            if path.is_file() {
                cases.extend(read_cases(&text_of(&path)?).map_err(|error| wrong(&path, &error))?);
            }
        }
    }
    if cases.is_empty() {
        shared.say("没有找到用例（<场景>.cases.csv），用 --cases DIR 指明");
    }
    Ok(cases)
}

/// Gold rows, in the order of file names.
fn gold(shared: &Shared, engine: &Engine, args: &ImpactArgs) -> Result<Vec<GoldRow>, Failure> {
    let usual = Path::new("corpus/gold");
    let Some(folder) = args.gold.as_deref().or(usual.is_dir().then_some(usual)) else {
        shared.say("没有金标准目录（corpus/gold），用 --gold DIR 指明");
        return Ok(Vec::new());
    };
    let tables = crate::cli::corpus::tables(folder).map_err(|error| wrong(folder, &error))?;
    let known = entry_known(engine.catalogue(), shared.as_of());
    read_gold(tables.iter().map(|(name, text)| (name.as_str(), text.as_str())), known)
        .map_err(|error| Failure::Said(error.to_string()))
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| wrong(path, &error))?;
    Ok(crate::text::decode(&bytes).text)
}

fn wrong(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Said(format!("{}：无法读取 / cannot be read: {error}", path.display()))
}
