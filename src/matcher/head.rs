//! The head noun: what stands behind a term inside the same phrase decides whether the term is the thing itself.

use crate::{
    dictionary::{ClauseWord, Dictionary, Tail, TermKind},
    model::{Refusal, Role},
};

/// What the characters behind a term make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// The term is the thing; the words behind may say what is done with it.
    Thing(Option<Role>),
    /// Something else is meant: why, and the word that says so.
    Another(Refusal, String),
    /// A word that the tables do not know; the head is probably another thing.
    Unknown(String),
}

/// Reads the rest of a goods name from its end, where a Chinese noun phrase has its head: 光伏组件|支架|安装 is a
/// bracket being installed. `rest` is what stands behind the term in its phrase; `kind` tells goods from work and
/// service.
pub fn behind_in_goods_name(dictionary: &Dictionary, rest: &str, kind: TermKind) -> Behind {
    // 光氧一体机|带活性炭: what the thing comes with changes nothing.
    let comes_with = dictionary.cue("comes-with").map_or(&[][..], |group| group.words.as_slice());
    let with = comes_with.iter().find_map(|word| rest.strip_prefix(word.as_str()));
    if with.is_some_and(|gift| gift.chars().count() >= 2) {
        return Behind::Thing(None);
    }
    // 布袋除尘器|本体|及风管: of two things side by side the first stands for itself.
    if let Some(first) = before_and(rest)
        && only_neutral(dictionary, first)
    {
        return Behind::Thing(None);
    }
    let mut left = rest;
    let mut role = None;
    let mut service: Option<&str> = None;
    while !left.is_empty() {
        let Some((word, tail)) = longest_suffix(dictionary, left) else { break };
        left = left.get(..left.len() - word.len()).unwrap_or_default();
        match tail {
            Tail::Neutral | Tail::Money => {}
            Tail::Descriptor => return Behind::Thing(role),
            Tail::Work => role = role.or(Some(Role::Build)),
            Tail::Trade => role = role.or(Some(Role::Trade)),
            Tail::Make => role = role.or(Some(Role::Make)),
            Tail::Place | Tail::AnyService if kind != TermKind::Goods => {}
            Tail::Other(refusal) if same_service(kind, refusal, word) => {}
            Tail::Place => return Behind::Another(Refusal::Descriptive, word.to_owned()),
            Tail::AnyService => service = service.or(Some(word)),
            Tail::Other(refusal) => return Behind::Another(refusal, word.to_owned()),
        }
    }
    if !left.is_empty() {
        // 黑臭水体治理|点|建设: work goes on about the same work.
        if kind != TermKind::Goods && role == Some(Role::Build) {
            return Behind::Thing(role);
        }
        // The end is unknown or the middle is: a sentence may go on from here (光伏组件用于…).
        return match behind_in_sentence(dictionary, rest, kind) {
            Behind::Thing(role) if !rest.starts_with('用') => Behind::Thing(role),
            Behind::Another(refusal, word) => Behind::Another(refusal, word),
            _ => Behind::Unknown(rest.to_owned()),
        };
    }
    match (service, role) {
        // 安装服务, 施工服务费: the service is the work itself.
        (Some(_), Some(role)) => Behind::Thing(Some(role)),
        (Some(word), None) => Behind::Another(Refusal::ServiceAbout, word.to_owned()),
        (None, role) => Behind::Thing(role),
    }
}

/// What stands before a word of joining, when something stands behind it.
fn before_and(rest: &str) -> Option<&str> {
    let joined = ['及', '和', '与', '、', '+', '/'].iter().filter_map(|and| rest.split_once(*and));
    joined.filter(|(_, second)| second.chars().count() >= 2).map(|(first, _)| first).min_by_key(|first| first.len())
}

/// 食堂|用, 厂|里用.
fn is_used(behind: &str) -> bool {
    let behind = behind.strip_prefix(['里', '内']).unwrap_or(behind);
    matches!(behind, "用" | "使用" | "自用")
}

/// Whether these words change nothing: 设备, 本体, 系统.
fn only_neutral(dictionary: &Dictionary, words: &str) -> bool {
    let mut left = words.trim();
    while let Some((word, Tail::Neutral)) = longest_suffix(dictionary, left) {
        left = left.get(..left.len() - word.len()).unwrap_or_default();
    }
    left.is_empty()
}

