//! Invoice lines of all borrowers, by borrower, without holding them all: first parted by invoice number, where an
//! invoice that stands in two files and one that is void are told, then by borrower. Memory is bounded by one part.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File, OpenOptions},
    hash::Hasher,
    io,
    path::Path,
    sync::Arc,
};

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{
    RunError,
    spill::{Block, Spill},
};
use crate::{
    ingest::{ColumnMap, Input, InvoiceRow, Quarantined, Sink, TableReport, read_invoices},
    model::{InvoiceLine, InvoiceStatus, Loan, Location, Money, buyer_among},
};

/// Parts by invoice number.
const BY_NUMBER: usize = 64;
/// Bytes put down for one part of borrowers, as far as [`MOST_PARTS`] allows. The decisions on a part take some thirty times as
/// much memory as its lines.
pub const PART: u64 = 2 * 1024 * 1024;
/// Most parts of borrowers.
const MOST_PARTS: u64 = 1_024;

/// Lines by invoice number, until reading ends.
const BY_NUMBER_FILE: &str = "invoices-by-number.part";
/// Lines by borrower.
const BY_BORROWER_FILE: &str = "invoices-by-borrower.part";
/// Where the parts are in it.
const INDEX_FILE: &str = "invoices-index.part";

/// Rows between two calls of [`Watch::seen`].
const TOLD_EVERY: u64 = 4_096;

/// Who is told what reading comes across.
pub struct Watch<'w> {
    /// Takes the rows that cannot be read.
    pub set_aside: &'w mut dyn FnMut(Quarantined) -> Result<(), RunError>,
    /// Told how an input was read.
    pub report: &'w mut dyn FnMut(&Input, &TableReport),
    /// Told from time to time how many rows were seen.
    pub seen: &'w mut dyn FnMut(u64),
}

/// What was counted while invoices were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceCounts {
    /// Lines of the borrowers.
    pub lines: u64,
    /// Lines left out because their invoice stood in an earlier file.
    pub repeated: u64,
    /// Lines of others, left out.
    pub others: u64,
    /// Rows set aside.
    pub rejects: u64,
}

/// Where the parts are, kept beside their file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Index {
    counts: InvoiceCounts,
    blocks: Vec<Vec<Block>>,
}

/// The lines of a ledger's borrowers, parted by borrower.
#[derive(Debug)]
pub struct PartedInvoices {
    spill: Spill,
    /// What was counted.
    pub counts: InvoiceCounts,
}

/// A line as it is put down.
#[derive(Serialize, Deserialize)]
struct Row {
    /// Its place among all lines.
    number: u64,
    /// Number of the input.
    input: u32,
    file: String,
    sheet: Option<String>,
    row: u64,
    invoice: String,
    date: Option<jiff::civil::Date>,
    seller_id: String,
    seller: String,
    buyer_id: String,
    buyer: String,
    goods: String,
    spec: String,
    tax_code: String,
    fen: Option<i64>,
    red: bool,
    reversed: bool,
    void: bool,
}

/// What is parted by invoice number.
#[derive(Serialize, Deserialize)]
enum Numbered {
    Line(Box<Row>),
    /// A whole invoice that is void.
    Void(String),
}

