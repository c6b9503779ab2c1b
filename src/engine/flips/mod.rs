//! What would give a loan another verdict: small changes, each decided again before it is told.

mod candidates;
mod change;
mod misses;

use std::collections::HashSet;

use serde::Serialize;

pub use change::Change;
pub use misses::Miss;

use super::{
    Engine,
    loans::{Known, LoanInput, Turn},
};
use crate::{
    decision::{Case, Decision},
    model::{Classification, InvoiceLine, Loan, Money, Role, Verdict, buyer_among},
    standard::Standard,
};
use candidates::{Candidates, Scale};

/// A set of changes none of which can be left out, and what the loan becomes under them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoanFlip {
    /// The changes, in the order they are applied.
    pub changes: Vec<Change>,
    /// The verdict when the loan was decided again.
    pub verdict: Verdict,
    /// The rule that decided.
    pub rule: String,
    /// Green share under the changes.
    pub green_share: Option<rust_decimal::Decimal>,
}

/// Why a loan has its verdict and not another.
#[derive(Clone, Debug)]
pub struct Contrast {
    /// The decision as it stands.
    pub decision: Decision,
    /// What nearly held, nearest first.
    pub misses: Vec<Miss>,
    /// The smallest changes found, the better verdict first; for a green loan those that lose it.
    pub flips: Vec<LoanFlip>,
    /// How often the loan was decided again to find them.
    pub decided: usize,
}

/// At most so many flips are told.
const TOLD: usize = 8;

impl Engine {
    /// The nearest misses of loan `number` of the input, and the smallest changes that flip its verdict: single changes
    /// first, then pairs, then one larger set without anything superfluous. Amounts are the smallest (for the size of a
    /// loan: the nearest) to the 分. `None` when there is no such loan.
    pub fn contrast(&self, input: LoanInput<'_>, number: usize, standard: &Standard) -> Option<Contrast> {
        let target = input.loans.get(number)?;
        let own = |loan: &Loan| loan.borrower() == target.borrower();
        let loans = input.loans.iter().enumerate().filter(|(_, loan)| own(loan)).collect();
        let borrowers: HashSet<&str> = input.loans.iter().map(Loan::borrower).collect();
        let joins = |line: &&InvoiceLine| {
            buyer_among(&line.buyer_id, &line.buyer, |name| borrowers.contains(name)) == Some(target.borrower())
        };
        let lines: Vec<InvoiceLine> = input.invoices.iter().filter(joins).cloned().collect();
        let mut trial = Trial { engine: self, standard, loans, lines, number, known: Known::default(), decided: 0 };
        let (decision, seen) = trial.decide(&[], false)?;
        let misses = misses::misses(self, &decision, seen.as_ref(), target, standard);
        let flips = match &seen {
            Some(seen) if decision.rule != NO_EDITION => trial.flips(&decision, seen, target),
            _ => Vec::new(),
        };
        Some(Contrast { decision, misses, flips, decided: trial.decided })
    }
}

/// The rule of loans whose edition the project does not hold: no change of the loan helps.
const NO_EDITION: &str = "L0";

/// What the texts of a loan said when it was decided.
#[derive(Debug)]
struct Seen {
    edition: String,
    purpose: Classification,
    vouchers: Vec<(InvoiceLine, Classification, Money)>,
    role: Option<Role>,
    vague: bool,
}

impl Seen {
    fn of(case: &Case<'_>) -> Self {
        let vouchers = case.evidence.vouchers.iter();
        Self {
            edition: case.edition.edition.clone(),
            purpose: case.purpose.clone(),
            vouchers: vouchers.map(|own| (own.line.clone(), own.reading.clone(), own.green)).collect(),
            role: case.role,
            vague: case.vague,
        }
    }
}

/// One borrower's loans and purchases, decided as often as needed.
struct Trial<'t> {
    engine: &'t Engine,
    standard: &'t Standard,
    loans: Vec<(usize, &'t Loan)>,
    lines: Vec<InvoiceLine>,
    number: usize,
    known: Known,
    decided: usize,
}

