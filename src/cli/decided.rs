//! Decisions on their way out: written in the order in which they are made, read in the order of the ledger, never all in
//! memory.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
};

use serde::{Deserialize, Serialize};

use crate::model::Verdict;

/// What is kept of a decision in front of the decision itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Head {
    /// Number of the loan in the ledger.
    pub loan: usize,
    /// 借据号.
    pub id: String,
    /// Code of the verdict.
    pub verdict: String,
    /// Whether proofs that the ledger claims were not used.
    pub noted: bool,
    /// Whether the edition compared with says otherwise.
    pub differs: bool,
    /// The row of the output: cells, or the one line of JSON.
    pub row: Vec<String>,
}

impl Head {
    /// Writes this as one line, and the decision as the next.
    pub fn write(&self, decision: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")?;
        serde_json::to_writer(&mut *out, decision)?;
        out.write_all(b"\n")
    }
}

/// Decisions in a file that [`Head::write`] wrote.
pub struct Decided {
    file: File,
    places: Vec<Place>,
    /// How many there are by verdict, in the order of [`Verdict::ALL`].
    pub verdicts: [u64; 4],
    /// How many differ under the edition compared with.
    pub different: u64,
    /// Loans whose proofs were not all used, with their numbers in the ledger, in that order.
    pub noted: Vec<(usize, String)>,
}

struct Place {
    loan: usize,
    at: u64,
    head: usize,
    decision: usize,
}

impl Decided {
    /// Finds the decisions in `file`, which stands at its beginning.
    pub fn read(file: File) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(256 * 1024, file);
        let (mut places, mut noted) = (Vec::new(), Vec::new());
        let (mut verdicts, mut different) = ([0; 4], 0);
        let (mut at, mut line) = (0u64, Vec::new());
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if length == 0 {
                break;
            }
            let head: Head = serde_json::from_slice(&line)?;
            line.clear();
            let decision = reader.read_until(b'\n', &mut line)?;
            let verdict = Verdict::from_code(&head.verdict).and_then(|verdict| verdicts.get_mut(verdict as usize));
            if let Some(count) = verdict {
                *count += 1;
            }
            different += u64::from(head.differs);
            places.push(Place { loan: head.loan, at, head: length, decision });
            if head.noted {
                noted.push((head.loan, head.id));
            }
            at += (length + decision) as u64;
        }
        places.sort_unstable_by_key(|place| place.loan);
        noted.sort_unstable();
        Ok(Self { file: reader.into_inner(), places, verdicts, different, noted })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The decision on the first loan of the ledger, as a line of JSON; empty without loans.
    pub fn first(&mut self) -> io::Result<Vec<u8>> {
        let Self { file, places, .. } = self;
        places.first().map_or_else(|| Ok(Vec::new()), |place| take(file, place).map(|(_, decision)| decision))
    }

    /// Gives the row of every decision, and its line of JSON with the line end, in the order of the ledger.
    pub fn each<E: From<io::Error>>(
        &mut self,
        mut give: impl FnMut(Vec<String>, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for place in &self.places {
            let (row, decision) = take(&mut self.file, place)?;
            give(row, &decision)?;
        }
        Ok(())
    }
}

fn take(file: &mut File, place: &Place) -> io::Result<(Vec<String>, Vec<u8>)> {
    file.seek(SeekFrom::Start(place.at))?;
    let mut head = vec![0; place.head];
    file.read_exact(&mut head)?;
    let mut decision = vec![0; place.decision];
    file.read_exact(&mut decision)?;
    Ok((serde_json::from_slice::<Head>(&head)?.row, decision))
}
