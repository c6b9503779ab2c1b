//! Whether the term is what was bought: the words behind it, the verbs of its clause, the other phrases of its line.

use super::{
    Candidate, Matcher, Reading,
    head::{self, Behind},
    judge::{Refused, candidates_from, has_han, is_activity},
};
use crate::{
    dictionary::{Tail, Term, TermKind},
    model::{Refusal, Role, Strength, TextKind},
    text::{Phrase, Script, script_of},
};

/// A candidate among the words of its clause.
struct Name<'t> {
    candidate: Candidate,
    /// The phrase it stands in, when it stands in one.
    phrase: Option<Phrase>,
    /// Its own words.
    hit: &'t str,
    /// What stands behind it in its phrase, as written.
    all: &'t str,
    /// The same without sizes and numbers at its beginning, and without what belongs to the name.
    rest: &'t str,
    /// What stands in front of it in its clause.
    ahead: &'t str,
    /// Goods, work or service, as the dictionary has it.
    named: TermKind,
    /// The same as it is meant here: what is grown is work.
    kind: TermKind,
    is_line: bool,
}

impl Matcher<'_> {
    /// Whether the term is the head of its phrase; gives the role that the words behind it state.
    pub(super) fn head(
        &self,
        reading: &Reading<'_>,
        candidate: Candidate,
        phrase: Option<Phrase>,
        rest: &str,
    ) -> Result<Option<Role>, Refused> {
        let text = reading.folded.text();
        let is_line = reading.document.kind == TextKind::InvoiceLine;
        // 监测仪 also stands in 监测仪器 and 监测仪器仪表.
        let hit = text.get(candidate.start..candidate.end).unwrap_or_default();
        let rest = if hit.ends_with('仪') { rest.strip_prefix('器').unwrap_or(rest) } else { rest };
        // Model numbers right behind a Latin surface (ye5-132s-4) are no noun.
        let all = rest;
        let rest = rest.trim_start_matches(|c: char| script_of(c) != Script::Han);
        // rco 2|万, 叠合板 60|厚: the unit of a size.
        let sized = is_line && all.strip_suffix(rest).is_some_and(|size| size.ends_with(|c: char| c.is_ascii_digit()));
        let unit = SIZE_UNITS.iter().find_map(|unit| rest.strip_prefix(unit)).filter(|_| sized);
        let rest = unit.filter(|more| !more.starts_with(|c| script_of(c) == Script::Han)).unwrap_or(rest);
        // PCS 100kW 储能项目用: behind a blank or a number, what the thing is meant for.
        let rest = if is_line && rest.len() < all.len() && rest.ends_with('用') { "" } else { rest };
        // 新能源汽车|购车首付.
        let rest = if !is_line && hit.ends_with(VEHICLE) { rest.strip_prefix("购车").unwrap_or(rest) } else { rest };
        // 林下种植, 有机蔬菜种植: what is grown is named by the growing.
        let named = self.dictionary.term(candidate.term).map_or(TermKind::Goods, Term::kind);
        // 林下养鸡, 大棚种菜, too.
        let raises = || {
            hit.chars().count() >= 3 && hit.chars().rev().nth(1).is_some_and(|verb| ['养', '种', '栽'].contains(&verb))
        };
        let is_grown = !is_line && named == TermKind::Goods && (head::ends_in_verb(self.dictionary, hit) || raises());
        let kind = if is_grown { TermKind::Work } else { named };
        // 变压器|换一级能效: the mark of what it is exchanged for.
        let marks = reading.cues.words("efficient");
        let into = ["更换为", "更换成", "换成", "换为", "升级为", "更换", "换", "改"]
            .iter()
            .find_map(|verb| rest.strip_prefix(verb));
        let is_marked = |into: &str| marks.iter().any(|mark| into.strip_suffix("的").unwrap_or(into) == mark);
        let rest = if !is_line && into.is_some_and(is_marked) { "" } else { rest };
        // 能源管控平台|软件.
        let rest = if ["平台", "系统", "工厂"].iter().any(|end| hit.ends_with(end)) {
            rest.strip_prefix("软件").unwrap_or(rest)
        } else {
            rest
        };
        let opens = phrase.and_then(|phrase| reading.layout.clause_of(&phrase).first());
        let ahead = text.get(opens.map_or(candidate.start, |first| first.start)..candidate.start).unwrap_or_default();
        let name = Name { candidate, phrase, hit, all, rest, ahead, named, kind, is_line };
        let behind = if is_line {
            head::behind_in_goods_name(self.dictionary, rest, kind)
        } else {
            head::behind_in_purpose(self.dictionary, rest, kind)
        };
        if !is_line && let Some(refused) = self.clause_against(reading, &name) {
            return Err(refused);
        }
        // 采购生产|光伏支架|用的原料: what its maker needs.
        let makes = ["生产", "制造", "加工", "组装"].iter().any(|make| ahead.ends_with(make));
        let mut used = ["所用", "所需", "用"].iter().filter_map(|used| rest.strip_prefix(used));
        if !is_line && kind == TermKind::Goods && makes && used.any(|thing| thing.chars().count() >= 2) {
            return Ok(Some(Role::Make));
        }
        // 维修|复合机|费: repair of the thing.
        let money = matches!(behind, Behind::Thing(None));
        if kind == TermKind::Goods
            && money
            && let Some(word) = ["维修", "修理", "检修", "保养", "维护", "搬运", "装卸", "运输", "配送"]
                .iter()
                .find(|word| ahead.ends_with(**word))
            // 城市配送|电动面包车: what the vehicle is for.
            && !(*word == "配送" && hit.ends_with(VEHICLE))
        {
            return Err((Refusal::ServiceAbout, (*word).to_owned()));
        }
        let role = self.role_behind(reading, &name, behind)?;
        let against = match is_line {
            true => self.line_against(reading, &name),
            false => phrase.and_then(|phrase| self.ordinary_behind(reading, candidate, &phrase)),
        };
        against.map_or(Ok(role), Err)
    }

    /// The words of a purpose by which the candidate is its subject, its customer, its place, or what was there before.
    fn clause_against(&self, reading: &Reading<'_>, name: &Name<'_>) -> Option<Refused> {
        let &Name { hit, rest, ahead, kind, .. } = name;
        // 锅炉采购烟煤, 某充电站购进柴油: the subject of a clause, before any verb, which then buys something else. What is
        // done, too, names a subject with a place behind it: 秸秆收购|站租仓库.
        let is_done = is_activity(kind, hit);
        let subject = if is_done { rest.strip_prefix(SUBJECTS) } else { Some(rest) };
        let is_verbless =
            || !head::has_verb(self.dictionary, &if is_done { ahead.to_owned() } else { format!("{ahead}{hit}") });
        if name.phrase.is_some()
            && let Some(word) = subject.and_then(|subject| head::buys_something_else(self.dictionary, subject))
            && is_verbless()
        {
            return Some((Refusal::Descriptive, word));
        }
        // 给光伏电站|供应水泥: the customer, not the purchase.
        if let Some(word) =
            ["供应", "供货", "供给", "配送", "送货", "提供"].iter().find(|word| rest.starts_with(**word))
            && ["给", "为", "向"].iter().any(|to| ahead.contains(to))
        {
            return Some((Refusal::Descriptive, (*word).to_owned()));
        }
        // 为污水处理厂|生产井盖: a place is a customer, too.
        if kind != TermKind::Goods
            && !is_activity(kind, hit)
            && let Some(word) = ["生产", "加工", "制作", "定制", "提供"].iter().find(|word| rest.starts_with(**word))
            && ["给", "为", "向", "替"].iter().any(|to| ahead.contains(to))
        {
            return Some((Refusal::Descriptive, (*word).to_owned()));
        }
        // 购充电桩|所需螺丝: what it needs is bought, unless that is money.
        let needed =
            ["所需", "所用"].iter().find_map(|word| rest.strip_prefix(word)).map(|what| what.trim_start_matches('的'));
        if kind == TermKind::Goods
            && let Some(what) = needed.filter(|what| what.chars().count() >= 2)
            && !["生产", "制造", "加工", "组装"].iter().any(|make| ahead.ends_with(make))
            && !matches!(head::behind_in_purpose(self.dictionary, what, kind), Behind::Thing(_))
        {
            return Some((Refusal::StatedUse, what.to_owned()));
        }
        // 碳资产管理公司支付碳核查|人员工资 is nothing but wages.
        if rest.starts_with("人员工资") && ["公司", "企业"].iter().any(|firm| ahead.contains(firm)) {
            return Some((Refusal::Descriptive, "人员工资".to_owned()));
        }
        // 新能源汽车|4S店装修: letters end a phrase.
        let shop = reading.folded.text().get(name.candidate.end..).unwrap_or_default();
        if kind == TermKind::Goods && shop.starts_with("4s店") {
            return Some((Refusal::Descriptive, "4S店".to_owned()));
        }
        // 光伏电站|送餐: only where it goes.
        if kind != TermKind::Goods && !is_activity(kind, hit) && rest.starts_with('送') {
            return Some((Refusal::Descriptive, rest.to_owned()));
        }
        // 生物质锅炉|改为燃煤锅炉: what is named in full and turned into another thing was there before.
        if kind == TermKind::Goods
            && self.dictionary.term(name.candidate.term).is_some_and(|term| term.strength == Strength::Sufficient)
            && let Some(word) = reading.cues.words("turned-into").iter().find(|word| rest.starts_with(word.as_str()))
        {
            return Some((Refusal::Replaced, word.clone()));
        }
        None
    }

    /// The role that the words behind the candidate state, unless they make it something else.
    fn role_behind(&self, reading: &Reading<'_>, name: &Name<'_>, behind: Behind) -> Result<Option<Role>, Refused> {
        let &Name { candidate, phrase, hit, all, rest, ahead, named, kind, is_line } = name;
        let text = reading.folded.text();
        let role = match behind {
            Behind::Thing(role) => role,
            // 购置电动叉车|出租: bought to be let.
            Behind::Another(Refusal::ServiceAbout, ref word)
                if !is_line && reading.cues.words("let").contains(word) && ahead.contains(['购', '买', '采', '置']) =>
            {
                None
            }
            // 支付光伏组件|厂家货款: who is paid for the goods.
            Behind::Another(Refusal::Descriptive, ref word)
                if !is_line
                    && kind == TermKind::Goods
                    && self.is_in("supplier", word)
                    && (rest.contains("货款")
                        || ["支付", "付", "欠", "结算", "结清"].iter().any(|pay| ahead.contains(pay))) =>
            {
                None
            }
            // 从事声屏障|业务: what the borrower does, when nothing is said of buying another thing.
            Behind::Another(Refusal::Descriptive, ref word)
                if !is_line
                    && word == "业务"
                    && ["从事", "经营", "主营", "开展", "专营"].iter().any(|does| ahead.contains(does))
                    && !text.get(candidate.end..).is_some_and(|later| later.contains(['购', '买'])) =>
            {
                None
            }
            // 购买冷藏车|运输海鲜, 购买热泵烘干机|烘干茶叶: what the machine is bought to do.
            Behind::Another(Refusal::ServiceAbout, ref word)
                if !is_line
                    && kind == TermKind::Goods
                    && self.is_in("use-verb", word)
                    && self.is_bought_to_do(ahead, rest, &["费", "服务", "公司"]) =>
            {
                None
            }
            Behind::Unknown(ref word)
                if !is_line
                    && kind == TermKind::Goods
                    && self.is_bought_to_do(ahead, word, &["费", "服务", "公司", "机", "线"]) =>
            {
                None
            }
            // 新建可降解塑料|厂, 再生资源利用|厂扩建: the plant for it is put up.
            Behind::Another(Refusal::Descriptive, ref word)
                if !is_line && self.is_in("plant", word) && self.is_put_up(ahead, rest, word) =>
            {
                Some(if kind == TermKind::Goods { Role::Make } else { Role::Build })
            }
            Behind::Unknown(_) | Behind::Another(Refusal::Descriptive, _)
                if is_line
                    && kind == TermKind::Goods
                    && head::is_shop_title(self.dictionary, hit, rest, || {
                        self.is_said_again(reading, candidate, rest)
                    }) =>
            {
                None
            }
            Behind::Another(refusal, word) => return Err((refusal, word)),
            // ye5-90l-4 1.5kw|江苏大中: behind a model and numbers, the maker or the form; what is known as another thing
            // was told above.
            Behind::Unknown(_) if is_line && is_model(hit, all.strip_suffix(rest).unwrap_or_default()) => None,
            // 林下套种|三叶青: work named by its verb has its object behind it.
            Behind::Unknown(_) if named != TermKind::Goods && head::ends_in_verb(self.dictionary, hit) => None,
            // 湿地修复|芦苇补植: in a sentence, work named as something done goes on with its object, unless the phrase
            // ends in the name of another thing (矿山修复|培训班).
            Behind::Unknown(ref word)
                if !is_line && is_activity(kind, hit) && !head::ends_in_other_thing(self.dictionary, word, kind) =>
            {
                None
            }
            Behind::Unknown(word) => {
                if is_line && word.starts_with('用') || word.starts_with("专用") {
                    return Err((Refusal::StatedUse, word));
                }
                let end = phrase.map_or(candidate.end + rest.len(), |phrase| phrase.end);
                let mut behind = candidates_from(reading, candidate.end).iter().take_while(|other| other.start < end);
                let other = behind.find(|other| other.end <= end && other.term != candidate.term);
                match other.and_then(|other| self.dictionary.term(other.term)) {
                    // 农光互补|光伏大棚: work of the same entry goes on.
                    Some(term) if kind != TermKind::Goods && self.same_entry(candidate.term, term) => None,
                    Some(term) => return Err((Refusal::Modifier, term.term.clone())),
                    None if !is_line
                        && (kind != TermKind::Goods
                            && (head::ends_in_generic(self.dictionary, &word, 5)
                                || head::ends_in_work(self.dictionary, &word, 6))
                            // 储能柜|钣金件|加工: a few words more about goods that are made or paid.
                            || head::ends_in_work(self.dictionary, &word, 4)
                            || is_acronym(hit) && head::ends_in_generic(self.dictionary, &word, 8)) =>
                    {
                        None
                    }
                    None => return Err((Refusal::OtherHead, word)),
                }
            }
        };
        Ok(role)
    }

    /// What else in an invoice line takes the head: words in front that say what for, brackets, the phrases beside.
    fn line_against(&self, reading: &Reading<'_>, name: &Name<'_>) -> Option<Refused> {
        let &Name { candidate, phrase, hit, kind, .. } = name;
        let text = reading.folded.text();
        let Some(phrase) = phrase else {
            // 小鹏G6 座椅套: letters end a phrase, so that the name goes over two; what stands behind is looked at alone.
            let is_short = text.len() <= 4_000;
            let over = reading.layout.phrases_over(candidate.start, candidate.end).filter(|_| is_short)?;
            let rest = Some(Phrase { start: candidate.end, ..over }).filter(|rest| rest.start < rest.end);
            let later =
                reading.layout.clause_of(&over).iter().filter(|other| other.start >= over.end && !other.bracketed);
            let mut others = rest.into_iter().chain(later.copied());
            return others.find_map(|other| self.other_phrase(reading, candidate, kind, &other));
        };
        let in_front = text.get(phrase.start..candidate.start).unwrap_or_default();
        let stated_use = reading.cues.words("stated-use");
        if let Some(word) = stated_use.iter().find(|word| in_front.contains(word.as_str())) {
            return Some((Refusal::StatedUse, word.clone()));
        }
        // 浴室镜柜带|LED灯: what something else comes with is not what is bought.
        let comes_with = reading.cues.words("comes-with");
        let ahead = text.get(reading.layout.body.min(candidate.start)..candidate.start).unwrap_or_default().trim_end();
        if let Some(word) = comes_with.iter().find(|word| ahead.strip_suffix(word.as_str()).is_some_and(ends_in_noun)) {
            return Some((Refusal::Modifier, word.clone()));
        }
        let outside = |other: &&Phrase| !other.bracketed;
        // 云雾茶(有机产品): a certificate in brackets is a mark of the goods in front.
        let is_mark = ["organic", "certified"]
            .iter()
            .any(|name| self.dictionary.cue(name).is_some_and(|group| group.words.iter().any(|word| word == hit)));
        let mut elsewhere = reading.layout.phrases.iter().filter(outside);
        if phrase.bracketed && !is_mark && elsewhere.any(|other| has_han(text, other)) {
            return Some((Refusal::Bracketed, String::new()));
        }
        // *经营租赁*充电站|场地租金: what the lessor is paid.
        let behind = text.get(candidate.end..phrase.end).unwrap_or_default();
        if let Some(rent) = self.cue_words("rent").iter().find(|rent| behind.ends_with(rent.as_str())) {
            return Some((Refusal::ServiceAbout, rent.clone()));
        }
        // 充电桩(维修费), 光伏组件(配件).
        let mut brackets = reading.layout.phrases.iter().filter(|other| other.bracketed && other.start >= phrase.end);
        if let Some(words) = brackets.find_map(|other| self.bought_in_brackets(reading, text, other)) {
            return Some((Refusal::OtherHead, words));
        }
        // 加气块 粘结剂: what makes another thing of the name does so behind a blank, too.
        let against = self.dictionary.term(candidate.term).into_iter().flat_map(|term| term.after_not.iter());
        let next = reading.layout.phrases.iter().find(|other| other.start >= phrase.end);
        let next = next.filter(|next| text.get(phrase.end..next.start).is_some_and(|gap| gap.trim().is_empty()));
        let words = next.and_then(|next| text.get(next.start..next.end)).unwrap_or_default();
        let mut against = against.filter(|word| word.chars().count() >= 2 && !self.is_in("purpose-word", word));
        if let Some(word) = against.find(|word| *word == words) {
            return Some((Refusal::NeighbourAgainst, word.clone()));
        }
        let clause = reading.layout.clause_of(&phrase).iter().filter(outside);
        for other in clause.filter(|other| other.end <= phrase.start || phrase.end <= other.start) {
            if let Some(refused) = self.other_phrase(reading, candidate, kind, other) {
                return Some(refused);
            }
        }
        None
    }

    /// In a purpose, ordinary goods or rent right behind a blank are what is bought: 充电桩 |办公桌.
    fn ordinary_behind(&self, reading: &Reading<'_>, candidate: Candidate, phrase: &Phrase) -> Option<Refused> {
        let text = reading.folded.text();
        let next = reading.layout.clause_of(phrase).iter().find(|other| other.start >= candidate.end)?;
        let between = text.get(candidate.end..next.start)?;
        let words = text.get(next.start..next.end)?;
        if between.is_empty() || !between.trim().is_empty() {
            return None;
        }
        // 仓储光伏组件 |仓库租金.
        if self.cue_words("rent").iter().any(|rent| words.ends_with(rent.as_str())) {
            return Some((Refusal::ServiceAbout, words.to_owned()));
        }
        self.is_ordinary(reading, words).then(|| (Refusal::OtherHead, words.to_owned()))
    }

    /// Whether the words right behind a candidate name something of its entry again: 粉末涂料|静电喷涂塑粉户外.
    fn is_said_again(&self, reading: &Reading<'_>, candidate: Candidate, behind: &str) -> bool {
        let end = candidate.end + behind.len();
        let others = candidates_from(reading, candidate.end).iter().take_while(|other| other.end <= end);
        others.filter_map(|other| self.dictionary.term(other.term)).any(|term| self.same_entry(candidate.term, term))
    }

    /// Whether a machine is bought, by the words in front (`ahead`), and `said` is a verb of using it with its object, in which
    /// none of `apart` stands.
    fn is_bought_to_do(&self, ahead: &str, said: &str, apart: &[&str]) -> bool {
        let is_object = |what: &str| what.chars().count() >= 2 && !apart.iter().any(|word| what.contains(word));
        let verbs = self.cue_words("use-verb").iter();
        ["购买", "购置", "采购", "购入", "购", "买"].iter().any(|buy| ahead.ends_with(buy))
            && verbs.filter_map(|verb| said.strip_prefix(verb.as_str())).any(is_object)
    }

    /// Whether a plant (`plant`: 厂, 工厂) is built or enlarged, by the words in front of its name or behind it.
    fn is_put_up(&self, ahead: &str, rest: &str, plant: &str) -> bool {
        let behind = rest.strip_prefix(plant).unwrap_or_default();
        let by_front = behind.is_empty() && self.cue_words("put-up").iter().any(|verb| ahead.ends_with(verb.as_str()));
        let by_end = self
            .cue_words("put-up")
            .iter()
            .filter_map(|verb| behind.strip_prefix(verb.as_str()))
            .any(|end| end.is_empty() || matches!(self.dictionary.tail(end), Some(Tail::Money | Tail::Work)));
        by_front || by_end
    }
}

