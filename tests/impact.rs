//! What a change would change must equal the difference of two full runs, whichever table is changed and how.

mod support;

use std::sync::Arc;

use jiff::civil::{Date, date};
use lvjian::{ChangeKind, Comparison, DecisionTask, Document, Engine, InvoiceLine, Loan, LoanInput, Money, TextKind};
use serde_json::Value;
use support::{
    change::{Chance, KINDS, Texts, Words, change, conditions, shipped},
    folder, lvjian_in, string, write,
};

fn as_of() -> Date {
    date(2025, 11, 1)
}

fn engine(texts: &Texts, conditions: &str) -> Engine {
    Engine::with_layers(std::slice::from_ref(texts), Some(conditions)).unwrap()
}

fn lines(words: &Words, count: usize, chance: &mut Chance) -> Vec<Document> {
    (0..count)
        .map(|number| {
            let kind = if chance.one_in(4) { TextKind::Purpose } else { TextKind::InvoiceLine };
            Document {
                id: number.to_string(),
                text: words.text(chance),
                kind,
                spec: chance.one_in(4).then(|| words.text(chance)),
                tax_code: chance.one_in(8).then(|| format!("10{:017}", chance.number() % 1_000_000_000)),
                amount: Some(Money::from_fen(chance.below(10_000_000) as i64 - 1_000_000)),
                ..Document::default()
            }
        })
        .collect()
}

/// Reads every line by both engines, and checks the comparison against that; gives the number of changes.
fn check_lines(before: &Engine, after: &Engine, lines: &[Document], what: &str) -> usize {
    let comparison = Comparison::new(before, after, 2).unwrap();
    let impact = comparison.lines(lines, as_of()).unwrap();
    let (old, new) = (before.matcher(as_of()).unwrap(), after.matcher(as_of()).unwrap());
    let mut changes = impact.changes.iter();
    let mut amount = Money::ZERO;
    for line in lines {
        let (was, is) = (old.read(line), new.read(line));
        amount += line.amount.unwrap();
        if was != is {
            assert!(comparison.touches(line), "{what}: {line:?} is not touched:\n{was:?}\n{is:?}");
        }
        if let Some(kind) = ChangeKind::between(&was, &is) {
            let found = changes.next().unwrap_or_else(|| panic!("{what}: {:?} is missing", line));
            assert_eq!((&found.line, found.kind, &found.before, &found.after), (line, kind, &was, &is), "{what}");
        }
    }
    assert_eq!(changes.next(), None, "{what}: changes that are none");
    assert_eq!((impact.lines, impact.amount), (lines.len(), amount));
    impact.changes.len()
}

/// Hundred thousand lines and the whole dictionary, many rows of every table changed.
#[test]
fn equals_two_full_runs_over_many_lines() {
    let (mut texts, mut rows) = (shipped(1), conditions());
    let mut words = Words::of(&texts);
    let before = engine(&texts, &rows);
    let chance = &mut Chance::seeded(1);
    for kind in KINDS {
        for _ in 0..6 {
            change(kind, &mut texts, &mut rows, &mut words, chance);
        }
    }
    let lines = lines(&words, 100_000, chance);
    let found = check_lines(&before, &engine(&texts, &rows), &lines, "every table");
    assert!(found > 100, "only {found} lines changed: the test would show nothing");
}

/// A tenth of the terms, one change at a time, so that each table stands alone.
#[test]
fn equals_two_full_runs_for_each_table_alone() {
    let (texts, rows) = (shipped(10), conditions());
    let mut words = Words::of(&texts);
    let before = engine(&texts, &rows);
    let mut found = Vec::new();
    for (seed, kind) in (10..).zip(KINDS) {
        let chance = &mut Chance::seeded(seed);
        let mut changes = 0;
        for round in 0..8 {
            let (mut texts, mut rows) = (texts.clone(), rows.clone());
            words.changed.clear();
            for _ in 0..1 + round * 3 {
                change(kind, &mut texts, &mut rows, &mut words, chance);
            }
            let lines = lines(&words, 900, chance);
            changes += check_lines(&before, &engine(&texts, &rows), &lines, &format!("{kind} {round}"));
        }
        found.push((kind, changes));
    }
    println!("{found:?}");
    assert!(
        found.iter().filter(|(_, changes)| *changes > 0).count() == KINDS.len(),
        "tables without effect: {found:?}"
    );
}

