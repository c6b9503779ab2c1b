//! What must also hold for a thing to count under an entry, as a small typed test.

use rust_decimal::Decimal;

/// What a condition asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// 能效等级; 1 is best.
    EnergyGrade,
    /// 水效等级; 1 is best.
    WaterGrade,
    /// IE class of a motor; 5 is best.
    MotorClass,
    /// Energy grade of a transformer; 1 is best.
    TransformerGrade,
    /// Road vehicle emission stage, 国六 is 6.
    EmissionStage,
    /// Non-road emission stage.
    NonroadStage,
    /// Volatile organic compounds, g/L.
    Voc,
    /// Share of a material, %.
    Content,
    /// Coefficient of performance.
    Cop,
    /// Annual performance factor.
    Apf,
    /// Integrated part-load value.
    Iplv,
    /// Efficiency, %.
    Efficiency,
    /// Power, W.
    Power,
}

impl Quantity {
    /// The spelling in the conditions table.
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "energy-grade" => Self::EnergyGrade,
            "water-grade" => Self::WaterGrade,
            "motor-ie" => Self::MotorClass,
            "transformer-grade" => Self::TransformerGrade,
            "emission-stage" => Self::EmissionStage,
            "nonroad-stage" => Self::NonroadStage,
            "voc" => Self::Voc,
            "content" => Self::Content,
            "cop" => Self::Cop,
            "apf" => Self::Apf,
            "iplv" => Self::Iplv,
            "efficiency" => Self::Efficiency,
            "power" => Self::Power,
            _ => return None,
        })
    }
}

/// One way to meet a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// A quantity stated in the text, compared with a bound.
    Bound {
        /// What is compared.
        quantity: Quantity,
        /// `<=` when true, `>=` otherwise.
        at_most: bool,
        /// The bound, in the quantity's unit.
        bound: Decimal,
    },
    /// The text contains one of these words.
    Says(Vec<String>),
    /// The text cites this standard, written like `GB 18613`.
    Cites(String),
    /// Only a document outside the text settles it.
    Document,
}

impl Test {
    /// Reads one alternative: `energy-grade<=1`, `says:绿色食品/有机`, `cites:GB 18613`, `document`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "document" {
            return Some(Self::Document);
        }
        if let Some(words) = text.strip_prefix("says:") {
            let words: Vec<String> = words.split('/').filter(|word| !word.is_empty()).map(str::to_owned).collect();
            return (!words.is_empty()).then_some(Self::Says(words));
        }
        if let Some(number) = text.strip_prefix("cites:") {
            return (!number.is_empty()).then(|| Self::Cites(number.to_owned()));
        }
        let (at_most, place) = match (text.find("<="), text.find(">=")) {
            (Some(place), _) => (true, place),
            (None, Some(place)) => (false, place),
            (None, None) => return None,
        };
        let quantity = Quantity::from_code(text.get(..place)?)?;
        let value = text.get(place + 2..)?;
        let split = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
        let number: Decimal = value.get(..split)?.parse().ok()?;
        let bound = match value.get(split..)? {
            "" | "%" | "W" | "g/L" => number,
            "kW" => number.checked_mul(Decimal::from(1_000))?,
            "MW" => number.checked_mul(Decimal::from(1_000_000))?,
            _ => return None,
        };
        Some(Self::Bound { quantity, at_most, bound })
    }
}

/// A condition of one or several entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Stable id, `C-1.1.7-1`.
    pub id: String,
    /// Edition whose entries ask it.
    pub edition: String,
    /// Codes of the entries that ask it.
    pub entries: Vec<String>,
    /// `grade`, `standard`, `certificate`, `threshold` or `use`.
    pub kind: String,
    /// Ways to meet it; one suffices.
    pub tests: Vec<Test>,
    /// The document that would settle it.
    pub evidence: String,
    /// Source id.
    pub source: String,
    /// Where in the source.
    pub locator: String,
}

impl Condition {
    /// Whether the entry `code` asks this condition.
    pub fn applies_to(&self, code: &str) -> bool {
        self.entries.iter().any(|entry| entry == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_test() {
        assert_eq!(
            Test::parse("voc<=80g/L"),
            Some(Test::Bound { quantity: Quantity::Voc, at_most: true, bound: Decimal::from(80) })
        );
        assert_eq!(
            Test::parse("power>=1.5kW"),
            Some(Test::Bound { quantity: Quantity::Power, at_most: false, bound: Decimal::from(1_500) })
        );
        assert_eq!(Test::parse("says:有机/绿色食品"), Some(Test::Says(vec!["有机".into(), "绿色食品".into()])));
        assert_eq!(Test::parse("cites:GB 18613"), Some(Test::Cites("GB 18613".into())));
        assert_eq!(Test::parse("document"), Some(Test::Document));
        for bad in ["", "voc=80", "voc<=x", "speed<=3", "says:", "power>=3lb"] {
            assert_eq!(Test::parse(bad), None, "{bad}");
        }
    }
}
