//! Exclusions: with a reason, and able to block something.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;

use super::{Check, LintCode};
use crate::text::fold_text;

pub(super) fn check(check: &mut Check<'_>) {
    let mut surfaces: HashSet<String> =
        check.active().iter().flat_map(|row| row.surfaces().map(fold_text).collect::<Vec<_>>()).collect();
    surfaces.remove("");
    // Surfaces can cross an exclusion by a part at either end.
    let (mut fronts, mut backs) = (HashSet::new(), HashSet::new());
    for surface in &surfaces {
        for (place, _) in surface.char_indices().skip(1) {
            fronts.extend(surface.get(..place));
            backs.extend(surface.get(place..));
        }
    }
    let held = AhoCorasick::new(&surfaces).ok();
    for row in check.rows.exclusions().collect::<Vec<_>>() {
        let surface = row.get("surface");
        if row.get("reason").is_empty() {
            check.row(LintCode::NoReason, row, surface, format!("排除词“{surface}”没有写理由"));
        }
        if let Some(id) = row.list("blocks").find(|id| *id != "*" && !check.terms.contains_key(id)) {
            check.row(LintCode::OrphanExclusion, row, surface, format!("排除词“{surface}”要挡的 {id} 不存在"));
            continue;
        }
        let folded = fold_text(surface);
        let covers = held.as_ref().is_some_and(|held| held.is_match(&folded));
        let crosses = row.get("kind") == "joint"
            && folded.char_indices().skip(1).any(|(place, _)| {
                folded.get(..place).is_some_and(|front| backs.contains(front))
                    || folded.get(place..).is_some_and(|back| fronts.contains(back))
            });
        if !covers && !crosses {
            check.row(LintCode::OrphanExclusion, row, surface, format!("排除词“{surface}”里没有任何词条的写法"));
        }
    }
}
