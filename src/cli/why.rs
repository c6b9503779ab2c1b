//! `why`: the trace of a stored decision, or of one text.

use std::{io::Write, path::PathBuf};

use clap::Args;
use serde_json::Value;

use super::{
    Failure, Shared,
    language::{Language, Speech},
    output::Output,
    replay::{compare, difference, two},
    similar::similar_terms,
};
use crate::{
    catalogue::Catalogue,
    model::{Classification, ConditionState, Document, Origin, TextKind, Verdict},
    store::DecisionStore,
    text::{Layout, fold},
};

#[derive(Debug, Args)]
pub struct WhyArgs {
    /// 借据号，或评过的企业的信用代码、名称 / loan id, or a rated enterprise
    #[arg(required_unless_present = "text")]
    id: Option<String>,
    /// 直接问一段文字 / ask about a text
    #[arg(long, value_name = "TEXT", conflicts_with = "id")]
    text: Option<String>,
    /// 文本类型；默认按有无 `*简称*` 判断 / kind of text
    #[arg(long)]
    kind: Option<String>,
    /// 输出的语言 / language of the output
    #[arg(long, value_enum, default_value = "zh", conflicts_with_all = ["not", "diff"])]
    lang: Language,
    /// 决定存档目录 / decision store
    #[arg(long, default_value = ".lvjian", value_name = "DIR")]
    store: PathBuf,
    /// 差在哪里，最小改动多少结论就变；每一条都重新判定过 / nearest misses and the smallest changes that flip the verdict
    #[arg(long, conflicts_with_all = ["text", "diff"])]
    not: bool,
    /// 与 --not 一起：一行 JSON / with --not: one JSON object
    #[arg(long, requires = "not")]
    json: bool,
    /// 比较两个存档里同一笔借据的决定，说明差在哪里 / explain two decisions of one loan
    #[arg(long, num_args = 2, value_names = ["DIR", "DIR"], conflicts_with_all = ["text", "store"])]
    diff: Vec<PathBuf>,
}

pub(super) fn run(shared: &Shared, args: &WhyArgs) -> Result<(), Failure> {
    if let (true, Some(id)) = (args.not, &args.id) {
        return super::contrast::run(shared, &DecisionStore::new(&args.store), id, args.json);
    }
    let mut out = Output::open(None)?;
    match (&args.text, &args.id) {
        (Some(text), _) => {
            let engine = shared.engine()?;
            let matcher = engine.matcher(shared.as_of())?;
            let kind = match &args.kind {
                Some(code) => TextKind::from_code(code)
                    .ok_or_else(|| Failure::Said("kind: invoice_line, purpose, scope".to_owned()))?,
                None => guess(text),
            };
            let document = Document { text: text.clone(), kind, ..Document::default() };
            let reading = matcher.read(&document);
            let speech = Speech::new(args.lang, None)?;
            text_trace(&mut out, &document, &reading, engine.catalogue(), &speech)?;
            if reading.matches.is_empty() {
                suggest(&mut out, engine, &document, &speech)?;
            }
            writeln!(out, "\n{}", engine.fingerprint(&matcher.edition.id, None))?;
        }
        (None, Some(id)) if !args.diff.is_empty() => {
            let (then, now) = two(&args.diff, id)?;
            let same = compare(std::slice::from_ref(&then), std::slice::from_ref(&now)).is_empty();
            writeln!(out, "借据 {id}：{}", if same { "两份决定相同".to_owned() } else { difference(&then, &now) })?;
        }
        (None, Some(id)) => {
            let store = DecisionStore::new(&args.store);
            let decisions = store.load()?;
            let record = store.record()?;
            let speech = Speech::new(args.lang, record.as_ref().map(|record| record.standard.as_str()))?;
            let decision =
                decisions.iter().find(|decision| decision.get("loan_id").and_then(Value::as_str) == Some(id));
            let Some(decision) = decision else {
                let ratings = DecisionStore::ratings(&args.store).load()?;
                let named = |rating: &&Value, key: &str| rating.get(key).and_then(Value::as_str) == Some(id);
                let rating = ratings.iter().find(|rating| named(rating, "entity_id") || named(rating, "name"));
                if let Some(rating) = rating {
                    super::rate::show(&mut out, rating, &speech)?;
                    return out.finish();
                }
                return Err(Failure::Said(format!(
                    "{} 里没有借据 {id}；先运行 lvjian assess / no such loan in the store",
                    store.path().display()
                )));
            };
            loan_trace(&mut out, decision, &speech)?;
        }
        (None, None) => return Err(Failure::Said("请给出借据号或 --text".to_owned())),
    }
    out.finish()
}

