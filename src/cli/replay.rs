//! `replay`: decides a stored run again and compares, bit for bit, or names what differs.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::Value;

use super::{
    Failure, Shared,
    assess::hashes,
    ledger::{Ledger, nameless},
    output::Output,
    progress::{LoanProgress, ProgressFormat},
};
use crate::{batch::Totals, model::Verdict, store::DecisionStore};

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// 决定存档目录 / decision store
    #[arg(long, default_value = ".lvjian", value_name = "DIR")]
    store: PathBuf,
}

pub(super) fn run(shared: &Shared, args: &ReplayArgs) -> Result<(), Failure> {
    let store = DecisionStore::new(&args.store);
    let stored = store.load()?;
    let Some(record) = store.record()? else {
        return Err(Failure::Said(format!(
            "{} 没有运行记录（run.json），不能重放 / no record of a run to replay",
            args.store.display()
        )));
    };
    let mut out = Output::open(None)?;
    let now = hashes(&record)?;
    let changed: Vec<&str> =
        record.hashes.iter().filter(|then| !now.contains(then)).map(|(name, _)| name.as_str()).collect();
    for name in &changed {
        writeln!(out, "输入已变 / input changed：{name}")?;
    }
    let ledger = Ledger::read(shared, &record)?;
    let progress = LoanProgress::new(shared, ProgressFormat::Auto, None, ledger.loans.len(), Totals::default());
    let mut parted = ledger.invoices(shared, nameless()?, &progress, &mut |_| Ok(()))?;
    let mut decided: Vec<(usize, Value)> = Vec::new();
    ledger.decide(shared, &mut parted, 0, None, &progress, &mut |_, outcomes| {
        for outcome in outcomes {
            decided.push((outcome.loan, serde_json::to_value(outcome.decision).map_err(std::io::Error::from)?));
        }
        Ok(())
    })?;
    progress.end();
    decided.sort_unstable_by_key(|(loan, _)| *loan);
    let again: Vec<Value> = decided.into_iter().map(|(_, decision)| decision).collect();
    let differences = compare(&stored, &again);
    for difference in &differences {
        writeln!(out, "{difference}")?;
    }
    let same = stored.len().min(again.len()).saturating_sub(differences.len());
    writeln!(out, "重放 {} 笔：{same} 笔逐字节一致，{} 笔不同", stored.len(), differences.len())?;
    out.finish()?;
    if differences.is_empty() && stored.len() == again.len() {
        Ok(())
    } else {
        Err(Failure::Findings(format!("{} 笔与存档不同 / decisions differ", differences.len())))
    }
}

/// One line for each loan whose two decisions differ, naming what they rest on.
pub(super) fn compare(before: &[Value], after: &[Value]) -> Vec<String> {
    let by_loan = |decisions: &[Value]| -> BTreeMap<String, Value> {
        decisions.iter().map(|decision| (word(decision, "loan_id"), decision.clone())).collect()
    };
    let (before, after) = (by_loan(before), by_loan(after));
    let mut lines = Vec::new();
    for (loan, then) in &before {
        match after.get(loan) {
            None => lines.push(format!("{loan}：这次没有该笔")),
            Some(now) if bytes(now) != bytes(then) => lines.push(format!("{loan}：{}", difference(then, now))),
            Some(_) => {}
        }
    }
    lines.extend(after.keys().filter(|loan| !before.contains_key(*loan)).map(|loan| format!("{loan}：存档没有该笔")));
    lines
}

/// A decision as it stands in the store.
fn bytes(decision: &Value) -> Vec<u8> {
    decision.to_string().into_bytes()
}

