//! Company: the words around a candidate that it needs, that rule it out, or that turn its meaning.

use super::{Reading, seen::Ends};
use crate::{
    dictionary::{Need, Needs, Term, TermKind},
    model::{Refusal, Scene},
    text::cuts_latin,
};

/// The first alternative of `needs` that the words around hold, as its words; `None` when none does. `marks` is asked
/// whether a word counts that stands at these places, see [`places`].
pub fn company(reading: &Reading<'_>, needs: &Needs, marks: impl Fn((usize, usize), &str) -> bool) -> Option<String> {
    let stands = |word: &String| places(reading, word).is_some_and(|ends| marks(ends, word));
    needs.iter().find_map(|alternative| {
        let found = |need: &Need| match need {
            Need::Word(word) => stands(word).then(|| word.clone()),
            Need::Cue(name) => reading.cues.words(name).iter().find(|word| stands(word)).cloned(),
        };
        let words: Option<Vec<String>> = alternative.iter().map(found).collect();
        words.filter(|words| !words.is_empty()).map(|words| words.join("+"))
    })
}

/// The first and the last place of a word in text and specification, where it is a word, is not denied, and does not say
/// something of an old thing that is replaced.
fn places(reading: &Reading<'_>, word: &str) -> Ends {
    let text = reading.context.as_str();
    let denials = reading.cues.words("negation");
    let counts = |at: usize| {
        let stop = at + word.len();
        !reading.old.iter().any(|old| old.holds(at))
            && (!cuts_latin(text, at, stop) || in_model_code(text, at, stop))
            && !is_measure(text, at, stop)
            && !negated(denials, text.get(..at).unwrap_or_default())
    };
    reading.seen.ends(word, || {
        let mut places = text.match_indices(word).map(|(at, _)| at).filter(|&at| !word.is_empty() && counts(at));
        let first = places.next()?;
        Some((first, places.last().unwrap_or(first)))
    })
}

/// Whether the word counts or packs the goods and names nothing: 20kg/|桶, 3|箱, 25L|桶|装.
fn is_measure(text: &str, start: usize, end: usize) -> bool {
    const UNITS: [&str; 18] =
        ["桶", "箱", "袋", "瓶", "盒", "罐", "包", "卷", "套", "盘", "杯", "把", "支", "张", "片", "条", "根", "只"];
    let before = text.get(..start).unwrap_or_default();
    let behind_number = || {
        before.ends_with(['/', '每', '一', '两', '二', '三', '四', '五', '六', '八', '十'])
            || before.ends_with(|c: char| c.is_ascii_digit())
    };
    text.get(start..end).is_some_and(|word| UNITS.contains(&word))
        && (behind_number() || text.get(end..).is_some_and(|after| after.starts_with('装')))
}

/// A word of `needs` that text or specification denies, with the denial: 非节能.
pub fn denied(reading: &Reading<'_>, needs: &Needs) -> Option<String> {
    let text = reading.context.as_str();
    let cues = reading.cues;
    let look = |word: &str| {
        text.match_indices(word).find_map(|(at, _)| {
            let before = text.get(..at)?;
            let no = ["非", "不含", "无"].iter().find(|no| before.ends_with(**no))?;
            Some(format!("{no}{word}"))
        })
    };
    let denial = |word: &String| reading.seen.denial(word, || look(word));
    needs.iter().flatten().find_map(|need| match need {
        Need::Word(word) => denial(word),
        Need::Cue(name) => cues.words(name).iter().find_map(denial),
    })
}

