//! A ledger with its invoices: read, joined part by part, decided.

use std::{borrow::Cow, fs::File};

use super::{
    Failure, Shared, classify::column_map, progress::LoanProgress, quarantine::tell_ignored, standard::find_pack,
};
use crate::{
    Engine, Standard,
    batch::{PART, PartedInvoices, RunError, Watch},
    catalogue::Edition,
    decision::{Decision, SideBySide},
    engine::{DecisionTask, LoanInput},
    ingest::{ColumnMap, Input, Quarantined, Sink, TableReport, read_loans},
    model::{InvoiceLine, Loan},
    store::RunRecord,
};

/// The loans of a ledger, and all that is needed to decide them.
pub struct Ledger<'e> {
    /// Loans in ledger order.
    pub loans: Vec<Loan>,
    /// The pack.
    pub standard: Cow<'e, Standard>,
    engine: &'e Engine,
    map: ColumnMap,
    /// Rows of the ledger that could not be read.
    set_aside: Vec<Quarantined>,
    invoices: Vec<Input>,
}

/// What is decided of one loan.
pub struct Outcome {
    /// Number of the loan in the ledger.
    pub loan: usize,
    /// The decision.
    pub decision: Decision,
    /// The edition compared with beside its own, when one is asked for.
    pub beside: Option<SideBySide>,
}

/// Two empty files for [`PartedInvoices::read`], and how large its parts are.
pub type Room = (File, File, u64);

/// Room in nameless files.
pub fn nameless() -> Result<Room, Failure> {
    Ok((tempfile::tempfile()?, tempfile::tempfile()?, PART))
}

impl Ledger<'static> {
    /// Reads the ledger that `record` names.
    pub fn read(shared: &Shared, record: &RunRecord) -> Result<Self, Failure> {
        let engine = shared.engine()?;
        let standard = find_pack(engine, &record.standard)?;
        if standard.rules.is_empty() {
            return Err(Failure::Said(format!("规则包 {} 没有认绿规则（loan.toml）", standard.id)));
        }
        let map = column_map(record.map.as_deref())?;
        let (mut loans, mut set_aside) = (Vec::new(), Vec::new());
        let mut sink = Sink { give: &mut |loan| loans.push(loan), set_aside: &mut |bad| set_aside.push(bad) };
        let input = Input::named(&record.loans);
        let found = read_loans(&input, &map, &mut sink)?;
        tell_found(shared, &input, &found);
        let invoices = record.invoices.iter().map(|name| Input::named(name)).collect();
        Ok(Self { loans, standard, engine, map, set_aside, invoices })
    }
}

impl Ledger<'_> {
    /// Engine version, and the content hashes of dictionary, catalogue and pack, whatever the edition of a loan.
    pub fn fingerprint(&self) -> String {
        self.engine.fingerprint("catalogue", Some(&*self.standard))
    }

    /// Reads the invoices of the borrowers into `room` and gives every row that could not be read to `set_aside`, those of
    /// the ledger first.
    pub fn invoices(
        &self,
        shared: &Shared,
        room: Room,
        progress: &LoanProgress,
        set_aside: &mut dyn FnMut(&Quarantined) -> Result<(), Failure>,
    ) -> Result<PartedInvoices, Failure> {
        let mut set_aside = |bad: &Quarantined| {
            progress.set_aside();
            set_aside(bad)
        };
        self.set_aside.iter().try_for_each(&mut set_aside)?;
        let mut report = |input: &Input, found: &TableReport| tell_found(shared, input, found);
        let mut aside = |bad: Quarantined| {
            set_aside(&bad).map_err(|failure| match failure {
                Failure::Output(error) => RunError::Output(error),
                other => RunError::Said(other.to_string()),
            })
        };
        // What the loans do not need is not kept: a month of invoices of all customers may be far larger than the ledger.
        let mut seen = |rows: u64| progress.invoices(rows);
        let mut watch = Watch { set_aside: &mut aside, report: &mut report, seen: &mut seen };
        let parted = PartedInvoices::read(&self.loans, &self.invoices, &self.map, room, &mut watch)?;
        let counts = parted.counts;
        let left_out =
            |count: u64, why: &str| if count > 0 { format!("（另有 {count} 行{why}）") } else { String::new() };
        shared.say(&format!(
            "贷款 {} 笔，发票明细 {} 行{}{}",
            self.loans.len(),
            counts.lines,
            left_out(counts.repeated, "重复发票已略去"),
            left_out(counts.others, "不属于这些借款人，未保留"),
        ));
        Ok(parted)
    }

    /// The invoice lines that loans of `borrower` share, and those of others that happen to be kept beside them.
    pub fn lines_around(&self, shared: &Shared, borrower: &str) -> Result<Vec<InvoiceLine>, Failure> {
        let mut parted = self.invoices(shared, nameless()?, &LoanProgress::none(), &mut |_| Ok(()))?;
        let part = parted.part_of(borrower);
        Ok(parted.lines(part)?)
    }

    /// Decides every loan, part by part from part `from` on. `take` is given each part with what was decided; `edition` is
    /// the one to compare with.
    pub fn decide(
        &self,
        shared: &Shared,
        parted: &mut PartedInvoices,
        from: usize,
        edition: Option<&Edition>,
        progress: &LoanProgress,
        take: &mut dyn FnMut(usize, Vec<Outcome>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let parts = parted.loans(&self.loans);
        let mut before: usize = parts.iter().take(from).map(Vec::len).sum();
        for (part, numbers) in parts.into_iter().enumerate().skip(from) {
            let loans: Vec<Loan> = numbers.iter().filter_map(|&number| self.loans.get(number).cloned()).collect();
            let lines = if loans.is_empty() { Vec::new() } else { parted.lines(part)? };
            let decided = |done: usize| progress.loans(before + done);
            let task =
                DecisionTask { standard: &self.standard, threads: shared.threads(), progress: &decided, edition: None };
            let input = LoanInput { loans: &loans, invoices: &lines };
            let decisions = self.engine.assess(input, task);
            let trials = edition.map(|_| self.engine.assess(input, DecisionTask { edition, ..task }));
            let mut trials = trials.into_iter().flatten();
            before += numbers.len();
            let outcomes = numbers.into_iter().zip(decisions).map(|(loan, decision)| {
                let beside = trials.next().map(|trial| SideBySide::of(&decision, &trial, self.engine.catalogue()));
                Outcome { loan, decision, beside }
            });
            take(part, outcomes.collect())?;
        }
        Ok(())
    }
}

/// Tells how a file was read, and which of its columns were not though they resemble one that is.
fn tell_found(shared: &Shared, input: &Input, found: &TableReport) {
    if let Some(encoding) = found.encoding {
        shared.say(&format!("{}：按 {} 读取", input.name(), encoding.name()));
    }
    tell_ignored(shared, input.name(), &found.ignored);
}
