//! `report`: the green share of a whole book of loans, as a page and as a workbook, and the two filing views.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::{Args, ValueEnum};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use rust_xlsxwriter::{Format as CellFormat, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use super::{
    Failure, Shared,
    card::money,
    html::{bar, bars, escape, page},
    language::{Language, Speech, headings},
    output::{Output, inert},
    report::{self, Heading},
};
use crate::{
    Engine,
    model::{Scene, Verdict},
    store::DecisionStore,
};

/// Whose way of counting a loan-by-loan list follows. Both are our default reading, for the bank to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Filing {
    /// By use of funds: the part of the loan that vouchers show as green.
    Use,
    /// By industry: the whole loan, when the borrower's industry belongs to the entry.
    Industry,
}

#[derive(Debug, Args)]
pub struct PortfolioArgs {
    /// 决定存档目录 / decision store
    #[arg(long, default_value = ".lvjian", value_name = "DIR")]
    store: PathBuf,
    /// 输出的语言 / language of the output
    #[arg(long, value_enum, default_value = "zh")]
    lang: Language,
    /// 输出文件：.html 或 .xlsx；不给则在屏幕上列表 / output file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// 逐笔报送口径：按用途或按行业 / loan-by-loan filing view
    #[arg(long)]
    filing: Option<Filing>,
}

/// What counts of one loan.
struct Row {
    loan: String,
    customer: String,
    branch: String,
    month: String,
    industry: String,
    verdict: Option<Verdict>,
    edition: String,
    entry: String,
    entry_name: String,
    /// First level of the entry, with its name.
    field: String,
    scene: Option<Scene>,
    amount: Decimal,
    share: Option<Decimal>,
    /// Green amount of loans that came out green; 0 for every other.
    green: Decimal,
    wanted: Vec<String>,
}

impl Row {
    /// The edition, where it is not the one in force: codes mean something else there.
    fn edition_mark(&self) -> &str {
        if self.edition == "gfspc-2025" || self.entry.is_empty() { "" } else { &self.edition }
    }
}

/// Loans, amount, green loans, green amount.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sum {
    loans: u32,
    amount: Decimal,
    green_loans: u32,
    green: Decimal,
}

impl Sum {
    fn add(&mut self, row: &Row) {
        self.loans += 1;
        self.amount += row.amount;
        self.green_loans += u32::from(row.verdict == Some(Verdict::Green));
        self.green += row.green;
    }

    /// Green amount ÷ amount; 0 without loans.
    fn share(&self) -> Decimal {
        if self.amount.is_zero() { Decimal::ZERO } else { self.green / self.amount }
    }
}

pub(super) fn run(shared: &Shared, args: &PortfolioArgs) -> Result<(), Failure> {
    let store = DecisionStore::new(&args.store);
    let decisions = store.load()?;
    let Some(first) = decisions.first() else {
        return Err(Failure::Said(format!(
            "{} 里没有决定；先运行 lvjian assess / no decisions in the store",
            store.path().display()
        )));
    };
    let engine = shared.engine()?;
    let record = store.record()?;
    let speech = Speech::new(args.lang, record.as_ref().map(|record| record.standard.as_str()))?;
    let notice = format!("{}　{}", speech.of(&text(first, "notice")), text(first, "fingerprint"));
    let mut rows: Vec<Row> = Vec::new();
    for decision in &decisions {
        let mut row = row(decision);
        let code = row.entry.split('.').next().unwrap_or_default();
        if let Some(field) = engine.catalogue().entry(&row.edition, code) {
            row.field = format!("{} {code} {}", row.edition_mark(), speech.of(&field.name)).trim().to_owned();
        }
        // One loan counts once, however often the ledger has it.
        if !rows.iter().any(|known| known.loan == row.loan) {
            rows.push(row);
        }
    }
    if let Some(filing) = args.filing {
        return write_filing(shared, engine, args, &rows, (filing, &speech));
    }
    match args.output.as_deref() {
        Some(path) if path.extension().is_some_and(|extension| extension == "xlsx") => {
            let bytes = workbook(&rows, &notice, &speech).map_err(|error| Failure::Said(error.to_string()))?;
            let mut out = Output::open(Some(path))?;
            out.write_all(&bytes)?;
            out.finish()
        }
        Some(path) => {
            let mut out = Output::open(Some(path))?;
            out.write_all(html(&rows, &notice, &speech).as_bytes())?;
            out.finish()
        }
        None => {
            let mut out = Output::open(None)?;
            for (title, groups) in tables(&rows) {
                let lines: Vec<Vec<String>> = groups.iter().map(|(name, sum)| cells(&speech.of(name), sum)).collect();
                writeln!(out, "{}", speech.of(title))?;
                let names = speech.names(SUM_HEADINGS);
                report::text(&mut out, &headings(&names, SUM_HEADINGS), &lines)?;
                writeln!(out)?;
            }
            writeln!(out, "{notice}")?;
            out.finish()
        }
    }
}