/// Whether the Latin word `start..end` stands in a model code behind a number, as the drive of a vehicle does:
/// XMA7000M|BEV|R2, BYD7152WT6|PHEV.
fn in_model_code(text: &str, start: usize, end: usize) -> bool {
    let word = text.get(start..end).unwrap_or_default();
    let before = text.get(..start).unwrap_or_default();
    let code = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    let code = before.get(code.len()..).unwrap_or_default();
    let digits = code.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let longest = digits.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    // KLQ6829GA|EV|N7, but not the end of HEV, PHEV or BEV, which are words of their own.
    let is_drive =
        word.len() >= 3 && longest >= 3 || word == "ev" && longest >= 4 && !before.ends_with(['h', 'b', 'f', 'c']);
    is_drive
        && word.chars().all(|c| c.is_ascii_alphabetic())
        // HEV also ends PHEV, which is another drive.
        && word != "hev"
}

/// Whether the bytes name the drive of a vehicle inside its code: TSL6480|BEV|BA1.
pub fn is_drive_in_code(text: &str, start: usize, end: usize) -> bool {
    const DRIVES: [&str; 6] = ["bev", "phev", "fcev", "shev", "erev", "chev"];
    text.get(start..end).is_some_and(|word| DRIVES.contains(&word)) && in_model_code(text, start, end)
}

/// Whether the text right in front denies what follows. A denied word is denied with what widens it: 非|全生物|降解.
fn negated(denials: &[String], before: &str) -> bool {
    let wide = ["全生物", "可生物", "生物", "完全", "全", "可"].iter().find_map(|word| before.strip_suffix(word));
    let denied = |before: &str| {
        ["非", "无", "不含", "不", "未", "没有", "免"].iter().any(|no| before.ends_with(no))
            || denials.iter().any(|no| before.ends_with(no.as_str()))
    };
    denied(before) || wide.is_some_and(|before| before.ends_with('非') || before.ends_with("不"))
}

/// Where a candidate stands in the folded text; places are bytes.
pub struct Around<'t> {
    /// The whole text.
    pub text: &'t str,
    /// The candidate: first byte and one past the last.
    pub hit: (usize, usize),
    /// Where its phrase begins.
    pub phrase: usize,
    /// Where its clause begins and ends.
    pub clause: (usize, usize),
    /// The text is an invoice line: one thing, described all along.
    pub is_line: bool,
}

