//! 认绿: the loan procedure.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
};

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{Decision, Trace, Wanted, reasons::reasons};
use crate::{
    catalogue::Catalogue,
    evidence::{Evidence, best_match, leading_entry, strength},
    model::{
        Checked, Classification, ConditionState, EntryLink, Loan, Location, Match, Origin, Role, Span, Strength,
        Verdict,
    },
    standard::{EditionRule, Fact, LoanRule, Standard},
};

/// Everything known about one loan when it is decided.
#[derive(Clone, Copy, Debug)]
pub struct Case<'c> {
    /// The loan.
    pub loan: &'c Loan,
    /// The reading of its purpose.
    pub purpose: &'c Classification,
    /// Its vouchers.
    pub evidence: &'c Evidence<'c>,
    /// The edition that applies, and by which rule.
    pub edition: &'c EditionRule,
    /// Whether the purpose says nothing specific.
    pub vague: bool,
    /// The borrower's role, where purpose or industry tells it.
    pub role: Option<Role>,
    /// Engine version and content hashes.
    pub fingerprint: &'c str,
}

/// Decides one loan by the pack's ordered rules, with everything that explains it.
pub fn assess(case: &Case<'_>, standard: &Standard, catalogue: &Catalogue) -> Decision {
    let (mut decision, findings, rule) = decide(case, standard, catalogue);
    decision.reasons = reasons(case, &findings, &rule, standard);
    decision.flags = flags(case, &findings);
    decision.wanted = wanted(case, &findings, rule.verdict);
    decision.trace = trace(case, &findings, &rule, standard, catalogue);
    decision
}

/// Decides one loan like [`assess`] and explains nothing: for trying what would become of it.
pub fn try_out(case: &Case<'_>, standard: &Standard, catalogue: &Catalogue) -> Decision {
    decide(case, standard, catalogue).0
}

fn decide<'s>(
    case: &Case<'_>,
    standard: &'s Standard,
    catalogue: &Catalogue,
) -> (Decision, Findings, Cow<'s, LoanRule>) {
    let findings = Findings::of(case, standard, catalogue);
    let rule = standard.rules.iter().find(|rule| findings.holds(rule));
    let rule = rule.map_or_else(|| Cow::Owned(no_rule()), Cow::Borrowed);
    let share = findings.share;
    let partial =
        share.is_some_and(|share| share >= standard.value("share_partial") && share < standard.value("share_green"));
    let green_amount = match (case.loan.amount, share) {
        (Some(amount), Some(share)) if rule.verdict == Verdict::Green => Some(amount.times(share)),
        (Some(amount), Some(share)) if rule.verdict == Verdict::Review && partial => Some(amount.times(share)),
        _ => None,
    };
    let decision = Decision {
        loan_id: case.loan.id.clone(),
        customer: case.loan.customer.clone(),
        branch: case.loan.branch.clone(),
        disbursed: case.loan.disbursed,
        industry: case.loan.industry.clone(),
        amount: case.loan.amount,
        verdict: rule.verdict,
        rule: rule.id.clone(),
        green_share: share,
        green_amount,
        cover: findings.cover,
        confidence: findings.confidence,
        scene: findings.scene(case),
        reasons: Vec::new(),
        wanted: Vec::new(),
        flags: Vec::new(),
        edition: case.edition.edition.clone(),
        standard: standard.id.clone(),
        notice: standard.notice.clone(),
        fingerprint: case.fingerprint.to_owned(),
        trace: Trace::default(),
        entry: findings.entry.clone(),
        facts: findings.facts.clone(),
        confident: findings.confident,
    };
    (decision, findings, rule)
}

/// A pack without a last rule still decides nothing by itself.
fn no_rule() -> LoanRule {
    LoanRule {
        id: "-".to_owned(),
        any: Vec::new(),
        verdict: Verdict::Review,
        reason: "规则包中没有一条成立".to_owned(),
        origin: Origin::Default,
        source: String::new(),
    }
}

