//! `assess --compare-edition`: every loan under two editions of the catalogue, one row each.

use rust_decimal::Decimal;

use super::{Failure, report::Heading};
use crate::{
    Engine,
    catalogue::Edition,
    decision::{EditionSide, SideBySide},
};

/// Columns of the comparison.
pub(super) const HEADINGS: &[Heading<'static>] = &[
    Heading { name: "借据号", width: 16 },
    Heading { name: "客户名称", width: 24 },
    Heading { name: "适用版本", width: 12 },
    Heading { name: "结论", width: 8 },
    Heading { name: "绿色占比", width: 9 },
    Heading { name: "条目", width: 24 },
    Heading { name: "对照版本", width: 12 },
    Heading { name: "对照结论", width: 8 },
    Heading { name: "对照占比", width: 9 },
    Heading { name: "对照条目", width: 24 },
    Heading { name: "是否一致", width: 8 },
    Heading { name: "缘由", width: 80 },
];

/// The edition to compare with, by id. Refused by name when the project lacks its table.
pub(super) fn edition<'e>(engine: &'e Engine, id: &str) -> Result<&'e Edition, Failure> {
    let editions = engine.catalogue().editions();
    match engine.catalogue().edition(id) {
        Some(edition) if edition.has_table => Ok(edition),
        Some(edition) => Err(Failure::Said(format!(
            "本项目没有《{}》（{id}）的条目表，不以其他版本代替 / no table for edition {id}",
            edition.title
        ))),
        None => {
            let known: Vec<&str> = editions.iter().filter(|own| own.has_table).map(|own| own.id.as_str()).collect();
            Err(Failure::Said(format!("没有目录版本 {id}；可用：{} / unknown edition", known.join("、"))))
        }
    }
}

/// The cells of a row; in files with every entry, on a terminal with the leading one.
pub(super) fn cells(row: &SideBySide, every: bool) -> Vec<String> {
    let side = |side: &EditionSide| {
        let percent = |share: Decimal| format!("{}%", (share * Decimal::ONE_HUNDRED).round_dp(2).normalize());
        let leading =
            side.entry.as_ref().map_or_else(|| "—".to_owned(), |entry| format!("{} {}", entry.code, entry.name));
        let led = side.entry.as_ref().map_or("", |entry| entry.code.as_str());
        let others: Vec<&str> = side.entries.iter().map(String::as_str).filter(|code| *code != led).collect();
        let entries =
            if every && !others.is_empty() { format!("{leading}；另有 {}", others.join("、")) } else { leading };
        [
            side.edition.clone(),
            side.verdict.chinese().to_owned(),
            side.green_share.map_or_else(|| "—".to_owned(), percent),
            entries,
        ]
    };
    let mut cells = vec![row.loan_id.clone(), row.customer.clone()];
    cells.extend(side(&row.own));
    cells.extend(side(&row.other));
    cells.extend([if row.same { "一致" } else { "不同" }.to_owned(), row.why.join("；")]);
    cells
}
