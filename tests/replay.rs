//! Decisions kept and made again: thousands of loans with their vouchers, drawn from a seed, and not one byte different.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use lvjian::Engine;
use serde_json::Value;
use support::{desk::*, folder, owned, string, write};

/// Numbers that look random and are the same everywhere (splitmix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Whether one of `hundred` falls below `percent`.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const VERBS: [&str; 6] = ["购买", "采购", "支付", "购置安装", "生产", "用于更换"];
const PLAIN: [&str; 8] =
    ["日常经营周转", "采购钢材", "支付厂房租金", "购进五金配件", "详见清单", "归还借款", "购买货车", "采购原材料"];
const OTHER_GOODS: [&str; 8] = [
    "*黑色金属冶炼压延品*螺纹钢",
    "*紧固件*光伏支架用螺栓",
    "详见销货清单",
    "*电动机*三相异步电动机",
    "*经营租赁*厂房租赁费",
    "*制冷空调设备*空调 三级能效",
    "*灯具*节能灯罩",
    "*汽油*92号汽油",
];
const INDUSTRIES: [&str; 7] = ["C3825", "3525", "4875", "F5175", "A0151", "3812", ""];
const DAYS: [&str; 8] =
    ["2024-06-03", "2024-12-31", "2025-03-03", "2025-08-15", "2025-10-01", "2025-10-20", "2025-11-28", "2026-01-09"];

/// `count` loans and their invoices.
fn files(at: &Path, count: usize, seed: u64) {
    let engine = Engine::builtin().unwrap();
    let terms = engine.dictionary().terms();
    let step = (terms.len() / 300).max(1);
    let terms: Vec<&str> = terms.iter().step_by(step).map(|term| term.term.as_str()).collect();
    assert!(terms.len() > 200);
    let mut draw = Draw(seed);
    let mut loans = Vec::with_capacity(count);
    let mut lines = Vec::new();
    for number in 0..count {
        // Some borrowers have several loans, so that invoices are claimed by one of them.
        let borrower = format!("91331000MA{:08}", draw.below(count.div_ceil(2)));
        let (id, term) = (format!("L{number:05}"), draw.of(&terms));
        let purpose = match draw.below(10) {
            0 | 1 => draw.of(&PLAIN).to_owned(),
            _ => format!("{}{term}", draw.of(&VERBS)),
        };
        let day: jiff::civil::Date = draw.of(&DAYS).parse().unwrap();
        let yuan = 10_000 + 1_000 * draw.below(2_000);
        let mut tied = Vec::new();
        for place in 0..draw.below(5) {
            let invoice = format!("N{number:05}{place}");
            let goods = if draw.chance(70) { term.to_owned() } else { draw.of(&OTHER_GOODS).to_owned() };
            let part = [yuan, yuan / 2, yuan * 95 / 100, yuan / 20][draw.below(4)];
            let (sign, positive) = if draw.chance(8) { ("-", "否") } else { ("", "是") };
            let amount = format!("{sign}{part}.{:02}", draw.below(100));
            let dated = day.checked_add(jiff::Span::new().days(draw.below(300) as i64 - 110)).unwrap().to_string();
            let status = if draw.chance(5) { "已作废" } else { "正常" };
            let spec = draw.of(&["", "550W", "YE5-132S", "一级能效", "3级能效"]);
            lines.push(
                owned(&[&[
                    &invoice,
                    &dated,
                    "91330100MA00000001",
                    "卖方有限公司",
                    &borrower,
                    "某某有限公司",
                    &goods,
                    spec,
                    &amount,
                    positive,
                    status,
                ]])
                .remove(0),
            );
            if draw.chance(60) {
                tied.push(invoice);
            }
        }
        let veto = if draw.chance(80) { "无" } else { draw.of(&["", "环保处罚60万元"]) };
        let (industry, day) = (draw.of(&INDUSTRIES), day.to_string());
        let amount = format!("{yuan}.00");
        loans.push(
            owned(&[&[
                &id,
                "某某有限公司",
                &borrower,
                &purpose,
                &amount,
                &day,
                &day,
                industry,
                draw.of(&["路桥支行", "黄岩支行", ""]),
                &tied.join("、"),
                veto,
                draw.of(&["", "62%", "10%"]),
                draw.of(&["", "深绿", "浅绿"]),
            ]])
            .remove(0),
        );
    }
    let headings: Vec<&str> = LOAN.iter().copied().chain(["绿色营收占比", "评绿等级"]).collect();
    write(at, "loans.csv", support::csv_of(&headed(&headings, &loans)));
    write(at, "inv.csv", support::csv_of(&headed(&LINE, &lines)));
}

fn lvjian(at: &Path, args: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_lvjian")).current_dir(at).args(args).output().unwrap();
    assert!(
        ran.status.success(),
        "{args:?}: {}\n{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap()
}

/// Decides, decides again on one thread, and replays; returns how many loans came to each rule.
fn replayed(count: usize, seed: u64) -> BTreeMap<String, usize> {
    let desk = folder();
    files(desk.path(), count, seed);
    let assess = ["assess", "-q", "--loans", "loans.csv", "--invoices", "inv.csv", "--format", "csv", "-o", "out.csv"];
    let began = std::time::Instant::now();
    lvjian(desk.path(), &[&assess[..], &["--store", "first"]].concat());
    let decided = began.elapsed();
    lvjian(desk.path(), &[&assess[..], &["--store", "second", "--threads", "1"]].concat());
    let stored = |folder: &str| fs::read(desk.path().join(folder).join("decisions.ndjson")).unwrap();
    assert!(stored("first") == stored("second"), "the bytes do not depend on the number of threads");
    let began = std::time::Instant::now();
    let said = lvjian(desk.path(), &["replay", "--store", "first"]);
    assert!(said.contains(&format!("重放 {count} 笔：{count} 笔逐字节一致，0 笔不同")), "{said}");
    println!("{count} decisions: decided in {decided:.1?}, replayed in {:.1?}, no difference", began.elapsed());

    let text = String::from_utf8(stored("first")).unwrap();
    let mut rules = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for line in text.lines() {
        let decision: Value = serde_json::from_str(line).unwrap();
        *rules.entry(string(&decision, "rule").to_owned()).or_default() += 1;
        ids.insert(string(&decision, "loan_id").to_owned());
    }
    assert_eq!(ids.len(), count, "each loan has its decision");
    println!("{rules:?}");

    // The comparison sees a difference of one character.
    let spoiled = text.replacen("\"confidence\":", "\"confidence\":1", 1);
    fs::write(desk.path().join("first/decisions.ndjson"), spoiled).unwrap();
    let mut again = Command::new(env!("CARGO_BIN_EXE_lvjian"));
    let ran = again.current_dir(desk.path()).args(["replay", "--store", "first"]).output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stdout).contains("1 笔不同"));
    rules
}

#[test]
fn some_hundred_decisions_replay_without_a_difference() {
    let rules = replayed(300, 7);
    assert!(rules.len() >= 5, "{rules:?}");
}

/// Takes minutes without optimisation: `cargo test --release --test replay -- --ignored --nocapture`.
#[test]
#[ignore = "ten thousand loans, three times"]
fn ten_thousand_decisions_replay_without_a_difference() {
    let rules = replayed(10_000, 20_261_123);
    for rule in ["L0", "L1", "L2", "L3", "L4", "L5", "L6", "L7"] {
        assert!(rules.contains_key(rule), "{rule} decides some of them: {rules:?}");
    }
}
