//! `dict add`: a new term with its cases, after a look at what is like it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;

use super::super::{Failure, Shared, output::Output, similar::similar_terms};
use super::{
    desk::{Desk, EDITION},
    fmt::write_whole,
    folder_of,
    impact::{holder, parse_role, parse_scene, parse_strength, usual},
    said,
};
use crate::{
    dictionary::{Layer, Table, TableRow, canonical, shape},
    eval::impact::{Case, CaseExpected},
    model::{Document, Role, Scene, Strength, TextKind},
    text::fold_text,
};

/// Entry codes by role.
type Links = BTreeMap<Role, Vec<String>>;

/// Words that say nothing alone.
const WEAK: [&str; 6] = ["环保", "节能", "绿色", "高效", "低碳", "生态"];
/// Near terms and likely entries shown.
const SHOWN: usize = 6;

#[derive(Debug, Args)]
pub struct AddArgs {
    /// 简称或通用名，末尾是中心词 / canonical name
    #[arg(long, value_name = "词")]
    term: String,
    /// 别名，用 | 隔开 / other names
    #[arg(long, value_name = "词|词", default_value = "")]
    aliases: String,
    /// 场景：replace、reduce、abate、efficiency、quality、recycle（默认：该条目最常见的场景）
    #[arg(long, value_parser = parse_scene)]
    scene: Option<Scene>,
    /// 强度：sufficient、generic、needs-context、supporting
    #[arg(long, default_value = "sufficient", value_parser = parse_strength)]
    strength: Strength,
    /// 条目：角色=编码（make=1.1.7），或只写编码，角色随该条目已有的词条；可重复。不写则列出可能的条目
    #[arg(long = "entry", value_name = "make=1.1.7")]
    entries: Vec<String>,
    /// 条件编号，可重复；`-` 表示没有（默认：制造、自用等条目的全部条件，并列出）/ conditions
    #[arg(long = "condition", value_name = "C-…", allow_hyphen_values = true)]
    conditions: Vec<String>,
    /// 同现才算的词（needs 列的写法）
    #[arg(long, value_name = "词|词", default_value = "")]
    needs: String,
    /// 同现就不算的词（unless 列的写法）
    #[arg(long, value_name = "词|词", default_value = "")]
    unless: String,
    /// 紧跟就不算的字（after_not 列的写法）
    #[arg(long, value_name = "字|字", default_value = "")]
    after_not: String,
    /// 来源编号（sources.toml）
    #[arg(long, value_name = "S-0001", default_value = "")]
    source: String,
    /// 在来源中的位置，如 1.1.7
    #[arg(long, value_name = "位置", default_value = "")]
    locator: String,
    /// 应当命中的写法，像真发票那样写；可重复，至少一条
    #[arg(long = "hit", value_name = "文字")]
    hits: Vec<String>,
    /// 不应命中的写法：它的配件、维修费、名字相近的别物；可重复
    #[arg(long = "miss", value_name = "文字")]
    misses: Vec<String>,
    /// 备注
    #[arg(long, default_value = "")]
    note: String,
    /// 写进哪个词典目录（默认 --base 或 dictionaries）/ the folder to write into
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 只看不写 / show what would be written
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(shared: &Shared, args: &AddArgs) -> Result<(), Failure> {
    let folder = folder_of(shared, args.dir.as_deref())
        .ok_or_else(|| Failure::Said("没有词典目录：用 --dir 写明，或在有 dictionaries 的目录里运行".to_owned()))?;
    let desk = desk(shared, &folder)?;
    let mut out = Output::open(None)?;
    refuse_known(&desk, args)?;
    near(&mut out, &desk, args)?;
    let (roles, scene) = links(&desk, args)?;
    if roles.is_empty() {
        likely(&mut out, &desk, args)?;
        out.finish()?;
        return Err(Failure::Said("请用 --entry 写明条目，如 --entry make=1.1.7 --entry trade=8.1.1".to_owned()));
    }
    let scene = args
        .scene
        .or(scene)
        .ok_or_else(|| Failure::Said("词典里还没有归入该条目的词条，请用 --scene 写明场景".to_owned()))?;
    complete(&desk, args, &roles)?;

    let id = next_id(&desk, scene)?;
    let row = row(&desk, args, &id, scene, &roles);
    let cases = cases(args, &id);
    let file = format!("materials/{scene}.csv");
    let cases_file = format!("materials/{scene}.cases.csv");
    let target = Layer::read(&folder).map_err(said)?;
    let with_row = appended(&target, &file, std::slice::from_ref(&row))?;
    let with_cases = appended(&target, &cases_file, &cases)?;
    writeln!(out, "新词条（{file}）")?;
    if args.conditions.is_empty() {
        for condition in asked(&desk, &roles).into_iter().filter_map(|id| desk.engine.catalogue().condition(id)) {
            writeln!(
                out,
                "  条件 {}（{}）：{}；不适用就用 --condition 另写",
                condition.id,
                condition.entries.join(" "),
                condition.evidence
            )?;
        }
    }
    for (column, cell) in shape(&file).map(|shape| shape.columns).unwrap_or_default().iter().zip(&row) {
        if !cell.is_empty() {
            writeln!(out, "  {column:<12}{cell}")?;
        }
    }
    let holding = try_cases(&mut out, &desk, shared, args, (&file, &row, &id))?;
    out.finish()?;
    if !holding {
        return Err(Failure::Findings(
            "有用例不成立，没有写入；按所说的理由改词条或用例 / a case fails, nothing written".to_owned(),
        ));
    }
    if args.dry_run {
        shared.say("只看不写：没有改动");
        return Ok(());
    }
    std::fs::create_dir_all(folder.join("materials"))?;
    write_whole(&folder.join(&cases_file), &with_cases)?;
    write_whole(&folder.join(&file), &with_row)?;
    shared.say(&format!(
        "已写入 {} 和用例 {} 条；再看影响：lvjian dict check、lvjian dict show {id}",
        folder.join(&file).display(),
        cases.len()
    ));
    Ok(())
}

/// The desk whose topmost layer is `folder`. A folder with words of its own (heads.toml) is a whole dictionary, any other
/// an overlay on `--base`, `dictionaries` or the shipped tables.
fn desk(shared: &Shared, folder: &Path) -> Result<Desk, Failure> {
    let read = |folder: &Path| Layer::read(folder).map_err(said);
    let mut layers = Vec::new();
    if !folder.join("heads.toml").is_file() {
        layers.push(folder_of(shared, None).map_or_else(|| Ok(Layer::builtin()), |base| read(&base))?);
    }
    for overlay in shared.overlays.iter().filter(|overlay| *overlay != folder) {
        layers.push(read(overlay)?);
    }
    layers.push(read(folder)?);
    Desk::with_layers(layers)
}

fn names(args: &AddArgs) -> Vec<String> {
    let aliases = args.aliases.split('|').map(str::trim).filter(|alias| !alias.is_empty());
    std::iter::once(args.term.trim()).chain(aliases).map(str::to_owned).collect()
}

/// Refuses a surface that the dictionary has, or that says nothing alone.
fn refuse_known(desk: &Desk, args: &AddArgs) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for name in names(args) {
        let folded = fold_text(&name);
        if folded.is_empty() {
            return Err(Failure::Said("词条是空的 / an empty name".to_owned()));
        }
        if !seen.insert(folded.clone()) {
            return Err(Failure::Findings(format!("{name} 写了两次 / given twice")));
        }
        if WEAK.contains(&folded.as_str()) {
            return Err(Failure::Findings(format!("{name} 单独说明不了什么，不能作词条 / a weak word")));
        }
        if let Some(known) = holder(desk.engine.dictionary(), &name) {
            return Err(Failure::Findings(format!("{name} 已是 {known} 的写法；见 lvjian dict show {name}")));
        }
        for exclusion in desk.engine.dictionary().exclusions() {
            if exclusion.surface == folded && exclusion.blocks.is_empty() {
                return Err(Failure::Findings(format!("{name} 在排除词里：{}", exclusion.reason)));
            }
        }
    }
    Ok(())
}

