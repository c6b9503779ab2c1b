//! What must hold of every rating, whatever the enterprise.

use std::{collections::BTreeMap, sync::LazyLock};

use lvjian::{Engine, Enterprise, FieldCell, FieldKind, FieldValue, InvoiceLine, Money, RateTask, Rating, Record};
use proptest::prelude::*;
use rust_decimal::Decimal;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::builtin().unwrap());

const GOODS: [&str; 8] = [
    "*光伏设备*光伏组件",
    "*气体压缩机*永磁变频空压机",
    "*气体压缩机*余热回收装置",
    "*环境保护设备*油烟净化器",
    "*塑料制品*再生塑料颗粒",
    "*黑色金属冶炼压延品*螺纹钢",
    "*经营租赁*厂房租赁费",
    "*电动机*电动机",
];

fn rate(enterprise: &Enterprise, lines: &[InvoiceLine], pack: &str) -> Rating {
    let standard = ENGINE.standard(pack).unwrap();
    let rules = standard.entity.as_ref().unwrap();
    let as_of = "2025-12-31".parse().unwrap();
    let task = RateTask { standard, rules, as_of, threads: 1 };
    ENGINE.rate(std::slice::from_ref(enterprise), lines, task).unwrap().remove(0)
}

/// A line the firm bought or sold.
fn line((goods, fen, sold): (usize, i64, bool)) -> InvoiceLine {
    let (seller, buyer) = if sold { ("firm", "other") } else { ("other", "firm") };
    InvoiceLine {
        seller_id: seller.into(),
        buyer_id: buyer.into(),
        goods: GOODS[goods].to_owned(),
        date: Some("2025-06-30".parse().unwrap()),
        amount: Some(Money::from_fen(fen)),
        ..InvoiceLine::default()
    }
}

fn lines() -> impl Strategy<Value = Vec<InvoiceLine>> {
    proptest::collection::vec((0..GOODS.len(), -500_000i64..2_000_000, any::<bool>()).prop_map(line), 0..12)
}

/// An enterprise with some fields filled; nothing is called not applicable.
fn enterprise() -> impl Strategy<Value = Enterprise> {
    let industry = prop_oneof![Just("3825"), Just("3525"), Just("0151"), Just("5175"), Just("")];
    (industry, proptest::collection::vec(proptest::option::of(0u32..5), 40)).prop_map(|(industry, seeds)| {
        let mut fields = BTreeMap::new();
        for pack in ["sme-green-2022", "cqjr-026-2024"] {
            let rules = ENGINE.standard(pack).unwrap().entity.as_ref().unwrap();
            for (field, seed) in rules.fields.iter().zip(&seeds) {
                let Some(seed) = *seed else { continue };
                let dates = ["2027-01-01", "2025-03-01", "2020-01-01"];
                let value = match field.kind {
                    FieldKind::Flag => FieldValue::Flag(seed % 2 == 1),
                    FieldKind::Count => FieldValue::Number(Decimal::from(seed)),
                    FieldKind::Share => FieldValue::Number(Decimal::new(i64::from(seed), 0) / Decimal::from(4)),
                    FieldKind::Word => FieldValue::Word(field.words[seed as usize % field.words.len()].clone()),
                    FieldKind::Records => FieldValue::Records(
                        (0..seed as usize)
                            .map(|place| Record {
                                name: field.words.get(place).cloned().unwrap_or_default(),
                                date: dates.get(place).map(|date| date.parse().unwrap()),
                                amount: (place != 1).then(|| Money::from_fen(60_000_000)),
                            })
                            .collect(),
                    ),
                };
                fields.insert(field.id.clone(), FieldCell { text: "某".to_owned(), value });
            }
        }
        Enterprise {
            name: "某企业".to_owned(),
            tax_id: "firm".to_owned(),
            industry: industry.to_owned(),
            fields,
            ..Enterprise::default()
        }
    })
}

fn points(rating: &Rating, id: &str) -> Decimal {
    rating.indicators.iter().find(|row| row.id == id).unwrap().low
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn more_green_purchases_never_lower_their_share(firm in enterprise(), lines in lines(), fen in 1i64..5_000_000) {
        // Purchases that net to less than nothing have no share; the property is about real ones.
        let mut lines: Vec<InvoiceLine> = lines.into_iter().filter(|line| line.amount > Some(Money::ZERO)).collect();
        let before = rate(&firm, &lines, "sme-green-2022");
        lines.push(line((0, fen, false)));
        let after = rate(&firm, &lines, "sme-green-2022");
        prop_assert!(points(&after, "E03") >= points(&before, "E03"));
        prop_assert!(points(&after, "E04") >= points(&before, "E04"));
    }

    #[test]
    fn a_veto_beats_any_score(mut firm in enterprise(), lines in lines()) {
        let cell = FieldCell { text: "是".to_owned(), value: FieldValue::Flag(true) };
        firm.fields.insert("forged_proof".to_owned(), cell);
        let rating = rate(&firm, &lines, "sme-green-2022");
        prop_assert_eq!(rating.grade, "非绿");
        prop_assert_eq!(rating.possible_grade, None);
    }

    #[test]
    fn missing_data_never_raises_low(firm in enterprise(), lines in lines(), which in 0usize..40) {
        for pack in ["sme-green-2022", "cqjr-026-2024"] {
            let whole = rate(&firm, &lines, pack);
            let mut poorer = firm.clone();
            if let Some(id) = firm.fields.keys().nth(which % firm.fields.len().max(1)) {
                poorer.fields.remove(id);
            }
            let less = rate(&poorer, &lines, pack);
            prop_assert!(less.low <= whole.low, "a field of {pack}: {} > {}", less.low, whole.low);
            prop_assert!(less.coverage <= whole.coverage);
            for sold in [true, false] {
                let own = |line: &&InvoiceLine| (&*line.seller_id == "firm") == sold;
                let side: Vec<InvoiceLine> = lines.iter().filter(own).cloned().collect();
                let less = rate(&firm, &side, pack);
                prop_assert!(less.low <= whole.low, "invoices of {pack}: {} > {}", less.low, whole.low);
            }
        }
    }

    #[test]
    fn shares_stay_within_bounds_and_parts_make_the_whole(firm in enterprise(), lines in lines()) {
        for pack in ["sme-green-2022", "cqjr-026-2024"] {
            let rating = rate(&firm, &lines, pack);
            let hundred = Decimal::ONE_HUNDRED;
            prop_assert!(rating.coverage >= Decimal::ZERO && rating.coverage <= Decimal::ONE);
            prop_assert!(rating.low >= Decimal::ZERO && rating.low <= hundred);
            prop_assert!(rating.known.is_none_or(|known| known >= rating.low && known <= hundred));
            for row in &rating.indicators {
                prop_assert!(row.low >= Decimal::ZERO && row.low <= row.high && row.high <= row.max, "{row:?}");
                prop_assert!(row.low <= row.known_max && row.known_max <= row.max, "{row:?}");
            }
            let total: Decimal = rating.indicators.iter().map(|row| row.low).sum();
            let whole: Decimal = rating.indicators.iter().map(|row| row.max).sum();
            prop_assert_eq!(whole, hundred, "nothing is called not applicable beyond the overlay's own weights");
            prop_assert_eq!(total, rating.low);
        }
    }
}