/// Reads the words behind a term in a purpose. Beyond what [`behind_in_sentence`] knows, the parts of works and the
/// people of a service belong to them (污水处理厂|管网改造, 合同能源管理|团队), and a place may be where the thing is used
/// (空气源热泵|食堂用).
pub fn behind_in_purpose(dictionary: &Dictionary, rest: &str, kind: TermKind) -> Behind {
    let parts: Vec<&str> = match kind {
        TermKind::Goods => Vec::new(),
        _ => ["works-part", "staff"].iter().flat_map(|group| words(dictionary, group)).map(String::as_str).collect(),
    };
    read_on(dictionary, rest, kind, &parts, true)
}

/// Reads the rest of a clause forward, until something else begins.
pub fn behind_in_sentence(dictionary: &Dictionary, rest: &str, kind: TermKind) -> Behind {
    read_on(dictionary, rest, kind, &[], false)
}

pub(super) fn words<'d>(dictionary: &'d Dictionary, group: &str) -> &'d [String] {
    dictionary.cue(group).map_or(&[], |group| group.words.as_slice())
}

fn read_on(dictionary: &Dictionary, rest: &str, kind: TermKind, parts: &[&str], is_purpose: bool) -> Behind {
    let mut left = rest;
    let mut role = None;
    while !left.is_empty() {
        if let Some(after) = left.strip_prefix('的') {
            left = after;
            continue;
        }
        let part = parts.iter().filter(|part| left.starts_with(**part)).map(|part| part.len()).max().unwrap_or(0);
        let behind_part = left.get(part..).unwrap_or_default();
        // 森林抚育项目|工资: what is paid to those who do the work.
        if kind != TermKind::Goods
            && is_purpose
            && let Some(after) = left.strip_prefix("工资")
        {
            left = after;
            continue;
        }
        if part > 0 && longest_prefix(dictionary, left).is_none_or(|(word, _)| word.len() <= part) {
            left = behind_part;
            continue;
        }
        let Some((word, meaning)) = longest_prefix(dictionary, left) else {
            return Behind::Unknown(left.to_owned());
        };
        left = left.get(word.len()..).unwrap_or_default();
        // 运营维护费|用.
        if word.ends_with('费') {
            left = left.strip_prefix('用').unwrap_or(left);
        }
        // 热泵机组|设计销售: who designs it to sell it makes it.
        if is_purpose
            && kind == TermKind::Goods
            && word == "设计"
            && let Some((_, next)) = longest_prefix(dictionary, left)
            && matches!(
                next,
                Meaning::Clause(ClauseWord::Act(Role::Make | Role::Trade)) | Meaning::Tail(Tail::Make | Tail::Trade)
            )
        {
            role = role.or(Some(Role::Make));
            continue;
        }
        match meaning {
            Meaning::Clause(ClauseWord::Link | ClauseWord::Buy) => return Behind::Thing(role),
            Meaning::Clause(ClauseWord::Act(act)) => return Behind::Thing(role.or(Some(act))),
            Meaning::Tail(Tail::Neutral) if is_purpose && is_used(left) => return Behind::Thing(role),
            Meaning::Tail(Tail::Neutral | Tail::Money | Tail::Descriptor) => {}
            Meaning::Tail(Tail::Work) => role = role.or(Some(Role::Build)),
            Meaning::Tail(Tail::Trade) => role = role.or(Some(Role::Trade)),
            Meaning::Tail(Tail::Make) => role = role.or(Some(Role::Make)),
            Meaning::Tail(Tail::Place | Tail::AnyService) if kind != TermKind::Goods || role.is_some() => {}
            // 热泵|食堂|用, 组件|厂|里用: where it is used.
            Meaning::Tail(Tail::Place | Tail::Other(Refusal::Descriptive)) if is_purpose && is_used(left) => {
                return Behind::Thing(role);
            }
            // 光伏电站|检修: works are kept up.
            Meaning::Tail(Tail::Other(Refusal::ServiceAbout))
                if is_purpose && kind != TermKind::Goods && words(dictionary, "upkeep").iter().any(|w| w == word) => {}
            Meaning::Tail(Tail::Other(refusal)) if same_service(kind, refusal, word) => {}
            Meaning::Tail(Tail::Place) => return Behind::Another(Refusal::Descriptive, word.to_owned()),
            Meaning::Tail(Tail::AnyService) => return Behind::Another(Refusal::ServiceAbout, word.to_owned()),
            Meaning::Tail(Tail::Other(refusal)) => return Behind::Another(refusal, word.to_owned()),
        }
    }
    Behind::Thing(role)
}

