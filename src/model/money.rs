//! Amounts of money, exact.

use std::{fmt, iter::Sum, ops};

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// An amount in 分 (hundredths of a yuan). Adding and subtracting is exact and saturates instead of overflowing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of so many 分.
    pub fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in 分.
    pub fn fen(self) -> i64 {
        self.0
    }

    /// Reads yuan as they stand in a sheet: `1,234.50`, `￥1234.5`, `(12.00)` or `-12` for negative amounts, `3.5万`.
    /// Fractions of a 分 are rounded half away from zero. `None` when the text is no amount.
    pub fn parse_yuan(text: &str) -> Option<Self> {
        if let Some(fen) = plain_fen(text) {
            return Some(Self(fen));
        }
        let mut digits: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，' | '￥' | '¥' | '元' | '\u{feff}'))
            .map(|c| match c {
                '－' | '−' | '—' => '-',
                '．' => '.',
                '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
                other => other,
            })
            .collect();
        let mut unit = Decimal::ONE_HUNDRED;
        if let Some(rest) = digits.strip_suffix('万') {
            digits = rest.to_owned();
            unit = Decimal::from(1_000_000);
        }
        if let Some(inner) = digits.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            digits = format!("-{inner}");
        }
        let yuan = digits.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&digits)).ok()?;
        let fen =
            yuan.checked_mul(unit)?.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        i64::try_from(fen).ok().map(Self)
    }

    /// The amount in yuan.
    pub fn yuan(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// `self ÷ whole` as an exact decimal; `None` when `whole` is not positive.
    pub fn share_of(self, whole: Money) -> Option<Decimal> {
        (whole.0 > 0).then(|| Decimal::from(self.0) / Decimal::from(whole.0))
    }

    /// `self × share`, rounded to the 分, half away from zero.
    pub fn times(self, share: Decimal) -> Self {
        let fen = (Decimal::from(self.0) * share)
            .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        Self(i64::try_from(fen).unwrap_or(i64::MAX))
    }
}

/// Reads the commonest form, `-1234.5`, with at most two decimals.
fn plain_fen(text: &str) -> Option<i64> {
    let magnitude = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let mut digits = 0;
    let mut point = None;
    for (at, byte) in magnitude.iter().enumerate() {
        match byte {
            b'0'..=b'9' if at < 18 => digits = digits * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let whole = point.unwrap_or(magnitude.len());
    let fen = match magnitude.len().saturating_sub(whole + 1) {
        _ if whole == 0 || whole > 15 => return None,
        0 => digits * 100,
        1 => digits * 10,
        2 => digits,
        _ => return None,
    };
    Some(if magnitude.len() < text.len() { -fen } else { fen })
}

impl ops::Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl ops::Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl ops::Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |total, amount| total + amount)
    }
}

/// Yuan with two decimals, `-1234.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", magnitude / 100, magnitude % 100)
    }
}

/// Serialised as a string of yuan, so that no reader turns it into a binary fraction.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_amounts_as_sheets_write_them() {
        let cases = [
            ("1,234.50", Some(123_450)),
            ("￥1234.5", Some(123_450)),
            ("-0.01", Some(-1)),
            ("(12.00)", Some(-1_200)),
            ("3.5万", Some(3_500_000)),
            ("1.005", Some(101)),
            ("1.2E3", Some(120_000)),
            ("", None),
            ("十元", None),
            ("99999999999999999999999999999", None),
        ];
        for (text, fen) in cases {
            assert_eq!(Money::parse_yuan(text).map(Money::fen), fen, "{text}");
        }
    }

    #[test]
    fn shares_are_exact_and_need_a_positive_whole() {
        let third = Money::from_fen(1).share_of(Money::from_fen(3)).unwrap();
        assert!(third > Decimal::new(333_333, 6) && third < Decimal::new(333_334, 6));
        assert_eq!(Money::from_fen(1).share_of(Money::ZERO), None);
        assert_eq!(Money::from_fen(101).times(Decimal::new(5, 1)).fen(), 51);
    }
}
