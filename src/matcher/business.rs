//! Borrowers named after what they do (有机肥厂, 太阳能路灯门店, 污水处理公司): a purpose that speaks of nothing but their own
//! business speaks of that thing, though nothing says that it is bought.

use super::{
    Candidate, Matcher, Reading,
    head::{Meaning, longest_prefix, words},
};
use crate::{
    dictionary::{Dictionary, Tail, Term, TermKind},
    model::{Role, TextKind},
};

impl Matcher<'_> {
    /// The role of a business named after the term, when a purpose opens with it and speaks of nothing but that business:
    /// 城市公交企业补充营运资金. A firm's proper name says nothing. The inner `None`: it serves, as its entries tell best.
    pub(super) fn own_business(
        &self,
        reading: &Reading<'_>,
        candidate: Candidate,
        term: &Term,
    ) -> Option<Option<Role>> {
        if reading.document.kind != TextKind::Purpose {
            return None;
        }
        let text = reading.folded.text();
        let phrase = reading.layout.phrase_of(candidate.start, candidate.end)?;
        let first = reading.layout.clause_of(&phrase).first()?;
        let ahead = text.get(first.start..candidate.start)?;
        let is_goods = term.kind() == TermKind::Goods;
        let behind = text.get(candidate.end..)?;
        // 借款人系|有机茶园|种植户,因…: who the borrower is.
        if words(self.dictionary, "borrower-is").iter().any(|word| ahead == word)
            && let Some(role) = household(self.dictionary, text.get(candidate.start..candidate.end)?, behind)
            && !words(self.dictionary, "private").iter().any(|word| behind.contains(word.as_str()))
        {
            return Some(role);
        }
        if !ahead.is_empty() {
            return None;
        }
        let role = business(self.dictionary, behind, is_goods)?;
        Some((role != Role::Service).then_some(role))
    }
}

/// What a household named after a term does, when such a word ends the term or stands behind it (竹制品加工|户,
/// 有机茶园|种植户): a maker makes, others as the term's entries tell best.
fn household(dictionary: &Dictionary, name: &str, behind: &str) -> Option<Option<Role>> {
    let tail = name.char_indices().rev().nth(1).map_or("", |(at, _)| name.get(at..).unwrap_or_default());
    let said = format!("{tail}{behind}");
    let kinds = words(dictionary, "household");
    let stands = |kind: &&String| behind.starts_with(kind.as_str()) || said.starts_with(kind.as_str());
    let kind = kinds.iter().filter(stands).max_by_key(|kind| kind.len())?;
    let makes = kind.starts_with("加工") || kind.starts_with("生产");
    Some(makes.then_some(Role::Make))
}

/// What a business named after a term does, when the words behind the term name such a business and say no more than that
/// it goes on: 废旧轮胎制胶粉|厂流动资金 makes, 光伏组件|门店周转 trades, 城市公交|企业补充营运资金 serves.
fn business(dictionary: &Dictionary, behind: &str, is_goods: bool) -> Option<Role> {
    let mut left = behind;
    while let Some((word, Meaning::Tail(Tail::Make | Tail::Trade | Tail::AnyService | Tail::Work))) =
        longest_prefix(dictionary, left)
        && !is_goods
    {
        left = left.get(word.len()..)?;
    }
    // 电动叉车|租赁公司|购设备: it buys what it lets.
    let lessors = words(dictionary, "lessor");
    if is_goods
        && let Some(kind) = lessors.iter().filter(|kind| left.starts_with(kind.as_str())).max_by_key(|kind| kind.len())
        && let Some(said) = left.get(kind.len()..)
        && !said.is_empty()
        && only(dictionary, said, &["own-business", "lets"])
    {
        return Some(Role::Use);
    }
    const KINDS: [(&str, Role); 3] = [("business", Role::Make), ("factory", Role::Make), ("shop", Role::Trade)];
    let known =
        KINDS.iter().flat_map(|(name, role)| words(dictionary, name).iter().map(move |kind| (kind, *name, *role)));
    let (kind, named, role) =
        known.filter(|(kind, ..)| left.starts_with(kind.as_str())).max_by_key(|(kind, ..)| kind.len())?;
    let left = left.get(kind.len()..)?.trim_start();
    // 光伏公司 may do anything.
    if left.is_empty() || is_goods && named == "business" || !is_goods && role == Role::Trade {
        return None;
    }
    let goes_on = if is_goods {
        // 木屑颗粒燃料厂|设备款, 太阳能热水器店|进货.
        let costs = || {
            only(dictionary, left, &["own-business", "own-costs"])
                && !words(dictionary, "shop-expense").iter().any(|expense| left.contains(expense.as_str()))
        };
        only(dictionary, left, &["own-business"]) || role == Role::Make && buys_inputs(dictionary, left) || costs()
    } else {
        only(dictionary, left, &["own-business", "own-costs"])
    };
    goes_on.then_some(if is_goods { role } else { Role::Service })
}

/// Whether these words are made of words of the groups and signs alone.
fn only(dictionary: &Dictionary, said: &str, groups: &[&str]) -> bool {
    let known: Vec<&String> = groups.iter().flat_map(|group| words(dictionary, group)).collect();
    let mut left = said;
    while !left.is_empty() {
        let word = known.iter().filter(|word| left.starts_with(word.as_str())).max_by_key(|word| word.len());
        let step = match word {
            Some(word) => word.len(),
            None => match left.chars().next() {
                Some(sign @ ('、' | ',' | ' ' | '(' | ')')) => sign.len_utf8(),
                _ => return false,
            },
        };
        left = left.get(step..).unwrap_or_default();
    }
    true
}

/// Whether a maker buys nothing but what goods are made of: 购|环氧树脂、聚酯树脂, 采购钢板等原料.
fn buys_inputs(dictionary: &Dictionary, said: &str) -> bool {
    let verbs = words(dictionary, "buys-inputs");
    let verb = verbs.iter().filter(|verb| said.starts_with(verb.as_str())).max_by_key(|verb| verb.len());
    let Some(mut object) = verb.and_then(|verb| said.get(verb.len()..)) else { return false };
    let ends = words(dictionary, "own-business").iter().chain(words(dictionary, "buying-ends"));
    let ends: Vec<&String> = ends.collect();
    while let Some(end) = ends.iter().find(|end| object.ends_with(end.as_str())) {
        object = object.get(..object.len() - end.len()).unwrap_or_default().trim_end_matches([',', '、', ' ']);
    }
    let inputs = words(dictionary, "input");
    object.is_empty()
        || object
            .split(['、', '和', '及', '与', ','])
            .all(|thing| inputs.iter().any(|input| thing.trim().ends_with(input.as_str())))
}
