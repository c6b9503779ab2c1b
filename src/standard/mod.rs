//! Rule packs: a bank's standard as dated data, every value with its origin.

mod check;
mod check_loan;
mod entity;
mod entity_file;
mod load;
mod loan_file;
mod reader;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

pub use check::{Finding, check};
pub use entity::{
    Band, Basis, Counted, EntityRules, Indicator, Joined, LineFilter, Measure, Overlay, Part, Proof, Veto, VetoTest,
    rounded,
};
pub use load::{PackTexts, StandardError, builtin_standards};

use crate::model::{Origin, Verdict};

/// A value of a pack, with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name in the pack.
    pub name: String,
    /// Value.
    pub value: Decimal,
    /// public, derived or default.
    pub origin: Origin,
    /// Source, in words.
    pub source: String,
}

/// Which edition applies to loans approved in a span of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionRule {
    /// Edition id.
    pub edition: String,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// A flag that the decision carries.
    pub flag: Option<String>,
    /// Another edition to show beside it.
    pub also: Option<String>,
    /// Where the rule comes from.
    pub origin: Origin,
    /// Source, in words.
    pub source: String,
}

/// What a loan rule may ask. The set is closed, so that a pack can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// A veto hits.
    Veto,
    /// Neither purpose nor voucher names anything that stands.
    NoCandidate,
    /// The purpose says nothing specific.
    VaguePurpose,
    /// Green revenue reaches the pack's bound.
    GreenRevenue,
    /// The enterprise's grade is 中绿 or better.
    GradeMid,
    /// Every candidate has an unmet condition.
    AllUnmet,
    /// The green share is known and below the pack's negligible bound.
    ShareNegligible,
    /// Vouchers cover enough of the loan.
    CoverEnough,
    /// No candidate has an open or unmet condition.
    ConditionClear,
    /// Some condition has no data and none is unmet.
    ConditionOpen,
    /// Purpose and voucher both name it.
    TwoKinds,
    /// The green share is known and reaches the pack's bound.
    ShareGreen,
    /// Confidence reaches the pack's bound.
    Confident,
    /// The role is known.
    RoleKnown,
    /// One entry stands out.
    NoTie,
    /// Somebody checked the vetoes.
    VetoChecked,
    /// The edition is not ambiguous.
    EditionClear,
}

impl Fact {
    /// Every fact, with its spelling in packs and its Chinese name.
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Veto, "veto", "触及否决项"),
        (Self::NoCandidate, "no-candidate", "没有候选条目"),
        (Self::VaguePurpose, "vague-purpose", "用途笼统"),
        (Self::GreenRevenue, "green-revenue", "绿色营收占比达标"),
        (Self::GradeMid, "grade-mid", "评绿等级不低于中绿"),
        (Self::AllUnmet, "all-unmet", "条件均不满足"),
        (Self::ShareNegligible, "share-negligible", "绿色占比可忽略"),
        (Self::CoverEnough, "cover-enough", "凭证覆盖充分"),
        (Self::ConditionClear, "condition-clear", "条件已明"),
        (Self::ConditionOpen, "condition-open", "条件缺数据"),
        (Self::TwoKinds, "two-kinds", "用途与凭证两类证据"),
        (Self::ShareGreen, "share-green", "绿色占比达标"),
        (Self::Confident, "confident", "置信分达标"),
        (Self::RoleKnown, "role-known", "角色明确"),
        (Self::NoTie, "no-tie", "条目不并列"),
        (Self::VetoChecked, "veto-checked", "否决项已查"),
        (Self::EditionClear, "edition-clear", "目录版本明确"),
    ];

    /// Reads the spelling of packs.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == code).map(|(fact, ..)| *fact)
    }

    /// The Chinese name.
    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|(fact, ..)| *fact == self).map_or("", |(_, _, name)| name)
    }
}

/// One rule of the ordered list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoanRule {
    /// `L1`.
    pub id: String,
    /// Groups of facts; the rule holds when every fact of one group holds. An empty group always holds.
    pub any: Vec<Vec<Fact>>,
    /// What follows.
    pub verdict: Verdict,
    /// In one Chinese sentence.
    pub reason: String,
    /// Where the rule comes from.
    pub origin: Origin,
    /// Source, in words.
    pub source: String,
}

impl LoanRule {
    /// What the nearest group of facts still lacks; empty when the rule holds, `None` when it has no group at all.
    pub fn missing(&self, facts: &BTreeSet<Fact>) -> Option<Vec<Fact>> {
        let lacks = |group: &Vec<Fact>| group.iter().copied().filter(|fact| !facts.contains(fact)).collect::<Vec<_>>();
        self.any.iter().map(lacks).min_by_key(Vec::len)
    }

    /// The first group of facts that holds.
    pub fn holding(&self, facts: &BTreeSet<Fact>) -> Option<&[Fact]> {
        self.any.iter().find(|group| group.iter().all(|fact| facts.contains(fact))).map(Vec::as_slice)
    }
}

/// A rule pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standard {
    /// `sme-green-2022`
    pub id: String,
    /// Title.
    pub title: String,
    /// What it is built on.
    pub basis: String,
    /// What every output must say.
    pub notice: String,
    /// Content hash of the pack's files, hexadecimal.
    pub fingerprint: String,
    /// Edition by approval date.
    pub editions: Vec<EditionRule>,
    /// Parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// Confidence points by name.
    pub points: BTreeMap<String, Parameter>,
    /// Ordered rules; the first that holds wins. None in a pack that only rates enterprises.
    pub rules: Vec<LoanRule>,
    /// Rules for enterprises, when the pack has them.
    pub entity: Option<EntityRules>,
}

impl Standard {
    /// The edition rule for a loan approved on `date`.
    pub fn edition_for(&self, date: Date) -> Option<&EditionRule> {
        self.editions
            .iter()
            .find(|rule| rule.from.is_none_or(|from| from <= date) && rule.to.is_none_or(|to| date <= to))
    }

    /// The value of a parameter; loading made sure that all needed ones are there.
    pub fn value(&self, name: &str) -> Decimal {
        self.parameters.get(name).map_or(Decimal::ZERO, |parameter| parameter.value)
    }

    /// The points of a confidence item.
    pub fn points(&self, name: &str) -> Decimal {
        self.points.get(name).map_or(Decimal::ZERO, |parameter| parameter.value)
    }
}