/// Shows terms like the new one.
fn near(out: &mut Output, desk: &Desk, args: &AddArgs) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    let mut shown = Vec::new();
    for name in names(args) {
        for (term, way) in similar_terms(&desk.engine, &name, SHOWN)? {
            if seen.insert(term.id.clone()) {
                let codes: BTreeSet<&str> =
                    term.links.iter().flat_map(|link| link.codes.iter().map(String::as_str)).collect();
                let codes = codes.into_iter().collect::<Vec<_>>().join(" ");
                shown.push(format!("  [{way}] {} {}  {codes}", term.id, term.term));
            }
        }
    }
    if !shown.is_empty() {
        writeln!(
            out,
            "相近的词条（同一样东西就加作别名）\n{}",
            shown.iter().take(2 * SHOWN).cloned().collect::<Vec<_>>().join("\n")
        )?;
    }
    Ok(())
}

/// Entries that full-text look-up proposes from their names, conditions and the terms they have.
fn likely(out: &mut Output, desk: &Desk, args: &AddArgs) -> Result<(), Failure> {
    let mut scores: BTreeMap<String, f32> = BTreeMap::new();
    let query = names(args).join(" ");
    #[cfg(feature = "recall")]
    {
        use crate::dictionary::{RecallError, RecallIndex};
        let failed = |error: RecallError| Failure::Said(error.to_string());
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        for entry in desk.engine.catalogue().entries(EDITION).filter(|entry| entry.level() == 3) {
            let conditions = desk.engine.catalogue().conditions().iter().filter(|c| c.applies_to(&entry.code));
            let conditions: Vec<&str> = conditions.map(|condition| condition.evidence.as_str()).collect();
            texts.insert(entry.code.clone(), format!("{} {}", entry.name, conditions.join(" ")));
        }
        let index =
            RecallIndex::new(texts.iter().map(|(code, text)| (code.as_str(), text.as_str()))).map_err(failed)?;
        for hit in index.search(&query, SHOWN).map_err(failed)? {
            *scores.entry(hit.key).or_default() += hit.score;
        }
        for (term, _) in similar_terms(&desk.engine, &query, 2 * SHOWN)? {
            let codes: BTreeSet<&String> = term.links.iter().flat_map(|link| &link.codes).collect();
            for code in codes {
                *scores.entry(code.clone()).or_default() += 6.0;
            }
        }
    }
    let mut ranked: Vec<(String, f32)> = scores.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    writeln!(out, "可能的条目（{EDITION}）：{query}")?;
    for (code, _) in ranked.into_iter().take(SHOWN) {
        let (roles, _) = usual(desk.engine.dictionary(), std::slice::from_ref(&code));
        let roles: Vec<String> = roles.iter().map(|role| format!("{}={code}", role.code())).collect();
        writeln!(out, "  {code} {}  {}", desk.entry_name(EDITION, &code), roles.join(" "))?;
    }
    Ok(())
}

