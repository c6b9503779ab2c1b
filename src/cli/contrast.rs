//! `why --not`: what nearly held, and the smallest changes that give a loan another verdict.

use std::io::Write;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::{Failure, Shared, assess::hashes, ledger::Ledger, output::Output};
use crate::{
    engine::{Contrast, LoanFlip, LoanInput, Miss},
    model::{Location, Verdict},
    store::DecisionStore,
};

#[derive(Serialize)]
struct Told<'c> {
    loan_id: &'c str,
    verdict: Verdict,
    rule: &'c str,
    misses: &'c [Miss],
    flips: &'c [LoanFlip],
    decided: usize,
    notice: &'c str,
    fingerprint: &'c str,
}

/// Reads the stored run's files again and contrasts one of its loans.
pub(super) fn run(shared: &Shared, store: &DecisionStore, id: &str, json: bool) -> Result<(), Failure> {
    let Some(record) = store.record()? else {
        return Err(Failure::Said(format!(
            "{} 没有运行记录，先运行 lvjian assess / no record of a run",
            store.path().display()
        )));
    };
    let now = hashes(&record)?;
    for (name, _) in record.hashes.iter().filter(|then| !now.contains(then)) {
        shared.say(&format!("输入已变，按现在的内容判断 / input changed：{name}"));
    }
    let ledger = Ledger::read(shared, &record)?;
    let missing = || Failure::Said(format!("{} 里没有借据 {id} / no such loan in the ledger", record.loans));
    let (number, loan) = ledger.loans.iter().enumerate().find(|(_, loan)| loan.id == id).ok_or_else(missing)?;
    let lines = ledger.lines_around(shared, loan.borrower())?;
    let input = LoanInput { loans: &ledger.loans, invoices: &lines };
    let contrast = shared.engine()?.contrast(input, number, &ledger.standard).ok_or_else(missing)?;
    let mut out = Output::open(None)?;
    if json {
        let decision = &contrast.decision;
        let told = Told {
            loan_id: &decision.loan_id,
            verdict: decision.verdict,
            rule: &decision.rule,
            misses: &contrast.misses,
            flips: &contrast.flips,
            decided: contrast.decided,
            notice: &decision.notice,
            fingerprint: &decision.fingerprint,
        };
        serde_json::to_writer(&mut out, &told).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        tell(&mut out, &contrast)?;
    }
    out.finish()
}

fn tell(out: &mut Output, contrast: &Contrast) -> Result<(), Failure> {
    let decision = &contrast.decision;
    let green = decision.verdict == Verdict::Green;
    writeln!(
        out,
        "借据 {}　{}：{}（{}）",
        decision.loan_id,
        decision.customer,
        decision.verdict.chinese(),
        decision.rule
    )?;
    for reason in &decision.reasons {
        writeln!(out, "  · {reason}")?;
    }
    if !contrast.misses.is_empty() {
        writeln!(out, "\n{}", if green { "余量" } else { "差在哪里" })?;
    }
    for miss in &contrast.misses {
        writeln!(out, "  {}", sentence(miss))?;
    }
    if contrast.flips.is_empty() {
        let none = if decision.rule == "L0" {
            "改动这笔贷款不能改变结论：缺的是目录版本，不是材料。"
        } else if green {
            "没有找到会失去这个结论的改动。"
        } else {
            "没有找到能改变结论的改动：所购之物不在目录内，或文中已写明不满足。"
        };
        writeln!(out, "\n{none}")?;
    } else {
        let head = if green { "怎样会失去这个结论" } else { "最小的改动" };
        writeln!(out, "\n{head}（每一条都按改动重新判定过）")?;
    }
    for (number, flip) in contrast.flips.iter().enumerate() {
        let share = flip.green_share.map_or_else(String::new, |share| {
            // Cut, not rounded: one 分 under the bound is not the bound.
            let points = (share * Decimal::ONE_HUNDRED).round_dp_with_strategy(2, RoundingStrategy::ToZero);
            format!("，绿色占比 {}%", points.normalize())
        });
        writeln!(out, "  {}. 变为{}（{}{share}）：", number + 1, flip.verdict.chinese(), flip.rule)?;
        for change in &flip.changes {
            let needs = if green { String::new() } else { format!("——{}", change.needs()) };
            writeln!(out, "     如果{change}{needs}")?;
        }
    }
    if !green && !contrast.flips.is_empty() {
        writeln!(out, "\n这些是有待证明的事实，不是填表的办法；没有真凭实据而补写，即为虚假材料。")?;
    }
    writeln!(out, "\n共重新判定 {} 次\n{}\n{}", contrast.decided, decision.notice, decision.fingerprint)?;
    Ok(())
}

fn sentence(miss: &Miss) -> String {
    let at = |location: &Location| if location.row > 0 { format!("（{location}）") } else { String::new() };
    match miss {
        Miss::Rule { id, verdict, lacks } => format!("规则 {id}（{}）：{}", verdict.chinese(), lacks.join("；")),
        Miss::Condition { id, of, lacks, location } => format!("条件 {id}：{of}，{lacks}{}", at(location)),
        Miss::Weak { of, lacks, location } => format!("词条：{of}，{lacks}{}", at(location)),
        Miss::Refused { code, of, lacks, location } => format!("未采 {code}：{of}，{lacks}{}", at(location)),
        Miss::Role { lacks } => format!("角色：{lacks}"),
    }
}