/// Whether the words before and after turn the candidate into something that does not count: denied, scrapped,
/// second-hand, or a toy.
pub fn turned(reading: &Reading<'_>, term: &Term, around: &Around<'_>) -> Option<(Refusal, String)> {
    let (start, end) = around.hit;
    let text = around.text;
    let before = text.get(..start).unwrap_or_default();
    let in_phrase = text.get(around.phrase..start).unwrap_or_default();
    let in_clause = text.get(around.clause.0..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let after_in_clause = text.get(end..around.clause.1).unwrap_or_default();
    let described = |word: &str| {
        if around.is_line { reading.seen.holds(text, word) } else { in_phrase.contains(word) }
    };
    let group = |name: &str| reading.cues.words(name);

    // 非金属废料 denies nothing.
    let name = text.get(start..).unwrap_or_default();
    let is_name = |word: &str| word == "非" && ["金属", "晶", "织造", "标"].iter().any(|rest| name.starts_with(rest));
    if let Some(word) = group("negation").iter().find(|word| before.ends_with(word.as_str()) && !is_name(word)) {
        return Some((Refusal::Negated, word.clone()));
    }
    let denied = |word: &&&str| reading.seen.may_hold(word) && denies(in_clause, word);
    if let Some(word) = ["不含", "不包括", "不包含", "不涉及", "除外"].iter().find(denied) {
        return Some((Refusal::Negated, (*word).to_owned()));
    }
    // 未规划光伏和|储能: a denial goes on over what is joined.
    if let Some(word) = group("negation").iter().find(|word| word.chars().count() > 1 && joined(in_clause, word)) {
        return Some((Refusal::Negated, word.clone()));
    }
    // 污水处理站除外, 光伏和储能不在内.
    if let Some(word) = group("negation-after").iter().find(|word| {
        after.starts_with(word.as_str())
            || after_in_clause.strip_suffix(word.as_str()).is_some_and(|between| between.starts_with(AND))
    }) {
        return Some((Refusal::Negated, word.clone()));
    }
    // Recycling is about scrapped things; everything else that is scrapped is no green purchase.
    if term.scene != Scene::Recycle {
        let near_before = last_words(in_clause, 6);
        if let Some(word) = group("disposal").iter().find(|word| near_before.contains(word.as_str())) {
            return Some((Refusal::Disposal, word.clone()));
        }
        if let Some(word) = group("disposal").iter().find(|word| after.starts_with(word.as_str())) {
            return Some((Refusal::Disposal, word.clone()));
        }
    }
    let name = text.get(start..end).unwrap_or_default();
    let is_machine = name.ends_with(['机', '线', '炉']) && !name.starts_with(['废', '旧']);
    if (term.scene != Scene::Recycle || is_machine)
        && let Some(word) = group("second-hand").iter().find(|word| described(word))
    {
        return Some((Refusal::SecondHand, word.clone()));
    }
    // 旧LED路灯, 光伏组件(旧).
    let worn = ["老", "废", "利", "陈", "换", "新", "破"];
    let is_old = before.strip_suffix('旧').is_some_and(|before| !worn.iter().any(|word| before.ends_with(word)));
    if around.is_line
        && term.scene != Scene::Recycle
        && term.kind() == TermKind::Goods
        && (is_old || after.starts_with("(旧)"))
    {
        return Some((Refusal::SecondHand, "旧".to_owned()));
    }
    // 变卖|废铁|后资金用于买房: what is sold gives the money.
    if !around.is_line
        && let Some(word) = group("sold-off").iter().find(|word| in_clause.ends_with(word.as_str()))
        && (group("from-sale").iter().any(|rest| after.starts_with(rest.as_str()))
            // 卖掉|新能源车|,换购商铺.
            || after_in_clause.trim().is_empty() && ["卖掉", "变卖"].contains(&word.as_str()))
    {
        return Some((Refusal::Disposal, word.clone()));
    }
    // 光伏电站退租后组件拆除费用: nothing was bought in front, and the clause ends in taking down.
    if !around.is_line
        && term.scene != Scene::Recycle
        && let Some(word) = ["拆除", "拆除费", "拆除费用", "拆除工程", "拆除工程款", "拆除款", "报废", "变卖"]
            .iter()
            .find(|word| after_in_clause.ends_with(**word))
    {
        return Some((Refusal::Disposal, (*word).to_owned()));
    }
    // 搪瓷拼装罐 is bolted together and no toy.
    let real = |word: &str| group("no-fake").iter().any(|whole| whole.contains(word) && text.contains(whole.as_str()));
    if let Some(word) = group("fake").iter().find(|word| described(word) && !real(word)) {
        return Some((Refusal::Toy, word.clone()));
    }
    None
}

/// The word for what is bought instead, when the clause only tells what the borrower does and a later one spends the loan on
/// something private: 经营农家乐多年，现购|轿车.
pub fn private<'t>(reading: &Reading<'t>, text: &str, clause: (usize, usize)) -> Option<&'t str> {
    // Purposes are short; a long text is no purpose.
    const LONGEST: usize = 3_000;
    let told = text.get(clause.0..clause.1).filter(|_| text.len() <= LONGEST)?;
    reading.cues.words("background").iter().find(|word| told.contains(word.as_str()))?;
    let later = text.get(clause.1..)?;
    reading.cues.words("private").iter().find(|word| later.contains(word.as_str())).map(String::as_str)
}

