//! Reading an edited workbook back into tables.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

use super::{
    Column, FINGERPRINT, GROUPS, GUIDE, Kind, ORIGINALS, SHEETS, Sheet,
    check::{References, fault},
    column, header, rows_of, text_of,
    words::{self, Group},
};
use crate::{
    catalogue::Catalogue,
    dictionary::Texts,
    ingest::{IngestError, RawRow, formula_cells, read_sheets},
};

/// A row that cannot enter the dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct BadRow {
    /// Sheet.
    pub sheet: String,
    /// Row as the spreadsheet counts it; 0 when the whole sheet is meant.
    pub row: u64,
    /// Heading and code of the column; empty when the whole row is meant.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong.
    pub reason: String,
}

/// What a workbook holds.
#[derive(Debug, Default)]
pub(in super::super) struct Imported {
    /// Tables of the sheets that were there; bad rows keep their earlier version or are left out.
    pub texts: Texts,
    /// Rows with faults, in the order of the workbook.
    pub bad: Vec<BadRow>,
    /// Content hash of the tables that the workbook was made of; empty when it does not say.
    pub fingerprint: String,
}

/// Reads the workbook at `path`. `existing` are the tables it goes into: they give what sheets leave out.
pub(in super::super) fn read(path: &Path, existing: &Texts, catalogue: &Catalogue) -> Result<Imported, IngestError> {
    let mut pages: BTreeMap<String, Vec<RawRow>> = BTreeMap::new();
    for row in read_sheets(path)? {
        let name = row.location.sheet.as_deref().unwrap_or_default().to_owned();
        pages.entry(name).or_default().push(row);
    }
    let mut reading = Reading {
        existing,
        formulas: formula_cells(path)?
            .into_iter()
            .map(|(place, column)| (place.sheet.as_deref().unwrap_or_default().to_owned(), place.row, column))
            .collect(),
        known: References { catalogue, conditions: HashSet::new() },
        imported: Imported::default(),
    };
    for name in pages.keys() {
        let special = [GUIDE, GROUPS, ORIGINALS].contains(&name.as_str());
        if !special && !SHEETS.iter().any(|sheet| sheet.name == name) {
            reading.bad_sheet(name, "不认识的工作表，请删去或改回原名");
        }
    }
    let originals = reading.originals(pages.get(ORIGINALS).map_or(&[][..], Vec::as_slice));
    // Conditions first: terms refer to them.
    let mut sheets: Vec<&Sheet> = SHEETS.iter().collect();
    sheets.sort_by_key(|sheet| sheet.kind != Kind::Conditions);
    let mut terms: HashMap<String, &'static str> = HashMap::new();
    for sheet in sheets {
        let rows = pages.get(sheet.name).map(|rows| reading.table(sheet, rows));
        match (sheet.kind, rows) {
            (Kind::Words, Some(Some(rows))) => reading.words(sheet, rows, &originals),
            (_, Some(Some(rows))) => reading.keep(sheet, rows, &mut terms),
            (Kind::Terms, None) => {
                let ids = reading.old_rows(sheet).into_iter().skip(1);
                terms.extend(ids.filter_map(|row| Some((row.first()?.clone(), sheet.name))));
            }
            _ => {}
        }
        if sheet.kind == Kind::Conditions {
            let text = reading.imported.texts.get(sheet.file).or(existing.get(sheet.file));
            let listed = text.and_then(|text| rows_of(text).ok()).unwrap_or_default();
            reading.known.conditions = match text {
                Some(_) => listed.into_iter().skip(1).filter_map(|row| row.first().cloned()).collect(),
                None => catalogue.conditions().iter().map(|condition| condition.id.clone()).collect(),
            };
        }
    }
    let order = |sheet: &str| SHEETS.iter().position(|known| known.name == sheet);
    reading.imported.bad.sort_by_key(|bad| (order(&bad.sheet), bad.row));
    Ok(reading.imported)
}

struct Reading<'r> {
    existing: &'r Texts,
    formulas: HashSet<(String, u64, usize)>,
    known: References<'r>,
    imported: Imported,
}

/// A row of cells in the order of the file, with its place; `bad` when it has a fault.
struct Row {
    number: u64,
    cells: Vec<String>,
    bad: bool,
}

