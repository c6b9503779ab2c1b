//! Loans with their invoices: join, read, collect evidence, decide.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use rust_decimal::prelude::ToPrimitive;

use super::{Engine, proofs::Proofs};
use crate::{
    catalogue::Edition,
    decision::{Case, Decision, Trace, Wanted, assess, try_out},
    evidence::{ReadLine, Window, collect, same_invoice},
    matcher::buyer_role,
    model::{Classification, Document, InvoiceLine, Loan, Origin, Role, TextKind, Verdict, buyer_among},
    standard::{EditionRule, Standard},
};

/// What a run over loans needs.
#[derive(Clone, Copy, Debug)]
pub struct LoanInput<'i> {
    /// Loans in ledger order.
    pub loans: &'i [Loan],
    /// Invoice lines of all borrowers.
    pub invoices: &'i [InvoiceLine],
}

/// How a run over loans is done.
#[derive(Clone, Copy)]
pub struct DecisionTask<'t> {
    /// The pack.
    pub standard: &'t Standard,
    /// Threads; at least one. The answer does not depend on it.
    pub threads: usize,
    /// Told how many loans are done.
    pub progress: &'t (dyn Fn(usize) + Sync),
    /// An edition for every loan in place of the one that its approval date chooses: for comparison, never to decide.
    pub edition: Option<&'t Edition>,
}

/// Readings of goods names met before in this run, by name, specification and tax code.
type Readings = HashMap<(String, String, String), Classification>;

/// Readings met before, with what they depend on beside the text.
#[derive(Default)]
pub(super) struct Known {
    /// Edition, and the loan's purpose, customer, industry and proofs.
    purposes: HashMap<[String; 5], Classification>,
    /// Edition, role and proofs.
    lines: HashMap<(String, Option<Role>, String), Readings>,
    /// What cells of proofs say.
    proofs: HashMap<String, Proofs>,
}

/// What deciding the loans of one borrower needs.
pub(super) struct Turn<'t> {
    /// The pack.
    pub standard: &'t Standard,
    /// See [`DecisionTask::edition`].
    pub edition: Option<&'t Edition>,
    /// Readings met before.
    pub known: &'t mut Known,
    /// Whether the verdict alone is wanted, without reasons, flags and trace.
    pub brief: bool,
    /// Shown every case that is decided.
    pub look: &'t mut dyn FnMut(&Case<'_>),
}