/// The word that says that the borrower has the thing already or has it done by others, when another clause tells what the
/// loan buys: 公司已安装|光伏，现需资金购买铜材; 电镀厂购锌锭，|废水处理|另有安排.
pub fn owned<'t>(reading: &Reading<'t>, text: &str, clause: (usize, usize)) -> Option<&'t str> {
    let told = text.get(clause.0..clause.1)?;
    let word = reading.cues.words("past").iter().find(|word| told.contains(word.as_str()))?;
    let (ahead, later) = (text.get(..clause.0)?, text.get(clause.1..)?);
    let bought = ahead.rsplit(['购', '买']).next().filter(|bought| bought.len() < ahead.len());
    let bought = bought.is_some_and(|bought| bought.chars().count() >= 3)
        // 用于归还信用卡，原经营|废品收购: what was done in former times, behind what the loan is for.
        || word.starts_with(['原', '曾', '以', '之', '从', '早', '过']) && ["用于", "归还", "偿还"].iter().any(|say| ahead.contains(say));
    (bought || reading.cues.words("this-time").iter().any(|now| later.contains(now.as_str()))).then_some(word.as_str())
}

/// The word that makes the thing a security for the loan: 以光伏电站|抵押.
pub fn pledged<'t>(reading: &Reading<'t>, after_in_clause: &str) -> Option<&'t str> {
    const FREE: [&str; 4] = ["免", "无", "无需", "不需"];
    let stands = |word: &str| {
        let mut places = after_in_clause.match_indices(word).filter_map(|(at, _)| after_in_clause.get(..at));
        places.any(|before| !FREE.iter().any(|free| before.ends_with(free)))
    };
    reading.cues.words("security").iter().find(|word| stands(word)).map(String::as_str)
}

/// Whether `denial` stands in `before`, other than of what goods are better without: 不含汞|LED灯.
fn denies(before: &str, denial: &str) -> bool {
    const HARMFUL: [&str; 19] = [
        "汞",
        "铅",
        "镉",
        "砷",
        "铬",
        "氟",
        "氯",
        "磷",
        "苯",
        "甲醛",
        "石棉",
        "voc",
        "溶剂",
        "双酚",
        "增塑剂",
        "荧光",
        "抗生素",
        "激素",
        "bpa",
    ];
    before.match_indices(denial).any(|(at, _)| {
        let denied = before.get(at + denial.len()..).unwrap_or_default();
        !HARMFUL.iter().any(|harmful| denied.starts_with(harmful))
    })
}

const AND: [char; 4] = ['和', '及', '与', '或'];

/// Whether `denial` stands in `before` and what it denies goes on to its end: 不含|A、B及.
fn joined(before: &str, denial: &str) -> bool {
    let denied = || before.rfind(denial).and_then(|at| before.get(at + denial.len()..));
    before.ends_with(AND) && denied().is_some_and(|denied| (2..=12).contains(&denied.chars().count()))
}

/// The opening mark, when the hit stands in the title of a book or a standard that is not cited as what goods comply with.
pub fn title(text: &str, start: usize, end: usize) -> Option<&'static str> {
    let before = text.get(..start)?;
    let open = before.rfind('《')?;
    let inside = !before.get(open..)?.contains('》') && text.get(end..)?.contains('》');
    let cited = ["符合", "按", "按照", "依据", "满足", "执行", "通过", "达到", "达"];
    let is_cited = cited.iter().any(|word| before.get(..open).is_some_and(|ahead| ahead.ends_with(word)));
    (inside && !is_cited).then_some("《》")
}

/// Whether the title that the hit stands in is being written or applied for: 《环境影响报告书》编制.
pub fn is_written(text: &str, end: usize) -> bool {
    let behind = text.get(end..).and_then(|rest| rest.split_once('》')).map_or("", |(_, behind)| behind);
    ["编制", "编写", "咨询", "评价", "评审", "申报", "办理", "认证", "技术服务"]
        .iter()
        .any(|word| behind.contains(word))
}

/// The last `count` characters.
fn last_words(text: &str, count: usize) -> &str {
    let start = text.char_indices().rev().take(count).last().map_or(text.len(), |(at, _)| at);
    text.get(start..).unwrap_or_default()
}
