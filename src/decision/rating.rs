//! 评绿: the answer for one enterprise.

use rust_decimal::Decimal;
use serde::Serialize;

use super::Trace;
use crate::model::Checked;

/// What is known of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreState {
    /// Everything it asks.
    Known,
    /// A part of it.
    Partial,
    /// Nothing: neither zero nor full.
    Missing,
    /// It leaves the denominator.
    NotApplicable,
}

impl ScoreState {
    /// The word for people.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Known => "已知",
            Self::Partial => "部分已知",
            Self::Missing => "缺数据",
            Self::NotApplicable => "不适用",
        }
    }
}

/// One indicator's points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndicatorScore {
    /// `E01`.
    pub id: String,
    /// Name.
    pub name: String,
    /// 维度.
    pub dimension: String,
    /// Most points; zero when it does not apply.
    pub max: Decimal,
    /// Points, missing parts counted as none.
    pub low: Decimal,
    /// Most points of what is known.
    pub known_max: Decimal,
    /// Points if everything missing turned out best.
    pub high: Decimal,
    /// What is known.
    pub state: ScoreState,
    /// Why, in one sentence.
    pub reason: String,
}

/// One veto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VetoState {
    /// `V1`.
    pub id: String,
    /// Name.
    pub name: String,
    /// yes: it hits; no: checked and clear; unknown: unchecked.
    #[serde(serialize_with = "checked")]
    pub state: Checked,
    /// What it rests on, or the document that would settle it.
    pub reason: String,
}

fn checked<S: serde::Serializer>(state: &Checked, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match state {
        Checked::Yes => "hit",
        Checked::No => "clear",
        Checked::Unknown => "unchecked",
    })
}

/// A document to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fetch {
    /// The document.
    pub document: String,
    /// Indicators and vetoes it settles.
    pub settles: Vec<String>,
    /// Points it could add at most.
    pub gain: Decimal,
}

/// 评绿: how green is this enterprise?
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rating {
    /// 统一社会信用代码, or the name without one.
    pub entity_id: String,
    /// 企业名称.
    pub name: String,
    /// GB/T 4754 code.
    pub industry: String,
    /// Grade, or the pack's word for unrated.
    pub grade: String,
    /// A better grade that the known part suggests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible_grade: Option<String>,
    /// A veto is unchecked, so the grade is not final.
    pub provisional: bool,
    /// Points of 100, everything missing counted as none.
    pub low: Decimal,
    /// Points of what is known ÷ its maximum × 100; absent when nothing is known.
    pub known: Option<Decimal>,
    /// Maximum of what is known ÷ maximum of what applies.
    pub coverage: Decimal,
    /// Indicators in the pack's order.
    pub indicators: Vec<IndicatorScore>,
    /// Vetoes in the pack's order.
    pub vetoes: Vec<VetoState>,
    /// At most four principal reasons.
    pub reasons: Vec<String>,
    /// What to fetch, most useful first.
    pub fetch: Vec<Fetch>,
    /// Things a reviewer should look at; none changes the grade.
    pub flags: Vec<String>,
    /// Industry group whose weights apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay: Option<String>,
    /// First and last day of the invoices that count.
    pub window: (String, String),
    /// Edition id.
    pub edition: String,
    /// Pack id and hash.
    pub standard: String,
    /// What every reader must know of the pack.
    pub notice: String,
    /// Engine version and content hashes.
    pub fingerprint: String,
    /// The tree of reasons.
    pub trace: Trace,
}
