//! What a term asks of the text around it, and whether cases show it.

use std::collections::BTreeMap;

use super::{Check, LintCode};

/// Columns that hold needs.
const NEEDS: [&str; 2] = ["needs", "unless"];

pub(super) fn check(check: &mut Check<'_>) {
    let cues = check.cues();
    let mut counted: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in check.rows.cases().collect::<Vec<_>>() {
        let (id, expect) = (case.get("term_id"), case.get("expect"));
        let count = counted.entry(id).or_default();
        match expect {
            "hit" => count.0 += 1,
            "miss" => count.1 += 1,
            _ => check.row(LintCode::BadCase, case, id, format!("expect“{expect}”应为 hit 或 miss")),
        }
        if !check.terms.contains_key(id) {
            check.row(LintCode::BadCase, case, id, format!("没有词条 {id}"));
        }
    }
    for row in check.active() {
        let words = NEEDS.iter().flat_map(|column| row.get(column).split(['|', '&']).map(str::trim));
        for cue in words.filter_map(|word| word.strip_prefix('@')).collect::<Vec<_>>() {
            if !cues.contains(cue) {
                check.term(LintCode::UnknownCue, row, format!("cues.toml 没有词组 @{cue}"));
            }
        }
        let asks = !row.get("needs").is_empty();
        if row.get("strength") == "needs-context" && !asks {
            check.term(LintCode::NeedsMissing, row, "需语境的词条没有写 needs".to_owned());
        }
        let (hits, misses) = counted.get(row.get("id")).copied().unwrap_or_default();
        if hits == 0 {
            check.term(LintCode::NoHitCase, row, "没有 hit 用例".to_owned());
        }
        // A generic term is shown for review without its company: needs then keep nothing away.
        let needed = asks && matches!(row.get("strength"), "needs-context" | "sufficient");
        if misses == 0 && needed {
            check.term(LintCode::NoMissCase, row, "写了 needs，却没有 miss 用例".to_owned());
        }
    }
}
