//! Rows set aside: told on standard error, and written where the user asked.

use std::{io::Write, path::Path};

use super::{Failure, Shared, output::Output};
use crate::ingest::Quarantined;

/// Rows told one by one; the rest is counted.
const SHOWN: u64 = 10;

/// Takes the rows that a run sets aside.
pub struct Quarantine<'s> {
    shared: &'s Shared,
    output: Option<Output>,
    count: u64,
}

impl<'s> Quarantine<'s> {
    /// Opens the file at `path`, if any.
    pub fn new(shared: &'s Shared, path: Option<&Path>) -> Result<Self, Failure> {
        let output = path.map(|path| Output::open(Some(path))).transpose()?;
        Ok(Self { shared, output, count: 0 })
    }

    /// Takes one row.
    pub fn add(&mut self, bad: &Quarantined) -> Result<(), Failure> {
        self.count += 1;
        if self.count <= SHOWN {
            self.shared
                .say(&format!("隔离 {} {} [{}] {}：{}", bad.location, bad.column, bad.code, bad.reason, bad.raw));
        }
        if let Some(output) = &mut self.output {
            serde_json::to_writer(&mut *output, bad).map_err(std::io::Error::from)?;
            output.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Tells how many there were; with `fail` they are findings.
    pub fn finish(self, fail: bool) -> Result<(), Failure> {
        if self.count > SHOWN && self.output.is_none() {
            self.shared.say(&format!("另有 {} 行被隔离；用 --quarantine FILE 写出全部", self.count - SHOWN));
        }
        if let Some(output) = self.output {
            output.finish()?;
        }
        if fail && self.count > 0 {
            return Err(Failure::Findings(format!("{} 行被隔离 / rows set aside", self.count)));
        }
        Ok(())
    }
}

/// Tells about rows that were kept in memory, and writes them down where the user asked.
pub fn finish_quarantine(
    shared: &Shared,
    rows: &[Quarantined],
    path: Option<&Path>,
    fail: bool,
) -> Result<(), Failure> {
    let mut quarantine = Quarantine::new(shared, path)?;
    rows.iter().try_for_each(|bad| quarantine.add(bad))?;
    quarantine.finish(fail)
}