fn ledger(words: &Words, chance: &mut Chance) -> (Vec<Loan>, Vec<InvoiceLine>) {
    let name = |number: usize| format!("第{number}号客户有限公司");
    // Some borrowers are known by name only, and some tax ids meet other borrowers' names.
    let id = |number: usize| if number.is_multiple_of(5) { String::new() } else { format!("9133{number:014}") };
    let loans = (0..400)
        .map(|number| {
            let customer = chance.below(150);
            Loan {
                id: format!("L{number}"),
                customer: name(customer),
                tax_id: id(customer),
                purpose: words.text(chance),
                amount: Some(Money::from_fen(10_000_000)),
                approved: Some(date(2025, 10, 1 + chance.below(28) as i8)),
                disbursed: Some(date(2025, 10, 1 + chance.below(28) as i8)),
                industry: (*chance.of(&["C3825", "F5175", "E4910", ""])).to_owned(),
                vouchers: if chance.one_in(3) { vec![format!("N{}", chance.below(1_500))] } else { vec![] },
                ..Loan::default()
            }
        })
        .collect();
    let invoices = (0..2_500)
        .map(|_| {
            let (buyer, named) = (chance.below(170), chance.below(170));
            InvoiceLine {
                invoice: Arc::from(format!("N{}", chance.below(1_500))),
                date: Some(date(2025, 10, 1 + chance.below(28) as i8)),
                seller: Arc::from("卖方有限公司"),
                buyer_id: Arc::from(id(buyer)),
                buyer: Arc::from(name(if chance.one_in(10) { named } else { buyer })),
                goods: words.text(chance),
                amount: Some(Money::from_fen(chance.below(9_000_000) as i64)),
                ..InvoiceLine::default()
            }
        })
        .collect();
    (loans, invoices)
}

#[test]
fn equals_two_full_runs_over_loans() {
    let (texts, rows) = (shipped(5), conditions());
    let mut words = Words::of(&texts);
    let before = engine(&texts, &rows);
    let chance = &mut Chance::seeded(77);
    let versions: Vec<(Texts, String)> = (0..5)
        .map(|round| {
            let (mut texts, mut rows) = (texts.clone(), rows.clone());
            for _ in 0..1 + round * 24 {
                let kind = *chance.of(&KINDS);
                change(kind, &mut texts, &mut rows, &mut words, chance);
            }
            (texts, rows)
        })
        .collect();
    let (loans, invoices) = ledger(&words, chance);
    let input = LoanInput { loans: &loans, invoices: &invoices };
    let standard = before.standard("sme-green-2022").unwrap().clone();
    let task = |threads| DecisionTask { standard: &standard, threads, progress: &|_| (), edition: None };
    let was = before.assess(input, task(2));
    let (mut changed, mut left_alone) = (0, 0);
    for (round, (texts, rows)) in versions.iter().enumerate() {
        let after = engine(texts, rows);
        let impact = Comparison::new(&before, &after, 2).unwrap().loans(input, task(2));
        let is = after.assess(input, task(1));
        let wanted: Vec<_> = was
            .iter()
            .zip(&is)
            .filter(|(was, is)| {
                let booked = |d: &lvjian::Decision| {
                    let entry = d.entry.clone().map(|entry| (entry.code, entry.role));
                    (d.verdict, entry, d.green_share, d.green_amount)
                };
                booked(was) != booked(is)
            })
            .collect();
        assert_eq!(impact.changes.len(), wanted.len(), "round {round}");
        for (found, (was, is)) in impact.changes.iter().zip(wanted) {
            assert_eq!((&found.before, &found.after), (was, is), "round {round}");
        }
        changed += impact.changes.len();
        left_alone += impact.loans - impact.decided_again;
    }
    println!("{changed} loans changed, {left_alone} left alone");
    assert!(changed > 20 && left_alone > 200, "{changed} changed, {left_alone} left alone");
}

