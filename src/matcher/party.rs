//! Names of firms and institutions inside a text: a green word in a name says nothing about the goods.

use crate::dictionary::Cues;

/// Longest name looked for in front of 有限公司 and the like, in characters.
const LONGEST_NAME: usize = 24;
/// Longest name in front of 医院 and 大学.
const LONGEST_SHORT: usize = 8;

/// Byte ranges of party names in the folded `text`: the given `parties`, and whatever ends like a firm's name.
pub fn party_names(cues: Cues<'_>, text: &str, parties: &[String]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for party in parties.iter().filter(|party| party.chars().count() >= 4) {
        found.extend(text.match_indices(party.as_str()).map(|(start, name)| (start, start + name.len())));
    }
    let edges = cues.words("party-edge");
    for suffix in cues.words("party-suffix") {
        for (at, _) in text.match_indices(suffix.as_str()) {
            // The name of a hospital or a school is short: 污水处理设备农村医院学校.
            let is_short = ["医院", "大学"].contains(&suffix.as_str());
            let start = name_start(text, at, edges, if is_short { LONGEST_SHORT } else { LONGEST_NAME });
            if start < at {
                found.push((start, at + suffix.len()));
            }
        }
    }
    found
}

/// Goes back from the suffix to the nearest verb, preposition or sign.
fn name_start(text: &str, suffix: usize, edges: &[String], longest: usize) -> usize {
    let before = text.get(..suffix).unwrap_or_default();
    let is_bank = text.get(suffix..).is_some_and(|rest| rest.starts_with("银行"));
    let mut start = suffix;
    let mut depth = 0usize;
    for (count, (at, character)) in before.char_indices().rev().enumerate() {
        if count >= longest || matches!(character, ',' | '.' | ';' | ':' | '、' | '*' | ' ' | '"' | '/' | '!') {
            break;
        }
        // 浙江(台州)有限公司 holds brackets; 光伏电站建设(强村公司) stands in one.
        match character {
            ')' => depth += 1,
            '(' if depth == 0 => break,
            '(' => depth -= 1,
            _ => {}
        }
        let head = before.get(..at + character.len_utf8()).unwrap_or_default();
        // A one-character edge such as 于 or 和 also occurs inside names, so it ends a name only in its front part.
        // Right in front of 银行 it is one, too: 为购买锅炉向|银行申请贷款.
        let edge = edges.iter().any(|edge| {
            head.ends_with(edge.as_str()) && (edge.chars().count() > 1 || count >= 4 || is_bank && count == 0)
        });
        if edge {
            break;
        }
        start = at;
    }
    start
}
