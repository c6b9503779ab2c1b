//! `card`: one loan's decision on a sheet of paper.

use std::{io::Write, path::PathBuf};

use clap::Args;
use serde_json::Value;

use super::{
    Failure, Shared,
    html::{bar, escape, page},
    language::{Language, Speech},
    output::Output,
};
use crate::{
    model::{Origin, Verdict},
    store::DecisionStore,
};

#[derive(Debug, Args)]
pub struct CardArgs {
    /// 借据号 / loan id
    id: String,
    /// 决定存档目录 / decision store
    #[arg(long, default_value = ".lvjian", value_name = "DIR")]
    store: PathBuf,
    /// 输出的语言 / language of the output
    #[arg(long, value_enum, default_value = "zh")]
    lang: Language,
    /// 输出文件（HTML，可打印成 A4）/ output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(_: &Shared, args: &CardArgs) -> Result<(), Failure> {
    let store = DecisionStore::new(&args.store);
    let decisions = store.load()?;
    let decision = decisions.iter().find(|decision| text(decision, "loan_id") == args.id).ok_or_else(|| {
        Failure::Said(format!(
            "{} 里没有借据 {}；先运行 lvjian assess / no such loan in the store",
            store.path().display(),
            args.id
        ))
    })?;
    let mut out = Output::open(args.output.as_deref())?;
    let record = store.record()?;
    let speech = Speech::new(args.lang, record.as_ref().map(|record| record.standard.as_str()))?;
    out.write_all(card(decision, &speech).as_bytes())?;
    out.finish()
}

/// The card of one stored decision.
fn card(decision: &Value, speech: &Speech) -> String {
    let say = |words: &str| escape(&speech.of(words));
    let gap = speech.either("　", " &nbsp; ");
    let verdict = Verdict::from_code(&text(decision, "verdict"));
    let mut body = format!(
        "<div class=\"head\"><div><h1>{}</h1><div>{} <b>{}</b>{gap}{}</div><div class=\"muted\">{}{gap}{} {} {}{gap}{} {}</div></div>\
         <div class=\"badge {}\">{}</div></div>",
        say("绿色认定卡"),
        say("借据"),
        escape(&text(decision, "loan_id")),
        escape(&text(decision, "customer")),
        escape(&text(decision, "branch")),
        say("放款金额"),
        escape(&money(&text(decision, "amount"))),
        say("元"),
        say("目录版本"),
        escape(&text(decision, "edition")),
        verdict.map_or("", Verdict::code),
        say(verdict.map_or("—", Verdict::chinese)),
    );
    let share = decimal(decision, "green_share");
    heading("绿色占比", speech, &mut body);
    match share {
        Some(share) => {
            body.push_str(&bar(share, &[0.1, 0.5, 0.95]));
            body.push_str(&format!(
                "<div>{:.2}%{gap}{} {}{gap}{} {}{gap}{}</div>",
                share * 100.0,
                say("建议绿色金额"),
                escape(&money(&text(decision, "green_amount"))),
                say("凭证覆盖"),
                decimal(decision, "cover").map_or_else(|| "—".to_owned(), |cover| format!("{:.2}%", cover * 100.0)),
                say(&format!("置信分 {}（次序分，不是概率）", text(decision, "confidence")))
            ));
        }
        None => body.push_str(&format!("<div>{}</div>", say("没有凭证金额，占比未知（不按 0 计）"))),
    }
    if let Some(entry) = decision.get("entry").filter(|entry| !entry.is_null()) {
        body.push_str(&format!(
            "<div>{} <b>{}</b> {}</div>",
            say("目录条目"),
            escape(&text(entry, "code")),
            say(&text(entry, "name"))
        ));
    }
    heading("主要理由", speech, &mut body);
    body.push_str("<ul>");
    for reason in list(decision, "reasons").iter().take(4) {
        body.push_str(&format!("<li>{}</li>", say(reason.as_str().unwrap_or_default())));
    }
    body.push_str("</ul>");
    for flag in list(decision, "flags") {
        let note = speech.told("提示", &speech.of(flag.as_str().unwrap_or_default()));
        body.push_str(&format!("<div class=\"muted\">{}</div>", escape(&note)));
    }
    let trace = decision.get("trace").cloned().unwrap_or_default();
    evidence(&trace, speech, &mut body);
    wanted(decision, speech, &mut body);
    heading("规则依据", speech, &mut body);
    body.push_str("<ul>");
    for step in list(&trace, "steps").iter().filter(|step| !["用途", "凭证"].contains(&text(step, "label").as_str()))
    {
        rule(step, speech, &mut body);
    }
    body.push_str("</ul>");
    refused(&trace, speech, &mut body);
    heading("签署", speech, &mut body);
    body.push_str(&format!(
        "<div class=\"muted\">{}</div><div class=\"sign\"><div>{}</div><div>{}</div><div>{}</div></div>\
         <p class=\"muted\">{}<br><code>{}</code></p>",
        say("系统只作建议，须由具名复核人签署后生效。"),
        say("经办"),
        say("复核"),
        say("日期"),
        say(&text(decision, "notice")),
        escape(&text(decision, "fingerprint"))
    ));
    page(&format!("{} {}", speech.of("绿色认定卡"), text(decision, "loan_id")), speech.either("zh-CN", "en"), &body)
}