/// A goods name has a tax label or no verb in front; everything else is read as a purpose.
fn guess(text: &str) -> TextKind {
    let verbs = ["采购", "购买", "购置", "支付", "用于", "建设", "安装", "改造", "周转", "生产", "销售", "经营"];
    if !text.starts_with('*') && verbs.iter().any(|verb| text.contains(verb)) {
        TextKind::Purpose
    } else {
        TextKind::InvoiceLine
    }
}

fn text_trace(
    out: &mut Output,
    document: &Document,
    reading: &Classification,
    catalogue: &Catalogue,
    speech: &Speech,
) -> Result<(), Failure> {
    let gap = speech.either("　", "  ");
    writeln!(out, "{}", speech.told(document.kind.chinese(), &document.text))?;
    let verdict = speech.told("结论", &speech.of(reading.verdict.chinese()));
    writeln!(out, "{verdict}{gap}{}", speech.of(&reading.reason))?;
    for found in &reading.matches {
        let note = format!(
            "{}{}{}",
            speech.of(found.via.chinese()),
            speech.either("，", ", "),
            speech.of(found.scene.chinese())
        );
        let hit = speech.noted(&format!("{} {} {}", speech.of("命中"), found.term_id, found.term), &note);
        writeln!(out, "\n✔ {hit}")?;
        writeln!(out, "    {}  {}", speech.of("原文"), marked(&document.text, found.span.start, found.span.end))?;
        let strength = speech.of(found.strength.chinese());
        let bytes = format!("{} {}–{}", speech.of("字节"), found.span.start, found.span.end);
        writeln!(out, "    {}  {strength}{gap}{bytes}", speech.of("强度"))?;
        for entry in &found.entries {
            let path: Vec<String> =
                catalogue.path(&entry.edition, &entry.code).iter().map(|entry| speech.of(&entry.name)).collect();
            let entry = speech.noted(&format!("{} {}", entry.edition, entry.code), &speech.of(entry.role.chinese()));
            writeln!(out, "    {}  {entry}{}{}", speech.of("条目"), speech.either("", " "), path.join(" › "))?;
        }
        for condition in &found.conditions {
            let state = match condition.state {
                ConditionState::NoData => format!("缺数据，可由“{}”证明", condition.evidence),
                state => format!("{}：文中“{}”", state.chinese(), condition.evidence),
            };
            writeln!(out, "    {}  {} {}", speech.of("条件"), condition.id, speech.of(&state))?;
        }
    }
    for refused in &reading.rejected {
        let reason = speech.of(&refused.reason);
        let label = format!("{} {} {}", speech.of("未采"), refused.term_id, refused.term);
        writeln!(out, "\n✘ {label}{gap}{} {reason}", refused.code)?;
        writeln!(out, "    {}  {}", speech.of("原文"), marked(&document.text, refused.span.start, refused.span.end))?;
    }
    if reading.verdict == Verdict::Green && document.kind != TextKind::InvoiceLine {
        writeln!(out, "\n{}", speech.of("用途文本单独不能认定一笔贷款，还需凭证。"))?;
    }
    Ok(())
}

/// Terms like a text that matched none.
fn suggest(out: &mut Output, engine: &crate::Engine, document: &Document, speech: &Speech) -> Result<(), Failure> {
    let folded = fold(&document.text);
    let layout = Layout::of(folded.text(), document.kind == TextKind::InvoiceLine);
    let body = folded.text().get(layout.body..).unwrap_or_default();
    let found = similar_terms(engine, body, 3)?;
    if !found.is_empty() {
        writeln!(out, "\n{}", speech.of("词典中相近的词条（只供参考，不作依据）"))?;
    }
    for (term, way) in found {
        let scene = speech.of(term.scene.chinese());
        let note = format!("{scene}{}{}", speech.either("，", ", "), speech.of(term.strength.chinese()));
        let term = speech.noted(&format!("{} {}", term.id, term.term), &note);
        writeln!(out, "    [{}] {term}", speech.of(way))?;
    }
    Ok(())
}