/// The verb, when the words behind a term begin with a verb of buying that has another object: 采购|烟煤, 购进|柴油,
/// 租赁|场地, but not 采购|款, 采购|项目 or 采购|合同.
pub fn buys_something_else(dictionary: &Dictionary, rest: &str) -> Option<String> {
    let (verb, Meaning::Clause(ClauseWord::Buy)) = longest_prefix(dictionary, rest)? else { return None };
    let mut object = rest.get(verb.len()..)?;
    while let Some((word, meaning)) = longest_prefix(dictionary, object) {
        match meaning {
            Meaning::Clause(ClauseWord::Link | ClauseWord::Act(_)) => return None,
            Meaning::Tail(Tail::Place) => return Some(verb.to_owned()),
            Meaning::Tail(Tail::Other(refusal)) if !matches!(refusal, Refusal::Paper | Refusal::ServiceAbout) => {
                return Some(verb.to_owned());
            }
            _ => object = object.get(word.len()..)?,
        }
    }
    (!object.is_empty()).then(|| verb.to_owned())
}

/// Whether these words end in a part, a place or another thing that the tables know, and that is no service of its own
/// behind work of this kind.
pub fn ends_in_other_thing(dictionary: &Dictionary, words: &str, kind: TermKind) -> bool {
    // 矿山修复|培训班|开办.
    let words = ["开办", "举办", "召开"].iter().find_map(|held| words.strip_suffix(held)).unwrap_or(words);
    let mut left = words;
    while let Some((word, tail)) = longest_suffix(dictionary, left) {
        let is_end = left.len() == words.len();
        match tail {
            Tail::Other(refusal) => return !same_service(kind, refusal, word),
            Tail::Place => return is_end,
            Tail::AnyService => return is_end && kind != TermKind::Service,
            // 办公家具|采购: what is bought stands in front.
            Tail::Neutral | Tail::Money if word.chars().count() >= 2 => {
                left = left.get(..left.len() - word.len()).unwrap_or_default()
            }
            _ => return false,
        }
    }
    false
}

/// Whether these words, behind the name of works, are something unknown that ends in a general word: 污水处理厂|集水井|改造.
/// At most `longest` characters may be unknown.
pub fn ends_in_generic(dictionary: &Dictionary, unknown: &str, longest: usize) -> bool {
    let heads = words(dictionary, "generic-head");
    unknown.char_indices().skip(1).take(longest).any(|(at, _)| {
        let rest = unknown.get(at..).unwrap_or_default();
        let before = unknown.get(..at).unwrap_or_default();
        heads.iter().any(|head| rest.starts_with(head.as_str()))
            && longest_suffix(dictionary, before).is_none()
            && matches!(behind_in_purpose(dictionary, rest, TermKind::Work), Behind::Thing(_))
    })
}

/// Whether these words, behind the name of works, are at most `longest` unknown characters and then say that something is
/// built, run or paid: 光伏电站|灌浆料及|施工款.
pub fn ends_in_work(dictionary: &Dictionary, unknown: &str, longest: usize) -> bool {
    unknown.char_indices().skip(2).take(longest).any(|(at, _)| {
        let rest = unknown.get(at..).unwrap_or_default();
        let before = unknown.get(..at).unwrap_or_default();
        let says = match longest_prefix(dictionary, rest) {
            Some((word, Meaning::Tail(Tail::Work | Tail::Make | Tail::Money))) => word.chars().count() >= 2,
            _ => false,
        };
        says && matches!(longest_suffix(dictionary, before), None | Some((_, Tail::Neutral)))
            && matches!(behind_in_purpose(dictionary, rest, TermKind::Work), Behind::Thing(_))
    })
}

/// Whether a name of goods and what stands behind it are stuffed as shops do it: 太阳能热水器|家用全自动真空管不锈钢水箱. Such
/// a title names the goods first and describes them next; one about something else names it at the end (…坐垫套), or says
/// what it fits (…专用).
/// `is_said_again` tells whether the rest names the like of the goods again.
pub fn is_shop_title(dictionary: &Dictionary, name: &str, rest: &str, is_said_again: impl Fn() -> bool) -> bool {
    const LONG: usize = 10;
    const FITS: [&str; 14] =
        ["专用", "适用", "适配", "通用", "配件", "替换", "保护", "挂件", "摆件", "模型", "玩具", "改装", "套", "罩"];
    let rest = rest.trim_end_matches("套装");
    let describes = match longest_prefix(dictionary, rest) {
        Some((word, Meaning::Tail(Tail::Neutral | Tail::Descriptor))) => word.chars().count() >= 2,
        _ => false,
    };
    // 充电桩|保护箱…: a part right behind the name is what is sold.
    let takes_over = matches!(longest_prefix(dictionary, rest), Some((_, Meaning::Tail(Tail::Other(_)))));
    // Places of use end such a title, too: 空气源热泵|商用热水机组宿舍酒店学校.
    let ends = match longest_suffix(dictionary, rest) {
        Some((_, Tail::Place | Tail::Other(Refusal::Descriptive))) => describes,
        Some((_, Tail::Other(_) | Tail::AnyService)) => false,
        _ => true,
    };
    ends && !takes_over
        && name.chars().count() >= 3
        && rest.chars().count() >= LONG
        && !FITS.iter().any(|word| rest.contains(word))
        && (describes || is_said_again())
}

