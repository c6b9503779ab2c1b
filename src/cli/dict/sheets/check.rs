//! What a cell must look like before it may enter the dictionary.

use std::collections::HashSet;

use super::{Column, Kind};
use crate::{catalogue::Catalogue, dictionary::parse_links};

/// What cells may refer to.
pub(super) struct References<'c> {
    pub catalogue: &'c Catalogue,
    /// Ids of conditions.
    pub conditions: HashSet<String>,
}

/// What is wrong with `cell` (as it will stand in the file), in Chinese; `None` when nothing is.
pub(super) fn fault(kind: Kind, code: &str, column: &Column, cell: &str, known: &References<'_>) -> Option<String> {
    if cell.is_empty() {
        return column.required.then(|| "不能为空".to_owned());
    }
    if cell.contains(|c: char| c.is_control()) {
        return Some("格子里有换行或制表符".to_owned());
    }
    if !column.choices.is_empty() {
        if column.choices.iter().any(|(code, _)| *code == cell) {
            return None;
        }
        let words: Vec<&str> = column.choices.iter().map(|(_, word)| *word).collect();
        return Some(format!("不在可选范围（{}）", words.join("、")));
    }
    // Invoice texts may begin with a blank; nothing else may.
    if kind != Kind::Cases && kind != Kind::Words && cell.trim() != cell {
        return Some("首尾有空格".to_owned());
    }
    let is_list = matches!(
        code,
        "aliases"
            | "needs"
            | "unless"
            | "before_not"
            | "after_not"
            | "entries"
            | "conditions"
            | "entry"
            | "blocks"
            | "exempt"
            | "prefixes"
            | "allows"
            | "supports"
    );
    if is_list && cell.contains('｜') {
        return Some("竖线要用半角 |".to_owned());
    }
    match (kind, code) {
        (_, "from" | "to") => cell.parse::<jiff::civil::Date>().err().map(|_| "日期要写成 YYYY-MM-DD".to_owned()),
        (Kind::Terms | Kind::Negatives | Kind::Conditions, "id") | (Kind::Cases, "term_id") => {
            let plain = cell.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
            (!plain).then(|| "编号只能用字母、数字和 - . _".to_owned())
        }
        (Kind::Terms, "entries") => entries(cell, known.catalogue),
        (Kind::Terms, "conditions") if cell != "-" => {
            let unknown = cell.split('|').find(|id| !known.conditions.contains(*id));
            unknown.map(|id| format!("没有界定条件 {id}"))
        }
        (Kind::TaxLabels, "prefixes") => {
            let digits = cell.split('|').all(|part| part.chars().all(|c| c.is_ascii_digit()));
            (!digits).then(|| "编码前缀只能是数字".to_owned())
        }
        _ => None,
    }
}

fn entries(cell: &str, catalogue: &Catalogue) -> Option<String> {
    let Some(links) = parse_links(cell) else {
        return Some("写法应为 gfspc-2025:make=1.1.7|trade=8.1.1".to_owned());
    };
    links.iter().find_map(|link| {
        let unknown = link.codes.iter().find(|code| catalogue.entry(&link.edition, code).is_none())?;
        Some(format!("目录 {} 没有条目 {unknown}", link.edition))
    })
}
