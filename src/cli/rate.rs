//! `rate`: enterprises with their invoices in, 评绿 ratings out.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    Failure, Shared,
    classify::column_map,
    language::{Language, Speech, headings},
    output::{Format, Output},
    quarantine::{finish_quarantine, tell_ignored},
    report::{self, Heading},
    standard::find_pack,
    why::branch,
};
use crate::{
    decision::{Rating, ScoreState},
    engine::RateTask,
    ingest::{Input, InvoiceBook, Sink, read_entities},
    model::{Checked, Enterprise, FieldKind, UnreadCell},
    standard::EntityRules,
    store::DecisionStore,
};

#[derive(Debug, Args)]
pub struct RateArgs {
    /// 企业采集表（xlsx、csv、json、ndjson）/ the enterprises
    #[arg(long, value_name = "FILE", required_unless_present = "template")]
    entities: Option<String>,
    /// 发票文件，可多个，进项销项都要 / invoice files, bought and sold
    #[arg(long, value_name = "FILE", num_args = 1..)]
    invoices: Vec<String>,
    /// 规则包代号或目录 / rule pack, by id or folder
    #[arg(long, default_value = "sme-green-2022", value_name = "ID|DIR")]
    standard: String,
    /// 写一张空白采集表（csv 或 xlsx）后退出 / write an empty collection form
    #[arg(long, value_name = "FILE", conflicts_with = "entities")]
    template: Option<PathBuf>,
    /// 列映射文件 / column map
    #[arg(long, value_name = "COLS.TOML")]
    map: Option<PathBuf>,
    /// 输出的语言（存档总是中文）/ language of the output; the store is always Chinese
    #[arg(long, value_enum, default_value = "zh")]
    lang: Language,
    /// 输出格式
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// 输出文件 / output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// 存档目录，供 why 使用 / where ratings are kept for `why`
    #[arg(long, default_value = ".lvjian", value_name = "DIR")]
    store: PathBuf,
    /// 隔离行写入的文件 / where bad rows go
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,
    /// 有隔离行时退出码为 1 / exit 1 when rows were set aside
    #[arg(long)]
    fail_on_rejects: bool,
}

const HEADINGS: &[Heading<'static>] = &[
    Heading { name: "企业名称", width: 32 },
    Heading { name: "等级", width: 12 },
    Heading { name: "得分", width: 7 },
    Heading { name: "已知部分", width: 8 },
    Heading { name: "覆盖率", width: 8 },
    Heading { name: "可能等级", width: 8 },
    Heading { name: "主要理由", width: 60 },
];

/// Further columns of files.
const MORE: &[Heading<'static>] = &[
    Heading { name: "统一社会信用代码", width: 20 },
    Heading { name: "行业代码", width: 8 },
    Heading { name: "触及否决项", width: 30 },
    Heading { name: "未查否决项", width: 20 },
    Heading { name: "待补材料", width: 60 },
    Heading { name: "提示", width: 40 },
    Heading { name: "指标得分", width: 60 },
    Heading { name: "目录版本", width: 14 },
    Heading { name: "窗口", width: 24 },
    Heading { name: "指纹", width: 40 },
    Heading { name: "说明", width: 40 },
];

pub(super) fn run(shared: &Shared, args: &RateArgs) -> Result<(), Failure> {
    let engine = shared.engine()?;
    let standard = find_pack(engine, &args.standard)?;
    let rules = standard
        .entity
        .as_ref()
        .ok_or_else(|| Failure::Said(format!("规则包 {} 没有评绿规则（entity.toml）", standard.id)))?;
    if let Some(path) = &args.template {
        return template(shared, rules, path);
    }
    let speech = Speech::new(args.lang, Some(&args.standard))?;
    let map = column_map(args.map.as_deref())?;
    let mut set_aside = Vec::new();
    let mut enterprises: Vec<Enterprise> = Vec::new();
    let input = Input::named(args.entities.as_deref().unwrap_or_default());
    let mut sink = Sink { give: &mut |one| enterprises.push(one), set_aside: &mut |bad| set_aside.push(bad) };
    let found = read_entities(&input, &map, &rules.fields, &mut sink)?;
    tell_ignored(shared, input.name(), &found.ignored);
    for one in &enterprises {
        for cell in &one.unread {
            let UnreadCell { heading, text, advice } = cell;
            shared.say(&format!("{} {heading}“{text}”无法识别，按缺数据计；{advice} / taken as missing", one.location));
        }
    }
    let inputs: Vec<Input> = args.invoices.iter().map(|name| Input::named(name)).collect();
    // Sales are told by the seller, so no line can be left out by its buyer.
    let book = InvoiceBook::read(&inputs, &map, &|_, _| true, &mut |bad| set_aside.push(bad), &mut |input, found| {
        tell_ignored(shared, input.name(), &found.ignored);
    })?;
    shared.say(&speech.of(&format!("企业 {} 户，发票明细 {} 行", enterprises.len(), book.lines.len())));
    let task = RateTask { standard: &standard, rules, as_of: shared.as_of(), threads: shared.threads() };
    let ratings = engine.rate(&enterprises, &book.lines, task)?;
    let store = DecisionStore::ratings(&args.store);
    store.save(&ratings)?;
    write(args, &ratings, &speech)?;
    let count = |grade: &str| ratings.iter().filter(|rating| rating.grade == grade).count();
    let mut words: Vec<String> =
        rules.grades.iter().map(|grade| format!("{} {}", speech.of(&grade.name), count(&grade.name))).collect();
    words.push(format!("{} {}", speech.of(&rules.unrated), count(&rules.unrated)));
    shared.say(&speech.told(&format!("共 {} 户", ratings.len()), &words.join(speech.either("，", ", "))));
    if let Some(first) = ratings.first() {
        shared.say(&speech.of(&first.notice));
        shared.say(&first.fingerprint);
    }
    shared.say(&speech.of(&format!("依据链已存 {}，用 lvjian why 信用代码或企业名称 查看", store.path().display())));
    finish_quarantine(shared, &set_aside, args.quarantine.as_deref(), args.fail_on_rejects)
}