impl PartedInvoices {
    /// Reads `inputs` and keeps the lines that a borrower of `loans` bought. An invoice found in a second input counts
    /// once, from the first. `first` and `second` are empty files for what does not fit into memory; only `second` is
    /// used once this returns. A part of borrowers takes about `part_size` bytes, usually [`PART`].
    pub fn read(
        loans: &[Loan],
        inputs: &[Input],
        map: &ColumnMap,
        (first, second, part_size): (File, File, u64),
        watch: &mut Watch<'_>,
    ) -> Result<Self, RunError> {
        let borrowers = borrowers(loans);
        let keep =
            |buyer_id: &str, buyer: &str| buyer_among(buyer_id, buyer, |name| borrowers.contains(name)).is_some();
        let mut numbered = Spill::new(first, BY_NUMBER)?;
        let mut counts = InvoiceCounts::default();
        let mut seen = 0;
        for (input, source) in (0u32..).zip(inputs) {
            // A reader goes on to the end of its file; what went wrong on the way is told then.
            let mut failed = Ok(());
            let mut aside = Ok(());
            let mut rejects = 0;
            let mut give = |row: InvoiceRow| {
                if failed.is_err() {
                    return;
                }
                seen += 1;
                if seen % TOLD_EVERY == 0 {
                    (watch.seen)(seen);
                }
                failed = match row {
                    InvoiceRow::Line(line) => {
                        counts.lines += 1;
                        let key = if line.invoice.is_empty() { counts.lines } else { key_of(&line.invoice) };
                        numbered.push(key, &Numbered::Line(Box::new(Row::of(&line, input, counts.lines))))
                    }
                    InvoiceRow::Void(invoice) => numbered.push(key_of(&invoice), &Numbered::Void(invoice.to_string())),
                    InvoiceRow::Nothing => Ok(()),
                    InvoiceRow::Other => {
                        counts.others += 1;
                        Ok(())
                    }
                };
            };
            let mut bad = |row| {
                rejects += 1;
                if aside.is_ok() {
                    aside = (watch.set_aside)(row);
                }
            };
            let found = read_invoices(source, map, &keep, &mut Sink { give: &mut give, set_aside: &mut bad })?;
            failed?;
            aside?;
            counts.rejects += rejects;
            (watch.report)(source, &found);
            (watch.seen)(seen);
        }
        let parts = (numbered.bytes() / part_size.max(1) + 1).min(MOST_PARTS);
        let mut spill = Spill::new(second, parts as usize)?;
        for part in 0..numbered.parts() {
            by_borrower(&mut numbered, part, &mut spill, &borrowers, &mut counts)?;
        }
        Ok(Self { spill, counts })
    }

    /// Two empty files in `folder` for [`Self::read`]; [`Self::seal_in`] and [`Self::reopen_in`] know them by name.
    pub fn files_in(folder: &Path) -> io::Result<(File, File)> {
        let new = |name| OpenOptions::new().create(true).truncate(true).read(true).write(true).open(folder.join(name));
        Ok((new(BY_NUMBER_FILE)?, new(BY_BORROWER_FILE)?))
    }