impl Trial<'_> {
    /// Decides the loan under `changes`; unless it is to be brief, with what was read.
    fn decide(&mut self, changes: &[Change], brief: bool) -> Option<(Decision, Option<Seen>)> {
        let (_, target) = self.loans.iter().find(|(number, _)| *number == self.number)?;
        let mut changed = (*target).clone();
        let mut lines = self.lines.clone();
        for change in changes {
            change.apply(&mut changed, &mut lines);
        }
        let lines: Vec<&InvoiceLine> = lines.iter().collect();
        let loans: Vec<(usize, &Loan)> = self
            .loans
            .iter()
            .map(|&(number, loan)| (number, if number == self.number { &changed } else { loan }))
            .collect();
        let mut seen = None;
        let id = &changed.location;
        let mut look = |case: &Case<'_>| {
            if !brief && case.loan.location == *id && case.loan.id == changed.id {
                seen = Some(Seen::of(case));
            }
        };
        let mut turn = Turn { standard: self.standard, edition: None, known: &mut self.known, brief, look: &mut look };
        let decisions = self.engine.assess_borrower(&loans, &lines, &mut turn);
        self.decided += 1;
        let (_, decision) = decisions.into_iter().find(|(number, _)| *number == self.number)?;
        Some((decision, seen))
    }

    /// What the loan becomes under `changes`.
    fn flip(&mut self, changes: Vec<Change>) -> Option<LoanFlip> {
        let (decision, _) = self.decide(&changes, true)?;
        Some(LoanFlip { changes, verdict: decision.verdict, rule: decision.rule, green_share: decision.green_share })
    }

    /// What the loan becomes under `changes`, if it is what is wanted.
    fn reaches(&mut self, changes: Vec<Change>, wanted: &dyn Fn(Verdict) -> bool) -> Option<LoanFlip> {
        self.flip(changes).filter(|flip| wanted(flip.verdict))
    }

    /// `base` with the least amount on `scale` that gives what is wanted: one 分 nearer to nothing changed does not.
    fn least(&mut self, base: &[Change], scale: &Scale, wanted: &dyn Fn(Verdict) -> bool) -> Option<LoanFlip> {
        let with = |fen: i64| -> Vec<Change> { base.iter().cloned().chain([scale.change(fen)]).collect() };
        let (mut no, mut yes) = (0, scale.most);
        let mut best = self.reaches(with(yes), wanted)?;
        while yes - no > 1 {
            let middle = no + (yes - no) / 2;
            match self.reaches(with(middle), wanted) {
                Some(flip) => (yes, best) = (middle, flip),
                None => no = middle,
            }
        }
        Some(best)
    }

    fn flips(&mut self, decision: &Decision, seen: &Seen, loan: &Loan) -> Vec<LoanFlip> {
        let candidates = Candidates::of(self.engine, self.standard, decision, seen, loan);
        let from = decision.verdict;
        let mut flips = if from == Verdict::Green {
            self.singles(&candidates, &[&|verdict| verdict != Verdict::Green])
        } else {
            self.improve(&candidates, from)
        };
        flips.sort_by_key(|flip| (flip.verdict, flip.changes.len()));
        flips.truncate(TOLD);
        flips
    }

    /// Single changes that give what one of `goals` wants, each change once for each verdict.
    fn singles(&mut self, candidates: &Candidates, goals: &[&dyn Fn(Verdict) -> bool]) -> Vec<LoanFlip> {
        let mut flips: Vec<LoanFlip> = Vec::new();
        let mut add = |flip: LoanFlip| {
            let same = |known: &LoanFlip| known.verdict == flip.verdict && alike(&known.changes, &flip.changes);
            if !flips.iter().any(same) {
                flips.push(flip);
            }
        };
        for change in &candidates.fixed {
            if let Some(flip) =
                self.flip(vec![change.clone()]).filter(|flip| goals.iter().any(|goal| goal(flip.verdict)))
            {
                add(flip);
            }
        }
        for scale in &candidates.scales {
            for goal in goals {
                if let Some(flip) = self.least(&[], scale, goal) {
                    add(flip);
                }
            }
        }
        flips
    }

    /// Changes that better the verdict `from`: single ones, then pairs, then one larger set.
    fn improve(&mut self, candidates: &Candidates, from: Verdict) -> Vec<LoanFlip> {
        let goals: Vec<Box<dyn Fn(Verdict) -> bool>> = Verdict::ALL
            .iter()
            .filter(|goal| **goal < from)
            .map(|goal| Box::new(move |verdict: Verdict| verdict <= *goal) as Box<dyn Fn(Verdict) -> bool>)
            .collect();
        let goals: Vec<&dyn Fn(Verdict) -> bool> = goals.iter().map(AsRef::as_ref).collect();
        let mut flips = self.singles(candidates, &goals);
        let best = |flips: &[LoanFlip]| flips.iter().map(|flip| flip.verdict).min().unwrap_or(from);
        let reached = best(&flips);
        if reached > Verdict::Green {
            let pairs = self.pairs(candidates, reached);
            flips.extend(pairs);
        }
        let reached = best(&flips);
        if reached > Verdict::Green {
            flips.extend(self.larger(candidates, reached));
        }
        flips
    }

    /// Pairs of changes that reach more than `reached`.
    fn pairs(&mut self, candidates: &Candidates, reached: Verdict) -> Vec<LoanFlip> {
        let better = |verdict: Verdict| verdict < reached;
        let mut flips: Vec<LoanFlip> = Vec::new();
        for (place, first) in candidates.fixed.iter().enumerate() {
            for second in candidates.fixed.iter().skip(place + 1).filter(|second| !same_kind(first, second)) {
                flips.extend(self.reaches(vec![first.clone(), second.clone()], &better));
            }
            for scale in &candidates.scales {
                flips.extend(self.least(std::slice::from_ref(first), scale, &better));
            }
        }
        let mut kept: Vec<LoanFlip> = Vec::new();
        for flip in flips {
            if !kept.iter().any(|known| known.verdict <= flip.verdict && alike(&known.changes, &flip.changes)) {
                kept.push(flip);
            }
        }
        kept
    }

    /// Every kind of change at once and, if that reaches more than `reached`, what of it cannot be left out.
    fn larger(&mut self, candidates: &Candidates, reached: Verdict) -> Option<LoanFlip> {
        let mut set: Vec<Change> = Vec::new();
        for change in &candidates.fixed {
            // The last way to write a purpose is the plainest one.
            match set.iter_mut().find(|known| same_kind(known, change)) {
                Some(known) => known.clone_from(change),
                None => set.push(change.clone()),
            }
        }
        let scale = candidates.scales.iter().find(|scale| matches!(scale.of, Change::Bought { .. }));
        let most = scale.map(|scale| scale.change(scale.most));
        set.extend(most.clone());
        let whole = self.reaches(set.clone(), &|verdict| verdict < reached)?;
        let goal = |verdict: Verdict| verdict <= whole.verdict;
        // What is needed beside one change may be superfluous without it, so that one round is not enough.
        while let Some(place) = (0..set.len()).rev().find(|&place| {
            let without: Vec<Change> =
                set.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, change)| change.clone()).collect();
            self.reaches(without, &goal).is_some()
        }) {
            set.remove(place);
        }
        match scale.filter(|_| most.is_some_and(|most| set.contains(&most))) {
            Some(scale) => {
                set.pop();
                self.least(&set, scale, &goal)
            }
            None => self.flip(set),
        }
    }
}

/// Whether two changes are two ways to do the same and cannot stand together.
fn same_kind(one: &Change, other: &Change) -> bool {
    match (one, other) {
        (Change::Proof { condition, .. }, Change::Proof { condition: also, .. }) => condition == also,
        (Change::Marked { goods, .. }, Change::Marked { goods: also, .. }) => goods == also,
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// Whether two sets of changes are of the same kinds.
fn alike(one: &[Change], other: &[Change]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_kind(one, other))
}