/// What differs between two decisions of one loan, and which of text, dictionary, catalogue or rule is behind it.
pub(super) fn difference(then: &Value, now: &Value) -> String {
    let mut parts = Vec::new();
    let verdict = |decision: &Value| Verdict::from_code(&word(decision, "verdict")).map_or("—", Verdict::chinese);
    if word(then, "verdict") != word(now, "verdict") {
        parts.push(format!("结论 {} → {}", verdict(then), verdict(now)));
    }
    for (name, key) in [
        ("绿色占比", "green_share"),
        ("建议绿色金额", "green_amount"),
        ("覆盖", "cover"),
        ("规则", "rule"),
        ("版本", "edition"),
    ] {
        if word(then, key) != word(now, key) {
            parts.push(format!("{name} {} → {}", word(then, key), word(now, key)));
        }
    }
    let entry = |decision: &Value| decision.get("entry").map_or_else(String::new, |entry| word(entry, "code"));
    if entry(then) != entry(now) {
        parts.push(format!("条目 {} → {}", entry(then), entry(now)));
    }
    let (old, new) = (leaves(then), leaves(now));
    let only = |a: &[String], b: &[String]| a.iter().filter(|leaf| !b.contains(leaf)).cloned().collect::<Vec<_>>();
    for (sign, found) in [("不再有", only(&old, &new)), ("新有", only(&new, &old))] {
        if let Some(first) = found.first() {
            let more = if found.len() > 1 { format!(" 等 {} 处", found.len()) } else { String::new() };
            parts.push(format!("{sign}：{first}{more}"));
        }
    }
    let causes = causes(&word(then, "fingerprint"), &word(now, "fingerprint"));
    if causes.is_empty() {
        parts.push("起因：输入的文字或金额".to_owned());
    } else {
        parts.push(format!("起因：{}", causes.join("、")));
    }
    parts.join("；")
}

/// Which parts of two fingerprints differ, by name.
fn causes(then: &str, now: &str) -> Vec<&'static str> {
    let parts = |fingerprint: &str| fingerprint.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let names = ["程序", "词典", "目录", "规则包"];
    let (then, now) = (parts(then), parts(now));
    names
        .into_iter()
        .enumerate()
        .filter(|(place, _)| then.get(*place) != now.get(*place))
        .map(|(_, name)| name)
        .collect()
}

/// Every step of the trace in words.
fn leaves(decision: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<&Value> = decision.get("trace").into_iter().collect();
    while let Some(step) = open.pop() {
        found.push(format!("{} {}", word(step, "label"), word(step, "result")));
        open.extend(step.get("steps").and_then(Value::as_array).into_iter().flatten());
    }
    found.sort();
    found
}

/// The two stored decisions of one loan.
pub(super) fn two(folders: &[PathBuf], loan: &str) -> Result<(Value, Value), Failure> {
    let find = |folder: &Path| -> Result<Value, Failure> {
        let decisions = DecisionStore::new(folder).load()?;
        let found = decisions.into_iter().find(|decision| word(decision, "loan_id") == loan);
        found
            .ok_or_else(|| Failure::Said(format!("{} 里没有借据 {loan} / no such loan in the store", folder.display())))
    };
    match folders {
        [before, after] => Ok((find(before)?, find(after)?)),
        _ => Err(Failure::Said("--diff 要两个存档目录 / --diff takes two stores".to_owned())),
    }
}

/// A text member, or the JSON of another.
fn word(value: &Value, key: &str) -> String {
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
    fn differences_name_their_cause() {
        let then = json!({"loan_id": "1", "verdict": "green", "fingerprint": "lvjian/1 dictionary:a gfspc:b pack:c", "trace": {"label": "用途", "result": "光伏组件"}});
        let mut now = then.clone();
        assert!(compare(std::slice::from_ref(&then), std::slice::from_ref(&now)).is_empty());
        now["verdict"] = json!("review");
        now["fingerprint"] = json!("lvjian/1 dictionary:z gfspc:b pack:c");
        now["trace"]["result"] = json!("未发现");
        let line = compare(&[then], &[now]).remove(0);
        assert_eq!(line, "1：结论 绿色 → 人工复核；不再有：用途 光伏组件；新有：用途 未发现；起因：词典");
    }
}