/// Entries by role, and the usual scene of those entries.
fn links(desk: &Desk, args: &AddArgs) -> Result<(Links, Option<Scene>), Failure> {
    let mut links = Links::new();
    let mut all = Vec::new();
    for entry in &args.entries {
        let (role, codes) = match entry.split_once('=') {
            Some((role, codes)) => (Some(parse_role(role).map_err(Failure::Said)?), codes),
            None => (None, entry.as_str()),
        };
        for code in codes.split(',').map(str::trim) {
            if desk.engine.catalogue().entry(EDITION, code).is_none() {
                return Err(Failure::Said(format!("目录 {EDITION} 没有条目 {code}；见 lvjian catalogue list")));
            }
            let roles = match role {
                Some(role) => vec![role],
                None => usual(desk.engine.dictionary(), &[code.to_owned()]).0,
            };
            if roles.is_empty() {
                return Err(Failure::Said(format!("{code} 还没有词条，请写明角色，如 --entry use={code}")));
            }
            for role in roles {
                let codes = links.entry(role).or_default();
                if !codes.iter().any(|known| known == code) {
                    codes.push(code.to_owned());
                }
            }
            all.push(code.to_owned());
        }
    }
    let scene = usual(desk.engine.dictionary(), &all).1;
    Ok((links, scene))
}