/// What names of businesses end in.
const SUBJECTS: [char; 10] = ['站', '店', '厂', '户', '场', '园', '队', '馆', '校', '院'];

/// A Latin surface that names a model, with its numbers and something else behind them: YE5-90L-4 |…, TYCX 132M-4 |….
fn is_model(surface: &str, numbers: &str) -> bool {
    surface.len() >= 3
        && surface.is_ascii()
        && (surface.len() > 3 || surface.contains(|c: char| c.is_ascii_digit()))
        && numbers.contains(|c: char| c.is_ascii_digit())
}

/// Units that trade writes behind a bare number.
const SIZE_UNITS: [&str; 16] =
    ["万风量", "万风", "万", "千", "方", "度", "袋", "厚", "宽", "高", "瓦", "路", "仓", "极", "转", "目"];

/// What names of vehicles end in.
const VEHICLE: [char; 3] = ['车', '卡', '货'];

/// RTO, MBR: what it is in Han stands behind (RTO|废气焚烧系统).
fn is_acronym(surface: &str) -> bool {
    surface.chars().count() >= 3 && surface.chars().all(|c| c.is_ascii_alphabetic())
}

/// Whether these words can hold the name of a thing: two Han characters at their end.
fn ends_in_noun(words: &str) -> bool {
    words.chars().rev().take(2).filter(|&c| script_of(c) == Script::Han).count() == 2
}
