//! The canonical form of the tables: what `dict fmt` writes, and what the repository holds.

use std::cmp::Ordering;

use super::{DictionaryError, Table};

/// What is known of the tables of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Every column, in order.
    pub columns: &'static [&'static str],
    /// The column that rows are sorted by; rows with the same key keep their order.
    pub key: &'static str,
    /// Columns that hold a list, its parts parted by `|`.
    pub lists: &'static [&'static str],
}

const TERMS: Shape = Shape {
    columns: &[
        "id",
        "term",
        "aliases",
        "scene",
        "strength",
        "needs",
        "unless",
        "before_not",
        "after_not",
        "entries",
        "conditions",
        "source",
        "locator",
        "from",
        "to",
        "status",
        "replaced_by",
        "note",
    ],
    key: "id",
    lists: &["aliases", "needs", "unless", "before_not", "after_not", "conditions"],
};
const CASES: Shape = Shape { columns: &["term_id", "text", "expect", "why"], key: "term_id", lists: &[] };
const EXCLUSIONS: Shape = Shape {
    columns: &["surface", "kind", "blocks", "reason", "source", "from", "to"],
    key: "surface",
    lists: &["blocks"],
};
const NEGATIVES: Shape = Shape {
    columns: &["id", "surface", "aliases", "kind", "exempt", "source", "locator", "note"],
    key: "id",
    lists: &["aliases", "exempt"],
};
const LABELS: Shape = Shape {
    columns: &["label", "prefixes", "refuses", "allows", "supports", "note"],
    key: "label",
    lists: &["prefixes", "allows", "supports"],
};
const CONDITIONS: Shape = Shape {
    columns: &["id", "edition", "entry", "kind", "test", "evidence", "source", "locator"],
    key: "id",
    lists: &["entry"],
};

/// The shape of the table in `file` (relative to the dictionary's folder); `None` for files that are no such table.
pub fn shape(file: &str) -> Option<Shape> {
    match file {
        "exclusions.csv" => Some(EXCLUSIONS),
        "negatives.csv" => Some(NEGATIVES),
        "tax-labels.csv" => Some(LABELS),
        "catalogue/conditions.csv" => Some(CONDITIONS),
        _ if !file.starts_with("materials/") => None,
        _ if file.ends_with(".cases.csv") => Some(CASES),
        _ if file.ends_with(".csv") => Some(TERMS),
        _ => None,
    }
}

/// The canonical text of a table: columns in order, rows sorted by key, list cells trimmed, LF, no needless quotation
/// marks. Fails when the table cannot be read. A column that the shape does not know stays, behind the others.
pub fn canonical(file: &str, text: &str) -> Result<String, DictionaryError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut table = Table::read(file, text)?;
    if let Some(shape) = shape(file) {
        arrange(&mut table, &shape);
        for row in &mut table.rows {
            for (cell, column) in row.cells.iter_mut().zip(&table.header) {
                if shape.lists.contains(&column.as_str()) {
                    *cell = trimmed_list(cell);
                } else if !matches!(column.as_str(), "text" | "note" | "why") {
                    *cell = cell.trim().to_owned();
                }
            }
        }
        if let Some(key) = table.column(shape.key) {
            let cell = |row: &super::table::TableRow| row.cells.get(key).cloned().unwrap_or_default();
            table.rows.sort_by(|a, b| key_order(file, &cell(a), &cell(b)));
        }
    }
    table.write()
}

/// The order of two keys in `file`: by character; conditions by the numbers in them, as their entries are ordered.
fn key_order(file: &str, one: &str, other: &str) -> Ordering {
    if file != "catalogue/conditions.csv" {
        return one.cmp(other);
    }
    let numbers = |key: &str| -> Vec<u32> {
        key.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
    };
    numbers(one).cmp(&numbers(other)).then_with(|| one.cmp(other))
}

/// Known columns in their order, unknown ones behind.
fn arrange(table: &mut Table, shape: &Shape) {
    let known = |name: &String| shape.columns.iter().position(|column| column == name).unwrap_or(usize::MAX);
    let mut order: Vec<usize> = (0..table.header.len()).collect();
    order.sort_by_key(|&place| table.header.get(place).map_or(usize::MAX, known));
    let pick = |cells: &[String]| order.iter().filter_map(|&place| cells.get(place).cloned()).collect();
    table.header = pick(&table.header);
    for row in &mut table.rows {
        row.cells = pick(&row.cells);
    }
}

fn trimmed_list(cell: &str) -> String {
    cell.split('|').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_is_sorted_trimmed_and_stays_as_it_is() {
        let text = "\u{feff}surface,blocks,kind,reason,source,from,to\r\n绿茶, T1 | ,food,\"茶\",S-0001,,\r\n白茶,,food,茶,S-0001,,\r\n";
        let formatted = canonical("exclusions.csv", text).unwrap();
        assert_eq!(
            formatted,
            "surface,kind,blocks,reason,source,from,to\n白茶,food,,茶,S-0001,,\n绿茶,food,T1,茶,S-0001,,\n"
        );
        assert_eq!(canonical("exclusions.csv", &formatted).unwrap(), formatted);
    }

    #[test]
    fn conditions_are_ordered_by_number() {
        assert_eq!(key_order("catalogue/conditions.csv", "C-1.1.9-1", "C-1.1.10-1"), Ordering::Less);
        assert_eq!(key_order("negatives.csv", "N9", "N10"), Ordering::Greater);
    }
}
