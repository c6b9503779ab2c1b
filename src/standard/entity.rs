//! Rules for rating enterprises (评绿): fields, indicators over a closed set of measures, vetoes, grades, overlays.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use super::Parameter;
use crate::model::{Direction, FieldRule, Origin, Scene};

/// Where a rule comes from and when it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// public, derived or default.
    pub origin: Origin,
    /// Source, in words.
    pub source: String,
    /// Clause of the source; empty when it is not public.
    pub clause: String,
    /// First day; open when `None`.
    pub from: Option<Date>,
    /// Last day; open when `None`.
    pub to: Option<Date>,
}

impl Basis {
    /// Whether the rule holds on `date`.
    pub fn holds(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }

    /// The rule's value with its origin, as a leaf of the trace.
    pub fn parameter(&self, name: String, value: Decimal) -> Parameter {
        let clause = if self.clause.is_empty() { String::new() } else { format!("（{}）", self.clause) };
        let day = |date: Option<Date>| date.map_or_else(|| "…".to_owned(), |date| date.to_string());
        let period = match (self.from, self.to) {
            (None, None) => String::new(),
            (from, to) => format!("，{} 至 {}", day(from), day(to)),
        };
        Parameter { name, value, origin: self.origin, source: format!("{}{clause}{period}", self.source) }
    }
}

/// A stretch of values with the points it gives: constant, or rising in a straight line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// From here, included.
    pub from: Decimal,
    /// To here, excluded; open when `None`.
    pub to: Option<Decimal>,
    /// Points at `from`.
    pub points: Decimal,
    /// Points that a linear band reaches at `to`.
    pub points_to: Option<Decimal>,
}

impl Band {
    /// Points of `value`, when the band holds it.
    pub fn points_of(&self, value: Decimal) -> Option<Decimal> {
        if value < self.from || self.to.is_some_and(|to| value >= to) {
            return None;
        }
        let (Some(to), Some(points_to)) = (self.to, self.points_to) else { return Some(self.points) };
        let width = to - self.from;
        let part = if width.is_zero() { Decimal::ZERO } else { (value - self.from) / width };
        Some(self.points + (points_to - self.points) * part)
    }

    /// The most it can give.
    pub fn most(&self) -> Decimal {
        self.points.max(self.points_to.unwrap_or(self.points))
    }
}

/// How much must be known of a line's condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// No open condition.
    Proven,
    /// A condition without data.
    Open,
    /// Either.
    Any,
}

/// Which accepted invoice lines are counted. Different terms are counted, not lines: one machine on ten lines is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFilter {
    /// Side of the invoice.
    pub side: Direction,
    /// Scenes; all when empty.
    pub scenes: Vec<Scene>,
    /// Prefixes of entry codes; all when empty.
    pub entries: Vec<String>,
    /// Proof asked for.
    pub proof: Proof,
    /// Count scenes instead of terms.
    pub by_scene: bool,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// A field: its number, or its valid records.
    Field(String),
    /// Terms or scenes of accepted invoice lines.
    Lines(LineFilter),
    /// Accepted terms in the business scope.
    Scope,
}

/// One way to give points. The set is closed, so that a pack can be checked; `sum` and `max` join several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A field that is yes.
    Flag {
        /// Field id.
        field: String,
        /// Points for yes.
        points: Decimal,
    },
    /// So many points for each.
    Count {
        /// What.
        of: Counted,
        /// Points for each.
        each: Decimal,
        /// At most.
        cap: Decimal,
    },
    /// Net green amount ÷ net amount of one side's invoices.
    Share {
        /// Side.
        side: Direction,
        /// Points by share.
        bands: Vec<Band>,
        /// Whether points fall as the share rises.
        lower_is_better: bool,
    },
    /// A share that the enterprise states itself.
    Declared {
        /// Field id.
        field: String,
        /// Points by share.
        bands: Vec<Band>,
        /// Whether points fall as the share rises.
        lower_is_better: bool,
        /// What a statement is worth against a measurement.
        factor: Decimal,
    },
    /// Points by word.
    Lookup {
        /// Field id.
        field: String,
        /// Points by word.
        points: BTreeMap<String, Decimal>,
    },
    /// Points by how closely the main industry stands in the catalogue edition: number of equal digits → points.
    Grade {
        /// Digits and points, most digits first.
        levels: Vec<(usize, Decimal)>,
    },
}

