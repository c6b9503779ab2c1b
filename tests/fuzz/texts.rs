//! The fold and the matcher.

use std::sync::LazyLock;

use proptest::{prelude::*, sample::Index};

use super::{ENGINE, Executed, Outcome, execute, fuzz};
use crate::{
    dictionary::NearTerms,
    matcher::Matcher,
    model::{Classification, Document, Span, TextKind},
    text::fold,
};

const DAY: jiff::civil::Date = jiff::civil::date(2025, 11, 1);

static NEAR: LazyLock<NearTerms> = LazyLock::new(|| ENGINE.dictionary().near_terms().expect("compiles"));

/// Everything that the dictionary looks for: surfaces, exclusions, cues, heads, words of sentences, tax labels.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let dictionary = ENGINE.dictionary();
    let mut words: Vec<String> = dictionary.surfaces().into_iter().map(|(word, _)| word).collect();
    words.extend(dictionary.exclusions().iter().map(|row| row.surface.clone()));
    words.extend(dictionary.cue_groups().flat_map(|group| group.words.clone()));
    words.extend(dictionary.tails().map(|(word, _)| word.to_owned()));
    words.extend(dictionary.clause_words().map(|(word, _)| word.to_owned()));
    words.extend(dictionary.tax_labels().map(|row| format!("*{}*", row.label)));
    words.sort();
    words
});

const AROUND: &[&str] = &[
    "",
    " ",
    "　",
    "*",
    "＊",
    "**",
    "(",
    ")",
    "（",
    "）",
    "【",
    "]",
    "、",
    "，",
    "。",
    "/",
    "|",
    "-",
    "—",
    "·",
    "\"",
    "“",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{7f}",
    "\u{85}",
    "\u{ad}",
    "\u{200b}",
    "\u{200d}",
    "\u{202e}",
    "\u{feff}",
    "\u{fffd}",
    "\u{e000}",
    "\u{10ffff}",
    "e\u{301}",
    "ﬃ",
    "İ",
    "ß",
    "㎡",
    "①",
    "㍿",
    "🌱",
    "👨‍👩‍👧",
    "ＬＥＤ",
    "ｐｖｃ",
    "YE5-132S-4",
    "550W",
    "一级能效",
    "VOC≤50g/L",
    "1级",
    "≥99%",
    "非",
    "不含",
    "拆除",
    "用于",
    "替代",
    "有限公司",
    "環境設備",
    "臺",
    "裏",
    "の",
    "한",
    "٣",
    "ж",
    "x264",
    "A",
];

#[derive(Clone, Debug)]
enum Piece {
    Word(Index),
    Part(Index, usize, usize),
    Around(Index),
    Wide(Index),
    Any(String),
    Again(usize),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        6 => any::<Index>().prop_map(Piece::Word),
        2 => (any::<Index>(), 0usize..6, 0usize..6).prop_map(|(word, from, length)| Piece::Part(word, from, length)),
        5 => any::<Index>().prop_map(Piece::Around),
        1 => any::<Index>().prop_map(Piece::Wide),
        1 => prop::collection::vec(any::<char>(), 1..4).prop_map(|chars| Piece::Any(chars.into_iter().collect())),
        1 => "[\u{4e00}-\u{9fa5}]{1,3}".prop_map(Piece::Any),
        1 => (1usize..12).prop_map(Piece::Again),
    ]
}

fn text_of(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Word(word) => text.push_str(word.get::<String>(&WORDS)),
            Piece::Part(word, from, length) => {
                text.extend(word.get::<String>(&WORDS).chars().skip(*from).take(*length))
            }
            Piece::Around(word) => text.push_str(word.get::<&str>(AROUND)),
            // Letters and digits as wide as Han characters.
            Piece::Wide(word) => text.extend(word.get::<String>(&WORDS).chars().map(|c| match c {
                '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap_or(c),
                other => other,
            })),
            Piece::Any(any) => text.push_str(any),
            // Longer texts would only cost time.
            Piece::Again(times) if text.len() < 1_000 => text = text.repeat(*times),
            Piece::Again(_) => {}
        }
    }
    text
}

fn check_reading(matcher: &Matcher<'_>, document: &Document) -> Result<Classification, TestCaseError> {
    let text = document.text.as_str();
    let reading = matcher.read(document);
    prop_assert_eq!(&reading, &matcher.read(document), "read twice, not the same");
    for found in &reading.matches {
        prop_assert_eq!(found.span.slice(text), Some(found.text.as_str()));
        prop_assert!(!found.text.is_empty() && !found.entries.is_empty());
    }
    for refused in &reading.rejected {
        prop_assert!(refused.span.slice(text).is_some_and(|words| !words.is_empty()), "{:?}", refused);
    }
    prop_assert!(!reading.reason.is_empty());
    prop_assert!(
        reading.matches.is_sorted_by_key(|found| found.span) && reading.rejected.is_sorted_by_key(|found| found.span)
    );
    Ok(reading)
}