/// The demo bank, through the command line: `assess` and `classify` by both dictionaries against `dict impact`.
#[test]
fn equals_two_full_runs_on_the_demo_bank() {
    let demo = |name: &str| format!("{}/corpus/demo/{name}", env!("CARGO_MANIFEST_DIR"));
    let invoices = [
        demo("全量发票查询导出结果-2025年10月.xlsx"),
        demo("全量发票查询导出结果-2025年11月.xlsx"),
        demo("发票-GB18030.csv"),
        demo("发票-其他列名.csv"),
    ];
    let ledger = demo("台账.xlsx");
    let folder = folder();
    let base = folder.path().join("base");
    let (mut texts, mut rows) = (shipped(1), conditions());
    write_folder(&base, &texts, &rows);
    let mut words = Words::of(&texts);
    let chance = &mut Chance::seeded(5);
    for (round, edits) in [1usize, 40].into_iter().enumerate() {
        for kind in KINDS {
            for _ in 0..edits {
                change(kind, &mut texts, &mut rows, &mut words, chance);
            }
        }
        // What the bank surely has: solar modules.
        let terms = texts.get_mut("materials/replace.csv").unwrap();
        *terms = terms.lines().filter(|line| !line.contains("光伏组件")).map(|line| format!("{line}\n")).collect();
        let with = folder.path().join(format!("with-{round}"));
        write_folder(&with, &texts, &rows);
        let (base, with) = (base.to_str().unwrap(), with.to_str().unwrap());

        let run = |args: &[&str], more: &[String]| {
            let args: Vec<&str> = args.iter().copied().chain(more.iter().map(String::as_str)).collect();
            lvjian_in(folder.path(), &args).exits(0).lines()
        };
        let decide = |dictionary: &str| {
            run(&["assess", "--base", dictionary, "--format", "ndjson", "--loans", &ledger, "--invoices"], &invoices)
        };
        let read = |dictionary: &str| run(&["classify", "--base", dictionary, "--format", "ndjson"], &invoices[2..]);
        let args =
            ["dict", "impact", "--base", base, "--with", with, "--format", "ndjson", "--loans", &ledger, "--invoices"];
        let loans: Vec<Value> = run(&args, &invoices).into_iter().filter(|row| row["kind"] == "loan").collect();
        let booked = |d: &Value| {
            let entry = &d["entry"];
            serde_json::json!([d["verdict"], entry["code"], entry["role"], d["green_share"], d["green_amount"]])
        };
        let wanted: Vec<Value> = decide(base)
            .iter()
            .zip(&decide(with))
            .filter(|(was, is)| booked(was) != booked(is))
            .map(|(was, is)| serde_json::json!([was["loan_id"], booked(was), booked(is)]))
            .collect();
        let found: Vec<Value> = loans
            .iter()
            .map(|row| serde_json::json!([row["loan_id"], booked(&row["before"]), booked(&row["after"])]))
            .collect();
        assert_eq!(found, wanted, "round {round}");
        assert!(!found.is_empty());

        let args = ["dict", "impact", "--base", base, "--with", with, "--format", "ndjson", "--lines"];
        let found = run(&args, &invoices[2..]);
        let verdicts = |row: &Value| row["kind"] == "line" && row["change"] == "verdict";
        let found: Vec<(Value, Value)> = found
            .iter()
            .filter(|row| verdicts(row))
            .map(|row| (row["before"]["verdict"].clone(), row["after"]["verdict"].clone()))
            .collect();
        let wanted: Vec<(Value, Value)> = read(base)
            .iter()
            .zip(&read(with))
            .map(|(was, is)| (was["verdict"].clone(), is["verdict"].clone()))
            .filter(|(was, is)| was != is)
            .collect();
        assert_eq!(found, wanted, "round {round}");
        assert!(!found.is_empty());
    }
}