/// An empty form: headings, and one example row that must be overwritten.
fn template(shared: &Shared, rules: &EntityRules, path: &Path) -> Result<(), Failure> {
    let fixed = [
        ("企业名称", "示例：台州某某模具有限公司"),
        ("统一社会信用代码", "91331000MA00000000"),
        ("行业代码", "3525"),
        ("经营范围", "模具制造；模具销售"),
    ];
    let own = rules.fields.iter().map(|field| {
        let example = match field.kind {
            FieldKind::Word => field.words.join("/"),
            _ => field.example.clone(),
        };
        (field.headings.first().cloned().unwrap_or_default(), example)
    });
    let cells: Vec<(String, String)> =
        fixed.iter().map(|(heading, cell)| ((*heading).to_owned(), (*cell).to_owned())).chain(own).collect();
    let mut out = Output::open(Some(path))?;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx")) {
        let failed = |error: rust_xlsxwriter::XlsxError| Failure::Said(error.to_string());
        let mut workbook = report::dated_workbook()?;
        let page = workbook.add_worksheet();
        page.set_name("企业采集表").map_err(failed)?;
        for (column, (heading, cell)) in (0u16..).zip(&cells) {
            page.write_string(0, column, heading).map_err(failed)?;
            page.write_string(1, column, cell).map_err(failed)?;
        }
        out.write_all(&workbook.save_to_buffer().map_err(failed)?)?;
    } else {
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::Writer::from_writer(&mut out);
        let failed = |error: csv::Error| Failure::Said(error.to_string());
        writer.write_record(cells.iter().map(|(heading, _)| heading)).map_err(failed)?;
        writer.write_record(cells.iter().map(|(_, cell)| cell)).map_err(failed)?;
        writer.flush()?;
        drop(writer);
    }
    out.finish()?;
    shared.say(&format!("采集表已写入 {}；不知道的格留空，没有的写 无，不适用的写 不适用：理由", path.display()));
    Ok(())
}

fn grade(rating: &Rating, speech: &Speech) -> String {
    let grade = speech.of(&rating.grade);
    if rating.provisional { format!("{grade}{}", speech.of("（暂定）")) } else { grade }
}

fn percent(share: Decimal) -> String {
    format!("{}%", (share * Decimal::ONE_HUNDRED).round_dp(2).normalize())
}

fn short_row(rating: &Rating, speech: &Speech) -> Vec<String> {
    vec![
        rating.name.clone(),
        grade(rating, speech),
        rating.low.normalize().to_string(),
        rating.known.map_or_else(|| "—".to_owned(), |known| known.normalize().to_string()),
        percent(rating.coverage),
        rating.possible_grade.as_ref().map_or_else(|| "—".to_owned(), |grade| speech.of(grade)),
        speech.all(&rating.reasons),
    ]
}