fn row(decision: &Value) -> Row {
    let decimal = |key: &str| text(decision, key).parse::<Decimal>().ok();
    let verdict = Verdict::from_code(&text(decision, "verdict"));
    let amount = decimal("amount").unwrap_or_default();
    let entry = decision.get("entry").cloned().unwrap_or_default();
    let wanted = decision.get("wanted").and_then(Value::as_array).cloned().unwrap_or_default();
    let month: String = text(decision, "disbursed").chars().take(7).collect();
    let named = |name: String, other: &str| if name.is_empty() { other.to_owned() } else { name };
    Row {
        loan: text(decision, "loan_id"),
        customer: text(decision, "customer"),
        branch: named(text(decision, "branch"), "（未写机构）"),
        month: named(month, "（未写日期）"),
        industry: text(decision, "industry"),
        verdict,
        edition: text(decision, "edition"),
        entry: text(&entry, "code"),
        entry_name: text(&entry, "name"),
        field: String::new(),
        scene: Scene::from_code(&text(decision, "scene")),
        amount,
        share: decimal("green_share"),
        green: if verdict == Some(Verdict::Green) {
            decimal("green_amount").unwrap_or_default().min(amount)
        } else {
            Decimal::ZERO
        },
        wanted: wanted.iter().map(|row| text(row, "document")).collect(),
    }
}

/// The sums of the book, by every division, in the order of the report.
fn tables(rows: &[Row]) -> Vec<(&'static str, Vec<(String, Sum)>)> {
    let by = |name: &dyn Fn(&Row) -> String| -> Vec<(String, Sum)> {
        let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
        for row in rows {
            sums.entry(name(row)).or_default().add(row);
        }
        sums.into_iter().collect()
    };
    let mut all = Sum::default();
    rows.iter().for_each(|row| all.add(row));
    let or_none = |name: &str| if name.is_empty() { "（无条目）".to_owned() } else { name.to_owned() };
    vec![
        ("全部", vec![("合计".to_owned(), all)]),
        ("按结论", by(&|row| row.verdict.map_or("—", Verdict::chinese).to_owned())),
        ("按目录领域", by(&|row| or_none(&row.field))),
        ("按目录条目", by(&|row| or_none(format!("{} {} {}", row.edition_mark(), row.entry, row.entry_name).trim()))),
        ("按场景", by(&|row| row.scene.map_or("（无场景）", Scene::chinese).to_owned())),
        ("按机构", by(&|row| row.branch.clone())),
        ("按放款月份", by(&|row| row.month.clone())),
    ]
}

const SUM_HEADINGS: &[Heading<'static>] = &[
    Heading { name: "分组", width: 40 },
    Heading { name: "笔数", width: 8 },
    Heading { name: "金额（元）", width: 18 },
    Heading { name: "建议认绿笔数", width: 12 },
    Heading { name: "绿色金额（元）", width: 18 },
    Heading { name: "绿色占比", width: 10 },
];