/// Whether these words end in the name of a service of any kind.
pub fn ends_in_service(dictionary: &Dictionary, words: &str) -> bool {
    matches!(longest_suffix(dictionary, words), Some((_, Tail::AnyService | Tail::Work)))
}

/// Whether these words end in a verb of doing: 林下套种, 秸秆收购.
pub fn ends_in_verb(dictionary: &Dictionary, words: &str) -> bool {
    words.char_indices().skip(1).any(|(at, _)| {
        let word = words.get(at..).unwrap_or_default();
        word.chars().count() >= 2 && matches!(dictionary.clause_word(word), Some(ClauseWord::Act(_)))
    })
}

/// Whether a verb stands in these words: what follows is then its object, not the subject of the clause.
pub fn has_verb(dictionary: &Dictionary, words: &str) -> bool {
    words.char_indices().any(|(at, _)| {
        let word = words.get(at..).and_then(|rest| longest_prefix(dictionary, rest));
        matches!(word, Some((_, Meaning::Clause(ClauseWord::Buy | ClauseWord::Act(_)))))
    })
}

/// Where the first verb of buying or doing, of two characters or more, begins in these words.
pub fn first_verb(dictionary: &Dictionary, words: &str) -> Option<usize> {
    verbs(dictionary, words).map(|(start, ..)| start).next()
}

/// What stands behind the last verb of buying, of two characters or more.
pub fn behind_buying<'w>(dictionary: &Dictionary, words: &'w str) -> Option<&'w str> {
    let buying = verbs(dictionary, words).filter(|(.., is_buying)| *is_buying).last();
    buying.and_then(|(_, end, _)| words.get(end..))
}

/// The verbs of two characters or more: start, end, whether it is one of buying.
fn verbs<'w>(dictionary: &'w Dictionary, words: &'w str) -> impl Iterator<Item = (usize, usize, bool)> + 'w {
    words.char_indices().filter_map(move |(at, _)| {
        let (word, meaning) = longest_prefix(dictionary, words.get(at..)?)?;
        let Meaning::Clause(verb @ (ClauseWord::Buy | ClauseWord::Act(_))) = meaning else { return None };
        (word.chars().count() >= 2).then_some((at, at + word.len(), verb == ClauseWord::Buy))
    })
}

/// A report, a form or a visit behind the name of a service belongs to that service: 环境影响评价|报告|编制.
/// Printing it, a journal of it or a fine for lack of it does not.
fn same_service(kind: TermKind, refusal: Refusal, word: &str) -> bool {
    const APART: [&str; 20] = [
        "培训班",
        "保险",
        "保险费",
        "保费",
        "广告牌",
        "灯箱",
        "横幅",
        "打印",
        "装订",
        "装裱",
        "装裱费",
        "印刷",
        "复印",
        "订阅",
        "订阅费",
        "杂志",
        "书籍",
        "教材",
        "罚款",
        "滞纳金",
    ];
    kind == TermKind::Service && matches!(refusal, Refusal::ServiceAbout | Refusal::Paper) && !APART.contains(&word)
}

pub(super) enum Meaning {
    Tail(Tail),
    Clause(ClauseWord),
}

fn longest_suffix<'r>(dictionary: &Dictionary, text: &'r str) -> Option<(&'r str, Tail)> {
    let mut starts: Vec<usize> = text.char_indices().rev().take(dictionary.longest_tail()).map(|(at, _)| at).collect();
    starts.reverse();
    starts.into_iter().find_map(|start| {
        let word = text.get(start..)?;
        dictionary.tail(word).map(|tail| (word, tail))
    })
}

pub(super) fn longest_prefix<'r>(dictionary: &Dictionary, text: &'r str) -> Option<(&'r str, Meaning)> {
    let mut ends: Vec<usize> =
        text.char_indices().take(dictionary.longest_tail()).map(|(at, c)| at + c.len_utf8()).collect();
    ends.reverse();
    ends.into_iter().find_map(|end| {
        let word = text.get(..end)?;
        let meaning = dictionary.clause_word(word).map(Meaning::Clause);
        meaning.or_else(|| dictionary.tail(word).map(Meaning::Tail)).map(|meaning| (word, meaning))
    })
}
