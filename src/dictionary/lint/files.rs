//! Whole files: readable, sorted, canonical; ids used once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, LintCode, raw::Row};
use crate::dictionary::{Table, canonical, shape};

pub(super) fn check(check: &mut Check<'_>) {
    for (layer, file, error) in check.rows.broken.clone() {
        check.whole_file(LintCode::Unreadable, layer, &file, error);
    }
    let task = check.task;
    for (layer, folder) in task.layers.iter().enumerate() {
        for (file, text) in &folder.files {
            if file.ends_with(".toml")
                && let Err(error) = text.trim_start_matches('\u{feff}').parse::<toml::Table>()
            {
                check.whole_file(LintCode::Unreadable, layer, file, error.to_string());
            }
            form(check, layer, file, text);
        }
    }
    ids(check);
}

/// Sorted, and written as the formatter writes.
fn form(check: &mut Check<'_>, layer: usize, file: &str, text: &str) {
    let Some(shape) = shape(file) else { return };
    let (Ok(wanted), Ok(table)) = (canonical(file, text), Table::read(file, text)) else { return };
    if *text == wanted {
        return;
    }
    let Ok(sorted) = Table::read(file, &wanted) else { return };
    let mut pairs = table.rows.iter().zip(&sorted.rows);
    if let Some((row, _)) =
        pairs.find(|(row, other)| table.cell(row, shape.key).trim() != sorted.cell(other, shape.key))
    {
        let message = format!("第 {} 行不在应在的位置；用 lvjian dict fmt 排序", row.line);
        check.whole_file(LintCode::Unsorted, layer, file, message);
    }
    // Out of order and empty parts of lists are findings of their own; the rest is what the formatter would change without sorting.
    let unbarred = text.replace("||", "|");
    let (mut lines, mut wanted): (Vec<&str>, Vec<&str>) =
        (unbarred.split('\n').collect(), wanted.split('\n').collect());
    lines.sort_unstable();
    wanted.sort_unstable();
    if lines != wanted {
        let message = "不是规范格式；用 lvjian dict fmt 改写".to_owned();
        check.whole_file(LintCode::NotCanonical, layer, file, message);
    }
}

/// An id stands once in a layer, and a withdrawn one is never used again.
fn ids(check: &mut Check<'_>) {
    let mut seen: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for row in check.rows.terms() {
        seen.entry(row.get("id")).or_default().push(row);
    }
    for (id, rows) in seen {
        let withdrawn = rows.iter().find(|row| !row.active());
        for (place, row) in rows.iter().enumerate() {
            let reused = row.active() && withdrawn.is_some_and(|old| old.get("term") != row.get("term"));
            let twice = rows.iter().take(place).any(|earlier| earlier.layer == row.layer);
            if reused {
                let old = withdrawn.map_or("", |old| old.get("term"));
                check.term(LintCode::WithdrawnReused, *row, format!("编号 {id} 属于已停用的“{old}”，须用新号"));
            } else if twice && withdrawn.is_none() {
                check.term(LintCode::DuplicateId, *row, format!("编号 {id} 重复"));
            }
        }
    }
    let mut names: BTreeSet<(usize, &str)> = BTreeSet::new();
    for row in check.rows.negatives().collect::<Vec<_>>() {
        if !names.insert((row.layer, row.get("id"))) {
            check.row(LintCode::DuplicateId, row, row.get("id"), format!("编号 {} 重复", row.get("id")));
        }
    }
}