fn check_matcher(text: String, kind: TextKind, other: String) -> Executed {
    let matcher = ENGINE.matcher(DAY).expect("the edition has its table");
    let bare = Document { text, kind, ..Document::default() };
    let first = check_reading(&matcher, &bare)?;
    // Looking for slips asks an automaton at every place; in a debug build that is slow.
    if bare.text.chars().count() <= 30 {
        check_reading(&matcher.with_near(&NEAR), &bare)?;
    }
    let full = Document {
        spec: Some(other.clone()),
        tax_code: Some(other.chars().take(19).collect()),
        industry: Some(other.chars().take(5).collect()),
        parties: vec![bare.text.chars().take(9).collect(), other],
        ..bare.clone()
    };
    check_reading(&matcher, &full)?;
    Ok(Outcome::taken(!first.matches.is_empty() || !first.rejected.is_empty()))
}

#[test]
fn matcher() {
    let strategy = (
        prop::collection::vec(piece(), 0..12),
        prop::sample::select(TextKind::ALL.to_vec()),
        prop::collection::vec(piece(), 0..3),
    );
    let shown = |(pieces, kind, other): &(Vec<Piece>, TextKind, Vec<Piece>)| {
        format!("{:?} as {} beside {:?}", text_of(pieces), kind.code(), text_of(other))
    };
    execute("matcher", 150, &strategy, shown, |(pieces, kind, other)| {
        check_matcher(text_of(pieces), *kind, text_of(other))
    });
}

#[test]
fn matcher_on_changed_bytes() {
    let seeds = [
        "*光伏设备*单晶硅太阳能组件 550W 用于厂房屋顶".as_bytes().to_vec(),
        "购买永磁变频空压机2台替代原有3级能效空压机，拆除旧光伏组件".into(),
        "*电动机*YE5-132S-4 三相异步电动机 5.5kW（一级能效）".into(),
        "环保设备安装、维修；销售：水性涂料、可降解地膜、新能源汽车充电桩".into(),
    ];
    fuzz("matcher-bytes", 80, &seeds, |bytes| {
        let text: String = String::from_utf8_lossy(bytes).chars().take(2_000).collect();
        let kind = TextKind::ALL[bytes.len() % TextKind::ALL.len()];
        check_matcher(text, kind, String::new())
    });
}

#[test]
fn a_long_text_full_of_terms_takes_time_by_its_length() {
    let matcher = ENGINE.matcher(DAY).expect("the edition has its table");
    for (piece, kind) in [
        ("光伏组件 逆变器 空压机 二手电动机 ", TextKind::InvoiceLine),
        ("光伏组件永磁电机空压机节能灯具", TextKind::Purpose),
        ("污水处理设备、节能型电动机，", TextKind::Scope),
    ] {
        let took = |bytes: usize| {
            let document = Document { text: piece.repeat(bytes / piece.len()), kind, ..Document::default() };
            let once = || {
                let began = std::time::Instant::now();
                assert!(!matcher.read(&document).reason.is_empty());
                began.elapsed()
            };
            (0..3).map(|_| once()).min().unwrap_or_default()
        };
        // Ten times the text took a hundred times as long.
        let (short, long) = (took(4_000), took(40_000));
        assert!(long < short * 40, "{piece}: {short:?}, {long:?}");
    }
}

fn check_fold(original: &str) -> Executed {
    let folded = fold(original);
    let again = fold(folded.text());
    prop_assert_eq!(again.text(), folded.text(), "folding again changes something");
    let bounds: Vec<usize> = folded.text().char_indices().map(|(at, _)| at).chain([folded.text().len()]).collect();
    let mut before = Span::new(0, 0);
    for pair in bounds.windows(2) {
        let span = folded.original(pair[0], pair[1]);
        prop_assert!(span.slice(original).is_some_and(|words| !words.is_empty()), "{:?} is no piece", span);
        prop_assert!(before.start <= span.start && before.end <= span.end, "the way back goes backward");
        before = span;
    }
    for (&start, &end) in bounds.iter().zip(bounds.iter().skip(3)) {
        prop_assert!(folded.original(start, end).slice(original).is_some());
    }
    Ok(Outcome::taken(!folded.text().is_empty()))
}

#[test]
fn folds() {
    let strategy = prop::collection::vec(piece(), 0..10);
    execute("fold", 400, &strategy, |pieces| format!("{:?}", text_of(pieces)), |pieces| check_fold(&text_of(pieces)));
    let any = prop::collection::vec(any::<char>(), 0..40);
    let text = |chars: &Vec<char>| chars.iter().collect::<String>();
    execute("fold-any", 400, &any, |chars| format!("{:?}", text(chars)), |chars| check_fold(&text(chars)));
}