impl Engine {
    /// Decides every loan; the decisions stand in ledger order.
    ///
    /// Invoices join a loan when the borrower's tax id (or, without one, its name) is the buyer's. Loans of one
    /// borrower are decided in order of disbursement, so that an invoice backs the earlier loan.
    pub fn assess(&self, input: LoanInput<'_>, task: DecisionTask<'_>) -> Vec<Decision> {
        let mut borrowers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, loan) in input.loans.iter().enumerate() {
            borrowers.entry(loan.borrower()).or_default().push(number);
        }
        let mut bought: HashMap<&str, Vec<&InvoiceLine>> = HashMap::new();
        for line in input.invoices {
            if let Some(key) = buyer_among(&line.buyer_id, &line.buyer, |name| borrowers.contains_key(name)) {
                bought.entry(key).or_default().push(line);
            }
        }
        let groups: Vec<(&str, Vec<usize>)> = borrowers.into_iter().collect();
        let next = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        let decided: Mutex<BTreeMap<usize, Decision>> = Mutex::new(BTreeMap::new());
        thread::scope(|scope| {
            for _ in 0..task.threads.max(1) {
                scope.spawn(|| {
                    while let Some((key, numbers)) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let lines = bought.get(key).map_or(&[][..], Vec::as_slice);
                        let loans: Vec<(usize, &Loan)> =
                            numbers.iter().filter_map(|&number| Some((number, input.loans.get(number)?))).collect();
                        let mut turn = Turn {
                            standard: task.standard,
                            edition: task.edition,
                            known: &mut Known::default(),
                            brief: false,
                            look: &mut |_| {},
                        };
                        let decisions = self.assess_borrower(&loans, lines, &mut turn);
                        let count = done.fetch_add(decisions.len(), Ordering::Relaxed) + decisions.len();
                        (task.progress)(count);
                        let mut decided = decided.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        decided.extend(decisions);
                    }
                });
            }
        });
        decided.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_values().collect()
    }

    /// Decides one borrower's loans in order of disbursement.
    pub(super) fn assess_borrower(
        &self,
        loans: &[(usize, &Loan)],
        lines: &[&InvoiceLine],
        turn: &mut Turn<'_>,
    ) -> Vec<(usize, Decision)> {
        let mut ordered = loans.to_vec();
        ordered.sort_by_key(|(number, loan)| (loan.disbursed, *number));
        // An invoice that the ledger ties to a loan is kept for it, whichever loan is decided first.
        let mut reserved: HashMap<&str, usize> = HashMap::new();
        for (number, loan) in &ordered {
            for line in lines.iter().filter(|line| loan.vouchers.iter().any(|v| same_invoice(v, &line.invoice))) {
                reserved.entry(&*line.invoice).or_insert(*number);
            }
        }
        let mut claimed: HashSet<&str> = HashSet::new();
        let mut decisions = Vec::new();
        for (number, loan) in ordered {
            let elsewhere = reserved.iter().filter(|(_, owner)| **owner != number).map(|(invoice, _)| *invoice);
            let mut taken: HashSet<&str> = claimed.iter().copied().chain(elsewhere).collect();
            let before = taken.clone();
            decisions.push((number, self.assess_one(loan, lines, &mut taken, turn)));
            claimed.extend(taken.difference(&before));
        }
        decisions
    }

    fn assess_one<'l>(
        &self,
        loan: &Loan,
        lines: &[&'l InvoiceLine],
        claimed: &mut HashSet<&'l str>,
        turn: &mut Turn<'_>,
    ) -> Decision {
        let standard = turn.standard;
        if let Some(edition) = turn.edition {
            let rule = EditionRule {
                edition: edition.id.clone(),
                from: None,
                to: None,
                flag: None,
                also: None,
                origin: Origin::Default,
                source: "按要求并列试算，不是审批日期适用的版本".to_owned(),
            };
            return self.decide(loan, lines, (&rule, edition), claimed, turn);
        }
        let date = loan.approved.or(loan.disbursed);
        let Some(date) = date else {
            return self.refused(
                loan,
                standard,
                "-",
                "没有审批日期或放款日期，不能确定目录版本".to_owned(),
                Vec::new(),
            );
        };
        let Some(rule) = standard.edition_for(date) else {
            return self.refused(loan, standard, "-", format!("规则包没有 {date} 适用的目录版本"), Vec::new());
        };
        let tabled = |id: &str| self.catalogue().edition(id).filter(|edition| edition.has_table);
        if let Some(edition) = tabled(&rule.edition) {
            return self.decide(loan, lines, (rule, edition), claimed, turn);
        }
        let title = self.catalogue().edition(&rule.edition).map_or("", |edition| edition.title.as_str());
        let reason =
            format!("{date} 审批，适用《{title}》（{}），本项目没有该版本的条目表，不以其他版本代替", rule.edition);
        let mut flags: Vec<String> = rule.flag.iter().cloned().collect();
        if let Some(also) = rule.also.as_deref().and_then(tabled) {
            let clear = EditionRule { flag: None, edition: also.id.clone(), ..rule.clone() };
            let trial = self.decide(loan, lines, (&clear, also), &mut claimed.clone(), turn);
            let entry = trial.entry.map_or_else(String::new, |entry| format!("，{} {}", entry.code, entry.name));
            let share = trial.green_share.map_or_else(String::new, |share| {
                format!("，绿色占比 {}%", (share * rust_decimal::Decimal::ONE_HUNDRED).round_dp(2).normalize())
            });
            flags.push(format!("另按 {} 试算：{}{share}{entry}", also.id, trial.verdict.chinese()));
        }
        self.refused(loan, standard, &rule.edition, reason, flags)
    }

    fn decide<'l>(
        &self,
        loan: &Loan,
        lines: &[&'l InvoiceLine],
        (rule, edition): (&EditionRule, &Edition),
        claimed: &mut HashSet<&'l str>,
        turn: &mut Turn<'_>,
    ) -> Decision {
        let standard = turn.standard;
        let Known { purposes, lines: readings, proofs } = &mut *turn.known;
        let read = || Proofs::read(&loan.proofs, self.catalogue());
        let proofs = &*proofs.entry(loan.proofs.clone()).or_insert_with(read);
        let matcher = self.matcher_for(edition);
        let industry = Some(loan.industry.clone()).filter(|code| !code.is_empty());
        let around = [&edition.id, &loan.purpose, &loan.customer, &loan.industry, &loan.proofs].map(String::clone);
        let purpose = purposes.entry(around).or_insert_with(|| {
            matcher.read(&Document {
                text: loan.purpose.clone(),
                kind: TextKind::Purpose,
                industry: industry.clone(),
                parties: vec![loan.customer.clone()],
                proofs: proofs.proven.clone(),
                ..Document::default()
            })
        });
        let stated = purpose.matches.iter().find_map(|found| found.role);
        let role = stated.or_else(|| industry.as_deref().and_then(buyer_role));
        let known = readings.entry((edition.id.clone(), role, loan.proofs.clone())).or_default();
        for line in lines {
            let key = (line.goods.clone(), line.spec.clone(), line.tax_code.clone());
            known
                .entry(key)
                .or_insert_with(|| matcher.read(&Document { proofs: proofs.proven.clone(), ..line.document(role) }));
        }
        let read: Vec<ReadLine<'_>> = lines
            .iter()
            .filter_map(|line| {
                let reading = known.get(&(line.goods.clone(), line.spec.clone(), line.tax_code.clone()))?;
                Some(ReadLine { line, reading, claimed: claimed.contains(&*line.invoice) })
            })
            .collect();
        let days = |name: &str| standard.value(name).to_i64().unwrap_or_default();
        let window = Window { before: days("window_before_days"), after: days("window_after_days") };
        let evidence = collect(loan, &read, window);
        let fingerprint = self.fingerprint(&edition.id, Some(standard));
        let case = Case {
            loan,
            purpose,
            evidence: &evidence,
            edition: rule,
            vague: purpose.matches.is_empty() && matcher.is_vague(&loan.purpose),
            role,
            fingerprint: &fingerprint,
        };
        let decision = if turn.brief {
            try_out(&case, standard, self.catalogue())
        } else {
            let mut decision = assess(&case, standard, self.catalogue());
            decision.flags.extend(proofs.notes(&case));
            decision
        };
        (turn.look)(&case);
        let used: HashSet<&str> = evidence
            .vouchers
            .iter()
            .filter(|voucher| voucher.tied || voucher.green != crate::model::Money::ZERO)
            .map(|voucher| &*voucher.line.invoice)
            .filter(|number| !number.is_empty())
            .collect();
        claimed.extend(lines.iter().map(|line| &*line.invoice).filter(|number| used.contains(*number)));
        decision
    }

    /// A loan that cannot be decided under the tables at hand: a person must look, and is told why.
    fn refused(&self, loan: &Loan, standard: &Standard, edition: &str, reason: String, flags: Vec<String>) -> Decision {
        let trace = Trace::step(format!("借据 {}", loan.id), Verdict::Review.chinese()).with(Trace::fact(
            "目录版本",
            reason.clone(),
            &loan.location,
        ));
        Decision {
            loan_id: loan.id.clone(),
            customer: loan.customer.clone(),
            branch: loan.branch.clone(),
            disbursed: loan.disbursed,
            industry: loan.industry.clone(),
            amount: loan.amount,
            verdict: Verdict::Review,
            rule: "L0".to_owned(),
            green_share: None,
            green_amount: None,
            cover: None,
            confidence: 0,
            entry: None,
            scene: None,
            reasons: vec![reason],
            wanted: Vec::<Wanted>::new(),
            flags,
            edition: edition.to_owned(),
            standard: standard.id.clone(),
            notice: standard.notice.clone(),
            fingerprint: self.fingerprint(edition, Some(standard)),
            trace,
            facts: BTreeSet::new(),
            confident: rust_decimal::Decimal::ZERO,
        }
    }
}