/// What a term must come with.
fn complete(desk: &Desk, args: &AddArgs, links: &Links) -> Result<(), Failure> {
    let missing = |what: &str| Err(Failure::Said(what.to_owned()));
    if desk.source(&args.source).is_none() {
        return missing(&format!("请用 --source 写明来源编号：{}（sources.toml）", desk.source_ids().join(" ")));
    }
    if args.locator.trim().is_empty() {
        return missing("请用 --locator 写明在来源中的位置，如 1.1.7 活动2");
    }
    if args.hits.is_empty() {
        return missing("请用 --hit 写一条应当命中的文字，像真发票那样写");
    }
    let guarded = args.strength == Strength::NeedsContext || !args.needs.is_empty() || !args.unless.is_empty();
    if args.strength == Strength::NeedsContext && args.needs.is_empty() {
        return missing("需语境的词要用 --needs 写明同现才算的词");
    }
    if guarded && args.misses.is_empty() {
        return missing("有同现限制的词要用 --miss 写一条不应命中的文字");
    }
    let cues = args.needs.split(['|', '&']).chain(args.unless.split(['|', '&']));
    for cue in cues.filter_map(|word| word.trim().strip_prefix('@')) {
        if desk.engine.dictionary().cue(cue).is_none() {
            return missing(&format!("cues.toml 没有提示词组 @{cue}"));
        }
    }
    if args.conditions.is_empty() && links.keys().all(|role| matches!(role, Role::Trade | Role::Consume)) {
        return missing("只有贸易或消费条目，条件推不出来：用 --condition 写明，没有就写 --condition -");
    }
    for id in args.conditions.iter().filter(|id| *id != "-") {
        if desk.engine.catalogue().condition(id).is_none() {
            return missing(&format!("没有条件 {id}（catalogue/conditions.csv）"));
        }
    }
    Ok(())
}

/// The id behind the last of the scene's, on to the next that no row of any layer or scene has ever had.
fn next_id(desk: &Desk, scene: Scene) -> Result<String, Failure> {
    let mut taken = BTreeSet::new();
    let mut last = 0;
    for placed in desk.every_row() {
        let id = placed.table.cell(placed.row, "id");
        taken.insert(id.to_owned());
        let number = id.strip_prefix('T').and_then(|digits| digits.parse::<u32>().ok());
        if placed.table.file == format!("materials/{scene}.csv") {
            last = last.max(number.unwrap_or(0));
        }
    }
    let first = last.max(10_000) + 1;
    let free =
        (first..first.saturating_add(100_000)).map(|number| format!("T{number:05}")).find(|id| !taken.contains(id));
    free.ok_or_else(|| Failure::Said("编号用尽 / no free id".to_owned()))
}

/// The cells of the new row, in the order of the table's columns.
fn row(desk: &Desk, args: &AddArgs, id: &str, scene: Scene, links: &Links) -> Vec<String> {
    let roles: Vec<String> = links.iter().map(|(role, codes)| format!("{}={}", role.code(), codes.join(","))).collect();
    let conditions: Vec<&str> = if args.conditions.is_empty() {
        asked(desk, links)
    } else {
        args.conditions.iter().map(String::as_str).filter(|id| *id != "-").collect()
    };
    let conditions = if conditions.is_empty() { "-".to_owned() } else { conditions.join("|") };
    let cells: BTreeMap<&str, String> = [
        ("id", id.to_owned()),
        ("term", args.term.trim().to_owned()),
        ("aliases", names(args).split_off(1).join("|")),
        ("scene", scene.code().to_owned()),
        ("strength", args.strength.code().to_owned()),
        ("needs", args.needs.clone()),
        ("unless", args.unless.clone()),
        ("after_not", args.after_not.clone()),
        ("entries", format!("{EDITION}:{}", roles.join("|"))),
        ("conditions", conditions),
        ("source", args.source.clone()),
        ("locator", args.locator.clone()),
        ("status", "active".to_owned()),
        ("note", args.note.clone()),
    ]
    .into();
    let columns = shape(&format!("materials/{scene}.csv")).map(|shape| shape.columns).unwrap_or_default();
    columns.iter().map(|column| cells.get(column).cloned().unwrap_or_default()).collect()
}