impl Reading<'_> {
    fn bad_sheet(&mut self, sheet: &str, reason: &str) {
        self.imported.bad.push(BadRow {
            sheet: sheet.to_owned(),
            row: 0,
            column: String::new(),
            value: String::new(),
            reason: reason.to_owned(),
        });
    }

    fn bad(&mut self, sheet: &Sheet, row: &mut Row, (heading, value): (String, &str), reason: String) {
        row.bad = true;
        let (sheet, value) = (sheet.name.to_owned(), value.chars().take(60).collect());
        self.imported.bad.push(BadRow { sheet, row: row.number, column: heading, value, reason });
    }

    /// The TOML texts of the hidden sheet; also notes the fingerprint.
    fn originals(&mut self, rows: &[RawRow]) -> HashMap<String, String> {
        let mut lines: HashMap<String, Vec<String>> = HashMap::new();
        for row in rows {
            let (Some(file), Some(line)) = (row.cells.first(), row.cells.get(1)) else { continue };
            if file == FINGERPRINT {
                self.imported.fingerprint.clone_from(line);
            } else if let Some(line) = line.strip_prefix('|') {
                lines.entry(file.clone()).or_default().push(line.to_owned());
            }
        }
        lines.into_iter().map(|(file, lines)| (file, lines.join("\n"))).collect()
    }

    /// The rows of the table as it stands where the workbook goes, header first.
    fn old_rows(&self, sheet: &Sheet) -> Vec<Vec<String>> {
        self.existing.get(sheet.file).and_then(|text| rows_of(text).ok()).unwrap_or_default()
    }

    /// The rows of a sheet below its two headings, each cell checked; `None` when the headings are not understood.
    fn table(&mut self, sheet: &Sheet, rows: &[RawRow]) -> Option<Vec<Row>> {
        let codes: Vec<&str> = rows
            .iter()
            .find(|row| row.location.row == 2)
            .map(|row| row.cells.iter().map(|cell| cell.trim()).collect())
            .unwrap_or_default();
        let wanted = header(sheet);
        let missing: Vec<&str> = wanted.iter().copied().filter(|code| !codes.contains(code)).collect();
        let unknown: Vec<&str> =
            codes.iter().copied().filter(|code| !code.is_empty() && !wanted.contains(code)).collect();
        let twice = codes
            .iter()
            .enumerate()
            .any(|(place, code)| !code.is_empty() && codes.iter().take(place).any(|c| c == code));
        if !missing.is_empty() || !unknown.is_empty() || twice {
            let list = |codes: &[&str]| if codes.is_empty() { "—".to_owned() } else { codes.join("、") };
            let reason = format!(
                "第二行的列代码不对：缺 {}，多 {}{}",
                list(&missing),
                list(&unknown),
                if twice { "，有重复" } else { "" }
            );
            self.bad_sheet(sheet.name, &reason);
            return None;
        }
        let columns: Vec<(usize, &str, Column)> = wanted
            .iter()
            .map(|code| (codes.iter().position(|c| c == code).unwrap_or_default(), *code, column(sheet.kind, code)))
            .collect();
        let mut found = Vec::new();
        for raw in rows.iter().filter(|row| row.location.row > 2) {
            if raw.cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let mut row = Row { number: raw.location.row, cells: Vec::new(), bad: false };
            for (place, code, column) in &columns {
                let typed = raw.cells.get(*place).map_or("", String::as_str);
                let chosen = column.choices.iter().find(|(code, word)| [*code, *word].contains(&typed.trim()));
                let cell = chosen.map_or(typed, |(code, _)| code);
                let heading = || format!("{}（{code}）", column.chinese);
                if self.formulas.contains(&(sheet.name.to_owned(), raw.location.row, *place)) {
                    self.bad(sheet, &mut row, (heading(), typed), "格子里是公式，请改成文字".to_owned());
                } else if let Some(reason) = fault(sheet.kind, code, column, cell, &self.known) {
                    self.bad(sheet, &mut row, (heading(), typed), reason);
                }
                row.cells.push(cell.to_owned());
            }
            let stray =
                raw.cells.iter().enumerate().find(|(place, cell)| {
                    !cell.trim().is_empty() && codes.get(*place).is_none_or(|code| code.is_empty())
                });
            if let Some((_, cell)) = stray {
                self.bad(sheet, &mut row, (String::new(), cell), "这一格在表格的列之外".to_owned());
            }
            found.push(row);
        }
        Some(found)
    }

    /// Checks rows against each other and keeps the table. `terms` are the ids met so far, with their sheet.
    fn keep(&mut self, sheet: &Sheet, mut rows: Vec<Row>, terms: &mut HashMap<String, &'static str>) {
        let mut seen: HashSet<String> = HashSet::new();
        let scene = sheet.file.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
        for row in &mut rows {
            let first = row.cells.first().cloned().unwrap_or_default();
            if first.is_empty() {
                continue;
            }
            let twice = match sheet.kind {
                Kind::Terms => terms.insert(first.clone(), sheet.name).map(|sheet| format!("编号与“{sheet}”里的重复")),
                Kind::Cases => (!terms.contains_key(&first)).then(|| "没有这个编号的词条".to_owned()),
                _ => (!seen.insert(first.clone())).then(|| "与上面的行重复".to_owned()),
            };
            if let Some(reason) = twice {
                let heading = header(sheet).first().copied().unwrap_or_default();
                let heading = format!("{}（{heading}）", column(sheet.kind, heading).chinese);
                self.bad(sheet, row, (heading, &first), reason);
            }
            let own = row.cells.get(3).cloned().unwrap_or_default();
            if sheet.kind == Kind::Terms && !row.bad && own != scene {
                self.bad(
                    sheet,
                    row,
                    ("场景（scene）".to_owned(), &own),
                    "场景与工作表不符，请移到对应的工作表".to_owned(),
                );
            }
        }
        let old = self.old_rows(sheet);
        let mut by_key: HashMap<&[String], &Vec<String>> = HashMap::new();
        let key = if sheet.kind == Kind::Cases { 2 } else { 1 };
        for row in &old {
            by_key.entry(row.get(..key).unwrap_or_default()).or_insert(row);
        }
        let names: Vec<String> = header(sheet).iter().map(|code| (*code).to_owned()).collect();
        let same_columns = old.first().is_none_or(|header| *header == names);
        let mut table = vec![names];
        let kept: HashSet<Vec<String>> =
            rows.iter().filter(|row| !row.bad).filter_map(|row| Some(row.cells.get(..key)?.to_vec())).collect();
        for row in rows {
            let earlier = row.cells.get(..key).filter(|key| same_columns && !kept.contains(*key));
            if !row.bad {
                table.push(row.cells);
            } else if let Some(before) = earlier.and_then(|key| by_key.remove(key)) {
                table.push(before.clone());
            }
        }
        match text_of(&table) {
            Ok(text) => drop(self.imported.texts.insert(sheet.file.to_owned(), text)),
            Err(error) => self.bad_sheet(sheet.name, &error.to_string()),
        }
    }

    /// Puts the words of a sheet into the text of their file.
    fn words(&mut self, sheet: &Sheet, mut rows: Vec<Row>, originals: &HashMap<String, String>) {
        let Some(original) = originals.get(sheet.file).or(self.existing.get(sheet.file)) else {
            return self.bad_sheet(sheet.name, "缺少“原文”工作表，不能还原词组");
        };
        let mut groups: Vec<Group> = match words::groups(original) {
            Ok(groups) => groups.into_iter().map(|group| Group { words: Vec::new(), ..group }).collect(),
            Err(error) => return self.bad_sheet(sheet.name, &error.to_string()),
        };
        for row in &mut rows {
            let (Some(name), Some(word)) = (row.cells.first().cloned(), row.cells.get(1).cloned()) else { continue };
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) if !row.bad => group.words.push(word),
                None if !name.is_empty() => {
                    self.bad(sheet, row, ("词组（group）".to_owned(), &name), "没有这个词组".to_owned());
                }
                _ => {}
            }
        }
        for group in groups.iter().filter(|group| group.words.is_empty()) {
            self.bad_sheet(sheet.name, &format!("词组 {} 一个词也没有了", group.name));
        }
        match words::with_words(original, &groups) {
            Ok(text) => drop(self.imported.texts.insert(sheet.file.to_owned(), text)),
            Err(reason) => self.bad_sheet(sheet.name, &reason),
        }
    }
}
