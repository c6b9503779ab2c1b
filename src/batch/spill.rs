//! Records parted into one temporary file: what does not fit into memory is put down by key and taken up again one part
//! at a time.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Bytes that all parts together hold in memory before they are put down.
const HELD: usize = 8 * 1024 * 1024;

/// Records by part. All parts share one file: a part is a list of blocks in it.
#[derive(Debug)]
pub struct Spill {
    file: File,
    end: u64,
    parts: Vec<Part>,
    /// Bytes that one part holds before they are put down.
    most: usize,
}

#[derive(Debug, Default)]
struct Part {
    held: Vec<u8>,
    blocks: Vec<Block>,
}

/// A piece of the file: whole records of one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    at: u64,
    length: usize,
}

impl Spill {
    /// So many empty parts in `file`, whose old content is dropped.
    pub fn new(file: File, parts: usize) -> io::Result<Self> {
        file.set_len(0)?;
        let parts = parts.max(1);
        let most = (HELD / parts).clamp(4 * 1024, 64 * 1024);
        Ok(Self { file, end: 0, parts: (0..parts).map(|_| Part::default()).collect(), most })
    }

    /// What [`Self::seal`] gave, in the same file.
    pub fn reopen(file: File, blocks: Vec<Vec<Block>>) -> Self {
        let parts = blocks.into_iter().map(|blocks| Part { held: Vec::new(), blocks }).collect();
        Self { file, end: 0, parts, most: 0 }
    }

    /// How many parts there are.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Bytes put into all parts.
    pub fn bytes(&self) -> u64 {
        self.end + self.parts.iter().map(|part| part.held.len() as u64).sum::<u64>()
    }

    /// Adds a record to the part that `key` belongs to: equal keys meet in one part.
    pub fn push(&mut self, key: u64, record: &impl Serialize) -> io::Result<()> {
        let count = self.parts.len() as u64;
        let Some(part) = self.parts.get_mut((key % count.max(1)) as usize) else { return Ok(()) };
        let record = postcard::to_allocvec(record).map_err(io::Error::other)?;
        let length = u32::try_from(record.len()).map_err(io::Error::other)?;
        part.held.extend(length.to_le_bytes());
        part.held.extend(record);
        if part.held.len() >= self.most {
            part.put_down(&mut self.file, &mut self.end)?;
        }
        Ok(())
    }

    /// Puts everything down, safe from a power cut, and tells where the parts are.
    pub fn seal(&mut self) -> io::Result<Vec<Vec<Block>>> {
        for part in &mut self.parts {
            part.put_down(&mut self.file, &mut self.end)?;
        }
        self.file.sync_data()?;
        Ok(self.parts.iter().map(|part| part.blocks.clone()).collect())
    }

    /// Gives every record of a part in the order in which they were added.
    pub fn each<T: DeserializeOwned>(
        &mut self,
        part: usize,
        mut give: impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(part) = self.parts.get(part) else { return Ok(()) };
        let mut bytes = Vec::new();
        for block in &part.blocks {
            bytes.resize(block.length, 0);
            self.file.seek(SeekFrom::Start(block.at))?;
            self.file.read_exact(&mut bytes)?;
            records(&bytes, &mut give)?;
        }
        records(&part.held, &mut give)
    }
}

impl Part {
    fn put_down(&mut self, file: &mut File, end: &mut u64) -> io::Result<()> {
        if !self.held.is_empty() {
            file.seek(SeekFrom::Start(*end))?;
            file.write_all(&self.held)?;
            self.blocks.push(Block { at: *end, length: self.held.len() });
            *end += self.held.len() as u64;
            self.held.clear();
        }
        Ok(())
    }
}

fn records<T: DeserializeOwned>(mut bytes: &[u8], give: &mut impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "临时文件已损坏 / the temporary file is damaged");
    while let Some((head, rest)) = bytes.split_first_chunk::<4>() {
        let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*head) as usize).ok_or_else(damaged)?;
        give(postcard::from_bytes(record).map_err(|_| damaged())?)?;
        bytes = rest;
    }
    if bytes.is_empty() { Ok(()) } else { Err(damaged()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_by_part_in_their_order() {
        let mut spill = Spill::new(tempfile::tempfile().unwrap(), 3).unwrap();
        let number = |record: &(u64, String)| record.0;
        for count in 0..9_000u64 {
            spill.push(count % 7, &(count, "光伏组件".repeat(count as usize % 9))).unwrap();
        }
        assert!(spill.end > 0, "more than memory takes");
        let all = |spill: &mut Spill| {
            (0..3)
                .map(|part| {
                    let mut found: Vec<(u64, String)> = Vec::new();
                    spill
                        .each(part, |record| {
                            found.push(record);
                            Ok(())
                        })
                        .unwrap();
                    found
                })
                .collect::<Vec<_>>()
        };
        let before = all(&mut spill);
        assert_eq!(before.iter().map(Vec::len).sum::<usize>(), 9_000);
        for (part, found) in before.iter().enumerate() {
            assert!(found.is_sorted_by_key(number) && found.iter().all(|(count, _)| count % 7 % 3 == part as u64));
        }
        let blocks = spill.seal().unwrap();
        let mut again = Spill::reopen(spill.file.try_clone().unwrap(), blocks);
        assert_eq!(all(&mut again), before);
        spill.file.set_len(100).unwrap();
        assert!(again.each(0, |_: (u64, String)| Ok(())).is_err(), "a file cut short is told");
    }
}