fn percent(share: Decimal) -> String {
    format!("{:.2}%", (share * Decimal::ONE_HUNDRED).round_dp(2))
}

fn cells(name: &str, sum: &Sum) -> Vec<String> {
    vec![
        name.to_owned(),
        sum.loans.to_string(),
        money(&format!("{:.2}", sum.amount)),
        sum.green_loans.to_string(),
        money(&format!("{:.2}", sum.green)),
        percent(sum.share()),
    ]
}

fn html(rows: &[Row], notice: &str, speech: &Speech) -> String {
    let say = |words: &str| escape(&speech.of(words));
    let float = |value: Decimal| value.to_f64().unwrap_or_default();
    let mut body = format!("<h1>{}</h1>", say("绿色贷款组合报告"));
    for (title, groups) in tables(rows) {
        if let ("全部", Some((_, all))) = (title, groups.first()) {
            body.push_str(&format!(
                "<div>{}</div>{}",
                say(&format!(
                    "共 {} 笔，{} 元，其中建议认绿 {} 笔，绿色金额 {} 元，占 {}",
                    all.loans,
                    money(&format!("{:.2}", all.amount)),
                    all.green_loans,
                    money(&format!("{:.2}", all.green)),
                    percent(all.share())
                )),
                bar(float(all.share()), &[])
            ));
            continue;
        }
        body.push_str(&format!("<h2>{}</h2>", say(title)));
        if title == "按结论" {
            let most = groups.iter().map(|(_, sum)| sum.loans).max().unwrap_or(1).max(1);
            let lines: Vec<(String, String, f64)> = groups
                .iter()
                .map(|(name, sum)| {
                    let loans = speech.of(&format!("{} 笔", sum.loans));
                    (speech.of(name), loans, f64::from(sum.loans) / f64::from(most))
                })
                .collect();
            body.push_str(&bars(&lines));
        } else if matches!(title, "按目录领域" | "按场景" | "按放款月份") {
            let lines: Vec<(String, String, f64)> = groups
                .iter()
                .map(|(name, sum)| {
                    let share = speech.of(&format!("绿色占比 {}", percent(sum.share())));
                    (speech.of(name), share, float(sum.share()))
                })
                .collect();
            body.push_str(&bars(&lines));
        }
        body.push_str("<table><colgroup><col style=\"width:34%\"></colgroup><tr>");
        for (place, heading) in SUM_HEADINGS.iter().enumerate() {
            body.push_str(&format!("<th{}>{}</th>", if place == 0 { "" } else { " class=\"n\"" }, say(heading.name)));
        }
        body.push_str("</tr>");
        for (name, sum) in &groups {
            body.push_str("<tr>");
            for (place, cell) in cells(&speech.of(name), sum).iter().enumerate() {
                let class = if place == 0 { "" } else { " class=\"n\"" };
                body.push_str(&format!("<td{class}>{}</td>", escape(cell)));
            }
            body.push_str("</tr>");
        }
        body.push_str("</table>");
    }
    let columns = ["借据", "客户", "条目", "材料"].map(|name| format!("<th>{}</th>", say(name))).concat();
    body.push_str(&format!("<h2>{}</h2><table><tr>{columns}</tr>", say("待补材料")));
    for row in rows.iter().filter(|row| row.verdict == Some(Verdict::NeedsEvidence)) {
        body.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td>{} {}</td><td>{}</td></tr>",
            escape(&row.loan),
            escape(&row.customer),
            escape(&row.entry),
            escape(&row.entry_name),
            escape(&speech.all(&row.wanted))
        ));
    }
    body.push_str(&format!(
        "</table><p class=\"muted\">{}<br>{}</p>",
        say("只有结论为绿色的贷款计入绿色金额；一笔贷款只计一次。"),
        escape(notice)
    ));
    page(&speech.of("绿色贷款组合报告"), speech.either("zh-CN", "en"), &body)
}

