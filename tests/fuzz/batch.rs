//! The streaming runner: whatever the bytes, the answers do not depend on threads, on seams between chunks, or on where a
//! run was taken up again, and the quick path answers as the row by row path does.

use proptest::prelude::*;

use super::{Desk, ENGINE, Outcome, fuzz, sample};
use crate::{
    batch::{Appending, Mark, Receiver, RowsAhead, RunError, Task, Totals, read_any, read_lines, read_table},
    ingest::{ColumnMap, IngestError, Input, Quarantined, TextSource, TextTable, is_delimited_text},
    model::{Classification, Document, TextKind},
};

/// Keeps everything, and every mark with what had been given by then.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    aside: Vec<Quarantined>,
    marks: Vec<(Mark, usize, usize)>,
    totals: Totals,
}

impl Receiver for Kept {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn reading(&mut self, _: Document, _: Classification) -> Result<(), RunError> {
        Ok(())
    }

    fn set_aside(&mut self, bad: Quarantined) -> Result<(), RunError> {
        self.aside.push(bad);
        Ok(())
    }

    fn reached(&mut self, mark: Mark, part: &Totals) -> Result<(), RunError> {
        self.totals.add(part);
        self.marks.push((mark, self.bytes.len(), self.aside.len()));
        Ok(())
    }
}

impl Kept {
    /// Answers, and file, row, column and code of what was set aside.
    fn given(&self) -> (&[u8], Vec<(u64, &str, &str)>) {
        (&self.bytes, self.aside.iter().map(|bad| (bad.location.row, &*bad.column, bad.code)).collect())
    }
}

fn task(threads: usize) -> Task<'static> {
    let matcher = ENGINE.matcher(jiff::civil::date(2025, 11, 1)).expect("the edition has its table");
    Task { matcher, threads, kind: TextKind::InvoiceLine }
}

fn table(input: &Input, appending: Appending, threads: usize, chunk: usize, from: Mark) -> Result<Kept, RunError> {
    let table = TextTable::open(input, &ColumnMap::default(), TextKind::InvoiceLine, chunk)?;
    let mut kept = Kept::default();
    read_table(&task(threads), table, appending, from, &mut kept)?;
    Ok(kept)
}

fn lines(input: &Input, plain: bool, threads: usize, chunk: usize, from: Mark) -> Result<Kept, RunError> {
    let mut kept = Kept::default();
    read_lines(&task(threads), input, TextSource::open(input, chunk)?, plain, from, &mut kept)?;
    Ok(kept)
}

fn rows(input: &Input, plain: bool, threads: usize) -> Result<Kept, RunError> {
    let mut kept = Kept::default();
    let task = task(threads);
    let ahead = RowsAhead::of(input, &ColumnMap::default(), task.kind, plain, threads);
    read_any(&task, ahead, true, Mark::default(), &mut kept)?;
    Ok(kept)
}

/// Checks that a run taken up at each of some marks gives the rest.
fn check_marks(whole: &Kept, again: impl Fn(Mark) -> Result<Kept, RunError>) -> Result<(), TestCaseError> {
    let step = (whole.marks.len() / 3).max(1);
    for (mark, bytes, aside) in whole.marks.iter().step_by(step) {
        let rest = again(*mark).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(rest.bytes == whole.bytes[*bytes..], "taken up at {:?}", mark);
        prop_assert_eq!(&rest.aside[..], &whole.aside[*aside..], "taken up at {:?}", mark);
    }
    Ok(())
}

/// Seeds of more than one small chunk.
fn tables() -> Vec<Vec<u8>> {
    let mut text = "序号,开票日期,销方名称,货物名称,规格型号,价税合计,备注\n".to_owned();
    let goods = [
        "*光伏设备*光伏组件",
        "\"*涂料*绿色\"\"油漆, 20kg\"",
        "螺纹钢",
        "(详见销货清单)",
        "\"*阀门*管件\n第二行\"",
        "YE5\" 电动机",
    ];
    for row in 0..2_600 {
        let date = if row % 97 == 13 { "十月" } else { "2025-10-26" };
        text.push_str(&format!("{row},{date},卖方,{},5\" 型{row},-{row}.50,=1\n", goods[row % goods.len()]));
    }
    vec![
        text.clone().into_bytes(),
        encoding_rs::GB18030.encode(&text).0.into_owned(),
        sample("corpus/demo/messy.csv", 4_000),
        sample("corpus/demo/发票-GB18030.csv", 4_000),
        sample("corpus/demo/发票-其他列名.csv", 4_000),
    ]
}

