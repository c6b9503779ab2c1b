//! The report of `dict impact`: for people, and as NDJSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::{
    decision::Decision,
    dictionary::Difference,
    eval::{
        GoldRow,
        impact::{Case, ChangeKind, Comparison, LabelFlip, LineChange, LineImpact, LoanImpact},
    },
    model::{Classification, Money, Verdict},
};

/// What a comparison found.
pub(super) struct Findings<'f> {
    pub lines: LineImpact,
    pub loans: LoanImpact,
    pub cases: Vec<LabelFlip<Case>>,
    pub cases_read: usize,
    pub gold: Vec<LabelFlip<GoldRow>>,
    pub gold_read: usize,
    pub comparison: &'f Comparison<'f>,
    /// Content hashes, before and after.
    pub dictionaries: [String; 2],
}

/// Writes the report for people; of lines, loans, cases and shadowed terms at most `worst` each.
pub(super) fn text(out: &mut impl Write, findings: &Findings<'_>, worst: usize) -> io::Result<()> {
    writeln!(out, "改动　{}", tables(findings).join("，"))?;
    let lines = &findings.lines;
    if lines.lines > 0 {
        writeln!(
            out,
            "\n明细　{} 行，净额 {} 元；可能受影响而重读 {} 行，实际改变 {} 行",
            lines.lines,
            yuan(lines.amount),
            lines.read_again,
            lines.changes.len()
        )?;
        for ((from, to), (count, amount)) in lines.transitions() {
            writeln!(out, "  {} → {}　{count} 行　{} 元", from.chinese(), to.chinese(), yuan(amount))?;
        }
        for (kind, words) in
            [(ChangeKind::Entries, "结论不变，条目改变"), (ChangeKind::Terms, "结论、条目不变，词条改变")]
        {
            let (count, amount) = lines.of_kind(kind);
            if count > 0 {
                writeln!(out, "  {words}　{count} 行　{} 元", yuan(amount))?;
            }
        }
        let listed = worst_lines(&lines.changes, worst);
        if !listed.is_empty() {
            writeln!(out, "\n影响最大的 {} 行（按金额）", listed.len())?;
        }
        for change in listed {
            writeln!(
                out,
                "  {}　{}　{}\n    {} → {}\n    {}",
                change.line.amount.map_or_else(|| "无金额".to_owned(), |amount| format!("{} 元", yuan(amount))),
                change.line.text,
                change.line.location,
                sides(&change.before),
                sides(&change.after),
                change.after.reason
            )?;
        }
    }
    loans(out, findings, worst)?;
    labels(out, findings, worst)?;
    let shadowed = lines.shadowed();
    if !shadowed.is_empty() {
        writeln!(out, "\n被更长的词遮盖的邻近词条　{} 个", shadowed.len())?;
    }
    for term in shadowed.iter().take(worst) {
        writeln!(
            out,
            "  {} {} 让给 {} {}　{} 行　{} 元，如 {}",
            term.term_id,
            term.term,
            term.by_id,
            term.by,
            term.lines,
            yuan(term.amount),
            term.example
        )?;
    }
    Ok(())
}

fn loans(out: &mut impl Write, findings: &Findings<'_>, worst: usize) -> io::Result<()> {
    let loans = &findings.loans;
    if loans.loans == 0 {
        return Ok(());
    }
    let (before, after) = loans.green_amounts();
    writeln!(
        out,
        "\n贷款　{} 笔；重算 {} 笔，改变 {} 笔；这些贷款的建议绿色金额 {} → {} 元",
        loans.loans,
        loans.decided_again,
        loans.changes.len(),
        yuan(before),
        yuan(after)
    )?;
    let mut changes: Vec<_> = loans.changes.iter().collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.after.amount));
    for change in changes.into_iter().take(worst) {
        let after = &change.after;
        writeln!(
            out,
            "  {}　{}　放款 {} 元\n    {} → {}\n    {}",
            after.loan_id,
            after.customer,
            after.amount.map_or_else(|| "—".to_owned(), yuan),
            decided(&change.before),
            decided(after),
            after.reasons.join("；")
        )?;
    }
    Ok(())
}

fn labels(out: &mut impl Write, findings: &Findings<'_>, worst: usize) -> io::Result<()> {
    let word = |mended: bool| if mended { "由错变对" } else { "由对变错" };
    if findings.cases_read > 0 {
        writeln!(out, "\n用例　{} 条；翻转 {} 条", findings.cases_read, findings.cases.len())?;
    }
    for flip in findings.cases.iter().take(worst) {
        writeln!(out, "  {}　{}　{}　{}", word(flip.mended), flip.row.term_id, flip.row.text, flip.reason)?;
    }
    if findings.gold_read > 0 {
        writeln!(out, "\n金标准　{} 条；翻转 {} 条", findings.gold_read, findings.gold.len())?;
    }
    for flip in findings.gold.iter().take(worst) {
        writeln!(out, "  {}　{}　{}　{}", word(flip.mended), flip.row.id, flip.row.text, flip.reason)?;
    }
    Ok(())
}

/// Which tables differ, and in how many rows.
fn tables(findings: &Findings<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for ((_, name), rows) in Difference::TABLES.iter().zip(findings.comparison.difference().rows) {
        let parts = [("增", rows.added), ("删", rows.removed), ("改", rows.altered)];
        let parts: Vec<String> =
            parts.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{word} {count}")).collect();
        if !parts.is_empty() {
            words.push(format!("{name} {}", parts.join(" ")));
        }
    }
    if findings.comparison.changed_conditions() > 0 {
        words.push(format!("界定条件 {} 条", findings.comparison.changed_conditions()));
    }
    if words.is_empty() {
        words.push("没有：两份词典的内容相同".to_owned());
    }
    words
}

