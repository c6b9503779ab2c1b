//! Why a match was refused. Every code is stable, explained by `lvjian explain`, and never used again once withdrawn.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $chinese:literal;)+) => {
        /// The reason code of a refused match.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Refusal { $($(#[$doc])* $variant,)+ }

        impl Refusal {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code, `M001`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The reason in one Chinese phrase.
            pub fn chinese(self) -> &'static str {
                match self { $(Self::$variant => $chinese),+ }
            }
        }
    };
}

refusals! {
    /// An ordinary word crosses the edge of the hit: 防水|电缆 does not hold 水电.
    Joint = "M001", "与前后字另成词，并非该词";
    /// The hit starts or ends inside a Latin word or a number.
    LatinEdge = "M002", "夹在字母或数字串中间";
    /// A listed look-alike covers the hit: 绿色油漆, 生态板.
    Excluded = "M003", "落在排除词内";
    /// A longer accepted term covers the hit.
    Shadowed = "M004", "已由更长的词条覆盖";
    /// What was bought is a part or accessory of the thing.
    Part = "M005", "品名中心词是零部件或附件";
    /// What was bought is used up on the thing: cleaner, oil, ink.
    Consumable = "M006", "品名中心词是耗材";
    /// What was bought is a tool, mould or fixture for the thing.
    Tool = "M007", "品名中心词是工具或模具";
    /// What was bought is packaging of the thing.
    Packaging = "M008", "品名中心词是包装物";
    /// Books, training, meetings, advertising about the thing.
    Paper = "M009", "只是有关的资料、培训或宣传";
    /// A toy or model of the thing.
    Toy = "M010", "玩具、模型或仿制品";
    /// Clothing or protection worn near the thing.
    Wear = "M011", "服装或防护用品";
    /// The noun phrase goes on and its head is another thing.
    OtherHead = "M012", "品名中心词是另一种东西";
    /// A service about the thing (repair, freight, rent), not the thing.
    ServiceAbout = "M013", "是围绕该物的一般服务，不是该物";
    /// 非, 无, 不含 … stand before it.
    Negated = "M014", "前有否定词";
    /// It is being scrapped, dismantled or sold off.
    Disposal = "M015", "是拆除、报废或处置";
    /// It is the old thing that something else replaces.
    Replaced = "M016", "是被替代的旧物";
    /// It stands inside a party's name.
    PartyName = "M017", "在企业或机构名称内";
    /// The word counts only in company that the text lacks.
    ContextMissing = "M018", "缺少所需语境";
    /// A word in the text rules the term out.
    ContextAgainst = "M019", "文中有排斥该词条的词";
    /// The characters right before or after rule the term out.
    NeighbourAgainst = "M020", "紧邻的字排斥该词条";
    /// The tax label names another kind of thing.
    LabelAgainst = "M021", "税收分类简称与词条矛盾";
    /// It is only what the goods are meant for (用于…, …用).
    StatedUse = "M022", "只是用途说明，不是所购之物";
    /// It stands in brackets beside another head.
    Bracketed = "M023", "只在括号里作说明";
    /// A negative-list name covers it: 燃煤锅炉.
    Negative = "M024", "落在负面清单名称内";
    /// It is second-hand goods.
    SecondHand = "M025", "二手或旧货";
    /// A modifier of another term, which is the head.
    Modifier = "M026", "只是修饰语，中心词另有词条";
    /// A cost that is no green spending: 环保税, 排污费.
    Cost = "M027", "税费或日常费用，不是绿色支出";
    /// No entry of the edition in force takes the term.
    NoEntry = "M028", "当期目录版本没有对应条目";
    /// The text describes the borrower or a place, not what is bought.
    Descriptive = "M029", "是主体、地点或背景描述";
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        let known = Self::ALL.iter().copied().find(|refusal| refusal.code() == code);
        known.ok_or_else(|| D::Error::custom(format!("unknown refusal {code}")))
    }
}
