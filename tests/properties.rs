//! What holds for every text: folding and its way back, spans, no panics, netting.

mod support;

use std::sync::{LazyLock, OnceLock};

use lvjian::{Classification, Document, Engine, Span, TextKind, Verdict, fold};
use proptest::prelude::*;
use rust_decimal::Decimal;
use support::{csv_of, folder, lvjian_in, owned, string, write};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::builtin().expect("the shipped tables load"));

/// So many cases, or as many as `PROPTEST_CASES` asks for.
fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

fn day() -> jiff::civil::Date {
    jiff::civil::date(2025, 11, 1)
}

fn read(document: &Document) -> Classification {
    ENGINE.classify(document, day()).expect("the edition has its table")
}

/// Some surfaces of the dictionary, spread over all of it.
fn surfaces() -> &'static [String] {
    static SURFACES: OnceLock<Vec<String>> = OnceLock::new();
    SURFACES.get_or_init(|| {
        let terms = ENGINE.dictionary().terms();
        assert!(!terms.is_empty(), "the dictionary has terms");
        let all: Vec<&String> =
            terms.iter().flat_map(|term| std::iter::once(&term.term).chain(&term.aliases)).collect();
        all.iter().step_by((all.len() / 400).max(1)).map(|surface| (*surface).clone()).collect()
    })
}

/// A piece of a text as invoices have it.
fn piece() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "用于",
        "替代",
        "非",
        "拆除",
        "二手",
        "维修费",
        "配件",
        "螺栓",
        "清洗剂",
        "、",
        "，",
        "（",
        "）",
        "(",
        ")",
        "*",
        "＊",
        "/",
        " ",
        "　",
        "\n",
        "-",
        "YE5-132S",
        "550W",
        "ＬＥＤ",
        "①",
        "㎡",
        "一级能效",
        "VOC≤50g/L",
        "采购",
        "制造",
        "销售",
        "有限公司",
        "環境",
        "設備",
        "\u{200b}",
        "\u{feff}",
        "é",
        "e\u{301}",
        "ﬃ",
        "İ",
        "ß",
        "🌱",
        "㍿",
        "豈",
    ]);
    prop_oneof![
        4 => any::<prop::sample::Index>().prop_map(|index| index.get(surfaces()).clone()),
        4 => words.prop_map(str::to_owned),
        1 => "[\u{4e00}-\u{9fa5}]{1,4}",
        1 => "[A-Za-z0-9.×*%-]{1,6}",
        1 => "\\PC{0,3}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..9).prop_map(|pieces| pieces.concat())
}

fn kind() -> impl Strategy<Value = TextKind> {
    prop::sample::select(TextKind::ALL.to_vec())
}

/// Checks that every place that a reading names is a piece of the text it was read from.
fn check(text: &str, reading: &Classification) -> Result<(), TestCaseError> {
    let mut last = Span::new(0, 0);
    for found in &reading.matches {
        prop_assert_eq!(found.span.slice(text), Some(found.text.as_str()), "{:?} in {:?}", found.span, text);
        prop_assert!(!found.text.is_empty());
        prop_assert!(last <= found.span, "matches stand in order of place");
        prop_assert!(!found.entries.is_empty());
        last = found.span;
    }
    let mut last = Span::new(0, 0);
    for refused in &reading.rejected {
        prop_assert!(refused.span.slice(text).is_some_and(|words| !words.is_empty()), "{refused:?} in {text:?}");
        prop_assert!(last <= refused.span, "refusals stand in order of place");
        last = refused.span;
    }
    prop_assert!(!reading.reason.is_empty());
    if matches!(reading.verdict, Verdict::Green | Verdict::NeedsEvidence) {
        prop_assert!(!reading.matches.is_empty(), "no green without a match");
    }
    Ok(())
}