#[test]
fn tables_do_not_depend_on_threads_chunks_or_marks() {
    let desk = Desk::new();
    fuzz("batch-table", 10, &tables(), |bytes| {
        let input = desk.input("a.csv", bytes);
        let mut taken = false;
        for appending in [Appending::Columns, Appending::Contract] {
            let one = table(&input, appending, 1, 1 << 20, Mark::default());
            let many = table(&input, appending, 3, 1_000, Mark::default());
            prop_assert_eq!(one.is_ok(), many.is_ok());
            let (Ok(one), Ok(many)) = (one, many) else { continue };
            prop_assert!(one.bytes == many.bytes, "the answers");
            prop_assert_eq!(&one.aside, &many.aside, "the rows set aside");
            prop_assert_eq!(one.totals, many.totals);
            check_marks(&many, |mark| table(&input, appending, 2, 1_000, mark))?;
            taken |= !one.bytes.is_empty();
        }
        Ok(Outcome::taken(taken))
    });
}

#[test]
fn the_quick_path_answers_as_the_rows_do() {
    let desk = Desk::new();
    fuzz("batch-quick", 40, &tables()[2..], |bytes| {
        let input = desk.input("a.csv", bytes);
        if !matches!(is_delimited_text(&input), Ok(true)) {
            return Ok(Outcome::Refused);
        }
        let quick = table(&input, Appending::Contract, 1, 1 << 20, Mark::default());
        let slow = rows(&input, false, 1);
        match (quick, slow) {
            (Ok(quick), Ok(slow)) => {
                prop_assert_eq!(quick.given().1, slow.given().1, "the rows set aside");
                prop_assert!(
                    quick.bytes == slow.bytes,
                    "{}\n{}",
                    String::from_utf8_lossy(&quick.bytes),
                    String::from_utf8_lossy(&slow.bytes)
                );
                Ok(Outcome::taken(!quick.bytes.is_empty()))
            }
            (Err(quick), Err(slow)) => {
                let header = |error: &RunError| matches!(error, RunError::Ingest(IngestError::NoHeader { .. }));
                prop_assert_eq!(header(&quick), header(&slow), "{} but {}", quick, slow);
                Ok(Outcome::Refused)
            }
            (quick, slow) => {
                let said = |kept: Result<Kept, RunError>| kept.err().map(|error| error.to_string());
                Err(TestCaseError::fail(format!("quick {:?}, row by row {:?}", said(quick), said(slow))))
            }
        }
    });
}

#[test]
fn lines_do_not_depend_on_threads_chunks_or_marks() {
    let desk = Desk::new();
    let mut text = String::new();
    for (row, goods) in
        ["*光伏设备*光伏组件", "螺纹钢", "污水处理设备", "(详见销货清单)"].iter().cycle().take(900).enumerate()
    {
        text.push_str(&format!("{{\"id\":\"{row}\",\"text\":\"{goods} {}\",\"amount\":{row}}}\n", row % 70));
    }
    text.push_str("{\"text\":7}\nx\n{}\n");
    fuzz("batch-lines", 10, &[text.into_bytes(), sample("corpus/demo/messy.csv", 3_000)], |bytes| {
        let mut taken = false;
        for (name, plain) in [("a.ndjson", false), ("a.txt", true)] {
            let input = desk.input(name, bytes);
            let (one, many) =
                (lines(&input, plain, 1, 1 << 20, Mark::default()), lines(&input, plain, 3, 1_000, Mark::default()));
            let (Ok(one), Ok(many)) = (one, many) else { continue };
            prop_assert!(one.bytes == many.bytes, "the answers");
            prop_assert_eq!(&one.aside, &many.aside, "the rows set aside");
            check_marks(&many, |mark| lines(&input, plain, 2, 1_000, mark))?;
            let slow = rows(&input, plain, 1).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(one.given().1, slow.given().1, "the rows set aside");
            prop_assert!(one.bytes == slow.bytes, "row by row");
            taken |= !one.bytes.is_empty();
        }
        Ok(Outcome::taken(taken))
    });
}
