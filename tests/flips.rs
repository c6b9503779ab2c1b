//! Every flip that is told holds when the changed loan is written into a ledger and decided by the program from scratch,
//! and one 分 less, or one change less, does not give it.

mod support;

use std::{collections::BTreeMap, fs, path::Path, thread};

use lvjian::{
    Change, Checked, Contrast, Document, Engine, InvoiceLine, Loan, LoanFlip, LoanInput, Location, Money, Verdict,
};
use support::{csv_of, desk::*, folder, lvjian_in, string, write};

const LOANS: usize = 1_000;
const SEED: u64 = 20_251_001;

/// Numbers that look random and are the same every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn one<'o>(&mut self, of: &'o [String]) -> &'o str {
        &of[self.below(of.len())]
    }

    fn word(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A loan with its invoices, as a bank would write it down.
#[derive(Clone, Debug)]
struct Paper {
    purpose: String,
    fen: i64,
    day: &'static str,
    industry: String,
    ties: Vec<String>,
    proofs: String,
    veto: &'static str,
    revenue: String,
    grade: String,
    lines: Vec<PaperLine>,
}

#[derive(Clone, Debug)]
struct PaperLine {
    number: String,
    goods: String,
    spec: String,
    fen: i64,
    seller: String,
}

impl Paper {
    /// The same for the library, built by hand.
    fn library(&self) -> (Loan, Vec<InvoiceLine>) {
        let day = Some(self.day.parse().unwrap());
        let loan = Loan {
            location: Location { row: 2, ..Location::default() },
            id: "L".to_owned(),
            customer: "买方有限公司".to_owned(),
            tax_id: BUYER.to_owned(),
            purpose: self.purpose.clone(),
            amount: Some(Money::from_fen(self.fen)),
            approved: day,
            disbursed: day,
            industry: self.industry.clone(),
            vouchers: self.ties.clone(),
            proofs: self.proofs.clone(),
            vetoed: match self.veto {
                "" => Checked::Unknown,
                "无" => Checked::No,
                _ => Checked::Yes,
            },
            ..Loan::default()
        };
        let lines = self.lines.iter().map(|line| InvoiceLine {
            invoice: line.number.as_str().into(),
            date: day,
            seller_id: line.seller.as_str().into(),
            seller: "卖方有限公司".into(),
            buyer_id: BUYER.into(),
            buyer: "买方有限公司".into(),
            goods: line.goods.clone(),
            spec: line.spec.clone(),
            amount: Some(Money::from_fen(line.fen)),
            red: line.fen < 0,
            ..InvoiceLine::default()
        });
        (loan, lines.collect())
    }

    /// A change, written down by hand.
    fn change(&mut self, change: &Change) {
        let added = |number: &str, goods: &str, spec: &str, fen: i64, seller: &str| PaperLine {
            number: number.to_owned(),
            goods: goods.to_owned(),
            spec: spec.to_owned(),
            fen,
            seller: seller.to_owned(),
        };
        match change {
            Change::VetoCleared => self.veto = "无",
            Change::VetoFound => self.veto = "列入失信名单",
            Change::Proof { condition, document } => {
                self.proofs = format!("{}|{document}({condition})", self.proofs);
            }
            Change::NoProofs => self.proofs.clear(),
            Change::Purpose { text } => self.purpose = text.clone(),
            Change::Industry { code } => self.industry = code.clone(),
            Change::Rated { green_revenue, grade } => {
                (self.revenue, self.grade) = (green_revenue.to_string(), grade.clone());
            }
            Change::Marked { goods, mark } => {
                for line in self.lines.iter_mut().filter(|line| line.goods == *goods) {
                    line.spec = format!("{} {mark}", line.spec);
                }
            }
            Change::Tied { invoices } => self.ties = invoices.clone(),
            Change::Bought { goods, spec, amount, .. } => {
                self.lines.push(added("ADD", goods, spec, amount.fen(), ""));
                if !self.ties.is_empty() {
                    self.ties.push("ADD".to_owned());
                }
            }
            Change::TakenBack { goods, spec, seller_id, amount, .. } => {
                self.lines.push(added("RED", goods, spec, -amount.fen(), seller_id));
                if !self.ties.is_empty() {
                    self.ties.push("RED".to_owned());
                }
            }
            Change::Lent { amount } => self.fen = amount.fen(),
        }
    }

    fn changed(&self, changes: &[Change]) -> Self {
        let mut paper = self.clone();
        changes.iter().for_each(|change| paper.change(change));
        paper
    }
}

/// What a ledger row must come out as.
#[derive(Clone, Debug)]
enum Expected {
    Exactly(Verdict),
    WorseThan(Verdict),
    NotLost,
}

/// The amount one 分 nearer to nothing changed; none where that is nothing.
fn one_fen_less(change: &Change, before: &Paper) -> Option<Change> {
    let mut less = change.clone();
    match &mut less {
        Change::Bought { amount, .. } | Change::TakenBack { amount, .. } => *amount = Money::from_fen(amount.fen() - 1),
        Change::Lent { amount } => {
            let step = if amount.fen() < before.fen { 1 } else { -1 };
            *amount = Money::from_fen(amount.fen() + step);
            return (amount.fen() != before.fen).then_some(less);
        }
        _ => return None,
    }
    match &less {
        Change::Bought { amount, .. } | Change::TakenBack { amount, .. } => (amount.fen() > 0).then_some(less),
        _ => None,
    }
}

/// Texts of the gold corpus: lines and purposes, and the lines' own words for what is green in them.
struct Texts {
    positive: Vec<String>,
    other: Vec<String>,
    purposes: Vec<String>,
    named: BTreeMap<String, String>,
}

impl Texts {
    fn read(engine: &Engine) -> Self {
        let mut texts = Self { positive: vec![], other: vec![], purposes: vec![], named: BTreeMap::new() };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/gold");
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for path in files {
            for row in csv::Reader::from_path(path).unwrap().records().map(Result::unwrap) {
                let (kind, text, verdict) = (&row[1], row[2].to_owned(), &row[3]);
                match (kind, verdict) {
                    ("purpose", _) => texts.purposes.push(text),
                    ("invoice_line", "positive") => texts.positive.push(text),
                    _ => texts.other.push(text),
                }
            }
        }
        let day = "2025-10-20".parse().unwrap();
        for text in &texts.positive {
            let reading = engine.classify(&Document::line(text.as_str()), day).unwrap();
            if let Some(found) = reading.best().filter(|found| found.verdict() <= Verdict::NeedsEvidence) {
                texts.named.insert(text.clone(), found.text.clone());
            }
        }
        texts
    }

    /// A loan of the dice's choice: many nearly green, some far from it.
    fn loan(&self, dice: &mut Dice) -> Paper {
        let lines: Vec<PaperLine> = (0..dice.below(4))
            .map(|number| PaperLine {
                number: format!("N{number}"),
                goods: if dice.chance(70) { dice.one(&self.positive) } else { dice.one(&self.other) }.to_owned(),
                spec: if dice.chance(20) { "一级能效" } else { "" }.to_owned(),
                fen: 1 + dice.below(30_000_000) as i64,
                seller: "91330100MA00000001".to_owned(),
            })
            .collect();
        let named = lines.iter().find_map(|line| self.named.get(&line.goods));
        let purpose = match (dice.below(10), named) {
            (0..=4, Some(named)) => format!("购买{named}"),
            (0..=5, _) => "支付货款".to_owned(),
            (6, _) => String::new(),
            _ => dice.one(&self.purposes).to_owned(),
        };
        let sum: i64 = lines.iter().map(|line| line.fen).sum();
        Paper {
            purpose,
            fen: if dice.chance(60) && sum > 0 { sum } else { 1 + dice.below(40_000_000) as i64 },
            day: dice.word(&["2025-10-20", "2025-10-20", "2025-11-05", "2024-11-05", "2025-03-03"]),
            industry: dice.word(&["C3825", "F5171", "E4910", "A0111", ""]).to_string(),
            ties: if dice.chance(50) { lines.iter().map(|line| line.number.clone()).collect() } else { vec![] },
            proofs: String::new(),
            veto: dice.word(&["无", "无", "无", "", "环保处罚"]),
            revenue: String::new(),
            grade: String::new(),
            lines,
        }
    }
}

/// Writes the papers into a ledger with one borrower each, and lets the program decide.
fn decide(papers: &[&Paper]) -> Vec<Verdict> {
    let desk = folder();
    let mut headings = LOAN.to_vec();
    headings.extend(["已有证明", "绿色营收占比", "评绿等级"]);
    let (mut loans, mut lines) = (Vec::new(), Vec::new());
    for (row, paper) in papers.iter().enumerate() {
        let borrower = format!("91330000T{row:09}");
        let own = |number: &String| format!("{row}-{number}");
        let mut cells = loan_on(&format!("L{row}"), "", paper.day);
        cells[2] = borrower.clone();
        cells[3] = paper.purpose.clone();
        cells[4] = Money::from_fen(paper.fen).to_string();
        cells[7] = paper.industry.clone();
        cells[9] = paper.ties.iter().map(own).collect::<Vec<_>>().join("、");
        cells[10] = paper.veto.to_owned();
        cells.extend([paper.proofs.clone(), paper.revenue.clone(), paper.grade.clone()]);
        loans.push(cells);
        for line in &paper.lines {
            let sign = if line.fen < 0 { "否" } else { "是" };
            let amount = Money::from_fen(line.fen).to_string();
            let mut cells = full_line(&own(&line.number), paper.day, &line.goods, &amount, sign, "正常");
            cells[2] = line.seller.clone();
            cells[4] = borrower.clone();
            cells[7] = line.spec.clone();
            lines.push(cells);
        }
    }
    write(desk.path(), "loans.csv", csv_of(&headed(&headings, &loans)));
    write(desk.path(), "inv.csv", csv_of(&headed(&LINE, &lines)));
    let args = ["assess", "--loans", "loans.csv", "--invoices", "inv.csv", "--format", "ndjson"];
    let decisions = lvjian_in(desk.path(), &args).exits(0).lines();
    assert_eq!(decisions.len(), papers.len(), "no row is set aside");
    let verdict = |decision: &serde_json::Value| Verdict::from_code(string(decision, "verdict")).unwrap();
    decisions.iter().map(verdict).collect()
}

/// What must come out when a told flip, and less than it, is written down.
fn expectations(paper: &Paper, from: Verdict, flip: &LoanFlip) -> Vec<(Paper, Expected, String)> {
    let mut rows = vec![(paper.changed(&flip.changes), Expected::Exactly(flip.verdict), "as told".to_owned())];
    let less = if from == Verdict::Green { Expected::NotLost } else { Expected::WorseThan(flip.verdict) };
    for (place, change) in flip.changes.iter().enumerate() {
        let mut changes = flip.changes.clone();
        if let Some(smaller) = one_fen_less(change, paper) {
            changes[place] = smaller;
            rows.push((paper.changed(&changes), less.clone(), format!("one 分 less of {change:?}")));
        }
        if flip.changes.len() > 1 {
            let mut changes = flip.changes.clone();
            changes.remove(place);
            rows.push((paper.changed(&changes), less.clone(), format!("without {change:?}")));
        }
    }
    rows
}

#[test]
fn flips_of_a_thousand_loans_hold_when_written_down_and_are_the_smallest() {
    let engine = Engine::builtin().unwrap();
    let standard = engine.standard("sme-green-2022").unwrap();
    let texts = Texts::read(&engine);
    let mut dice = Dice(SEED);
    let papers: Vec<Paper> = (0..LOANS).map(|_| texts.loan(&mut dice)).collect();
    let contrast = |paper: &Paper| -> Contrast {
        let (loan, lines) = paper.library();
        engine.contrast(LoanInput { loans: &[loan], invoices: &lines }, 0, standard).unwrap()
    };
    let contrasts: Vec<Contrast> = thread::scope(|scope| {
        let halves: Vec<_> = papers
            .chunks(LOANS.div_ceil(2))
            .map(|half| scope.spawn(move || half.iter().map(contrast).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });

    let mut rows: Vec<(Paper, Expected, String)> = Vec::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut flipped, mut told) = (0, 0);
    for (paper, contrast) in papers.iter().zip(&contrasts) {
        let from = contrast.decision.verdict;
        rows.push((paper.clone(), Expected::Exactly(from), "unchanged".to_owned()));
        flipped += usize::from(!contrast.flips.is_empty());
        told += contrast.flips.len();
        for flip in &contrast.flips {
            assert_ne!(flip.verdict, from, "a flip changes the verdict");
            for change in &flip.changes {
                let name = serde_json::to_value(change).unwrap()["change"].as_str().unwrap().to_owned();
                *kinds.entry(name).or_default() += 1;
            }
            rows.extend(expectations(paper, from, flip));
        }
    }
    let verdicts: Vec<Verdict> = rows
        .chunks(1_000)
        .flat_map(|chunk| decide(&chunk.iter().map(|(paper, ..)| paper).collect::<Vec<_>>()))
        .collect();
    let mut wrong = Vec::new();
    for ((paper, expected, what), verdict) in rows.iter().zip(&verdicts) {
        let right = match expected {
            Expected::Exactly(wanted) => verdict == wanted,
            Expected::WorseThan(reached) => verdict > reached,
            Expected::NotLost => *verdict == Verdict::Green,
        };
        if !right {
            wrong.push(format!("{what}: wanted {expected:?}, got {verdict:?} for {paper:?}"));
        }
    }
    let decided: usize = contrasts.iter().map(|contrast| contrast.decided).sum();
    println!("{flipped} loans with {told} flips, {} rows checked, {decided} trials, {kinds:?}", rows.len());
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong[..wrong.len().min(8)].join("\n"));
    assert!(flipped > LOANS / 2, "most of these loans are near enough: {flipped}");
    for kind in ["bought", "lent", "taken-back", "proof", "purpose", "tied", "veto-cleared", "marked", "rated"] {
        assert!(kinds.contains_key(kind), "no {kind} among {kinds:?}");
    }
}

#[test]
fn why_not_tells_what_nearly_held() {
    let desk = Desk::new();
    let mut vague = loan("L2", "N2");
    vague[3] = "支付货款".to_owned();
    let mut bolt = loan("L3", "N3");
    bolt[3] = "购买光伏支架用螺栓".to_owned();
    desk.loans(&[loan("L1", "N1"), vague, bolt]);
    desk.invoices(
        "inv.csv",
        &[
            line("N1", SOLAR, "72000.00"),
            line("N2", SOLAR, "100000.00"),
            line("N3", "*紧固件*光伏支架用螺栓", "100000.00"),
        ],
    );
    desk.assess(&["inv.csv"], &[]).exits(0);
    let why = |id: &str| lvjian_in(desk.0.path(), &["why", "--not", id]).exits(0).text().to_owned();
    let short = why("L1");
    assert!(short.contains("差 23 个百分点"), "{short}");
    assert!(short.contains("发票 23000.00 元") && short.contains("放款金额为 75789.47 元"), "{short}");
    let purpose = why("L2");
    assert!(purpose.contains("购买光伏组件") && purpose.contains("以事实为准"), "{purpose}");
    let refused = why("L3");
    assert!(refused.contains("未采 M0") && refused.contains("没有找到能改变结论的改动"), "{refused}");
    let json = lvjian_in(desk.0.path(), &["why", "--not", "L1", "--json"]).exits(0).lines().remove(0);
    assert_eq!(string(&json["flips"][0], "verdict"), "green", "{json}");
    assert!(lvjian_in(desk.0.path(), &["why", "--not", "L404"]).exits(2).stderr.contains("L404"));
    desk.invoices("inv.csv", &[line("N1", SOLAR, "99000.00")]);
    let changed = lvjian_in(desk.0.path(), &["why", "--not", "L1"]).exits(0);
    assert!(changed.stderr.contains("输入已变") && changed.text().contains("怎样会失去"), "{}", changed.text());
}