    /// Makes what was read into [`Self::files_in`] safe from a power cut.
    pub fn seal_in(&mut self, folder: &Path) -> io::Result<()> {
        let index = Index { counts: self.counts, blocks: self.spill.seal()? };
        let mut file = NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, &index)?;
        file.as_file().sync_all()?;
        file.persist(folder.join(INDEX_FILE))?;
        fs::remove_file(folder.join(BY_NUMBER_FILE))?;
        File::open(folder)?.sync_all()
    }

    /// What [`Self::seal_in`] made safe.
    pub fn reopen_in(folder: &Path) -> io::Result<Self> {
        let index: Index = serde_json::from_slice(&fs::read(folder.join(INDEX_FILE))?)?;
        let file = File::open(folder.join(BY_BORROWER_FILE))?;
        Ok(Self { spill: Spill::reopen(file, index.blocks), counts: index.counts })
    }

    /// Removes whatever [`Self::files_in`] and [`Self::seal_in`] left in `folder`.
    pub fn remove_from(folder: &Path) -> io::Result<()> {
        for name in [BY_NUMBER_FILE, BY_BORROWER_FILE, INDEX_FILE] {
            match fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// How many parts there are.
    pub fn parts(&self) -> usize {
        self.spill.parts()
    }

    /// The part that a borrower's lines are in.
    pub fn part_of(&self, borrower: &str) -> usize {
        (key_of(borrower) % self.parts().max(1) as u64) as usize
    }

    /// The numbers of the loans of each part.
    pub fn loans(&self, loans: &[Loan]) -> Vec<Vec<usize>> {
        let mut parts = vec![Vec::new(); self.parts()];
        for (number, loan) in loans.iter().enumerate() {
            if let Some(part) = parts.get_mut(self.part_of(loan.borrower())) {
                part.push(number);
            }
        }
        parts
    }

    /// The lines of a part, in the order of the inputs.
    pub fn lines(&mut self, part: usize) -> io::Result<Vec<InvoiceLine>> {
        let mut rows: Vec<(u64, InvoiceLine)> = Vec::new();
        let mut names = Names::default();
        self.spill.each(part, |row: Row| {
            rows.push((row.number, row.line(&mut names)));
            Ok(())
        })?;
        rows.sort_unstable_by_key(|(number, _)| *number);
        Ok(rows.into_iter().map(|(_, line)| line).collect())
    }
}

/// What joins loans with invoices.
fn borrowers(loans: &[Loan]) -> HashSet<&str> {
    loans.iter().map(Loan::borrower).filter(|borrower| !borrower.is_empty()).collect()
}

/// Moves one part by number on, without invoices that an earlier input has, and with void ones marked.
fn by_borrower(
    numbered: &mut Spill,
    part: usize,
    spill: &mut Spill,
    borrowers: &HashSet<&str>,
    counts: &mut InvoiceCounts,
) -> io::Result<()> {
    let mut void: HashSet<String> = HashSet::new();
    numbered.each(part, |row: Numbered| {
        if let Numbered::Void(invoice) = row {
            void.insert(invoice);
        }
        Ok(())
    })?;
    // Which input had an invoice first. 128 bits of a hash stand for its number.
    let mut first: HashMap<[u8; 16], u32> = HashMap::new();
    numbered.each(part, |row: Numbered| {
        let Numbered::Line(mut row) = row else { return Ok(()) };
        if !row.invoice.is_empty() {
            let hash = blake3::hash(row.invoice.as_bytes());
            let short = hash.as_bytes().first_chunk::<16>().copied().unwrap_or_default();
            if *first.entry(short).or_insert(row.input) != row.input {
                counts.repeated += 1;
                counts.lines -= 1;
                return Ok(());
            }
            row.void |= void.contains(&row.invoice);
        }
        let borrower = buyer_among(&row.buyer_id, &row.buyer, |name| borrowers.contains(name));
        borrower.map_or(Ok(()), |borrower| spill.push(key_of(borrower), &row))
    })
}

fn key_of(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish() >> 16
}

/// Texts that stand on many lines, held once.
#[derive(Default)]
struct Names(HashSet<Arc<str>>);

impl Names {
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new: Arc<str> = Arc::from(text);
        self.0.insert(new.clone());
        new
    }
}

impl Row {
    fn of(line: &InvoiceLine, input: u32, number: u64) -> Self {
        Self {
            number,
            input,
            file: line.location.file.to_string(),
            sheet: line.location.sheet.as_deref().map(str::to_owned),
            row: line.location.row,
            invoice: line.invoice.to_string(),
            date: line.date,
            seller_id: line.seller_id.to_string(),
            seller: line.seller.to_string(),
            buyer_id: line.buyer_id.to_string(),
            buyer: line.buyer.to_string(),
            goods: line.goods.clone(),
            spec: line.spec.clone(),
            tax_code: line.tax_code.clone(),
            fen: line.amount.map(Money::fen),
            red: line.red,
            reversed: line.status == InvoiceStatus::Reversed,
            void: line.status == InvoiceStatus::Void,
        }
    }

    fn line(self, names: &mut Names) -> InvoiceLine {
        InvoiceLine {
            location: Location {
                file: names.shared(&self.file),
                sheet: self.sheet.map(|sheet| names.shared(&sheet)),
                row: self.row,
            },
            invoice: names.shared(&self.invoice),
            date: self.date,
            seller_id: names.shared(&self.seller_id),
            seller: names.shared(&self.seller),
            buyer_id: names.shared(&self.buyer_id),
            buyer: names.shared(&self.buyer),
            goods: self.goods,
            spec: self.spec,
            tax_code: self.tax_code,
            amount: self.fen.map(Money::from_fen),
            red: self.red,
            status: match (self.void, self.reversed) {
                (true, _) => InvoiceStatus::Void,
                (false, true) => InvoiceStatus::Reversed,
                (false, false) => InvoiceStatus::Normal,
            },
        }
    }
}