/// The text with the span between 【 and 】.
fn marked(text: &str, start: usize, end: usize) -> String {
    match (text.get(..start), text.get(start..end), text.get(end..)) {
        (Some(before), Some(inside), Some(after)) => format!("{before}【{inside}】{after}"),
        _ => text.to_owned(),
    }
}

fn loan_trace(out: &mut Output, decision: &Value, speech: &Speech) -> Result<(), Failure> {
    let decision = &speech.value(decision);
    let gap = speech.either("　", "  ");
    let text = |key: &str| decision.get(key).and_then(Value::as_str).unwrap_or("—");
    let loan = format!("{} {}{gap}{}", speech.of("借据"), text("loan_id"), text("customer"));
    writeln!(out, "{loan}{gap}{} {}", text("amount"), speech.of("元"))?;
    let verdict = Verdict::from_code(text("verdict")).map_or("—", Verdict::chinese);
    writeln!(
        out,
        "{}{gap}{} {}{gap}{} {}",
        speech.told("结论", &speech.of(verdict)),
        speech.of("绿色占比"),
        text("green_share"),
        speech.of("建议绿色金额"),
        text("green_amount")
    )?;
    let list = |key: &str| decision.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    for reason in list("reasons") {
        writeln!(out, "  · {}", reason.as_str().unwrap_or_default())?;
    }
    for wanted in list("wanted") {
        let part = |key: &str| wanted.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        writeln!(out, "  {}", speech.told("待补", &speech.noted(&part("document"), &part("settles"))))?;
    }
    for flag in list("flags") {
        writeln!(out, "  {}", speech.told("提示", flag.as_str().unwrap_or_default()))?;
    }
    writeln!(out, "\n{}", speech.of("依据链"))?;
    if let Some(trace) = decision.get("trace") {
        branch(out, trace, 0, speech)?;
    }
    writeln!(out, "\n{}\n{}", text("notice"), text("fingerprint"))?;
    Ok(())
}

/// A step of a trace that is in the reader's language already, and the steps below it.
pub(super) fn branch(out: &mut Output, step: &Value, depth: usize, speech: &Speech) -> Result<(), Failure> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let leaf = step.get("leaf");
    let gap = speech.either("　", "  ");
    let rests = match leaf.map(|leaf| text(leaf, "kind")).as_deref() {
        Some("span") => leaf.map_or_else(String::new, |leaf| {
            let bytes = |place: usize| {
                let number = leaf.get("span").and_then(|span| span.get(place)).and_then(Value::as_u64);
                number.and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
            };
            format!("{gap}«{}» {}", marked(&text(leaf, "text"), bytes(0), bytes(1)), place(leaf, speech))
        }),
        Some("parameter") => leaf.map_or_else(String::new, |leaf| {
            let origin = Origin::from_code(&text(leaf, "origin")).map_or("", Origin::chinese);
            let source = text(leaf, "source");
            match speech.either("zh", "en") {
                "zh" => format!("　［{origin} {}：{source}］", text(leaf, "origin")),
                _ => format!("  [{}: {source}]", text(leaf, "origin")),
            }
        }),
        Some("fact") => leaf.map_or_else(String::new, |leaf| format!("{gap}{}", place(leaf, speech))),
        _ => String::new(),
    };
    let colon = speech.either("：", ": ");
    writeln!(out, "{}{}{colon}{}{rests}", "  ".repeat(depth), text(step, "label"), text(step, "result"))?;
    for below in step.get("steps").and_then(Value::as_array).into_iter().flatten() {
        branch(out, below, depth + 1, speech)?;
    }
    Ok(())
}

/// File, sheet and row of a leaf.
fn place(leaf: &Value, speech: &Speech) -> String {
    let Some(location) = leaf.get("location") else { return String::new() };
    let text = |key: &str| location.get(key).and_then(Value::as_str).unwrap_or_default();
    let row = location.get("row").and_then(Value::as_u64).unwrap_or_default();
    let sheet = if text("sheet").is_empty() { String::new() } else { format!(" [{}]", text("sheet")) };
    let row = if row == 0 { String::new() } else { format!("{sheet} {}", speech.of(&format!("第{row}行"))) };
    format!("{}{}{row}{}", speech.either("（", "("), text("file"), speech.either("）", ")"))
}