fn heading(words: &str, speech: &Speech, body: &mut String) {
    body.push_str(&format!("<h2>{}</h2>", escape(&speech.of(words))));
}

/// The row of column headings.
fn columns(names: &[&str], speech: &Speech, body: &mut String) {
    let cells = names.iter().map(|name| format!("<th>{}</th>", escape(&speech.of(name))));
    body.push_str(&format!("<tr>{}</tr>", cells.collect::<String>()));
}

/// What was read in purpose and vouchers: place, words, what they count as.
fn evidence(trace: &Value, speech: &Speech, body: &mut String) {
    heading("证据", speech, body);
    body.push_str(
        "<table><colgroup><col style=\"width:30%\"><col style=\"width:40%\"><col style=\"width:30%\"></colgroup>",
    );
    columns(&["来源", "原文（标出命中）", "结果"], speech, body);
    let mut rows = 0;
    for part in list(trace, "steps").iter().filter(|step| ["用途", "凭证"].contains(&text(step, "label").as_str()))
    {
        let is_purpose = text(part, "label") == "用途";
        let lines = if is_purpose { vec![part.clone()] } else { list(part, "steps") };
        for line in lines.iter().filter(|line| is_purpose || text(line, "label").starts_with("发票")) {
            let hits: Vec<Value> =
                list(line, "steps").into_iter().filter(|hit| text(hit, "label").starts_with("命中")).collect();
            let place = hits
                .first()
                .or(Some(line))
                .and_then(|hit| hit.get("leaf"))
                .map_or_else(String::new, |leaf| place(leaf, speech));
            let words = match hits.first().and_then(|hit| hit.get("leaf")) {
                Some(leaf) => marked(&text(leaf, "text"), &hits),
                None => escape(&text(line, "label")),
            };
            let name = if is_purpose { "贷款用途".to_owned() } else { first_words(&text(line, "label"), 2) };
            body.push_str(&format!(
                "<tr><td>{}<br><span class=\"muted\">{}</span></td><td>{words}</td><td>{}</td></tr>",
                escape(&speech.of(&name)),
                escape(&place),
                escape(&speech.of(&text(line, "result")))
            ));
            rows += 1;
        }
    }
    if rows == 0 {
        body.push_str(&format!("<tr><td colspan=\"3\">{}</td></tr>", escape(&speech.of("没有读到用途或凭证"))));
    }
    body.push_str("</table>");
}

fn wanted(decision: &Value, speech: &Speech, body: &mut String) {
    let wanted = list(decision, "wanted");
    if wanted.is_empty() {
        return;
    }
    heading("待补材料", speech, body);
    body.push_str("<table>");
    columns(&["材料", "用来证明"], speech, body);
    for row in wanted {
        body.push_str(&format!(
            "<tr><td>{}</td><td>{}</td></tr>",
            escape(&speech.of(&text(&row, "document"))),
            escape(&speech.of(&text(&row, "settles")))
        ));
    }
    body.push_str("</table>");
}

/// A step of the rules with its origin word, and the steps below it.
fn rule(step: &Value, speech: &Speech, body: &mut String) {
    let say = |words: &str| escape(&speech.of(words));
    let origin = step.get("leaf").filter(|leaf| text(leaf, "kind") == "parameter").map_or_else(String::new, |leaf| {
        let word = Origin::from_code(&text(leaf, "origin")).map_or("", Origin::chinese);
        format!(
            " <span class=\"origin\">{}</span> <span class=\"muted\">{}</span>",
            say(word),
            say(&text(leaf, "source"))
        )
    });
    let colon = speech.either("：", ": ");
    body.push_str(&format!("<li>{}{colon}{}{origin}", say(&text(step, "label")), say(&text(step, "result"))));
    let below = list(step, "steps");
    if !below.is_empty() {
        body.push_str("<ul>");
        below.iter().for_each(|step| rule(step, speech, body));
        body.push_str("</ul>");
    }
    body.push_str("</li>");
}