fn workbook(rows: &[Row], notice: &str, speech: &Speech) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = CellFormat::new().set_bold();
    let yuan = CellFormat::new().set_num_format("#,##0.00");
    let share = CellFormat::new().set_num_format("0.00%");
    for (title, groups) in tables(rows) {
        let sheet = book.add_worksheet().set_name(speech.of(title))?;
        for (column, heading) in (0_u16..).zip(SUM_HEADINGS) {
            sheet.write_with_format(0, column, speech.of(heading.name), &bold)?;
        }
        for (line, (name, sum)) in (1_u32..).zip(&groups) {
            sheet.write(line, 0, inert(&speech.of(name)))?;
            sheet.write(line, 1, sum.loans)?;
            amount(sheet, (line, 2), sum.amount, &yuan)?;
            sheet.write(line, 3, sum.green_loans)?;
            amount(sheet, (line, 4), sum.green, &yuan)?;
            amount(sheet, (line, 5), sum.share(), &share)?;
        }
        sheet.set_column_width(0, 36)?.set_column_width(2, 18)?.set_column_width(4, 18)?;
        if title == "全部" {
            sheet.write(3, 0, inert(notice))?;
        }
    }
    let sheet = book.add_worksheet().set_name(speech.of("逐笔"))?;
    let headings = [
        "借据号",
        "客户名称",
        "机构",
        "放款月份",
        "结论",
        "目录版本",
        "条目",
        "放款金额",
        "绿色占比",
        "绿色金额",
        "待补材料",
    ];
    for (column, heading) in (0_u16..).zip(headings) {
        sheet.write_with_format(0, column, speech.of(heading), &bold)?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        let (branch, month) = (speech.of(&row.branch), speech.of(&row.month));
        let words = [&row.loan, &row.customer, &branch, &month];
        for (column, word) in (0_u16..).zip(words) {
            sheet.write(line, column, inert(word))?;
        }
        sheet.write(line, 4, speech.of(row.verdict.map_or("—", Verdict::chinese)))?;
        sheet.write(line, 5, inert(&row.edition))?;
        sheet.write(line, 6, inert(&format!("{} {}", row.entry, row.entry_name)))?;
        amount(sheet, (line, 7), row.amount, &yuan)?;
        if let Some(known) = row.share {
            amount(sheet, (line, 8), known, &share)?;
        }
        amount(sheet, (line, 9), row.green, &yuan)?;
        sheet.write(line, 10, inert(&speech.all(&row.wanted)))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}

/// A cell with a number; the workbook keeps it as a float, rounded to 分 or to a share of four digits before.
fn amount(
    sheet: &mut Worksheet,
    (line, column): (u32, u16),
    value: Decimal,
    format: &CellFormat,
) -> Result<(), XlsxError> {
    let value = value.round_dp(4).to_f64().unwrap_or_default();
    sheet.write_with_format(line, column, value, format).map(|_| ())
}

const FILING_HEADINGS: &[Heading<'static>] = &[
    Heading { name: "借据号", width: 16 },
    Heading { name: "客户名称", width: 28 },
    Heading { name: "绿色占比", width: 10 },
    Heading { name: "条目", width: 10 },
    Heading { name: "目录版本", width: 12 },
    Heading { name: "放款金额", width: 16 },
    Heading { name: "本口径绿色金额", width: 16 },
    Heading { name: "另一口径绿色金额", width: 16 },
    Heading { name: "差异说明", width: 60 },
];

