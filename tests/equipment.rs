//! A name that goes from works to their equipment leads to the entries of both; the works alone do not.

use lvjian::{Document, Engine};

fn codes(text: &str, purpose: bool) -> Vec<String> {
    let engine = Engine::builtin().unwrap();
    let document = if purpose { Document::purpose(text) } else { Document::line(text) };
    let reading = engine.classify(&document, jiff::civil::date(2026, 1, 1)).unwrap();
    reading.matches.iter().flat_map(|found| &found.entries).map(|entry| entry.code.clone()).collect()
}

#[test]
fn equipment_of_works_is_listed_beside_the_works() {
    for (text, works, equipment) in [
        ("农村污水处理与回用装备", "6.4.7", "2.1.2"),
        ("城镇生活垃圾焚烧发电机组", "6.4.8", "2.1.4"),
        ("报废汽车拆解和再生利用装备", "3.2.5", "3.1.5"),
    ] {
        let found = codes(text, false);
        assert!(found.iter().any(|code| code == works), "{text}: {found:?}");
        assert!(found.iter().any(|code| code == equipment), "{text}: {found:?}");
    }
}

#[test]
fn works_without_equipment_stay_works() {
    for text in ["农村污水处理工程", "报废汽车拆解"] {
        let found = codes(text, false);
        assert!(!found.is_empty() && !found.iter().any(|code| code.starts_with("2.1.") || code.starts_with("3.1.")));
    }
}

#[test]
fn who_makes_the_equipment_is_led_to_it_first() {
    let found = codes("生产农村污水处理与回用装备", true);
    assert_eq!(found.first().map(String::as_str), Some("2.1.2"), "{found:?}");
    assert!(!found.iter().any(|code| code == "8.3.1"), "a maker does not trade: {found:?}");
}