/// The lines with most money, then in file order.
fn worst_lines(changes: &[LineChange], worst: usize) -> Vec<&LineChange> {
    let mut listed: Vec<&LineChange> = changes.iter().collect();
    listed.sort_by_key(|change| {
        (change.kind, std::cmp::Reverse(change.line.amount.map_or(0, |amount| amount.fen().unsigned_abs())))
    });
    listed.truncate(worst);
    listed
}

fn sides(reading: &Classification) -> String {
    let mut words = vec![reading.verdict.chinese().to_owned()];
    for found in &reading.matches {
        words.push(format!("{} {}（{}）", found.term_id, found.term, codes(found.entries.iter().map(|e| &e.code))));
    }
    words.join(" ")
}

fn codes<'c>(codes: impl Iterator<Item = &'c String>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for code in codes {
        if !seen.contains(&code.as_str()) {
            seen.push(code);
        }
    }
    seen.join("、")
}

fn decided(decision: &Decision) -> String {
    let mut words = vec![decision.verdict.chinese().to_owned()];
    words.extend(decision.entry.as_ref().map(|entry| format!("{} {}", entry.code, entry.name)));
    words.extend(
        decision
            .green_share
            .map(|share| format!("占比 {}%", (share * rust_decimal::Decimal::ONE_HUNDRED).round_dp(2).normalize())),
    );
    words.extend(decision.green_amount.map(|amount| format!("绿色金额 {} 元", yuan(amount))));
    words.join("，")
}

/// Yuan with thousands separators, exact to the 分.
pub(super) fn yuan(amount: Money) -> String {
    let plain = amount.to_string();
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
    let (whole, fen) = digits.split_once('.').unwrap_or((digits, "00"));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{fen}")
}

/// Writes the summary, then every change, each as one object with a `kind`.
pub(super) fn ndjson(out: &mut impl Write, findings: &Findings<'_>) -> io::Result<()> {
    let mut give = |value: Value| writeln!(out, "{value}");
    let lines = &findings.lines;
    let (before, after) = findings.loans.green_amounts();
    let rows: serde_json::Map<String, Value> = Difference::TABLES
        .iter()
        .zip(findings.comparison.difference().rows)
        .filter(|(_, rows)| !rows.is_empty())
        .map(|((id, _), rows)| {
            ((*id).to_owned(), json!({"added": rows.added, "removed": rows.removed, "altered": rows.altered}))
        })
        .collect();
    let transitions: Vec<Value> = lines
        .transitions()
        .into_iter()
        .map(|((from, to), (count, amount))| json!({"from": from, "to": to, "lines": count, "amount": amount}))
        .collect();
    give(json!({
        "kind": "summary",
        "dictionaries": findings.dictionaries,
        "tables": rows,
        "changed_conditions": findings.comparison.changed_conditions(),
        "lines": lines.lines,
        "amount": lines.amount,
        "lines_read_again": lines.read_again,
        "lines_changed": lines.changes.len(),
        "transitions": transitions,
        "loans": findings.loans.loans,
        "loans_decided_again": findings.loans.decided_again,
        "loans_changed": findings.loans.changes.len(),
        "green_amount_before": before,
        "green_amount_after": after,
        "cases": findings.cases_read,
        "cases_flipped": findings.cases.len(),
        "gold": findings.gold_read,
        "gold_flipped": findings.gold.len(),
    }))?;
    for change in &lines.changes {
        give(json!({
            "kind": "line",
            "change": change.kind.code(),
            "location": change.line.location,
            "id": change.line.id,
            "text": change.line.text,
            "spec": change.line.spec,
            "amount": change.line.amount,
            "before": side(&change.before),
            "after": side(&change.after),
        }))?;
    }
    for change in &findings.loans.changes {
        give(json!({
            "kind": "loan",
            "loan_id": change.after.loan_id,
            "customer": change.after.customer,
            "amount": change.after.amount,
            "before": loan_side(&change.before),
            "after": loan_side(&change.after),
        }))?;
    }
    for flip in &findings.cases {
        let expect = format!("{:?}", flip.row.expect).to_lowercase();
        give(
            json!({"kind": "case", "term_id": flip.row.term_id, "text": flip.row.text, "expect": expect, "mended": flip.mended, "reason": flip.reason}),
        )?;
    }
    for flip in &findings.gold {
        give(
            json!({"kind": "gold", "id": flip.row.id, "text": flip.row.text, "verdict": flip.row.expected.code(), "mended": flip.mended, "reason": flip.reason}),
        )?;
    }
    for term in lines.shadowed() {
        give(
            json!({"kind": "shadowed", "term_id": term.term_id, "term": term.term, "by_id": term.by_id, "by": term.by, "lines": term.lines, "amount": term.amount, "example": term.example}),
        )?;
    }
    Ok(())
}

fn side(reading: &Classification) -> Value {
    let verdict: Verdict = reading.verdict;
    json!({"verdict": verdict, "matches": reading.matches, "reason": reading.reason})
}

fn loan_side(decision: &Decision) -> Value {
    json!({
        "verdict": decision.verdict,
        "rule": decision.rule,
        "entry": decision.entry,
        "green_share": decision.green_share,
        "green_amount": decision.green_amount,
        "reasons": decision.reasons,
    })
}