/// Refused hits that say something; those that a longer term covers say nothing.
fn refused(trace: &Value, speech: &Speech, body: &mut String) {
    let mut found: Vec<(String, String, String)> = Vec::new();
    let mut open = vec![trace.clone()];
    while let Some(step) = open.pop() {
        let result = text(&step, "result");
        if text(&step, "label").starts_with("未采")
            && !result.starts_with("M004")
            && let Some(leaf) = step.get("leaf")
        {
            let row = (marked(&text(leaf, "text"), std::slice::from_ref(&step)), text(&step, "label"), result);
            if !found.contains(&row) {
                found.push(row);
            }
        }
        open.extend(list(&step, "steps"));
    }
    if found.is_empty() {
        return;
    }
    const SHOWN: usize = 12;
    found.sort();
    heading("未采的命中", speech, body);
    body.push_str("<table>");
    columns(&["原文", "词条", "为什么不算"], speech, body);
    for (words, label, reason) in found.iter().take(SHOWN) {
        let term = label.strip_prefix("未采 ").unwrap_or(label);
        body.push_str(&format!(
            "<tr><td>{words}</td><td>{}</td><td>{}</td></tr>",
            escape(term),
            escape(&speech.of(reason))
        ));
    }
    body.push_str("</table>");
    if found.len() > SHOWN {
        let more = speech.of(&format!("另有 {} 处，见 lvjian why", found.len() - SHOWN));
        body.push_str(&format!("<div class=\"muted\">{}</div>", escape(&more)));
    }
}

/// The text with the spans of the hits marked; everything escaped.
fn marked(whole: &str, hits: &[Value]) -> String {
    let mut spans: Vec<(usize, usize)> = hits
        .iter()
        .filter_map(|hit| {
            let span = hit.get("leaf")?.get("span")?;
            let at = |place: usize| span.get(place).and_then(Value::as_u64).and_then(|byte| usize::try_from(byte).ok());
            Some((at(0)?, at(1)?))
        })
        .collect();
    spans.sort();
    let mut html = String::new();
    let mut done = 0;
    for (start, end) in spans {
        if let (true, Some(before), Some(inside)) = (start >= done, whole.get(done..start), whole.get(start..end)) {
            html.push_str(&format!("{}<mark>{}</mark>", escape(before), escape(inside)));
            done = end;
        }
    }
    html.push_str(&escape(whole.get(done..).unwrap_or_default()));
    html
}

fn place(leaf: &Value, speech: &Speech) -> String {
    let Some(location) = leaf.get("location") else { return String::new() };
    let file = text(location, "file");
    let name = file.rsplit(['/', '\\']).next().unwrap_or(&file).to_owned();
    let row = location.get("row").and_then(Value::as_u64).unwrap_or_default();
    let sheet = text(location, "sheet");
    let sheet = if sheet.is_empty() { String::new() } else { format!(" [{sheet}]") };
    if row == 0 { name } else { format!("{name}{sheet} {}", speech.of(&format!("第{row}行"))) }
}

fn first_words(label: &str, count: usize) -> String {
    label.split(' ').take(count).collect::<Vec<_>>().join(" ")
}

/// Yuan with thousands separated.
pub(super) fn money(amount: &str) -> String {
    let (whole, cents) = amount.split_once('.').unwrap_or((amount, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return if amount.is_empty() { "—".to_owned() } else { amount.to_owned() };
    }
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if cents.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{cents}") }
}

fn decimal(value: &Value, key: &str) -> Option<f64> {
    value.get(key).and_then(Value::as_str).and_then(|text| text.parse().ok())
}

fn list(value: &Value, key: &str) -> Vec<Value> {
    value.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_are_grouped() {
        for (amount, told) in
            [("1234567.80", "1,234,567.80"), ("999.00", "999.00"), ("-1000.00", "-1,000.00"), ("", "—")]
        {
            assert_eq!(money(amount), told);
        }
    }

    #[test]
    fn hits_are_marked_and_the_rest_is_escaped() {
        let hit = json!({"leaf": {"span": [3, 15]}});
        assert_eq!(marked("<a>光伏组件</a>", &[hit]), "&lt;a&gt;<mark>光伏组件</mark>&lt;/a&gt;");
    }
}