impl Measure {
    /// Every measure's spelling in packs, with the two that join parts.
    pub const CODES: &'static [&'static str] = &["flag", "count", "share", "declared", "lookup", "grade", "sum", "max"];

    /// The most it can give.
    pub fn most(&self) -> Decimal {
        let top = |bands: &[Band]| bands.iter().map(Band::most).max().unwrap_or_default();
        match self {
            Self::Flag { points, .. } => *points,
            Self::Count { cap, .. } => *cap,
            Self::Share { bands, .. } => top(bands),
            Self::Declared { bands, factor, .. } => top(bands) * *factor,
            Self::Lookup { points, .. } => points.values().copied().max().unwrap_or_default(),
            Self::Grade { levels } => levels.iter().map(|(_, points)| *points).max().unwrap_or_default(),
        }
    }

    /// The field it reads.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Flag { field, .. } | Self::Declared { field, .. } | Self::Lookup { field, .. } => Some(field),
            Self::Count { of: Counted::Field(field), .. } => Some(field),
            _ => None,
        }
    }
}

/// A part of an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Name; the indicator's own when it has one part.
    pub name: String,
    /// How it gives points.
    pub measure: Measure,
    /// The document that would settle it.
    pub document: String,
}

/// How parts join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Added, up to the indicator's maximum.
    Sum,
    /// The best one counts.
    Max,
}

/// One indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// `E01`.
    pub id: String,
    /// Name.
    pub name: String,
    /// 维度.
    pub dimension: String,
    /// Most points.
    pub max: Decimal,
    /// Parts.
    pub parts: Vec<Part>,
    /// How they join.
    pub joined: Joined,
    /// Where it comes from.
    pub basis: Basis,
}

/// Weights of one group of industries, in place of the indicators' own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Prefixes of GB/T 4754 codes, digits.
    pub industries: Vec<String>,
    /// New maximum by indicator.
    pub weights: BTreeMap<String, Decimal>,
    /// Indicators that do not apply, with the reason.
    pub not_applicable: BTreeMap<String, String>,
    /// Where it comes from.
    pub basis: Basis,
}

/// One question of a veto.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VetoTest {
    /// The field is yes.
    Flag(String),
    /// The field is one of these words.
    Words(String, Vec<String>),
    /// A record of the field within so many months, above an amount when one is given.
    Records {
        /// Field id.
        field: String,
        /// Months back from the day of rating.
        months: i32,
        /// Yuan, excluded.
        above: Option<Decimal>,
    },
}

impl VetoTest {
    /// The field it reads.
    pub fn field(&self) -> &str {
        match self {
            Self::Flag(field) | Self::Words(field, _) | Self::Records { field, .. } => field,
        }
    }
}

/// A veto: it hits when any of its tests does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Veto {
    /// `V1`.
    pub id: String,
    /// Name.
    pub name: String,
    /// Tests.
    pub tests: Vec<VetoTest>,
    /// Where it comes from.
    pub basis: Basis,
}

/// One grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradeRule {
    /// 深绿.
    pub name: String,
    /// Lowest score, included.
    pub from: Decimal,
    /// Where it comes from.
    pub basis: Basis,
}

/// The rules for enterprises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityRules {
    /// Fields to collect.
    pub fields: Vec<FieldRule>,
    /// window_months, coverage_rated, coverage_possible, declared_tolerance.
    pub values: Vec<(Parameter, Basis)>,
    /// Tax labels whose purchases leave the denominator (rent, wages).
    pub excluded_labels: Vec<String>,
    /// Grade of a vetoed enterprise.
    pub veto_grade: String,
    /// The best grade while a veto is unchecked.
    pub provisional_cap: String,
    /// What stands in place of a grade when too little is known.
    pub unrated: String,
    /// Indicators.
    pub indicators: Vec<Indicator>,
    /// Overlays; the first that names the industry applies.
    pub overlays: Vec<Overlay>,
    /// Vetoes.
    pub vetoes: Vec<Veto>,
    /// Grades, best first.
    pub grades: Vec<GradeRule>,
}

impl EntityRules {
    /// A dated value.
    pub fn value(&self, name: &str, date: Date) -> Option<&Parameter> {
        self.values.iter().find(|(value, basis)| value.name == name && basis.holds(date)).map(|(value, _)| value)
    }

    /// A field.
    pub fn field(&self, id: &str) -> Option<&FieldRule> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// The grade of a score.
    pub fn grade(&self, score: Decimal) -> Option<&GradeRule> {
        self.grades.iter().find(|grade| score >= grade.from)
    }

    /// How good a grade is: 0 is the best.
    pub fn rank(&self, name: &str) -> usize {
        self.grades.iter().position(|grade| grade.name == name).unwrap_or(self.grades.len())
    }

    /// The overlay for an industry code.
    pub fn overlay(&self, industry: &str, date: Date) -> Option<&Overlay> {
        let digits: String = industry.chars().filter(char::is_ascii_digit).collect();
        let named = |overlay: &&Overlay| overlay.industries.iter().any(|code| digits.starts_with(code.as_str()));
        if digits.len() < 2 {
            return None;
        }
        self.overlays.iter().filter(|overlay| overlay.basis.holds(date)).find(named)
    }
}

/// Points as they are shown and added: two decimals, half away from zero.
pub fn rounded(points: Decimal) -> Decimal {
    points.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}
