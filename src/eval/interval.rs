//! How sure a share is.

/// The 95 % Wilson interval of `hits` out of `all`; 0 to 1 when there is nothing to count.
///
/// E. B. Wilson, 1927: it stays inside 0 and 1 and holds for shares near 1, where the usual normal interval fails.
pub fn wilson(hits: u32, all: u32) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.959_963_984_540_054;
    let (hits, all) = (f64::from(hits), f64::from(all));
    let share = hits / all;
    let centre = share + Z * Z / (2.0 * all);
    let spread = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
    let scale = 1.0 + Z * Z / all;
    (((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values worked out by hand from the formula.
    #[test]
    fn known_values() {
        for ((hits, all), (low, high)) in
            [((0, 10), (0.0, 0.277_5)), ((10, 10), (0.722_5, 1.0)), ((50, 100), (0.403_8, 0.596_2))]
        {
            let (from, to) = wilson(hits, all);
            assert!((from - low).abs() < 1e-3 && (to - high).abs() < 1e-3, "{hits}/{all}: {from} {to}");
        }
    }
}