/// The facts the rules ask for, and the figures behind them.
pub(super) struct Findings {
    pub facts: BTreeSet<Fact>,
    pub share: Option<Decimal>,
    pub cover: Option<Decimal>,
    pub confidence: i64,
    confident: Decimal,
    points: Vec<(&'static str, Decimal)>,
    entry: Option<EntryLink>,
    pub disagree: bool,
}

impl Findings {
    fn of(case: &Case<'_>, standard: &Standard, catalogue: &Catalogue) -> Self {
        let evidence = case.evidence;
        let purpose = best_match(case.purpose);
        let candidates: Vec<&Match> = purpose
            .into_iter()
            .chain(evidence.vouchers.iter().filter_map(|voucher| best_match(voucher.reading)))
            .filter(|found| found.strength != Strength::Supporting)
            .collect();
        let standing: Vec<&&Match> = candidates.iter().filter(|found| found.verdict() != Verdict::NotGreen).collect();
        let (purpose_strength, voucher_strength) = (strength(case.purpose), evidence.strength());
        let agrees = |entry: &EntryLink| industry_agrees(catalogue, entry, &case.loan.industry);
        let (entry, tie) =
            leading_entry(purpose, evidence, &agrees).map_or((None, false), |(entry, tie)| (Some(entry), tie));
        let share = evidence.share(case.loan.amount);
        let cover = evidence.cover(case.loan.amount);
        // What a voucher states settles the same condition where the purpose is silent.
        let settled: HashSet<&str> = standing
            .iter()
            .flat_map(|found| &found.conditions)
            .filter(|condition| condition.state == ConditionState::Met)
            .map(|condition| condition.id.as_str())
            .collect();
        let open = standing
            .iter()
            .flat_map(|found| &found.conditions)
            .any(|condition| condition.state == ConditionState::NoData && !settled.contains(condition.id.as_str()));
        let specific = |found: &&&Match| found.strength == Strength::Sufficient;
        let all_specific = !standing.is_empty() && standing.iter().any(specific);

        let mut points: Vec<(&'static str, Decimal)> = Vec::new();
        let mut add = |name: &'static str| points.push((name, standard.points(name)));
        match purpose_strength {
            Some(Strength::Sufficient) => add("purpose_strong"),
            Some(_) => add("purpose_weak"),
            None => {}
        }
        match voucher_strength {
            Some(Strength::Sufficient) => add("voucher_strong"),
            Some(_) => add("voucher_weak"),
            None => {}
        }
        if candidates.iter().any(|found| found.label_agrees) {
            add("label_agrees");
        }
        if entry.as_ref().is_some_and(agrees) {
            add("industry_agrees");
        }
        if !standing.is_empty() && !open {
            add("condition_clear");
        }
        if tie {
            add("tie");
        }
        if case.role.is_none() && !candidates.is_empty() {
            add("role_unknown");
        }
        let sum: Decimal = points.iter().map(|(_, value)| *value).sum();
        // The open condition itself must not keep rule L6 from holding: the cap is for what is shown.
        let confident = sum + if open { standard.points("condition_clear") } else { Decimal::ZERO };
        let shown = if open { sum.min(standard.value("confidence_open_cap")) } else { sum };

        let disagree = match (purpose, evidence.by_entry.is_empty()) {
            (Some(purpose), false) => !purpose
                .entries
                .iter()
                .any(|entry| evidence.by_entry.contains_key(&(entry.edition.clone(), entry.code.clone()))),
            _ => false,
        };
        let mut facts = BTreeSet::new();
        let mut hold = |fact: Fact, holds: bool| {
            if holds {
                facts.insert(fact);
            }
        };
        let loan = case.loan;
        hold(Fact::Veto, loan.vetoed == Checked::Yes);
        hold(Fact::VetoChecked, loan.vetoed != Checked::Unknown);
        // Text that cannot be read is not text that names nothing green.
        let unclear = evidence.has_unclear || case.purpose.verdict == Verdict::Review;
        let negligible = evidence.possible_share(case.loan.amount);
        hold(Fact::NoCandidate, candidates.is_empty() && !unclear);
        hold(Fact::VaguePurpose, case.vague);
        hold(Fact::GreenRevenue, loan.green_revenue.is_some_and(|share| share >= standard.value("green_revenue")));
        hold(Fact::GradeMid, matches!(loan.grade.as_str(), "中绿" | "深绿"));
        hold(Fact::AllUnmet, !candidates.is_empty() && standing.is_empty());
        hold(Fact::ShareNegligible, negligible.is_some_and(|share| share < standard.value("share_negligible")));
        hold(Fact::CoverEnough, cover.is_some_and(|cover| cover >= standard.value("cover_enough")));
        hold(Fact::ConditionClear, all_specific && !open);
        hold(Fact::ConditionOpen, all_specific && open);
        let both = purpose_strength == Some(Strength::Sufficient) && voucher_strength == Some(Strength::Sufficient);
        hold(Fact::TwoKinds, both && !disagree);
        hold(Fact::ShareGreen, share.is_some_and(|share| share >= standard.value("share_green")));
        hold(Fact::Confident, confident >= standard.value("confidence_green"));
        hold(Fact::RoleKnown, case.role.is_some());
        hold(Fact::NoTie, !tie);
        hold(Fact::EditionClear, case.edition.flag.is_none());
        let confidence = shown.to_i64().unwrap_or_default();
        Self { facts, share, cover, confidence, confident, points, entry, disagree }
    }

    fn holds(&self, rule: &LoanRule) -> bool {
        rule.missing(&self.facts).is_some_and(|missing| missing.is_empty())
    }

    fn scene(&self, case: &Case<'_>) -> Option<crate::model::Scene> {
        let entry = self.entry.as_ref()?;
        let readings =
            std::iter::once(case.purpose).chain(case.evidence.vouchers.iter().map(|voucher| voucher.reading));
        readings
            .flat_map(|reading| &reading.matches)
            .find(|found| found.entries.iter().any(|own| own.code == entry.code))
            .map(|found| found.scene)
    }
}

/// Whether the borrower's industry code is among the entry's, by its first three digits or more.
fn industry_agrees(catalogue: &Catalogue, entry: &EntryLink, industry: &str) -> bool {
    let digits: String = industry.chars().filter(char::is_ascii_digit).collect();
    let Some(group) = digits.get(..3) else { return false };
    catalogue
        .entry(&entry.edition, &entry.code)
        .is_some_and(|entry| entry.industries.iter().any(|code| code.starts_with(group)))
}

/// What would settle each open condition, and what nobody has looked up yet.
fn wanted(case: &Case<'_>, findings: &Findings, verdict: Verdict) -> Vec<Wanted> {
    if matches!(verdict, Verdict::Green | Verdict::NotGreen) {
        return Vec::new();
    }
    let mut wanted = BTreeSet::new();
    let readings = std::iter::once(case.purpose).chain(case.evidence.vouchers.iter().map(|voucher| voucher.reading));
    for found in readings.filter_map(best_match).filter(|found| found.strength == Strength::Sufficient) {
        for condition in found.conditions.iter().filter(|condition| condition.state == ConditionState::NoData) {
            wanted.insert(Wanted { document: condition.evidence.clone(), settles: condition.id.clone() });
        }
    }
    if !findings.facts.contains(&Fact::VetoChecked) {
        wanted.insert(Wanted {
            document: "环保处罚与失信查询结果".to_owned(), settles: "否决项".to_owned()
        });
    }
    if findings.share.is_none() && !findings.facts.contains(&Fact::NoCandidate) {
        wanted.insert(Wanted {
            document: "用途对应的发票或受托支付凭证".to_owned(), settles: "绿色占比".to_owned()
        });
    }
    wanted.into_iter().collect()
}

/// Things that do not reject by themselves, but that a reviewer should see.
fn flags(case: &Case<'_>, findings: &Findings) -> Vec<String> {
    let mut flags = Vec::new();
    flags.extend(case.evidence.reused.iter().map(|number| format!("发票 {number} 已用于另一笔贷款")));
    flags.extend(case.evidence.missing.iter().map(|number| format!("台账所列凭证 {number} 不在发票文件中")));
    if findings.disagree {
        flags.push("用途与凭证不一致".to_owned());
    }
    if let Some(flag) = &case.edition.flag {
        flags.push(match &case.edition.also {
            Some(also) => format!("{flag}：另见 {also}"),
            None => flag.clone(),
        });
    }
    let name_only = case.purpose.rejected.iter().any(|refused| refused.code == crate::model::Refusal::PartyName)
        && case.purpose.matches.is_empty();
    if name_only {
        flags.push("绿色字样只出现在企业名称中".to_owned());
    }
    flags
}

/// A share as people write it, to the hundredth of a percent.
pub(super) fn percent(share: Decimal) -> String {
    format!("{}%", (share * Decimal::ONE_HUNDRED).round_dp(2).normalize())
}

/// The tree behind the decision.
fn trace(case: &Case<'_>, findings: &Findings, rule: &LoanRule, standard: &Standard, catalogue: &Catalogue) -> Trace {
    let loan = case.loan;
    let mut root = Trace::step(format!("借据 {}", loan.id), rule.verdict.chinese());

    let date = loan.approved.or(loan.disbursed).map_or_else(|| "无日期".to_owned(), |date| date.to_string());
    let title = catalogue.edition(&case.edition.edition).map_or("", |edition| edition.title.as_str());
    root.steps.push(
        Trace::step("目录版本", format!("{} {title}", case.edition.edition))
            .with(Trace::fact("审批日期", date, &loan.location))
            .with(Trace::rule(
                "版本规则",
                period(case.edition),
                (&case.edition.edition, case.edition.origin, &case.edition.source),
            )),
    );

    let whole = Span::new(0, loan.purpose.len());
    let mut text = Trace::span("用途", case.purpose.reason.clone(), &loan.location, &loan.purpose, whole);
    text.steps.extend(readings(case.purpose, &loan.purpose, (&loan.location, &loan.location), catalogue));
    root.steps.push(text);

    let evidence = case.evidence;
    let mut vouchers = Trace::step(
        "凭证",
        format!(
            "{}，{} 行，合计 {}，绿色 {}",
            if evidence.tied { "已绑定本笔贷款" } else { "未绑定，按窗口内全部购进计" },
            evidence.vouchers.len(),
            evidence.total,
            evidence.green
        ),
    );
    vouchers.steps.push(Trace::parameter("窗口：放款前（天）", standard.parameters.get("window_before_days")));
    vouchers.steps.push(Trace::parameter("窗口：放款后（天）", standard.parameters.get("window_after_days")));
    if evidence.void > 0 {
        vouchers.steps.push(Trace::fact("已作废，不计", format!("{} 行", evidence.void), &loan.location));
    }
    if evidence.outside > 0 {
        vouchers.steps.push(Trace::fact("窗口之外，不计", format!("{} 行", evidence.outside), &loan.location));
    }
    for voucher in evidence
        .vouchers
        .iter()
        .filter(|voucher| !voucher.reading.matches.is_empty() || !voucher.reading.rejected.is_empty())
    {
        let amount = voucher.line.amount.map_or_else(|| "无金额".to_owned(), |amount| amount.to_string());
        let mut step = Trace::fact(
            format!("发票 {} {}", voucher.line.invoice, voucher.line.goods),
            format!("{}，金额 {amount}，计入绿色 {}", voucher.reading.verdict.chinese(), voucher.green),
            &voucher.line.location,
        );
        step.steps.extend(readings(
            voucher.reading,
            &voucher.line.goods,
            (&voucher.line.location, &loan.location),
            catalogue,
        ));
        vouchers.steps.push(step);
    }
    root.steps.push(vouchers);

    let mut share = Trace::step("绿色占比", findings.share.map_or_else(|| "未知".to_owned(), percent));
    let sums = [("绿色凭证净额（上列各行之和）", evidence.green), ("凭证净额合计", evidence.total)];
    let files = evidence.vouchers.first().map_or_else(
        || loan.location.clone(),
        |voucher| Location { file: voucher.line.location.file.clone(), sheet: None, row: 0 },
    );
    share.steps.extend(sums.into_iter().map(|(label, money)| Trace::fact(label, money.to_string(), &files)));
    share.steps.push(Trace::fact(
        "放款金额",
        loan.amount.map_or_else(|| "未知".to_owned(), |amount| amount.to_string()),
        &loan.location,
    ));
    for (label, name) in [("达标线", "share_green"), ("部分认定线", "share_partial"), ("可忽略线", "share_negligible")]
    {
        share.steps.push(Trace::parameter(label, standard.parameters.get(name)));
    }
    root.steps.push(share);

    let mut confidence = Trace::step("置信分", findings.confidence.to_string());
    for (name, _) in &findings.points {
        let parameter = standard.points.get(*name);
        confidence
            .steps
            .push(Trace::parameter(parameter.map_or(*name, |parameter| parameter.source.as_str()), parameter));
    }
    confidence.steps.push(Trace::parameter("建议认绿所需", standard.parameters.get("confidence_green")));
    root.steps.push(confidence);

    let mut rules = Trace::step("规则", format!("{} 成立：{}", rule.id, rule.reason));
    for tried in &standard.rules {
        let missing: Vec<&str> =
            tried.missing(&findings.facts).unwrap_or_default().into_iter().map(Fact::chinese).collect();
        let outcome = if findings.holds(tried) {
            "成立".to_owned()
        } else {
            format!("不成立：缺 {}", missing.join("、"))
        };
        let label = format!("{} {}", tried.id, tried.verdict.chinese());
        rules.steps.push(Trace::rule(label, outcome, (&tried.id, tried.origin, &tried.source)));
        if tried.id == rule.id {
            break;
        }
    }
    root.steps.push(rules);
    root
}

/// The days on which an edition applies.
fn period(rule: &EditionRule) -> String {
    let day = |date: Option<jiff::civil::Date>| date.map_or_else(|| "…".to_owned(), |date| date.to_string());
    format!("{} 至 {}", day(rule.from), day(rule.to))
}

/// Accepted and refused matches of one text, with spans, catalogue path and conditions. Proofs stand in the ledger.
fn readings(
    reading: &Classification,
    text: &str,
    (location, ledger): (&Location, &Location),
    catalogue: &Catalogue,
) -> Vec<Trace> {
    let mut steps = Vec::new();
    for found in &reading.matches {
        let mut step = Trace::span(
            format!("命中 {} {}", found.term_id, found.term),
            format!("{}·{}", found.scene.chinese(), found.strength.chinese()),
            location,
            text,
            found.span,
        );
        for entry in &found.entries {
            let path: Vec<&str> =
                catalogue.path(&entry.edition, &entry.code).iter().map(|entry| entry.name.as_str()).collect();
            step.steps.push(Trace::fact(
                format!("条目 {} {}（{}）", entry.edition, entry.code, entry.role.chinese()),
                path.join(" › "),
                &Location { file: entry.edition.as_str().into(), sheet: None, row: 0 },
            ));
        }
        for condition in &found.conditions {
            let label = format!("条件 {}", condition.id);
            if condition.by_proof {
                let seen = format!("{}（已有证明：{}）", condition.state.chinese(), condition.evidence);
                step.steps.push(Trace::fact(label, seen, ledger));
                continue;
            }
            let result = match condition.state {
                ConditionState::NoData => format!("缺数据，需：{}", condition.evidence),
                state => format!("{}（{}）", state.chinese(), condition.evidence),
            };
            step.steps.push(Trace::span(label, result, location, text, found.span));
        }
        steps.push(step);
    }
    for refused in &reading.rejected {
        steps.push(Trace::span(
            format!("未采 {} {}", refused.term_id, refused.term),
            format!("{} {}", refused.code, refused.reason),
            location,
            text,
            refused.span,
        ));
    }
    steps
}