/// The conditions of the entries. Trade and consumption gather many goods under one entry, whose conditions are those of
/// other goods: they are asked by the entries of the other roles.
fn asked<'d>(desk: &'d Desk, links: &Links) -> Vec<&'d str> {
    let own = links.iter().filter(|(role, _)| !matches!(role, Role::Trade | Role::Consume));
    let codes: BTreeSet<&String> = own.flat_map(|(_, codes)| codes).collect();
    let conditions = desk.engine.catalogue().conditions().iter();
    let conditions = conditions.filter(|c| c.edition == EDITION && codes.iter().any(|code| c.applies_to(code)));
    conditions.map(|condition| condition.id.as_str()).collect()
}

fn cases(args: &AddArgs, id: &str) -> Vec<Vec<String>> {
    let case = |text: &String, expect: &str| vec![id.to_owned(), text.clone(), expect.to_owned(), String::new()];
    let hits = args.hits.iter().map(|text| case(text, "hit"));
    hits.chain(args.misses.iter().map(|text| case(text, "miss"))).collect()
}

/// The canonical text of `file` of a layer with rows added; a table that is not there begins with its header.
fn appended(layer: &Layer, file: &str, rows: &[Vec<String>]) -> Result<String, Failure> {
    let columns = shape(file).map(|shape| shape.columns).unwrap_or_default();
    let empty = format!("{}\n", columns.join(","));
    let text = canonical(file, layer.texts.get(file).unwrap_or(&empty)).map_err(said)?;
    let mut table = Table::read(file, &text).map_err(said)?;
    let extra = table.header.len().saturating_sub(columns.len());
    for row in rows {
        let cells = row.iter().cloned().chain(std::iter::repeat_n(String::new(), extra)).collect();
        table.rows.push(TableRow { line: 0, cells });
    }
    canonical(file, &table.write().map_err(said)?).map_err(said)
}

/// Reads the cases with the new term in place and says how they come out; whether all hold.
fn try_cases(
    out: &mut Output,
    desk: &Desk,
    shared: &Shared,
    args: &AddArgs,
    (file, row, id): (&str, &Vec<String>, &str),
) -> Result<bool, Failure> {
    let mut layers = desk.layers.clone();
    let text = appended(&Layer::default(), file, std::slice::from_ref(row))?;
    layers.push(Layer { texts: [(file.to_owned(), text)].into(), ..Layer::default() });
    let trial = Desk::with_layers(layers)?;
    let matcher = trial.engine.matcher(shared.as_of())?;
    let mut all = true;
    let texts = args.hits.iter().map(|text| (text, CaseExpected::Hit));
    for (text, expect) in texts.chain(args.misses.iter().map(|text| (text, CaseExpected::Miss))) {
        let case = Case { term_id: id.to_owned(), text: text.clone(), expect, why: String::new() };
        let (holds, mut reason) = case.holds(&matcher);
        all &= holds;
        if holds && expect == CaseExpected::Hit {
            let read = |kind| matcher.read(&Document { text: text.clone(), kind, ..Document::default() });
            let line = read(TextKind::InvoiceLine);
            if !line.matches.iter().any(|found| found.term_id == id) {
                reason = format!("按用途读：{}", read(TextKind::Purpose).reason);
            }
        }
        let word = if expect == CaseExpected::Hit { "应中" } else { "应不中" };
        writeln!(out, "  {} {word} {text}  {reason}", if holds { "✓" } else { "✗" })?;
    }
    Ok(all)
}