fn write_folder(folder: &std::path::Path, texts: &Texts, conditions: &str) {
    for (name, text) in
        texts.iter().map(|(n, t)| (n.as_str(), t.as_str())).chain([("catalogue/conditions.csv", conditions)])
    {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// One term tried: the report names the neighbour it shadows, the case it breaks, the gold row it mends, the money.
#[test]
fn one_new_term_is_told_with_its_money_cases_and_neighbours() {
    let folder = folder();
    write(
        folder.path(),
        "lines.ndjson",
        "{\"text\":\"*光伏设备*光伏组件巡检小车\",\"amount\":\"1,000.10\"}\n\
         {\"text\":\"*光伏设备*光伏组件\",\"amount\":500}\n\
         {\"text\":\"*光伏设备*光伏组件瓦\",\"amount\":-0.05}\n",
    );
    let cases = folder.path().join("cases");
    std::fs::create_dir_all(cases.join("materials")).unwrap();
    write(
        &cases.join("materials"),
        "replace.cases.csv",
        "term_id,text,expect,why\nT50001,光伏组件瓦,miss,\nnew,光伏组件瓦 10片,hit,\nT50001,光伏组件,hit,\n",
    );
    let gold = folder.path().join("gold");
    std::fs::create_dir_all(&gold).unwrap();
    write(&gold, "g.csv", "id,kind,text,verdict,entries,family,why\ng1,invoice_line,光伏组件瓦,green,4.1.2,x,x\n");
    let shadowing = ["dict", "impact", "--term", "台州光伏组件", "--entry", "4.1.2", "--lines", "more.ndjson"];
    write(folder.path(), "more.ndjson", "{\"text\":\"*光伏设备*台州光伏组件\",\"amount\":7}\n");
    let rows = lvjian_in(folder.path(), &[&shadowing[..], &["--format", "ndjson"]].concat()).exits(0).lines();
    let lost = rows.iter().find(|row| row["kind"] == "shadowed").unwrap();
    assert_eq!((string(lost, "term_id"), string(lost, "by_id"), string(lost, "amount")), ("T50001", "new", "7.00"));

    let args = ["dict", "impact", "--term", "光伏组件瓦", "--alias", "光伏组件巡检小车", "--entry", "4.1.2"];
    let files = ["--lines", "lines.ndjson", "--cases", "cases", "--gold", "gold", "--format", "ndjson"];
    let ran = lvjian_in(folder.path(), &[&args[..], &files].concat()).exits(0);
    let rows = ran.lines();
    let summary = &rows[0];
    assert_eq!(summary["tables"]["terms"]["added"], 1, "{summary}");
    assert_eq!((&summary["lines"], &summary["amount"]), (&3.into(), &"1500.05".into()));
    assert_eq!((&summary["lines_read_again"], &summary["lines_changed"]), (&2.into(), &2.into()), "{summary}");
    let of = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).collect::<Vec<_>>();
    assert!(of("line").iter().all(|row| row["after"]["verdict"] == "green"), "{rows:?}");
    let sums: Vec<&str> = summary["transitions"].as_array().unwrap().iter().map(|t| string(t, "amount")).collect();
    assert!(sums.contains(&"1000.05") || sums.contains(&"1000.10"), "{summary}");
    let flips: Vec<(&str, bool)> =
        of("case").iter().map(|row| (string(row, "term_id"), row["mended"].as_bool().unwrap())).collect();
    assert!(flips.contains(&("new", true)), "{flips:?}");
    assert!(of("gold").iter().all(|row| row["mended"] == true) && of("gold").len() == 1);

    let ran = lvjian_in(folder.path(), &[&args[..], &["--lines", "lines.ndjson"]].concat()).exits(0);
    assert!(ran.text().contains("词条 增 1") && ran.text().contains("1,500.05 元"), "{}", ran.text());
}

#[test]
fn a_name_that_a_blank_breaks_is_touched_by_its_term() {
    let texts = shipped(50);
    let (before, with) = (engine(&texts, &conditions()), {
        let mut texts = texts.clone();
        let row = "T99001,污泥蒸腾机,,abate,sufficient,,,,,\"gfspc-2025:make=2.1.2\",-,S-0001,2.1.2,,,active,,\n";
        let materials = texts.keys().find(|name| name.ends_with("materials/abate.csv")).unwrap().clone();
        texts.get_mut(&materials).unwrap().push_str(row);
        engine(&texts, &conditions())
    });
    let line = Document::line("污泥 蒸腾机 2吨");
    assert_eq!(check_lines(&before, &with, &[Document { amount: Some(Money::from_fen(1)), ..line }], "broken"), 1);
}

#[test]
fn a_change_is_asked_for_and_entries_must_exist() {
    let folder = folder();
    let nothing = lvjian_in(folder.path(), &["dict", "impact"]).exits(2);
    assert!(nothing.stderr.contains("--with"), "{}", nothing.stderr);
    let wrong = lvjian_in(folder.path(), &["dict", "impact", "--term", "某物", "--entry", "99.9.9"]).exits(2);
    assert!(wrong.stderr.contains("99.9.9"), "{}", wrong.stderr);
}
