//! Truth tables of one condition: alternatives, grades and denials in three values, read through the whole engine.

use lvjian::{ConditionState, Document, Engine};

use ConditionState::{Met, NoData, Unmet};

/// A condition that 余热回收装置 asks under 1.3.4.
const CONDITION: &str = "C-1.3.4-1";

/// An engine that asks `tests` (`a|b`) for that condition.
fn asking(tests: &str) -> Engine {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries/catalogue/conditions.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(reader.headers().unwrap()).unwrap();
    let mut seen = false;
    for row in reader.records() {
        let row = row.unwrap();
        let own = &row[0] == CONDITION;
        seen |= own;
        writer
            .write_record(row.iter().enumerate().map(|(at, cell)| if own && at == 4 { tests } else { cell }))
            .unwrap();
    }
    assert!(seen, "{CONDITION} is in the table");
    let table = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    Engine::with_layers(&[lvjian::builtin_texts()], Some(&table)).unwrap()
}

/// What the condition comes to for a line with this specification.
fn read(engine: &Engine, spec: &str) -> ConditionState {
    let line = Document { spec: Some(spec.to_owned()), ..Document::line("*气体压缩机*余热回收装置") };
    let reading = engine.classify(&line, jiff::civil::date(2026, 1, 1)).unwrap();
    let found = &reading.matches[0];
    found.conditions.iter().find(|condition| condition.id == CONDITION).unwrap().state
}

/// One alternative that is met suffices; a stated failure outweighs silence.
#[test]
fn alternatives_in_three_values() {
    let grade = [(Met, "1级能效"), (Unmet, "3级能效"), (NoData, "")];
    let voc = [(Met, "VOC含量40g/L"), (Unmet, "VOC含量90g/L"), (NoData, "")];
    let either = |one, other| match (one, other) {
        (Met, _) | (_, Met) => Met,
        (Unmet, _) | (_, Unmet) => Unmet,
        (NoData, NoData) => NoData,
    };
    for tests in ["energy-grade<=1|voc<=50", "voc<=50|energy-grade<=1"] {
        let engine = asking(tests);
        for (one, first) in grade {
            for (other, second) in voc {
                let spec = format!("{first} {second}");
                assert_eq!(read(&engine, &spec), either(one, other), "{one} or {other}: {tests} in {spec}");
            }
        }
    }
}

/// A grade is given by itself, by a mark or by a model; a document settles nothing from the text. A denied mark is no
/// mark, and no proof of the contrary either.
#[test]
fn grades_marks_and_denials_in_three_values() {
    for (tests, lines) in [
        (
            "energy-grade<=1|says:节能产品认证",
            &[
                ("1级能效", Met),
                ("2级能效", Unmet),
                ("2级能效 节能产品认证", Met),
                ("节能产品认证", Met),
                ("非节能产品认证", NoData),
                ("无节能产品认证 1级能效", Met),
                ("无节能产品认证 3级能效", Unmet),
                ("", NoData),
            ][..],
        ),
        ("energy-grade<=2|document", &[("2级能效", Met), ("3级能效", Unmet), ("", NoData)]),
        ("motor-ie>=5|energy-grade<=1", &[("YE5-132", Met), ("YE3-132", Unmet), ("", NoData)]),
        ("document", &[("一级能效", NoData), ("", NoData)]),
    ] {
        let engine = asking(tests);
        for (spec, state) in lines {
            assert_eq!(read(&engine, spec), *state, "{tests} in {spec}");
        }
    }
}

/// The motor of a machine says nothing of the machine's own grade; of a motor it does.
#[test]
fn the_class_of_a_motor_is_no_grade_of_the_machine() {
    let engine = Engine::builtin().unwrap();
    let states = |text: &str| -> Vec<ConditionState> {
        let reading = engine.classify(&Document::line(text), jiff::civil::date(2026, 1, 1)).unwrap();
        reading.matches.iter().flat_map(|found| &found.conditions).map(|condition| condition.state).collect()
    };
    assert_eq!(states("永磁变频螺杆空压机 IE4 22kW"), [NoData]);
    assert_eq!(states("*电动机*三相异步电动机 IE4"), [Unmet]);
    assert!(states("*电动机*三相异步电动机 IE5").iter().all(|state| *state == Met));
}