/// Checks the way back from the folded text to the original.
fn check_fold(original: &str) -> Result<(), TestCaseError> {
    let folded = fold(original);
    let again = fold(folded.text());
    prop_assert_eq!(again.text(), folded.text(), "folding again changes nothing: {:?}", original);
    let bounds: Vec<usize> = folded.text().char_indices().map(|(at, _)| at).chain([folded.text().len()]).collect();
    let mut before = Span::new(0, 0);
    for pair in bounds.windows(2) {
        let span = folded.original(pair[0], pair[1]);
        let words = span.slice(original);
        prop_assert!(words.is_some_and(|words| !words.is_empty()), "{span:?} is no piece of {original:?}");
        prop_assert!(before.start <= span.start && before.end <= span.end, "the way back goes forward in {original:?}");
        before = span;
        // The piece alone folds to something that holds the folded character, unless it is a blank.
        let character = &folded.text()[pair[0]..pair[1]];
        let back = fold(words.unwrap_or_default());
        prop_assert!(character == " " || back.text().contains(character), "{character:?} from {words:?}");
    }
    for (place, &start) in bounds.iter().enumerate() {
        for &end in bounds.iter().skip(place + 1) {
            let span = folded.original(start, end);
            prop_assert!(span.slice(original).is_some(), "{span:?} in {original:?}");
            prop_assert_eq!(span.start, folded.original(start, bounds[place + 1]).start);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn folding_is_done_once_and_leads_back(original in text()) {
        check_fold(&original)?;
    }

    #[test]
    fn folding_leads_back_for_any_unicode(original in "\\PC{0,24}") {
        check_fold(&original)?;
    }

    #[test]
    fn folding_leads_back_for_control_characters_too(original in prop::collection::vec(any::<char>(), 0..16)) {
        check_fold(&original.into_iter().collect::<String>())?;
    }

    #[test]
    fn folding_does_not_care_for_width_or_letter_case(original in "[A-Za-z0-9]{1,12}") {
        let wide: String = original.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
        let plain = fold(&original);
        for same in [wide, original.to_uppercase(), original.to_lowercase()] {
            let folded = fold(&same);
            prop_assert_eq!(folded.text(), plain.text());
        }
    }

    #[test]
    fn every_place_named_is_a_piece_of_the_text(text in text(), kind in kind()) {
        let reading = read(&Document { text: text.clone(), kind, ..Document::default() });
        check(&text, &reading)?;
        prop_assert_eq!(&read(&Document { text: text.clone(), kind, ..Document::default() }), &reading, "read twice, same");
    }

    #[test]
    fn nothing_panics_on_any_unicode(text in prop::collection::vec(any::<char>(), 0..60), kind in kind(), spec in ".{0,12}", party in "\\PC{0,6}") {
        let text: String = text.into_iter().collect();
        let document = Document {
            text: text.clone(),
            kind,
            spec: Some(spec),
            parties: vec![party, String::new()],
            tax_code: Some(text.chars().take(19).collect()),
            industry: Some(text.chars().take(5).collect()),
            ..Document::default()
        };
        check(&text, &read(&document))?;
    }

    #[test]
    fn a_surface_between_hostile_neighbours_never_panics(
        index in any::<prop::sample::Index>(), before in "\\PC{0,4}", after in "\\PC{0,4}", kind in kind(),
    ) {
        let text = format!("{before}{}{after}", index.get(surfaces()));
        check(&text, &read(&Document { text: text.clone(), kind, ..Document::default() }))?;
    }

    #[test]
    fn ids_come_back_unchanged(id in "\\PC{0,12}", text in text()) {
        prop_assert_eq!(read(&Document { id: id.clone(), text, ..Document::default() }).id, id);
    }

    #[test]
    fn money_is_read_as_it_is_written(fen in any::<i32>()) {
        let money = lvjian::Money::from_fen(fen.into());
        prop_assert_eq!(lvjian::Money::parse_yuan(&money.to_string()), Some(money));
        prop_assert_eq!(money + -money, lvjian::Money::ZERO);
    }
}

const BUYER: &str = "91331000MA00000002";

/// The green share of a loan of 100 000 yuan with these purchases.
fn share(lines: &[(String, i64, bool)]) -> Option<Decimal> {
    let desk = folder();
    let loans = owned(&[
        &["借据号", "客户名称", "纳税人识别号", "贷款用途", "放款金额", "放款日期", "否决项"],
        &["L1", "买方有限公司", BUYER, "购买光伏组件", "100000.00", "2025-10-20", "无"],
    ]);
    let mut invoices = owned(&[&["数电票号码", "开票日期", "购方识别号", "货物名称", "价税合计", "是否正数发票"]]);
    for (number, (goods, fen, positive)) in lines.iter().enumerate() {
        let amount = lvjian::Money::from_fen(*fen).to_string();
        let number = format!("N{number}");
        let row = [number.as_str(), "2025-10-22", BUYER, goods, &amount, if *positive { "是" } else { "否" }];
        invoices.extend(owned(&[&row]));
    }
    write(desk.path(), "loans.csv", csv_of(&loans));
    write(desk.path(), "inv.csv", csv_of(&invoices));
    let args = ["assess", "--loans", "loans.csv", "--invoices", "inv.csv", "--format", "ndjson"];
    let ran = lvjian_in(desk.path(), &args).exits(0);
    let decision = ran.lines().remove(0);
    (!decision["green_share"].is_null()).then(|| string(&decision, "green_share").parse().unwrap())
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn an_invoice_and_its_red_twin_leave_nothing(amounts in prop::collection::vec(1i64..50_000_000, 1..5), signed in any::<bool>()) {
        let goods = "*光伏设备*光伏组件".to_owned();
        let mut lines: Vec<(String, i64, bool)> = amounts.iter().map(|fen| (goods.clone(), *fen, true)).collect();
        lines.extend(amounts.iter().rev().map(|fen| (goods.clone(), if signed { -fen } else { *fen }, false)));
        prop_assert_eq!(share(&lines), Some(Decimal::ZERO));
    }

    #[test]
    fn the_share_is_the_lower_of_two_and_stays_within_nought_and_one(green in 1i64..30_000_000, other in 1i64..30_000_000) {
        let lines = [("光伏组件".to_owned(), green, true), ("螺纹钢".to_owned(), other, true)];
        let of_loan = Decimal::from(green) / Decimal::from(10_000_000);
        let of_purchases = Decimal::from(green) / Decimal::from(green + other);
        let expected = of_loan.min(of_purchases).min(Decimal::ONE);
        prop_assert_eq!(share(&lines).map(|share| share.normalize()), Some(expected.normalize()));
    }
}