fn long_row(rating: &Rating, speech: &Speech) -> Vec<String> {
    let joint = speech.either("；", "; ");
    let vetoes = |state| {
        let of = rating.vetoes.iter().filter(|veto| veto.state == state);
        of.map(|veto| format!("{} {}", veto.id, speech.of(&veto.name))).collect::<Vec<_>>().join(joint)
    };
    let fetch: Vec<String> = rating
        .fetch
        .iter()
        .map(|row| {
            speech.of(&format!("{}（{}，至多 +{}）", row.document, row.settles.join(", "), row.gain.normalize()))
        })
        .collect();
    let points: Vec<String> = rating
        .indicators
        .iter()
        .map(|row| match row.state {
            ScoreState::NotApplicable | ScoreState::Missing => format!("{} {}", row.id, speech.of(row.state.chinese())),
            _ => format!("{} {}/{}", row.id, row.low.normalize(), row.max.normalize()),
        })
        .collect();
    let mut row = short_row(rating, speech);
    row.extend([
        rating.entity_id.clone(),
        rating.industry.clone(),
        vetoes(Checked::Yes),
        vetoes(Checked::Unknown),
        fetch.join(joint),
        speech.all(&rating.flags),
        points.join(joint),
        rating.edition.clone(),
        speech.of(&format!("{} 至 {}", rating.window.0, rating.window.1)),
        rating.fingerprint.clone(),
        speech.of(&rating.notice),
    ]);
    row
}

fn write(args: &RateArgs, ratings: &[Rating], speech: &Speech) -> Result<(), Failure> {
    let long: Vec<Heading<'_>> =
        HEADINGS.iter().chain(MORE).map(|heading| Heading { name: heading.name, width: heading.width }).collect();
    let names = speech.names(&long);
    let long = headings(&names, &long);
    let rows = || ratings.iter().map(|rating| long_row(rating, speech));
    let mut output = Output::open(args.output.as_deref())?;
    match args.format {
        Format::Text => {
            let rows: Vec<Vec<String>> = ratings.iter().map(|rating| short_row(rating, speech)).collect();
            report::text(&mut output, long.get(..HEADINGS.len()).unwrap_or(&long), &rows)?;
        }
        Format::Ndjson => {
            for rating in ratings {
                let rating = serde_json::to_value(rating).map_err(std::io::Error::from)?;
                serde_json::to_writer(&mut output, &speech.value(&rating)).map_err(std::io::Error::from)?;
                output.write_all(b"\n")?;
            }
        }
        Format::Csv => report::csv(&mut output, &long, rows())?,
        Format::Xlsx => report::xlsx(&mut output, &speech.of("评绿"), &long, rows())?,
        #[cfg(feature = "parquet")]
        Format::Parquet => report::parquet(&mut output, &long, rows())?,
    }
    output.finish()
}

/// A stored rating for people, with its trace.
pub(super) fn show(out: &mut Output, rating: &Value, speech: &Speech) -> Result<(), Failure> {
    let rating = &speech.value(rating);
    let text = |value: &Value, key: &str| match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        _ => "—".to_owned(),
    };
    let list = |key: &str| rating.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let provisional = rating.get("provisional").and_then(Value::as_bool) == Some(true);
    let mark = if provisional { speech.of("（暂定，有否决项未查）") } else { String::new() };
    let gap = speech.either("　", "  ");
    let industry = format!("{} {}", speech.of("行业"), text(rating, "industry"));
    writeln!(out, "{}{gap}{}{gap}{industry}", text(rating, "name"), text(rating, "entity_id"))?;
    let grade = speech.told("等级", &text(rating, "grade"));
    writeln!(out, "{grade}{mark}{gap}{} {}", speech.of("可能等级"), text(rating, "possible_grade"))?;
    let (low, known, coverage) = (text(rating, "low"), text(rating, "known"), text(rating, "coverage"));
    let low = speech.noted(&format!("{} {low}", speech.of("得分")), &speech.of("缺数据不给分"));
    writeln!(out, "{low}{gap}{} {known}{gap}{} {coverage}", speech.of("已知部分"), speech.of("覆盖率"))?;
    for reason in list("reasons") {
        writeln!(out, "  · {}", reason.as_str().unwrap_or_default())?;
    }
    for row in list("fetch") {
        let settles: Vec<String> = row
            .get("settles")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect();
        let gain = speech.of(&format!("至多 +{} 分", text(&row, "gain")));
        let note = format!("{}{}{gain}", settles.join(speech.either("、", ", ")), speech.either("，", ", "));
        writeln!(out, "  {}", speech.told("待补", &speech.noted(&text(&row, "document"), &note)))?;
    }
    for flag in list("flags") {
        writeln!(out, "  {}", speech.told("提示", flag.as_str().unwrap_or_default()))?;
    }
    writeln!(out, "\n{}", speech.of("依据链"))?;
    if let Some(trace) = rating.get("trace") {
        branch(out, trace, 0, speech)?;
    }
    writeln!(out, "\n{}\n{}", text(rating, "notice"), text(rating, "fingerprint"))?;
    Ok(())
}