/// Green amount by use, green amount by industry, and why they differ.
fn both_views(row: &Row, engine: &Engine) -> (Decimal, Decimal, String) {
    if row.verdict != Some(Verdict::Green) {
        return (Decimal::ZERO, Decimal::ZERO, String::new());
    }
    let entry = engine.catalogue().entry(&row.edition, &row.entry);
    let industries: &[String] = entry.map_or(&[], |entry| entry.industries.as_slice());
    let digits: String = row.industry.chars().filter(char::is_ascii_digit).collect();
    let belongs = !digits.is_empty()
        && industries.iter().any(|code| digits.starts_with(code.as_str()) || code.starts_with(&digits));
    let by_industry = if belongs { row.amount } else { Decimal::ZERO };
    let why = if by_industry == row.green {
        String::new()
    } else if belongs {
        "按行业计全额，按用途只计凭证证明的部分".to_owned()
    } else if digits.is_empty() {
        "台账没有行业代码，按行业不计".to_owned()
    } else {
        format!("借款人行业 {} 不在条目 {} 的行业之列，按行业不计", row.industry, row.entry)
    };
    (row.green, by_industry, why)
}

fn write_filing(
    shared: &Shared,
    engine: &Engine,
    args: &PortfolioArgs,
    rows: &[Row],
    (filing, speech): (Filing, &Speech),
) -> Result<(), Failure> {
    let names = speech.names(FILING_HEADINGS);
    let columns = headings(&names, FILING_HEADINGS);
    let mut lines = Vec::new();
    let mut total = (Decimal::ZERO, Decimal::ZERO);
    for row in rows.iter().filter(|row| row.verdict == Some(Verdict::Green)) {
        let (by_use, by_industry, why) = both_views(row, engine);
        let (here, there) = if filing == Filing::Use { (by_use, by_industry) } else { (by_industry, by_use) };
        total = (total.0 + here, total.1 + there);
        lines.push(vec![
            row.loan.clone(),
            row.customer.clone(),
            row.share.map_or_else(|| speech.of("未知"), percent),
            row.entry.clone(),
            row.edition.clone(),
            format!("{:.2}", row.amount),
            format!("{here:.2}"),
            format!("{there:.2}"),
            speech.of(&why),
        ]);
    }
    let count = lines.len();
    let mut out = Output::open(args.output.as_deref())?;
    match args.output.as_deref().and_then(|path| path.extension()).and_then(|extension| extension.to_str()) {
        Some("xlsx") => report::xlsx(&mut out, &speech.of("报送口径"), &columns, lines.into_iter())?,
        Some("csv") => report::csv(&mut out, &columns, lines.into_iter())?,
        _ => report::text(&mut out, &columns, &lines)?,
    }
    out.finish()?;
    let name = if filing == Filing::Use { "按用途" } else { "按行业" };
    shared.say(&speech.of(&format!("{name}口径 {count} 笔，绿色金额 {:.2} 元，另一口径 {:.2} 元", total.0, total.1)));
    shared.say(&speech.of("两种口径都是默认读法，报送前请核对监管要求"));
    Ok(())
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

    fn decision(loan: &str, verdict: &str, amount: &str, green: &str, code: &str) -> Row {
        row(
            &json!({"loan_id": loan, "verdict": verdict, "amount": amount, "green_amount": green, "disbursed": "2025-10-12", "entry": {"code": code, "name": "甲"}}),
        )
    }

    /// 100.10 + 50.05 green of 300.30: every division sums to the whole, to the 分.
    #[test]
    fn every_division_sums_to_the_whole() {
        let rows = [
            decision("1", "green", "200.20", "100.10", "4.1.2"),
            decision("2", "green", "50.05", "60.00", "1.1.7"),
            decision("3", "review", "50.05", "50.05", "4.1.2"),
        ];
        let tables = tables(&rows);
        let whole = tables[0].1[0].1.clone();
        assert_eq!(
            (whole.loans, whole.amount.to_string(), whole.green.to_string()),
            (3, "300.30".to_owned(), "150.15".to_owned())
        );
        for (title, groups) in &tables {
            let amount: Decimal = groups.iter().map(|(_, sum)| sum.amount).sum();
            let green: Decimal = groups.iter().map(|(_, sum)| sum.green).sum();
            assert_eq!((amount, green), (whole.amount, whole.green), "{title}");
        }
    }
}
