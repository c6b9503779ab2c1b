//! Documents that a bank hands in: they settle what they are asked for, and nothing silently; and the few reasons.

mod support;

use serde_json::Value;
use support::{desk::*, string};

const MOTOR: &str = "*电动机*高效节能电动机";

/// A ledger of loans for motors, each with its purpose, goods and proofs, and what is decided.
fn decide(rows: &[(&str, &str, &str)]) -> Vec<Value> {
    let desk = Desk::new();
    let mut headings = LOAN.to_vec();
    headings.push("已有证明");
    let (mut loans, mut lines) = (Vec::new(), Vec::new());
    for (number, (purpose, goods, proofs)) in rows.iter().enumerate() {
        let mut row = loan(&format!("L{number}"), &format!("N{number}"));
        row[3] = (*purpose).to_owned();
        // Who sells motors must show their grade; who uses them need not.
        row[7] = if purpose.contains("电动机") { "F5171" } else { "C3825" }.to_owned();
        row.push((*proofs).to_owned());
        loans.push(row);
        let mut bought = line(&format!("N{number}"), goods, "100000.00");
        bought[7] = String::new();
        lines.push(bought);
    }
    desk.write("loans.csv", &headed(&headings, &loans));
    desk.invoices("inv.csv", &lines);
    desk.decisions(&["inv.csv"])
}

#[test]
fn a_proof_settles_the_condition_that_asks_for_it() {
    let purpose = "购买高效节能电动机用于批发";
    let without = decide(&[(purpose, MOTOR, "")]).remove(0);
    assert_eq!(string(&without, "verdict"), "needs-evidence", "{without}");
    let wanted: Vec<(&str, &str)> = without["wanted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wanted| (string(wanted, "document"), string(wanted, "settles")))
        .collect();
    assert!(!wanted.is_empty());
    let names: Vec<&str> = wanted.iter().map(|(document, _)| *document).collect();
    let pasted: Vec<String> = wanted.iter().map(|(document, id)| format!("{document}（{id}）")).collect();
    let ids: Vec<String> = wanted.iter().map(|(_, id)| format!("能效备案回执（{id}）")).collect();
    for proofs in [names.join("；"), names.join("、"), pasted.join("；"), ids.join("；")] {
        let with = decide(&[(purpose, MOTOR, &proofs)]).remove(0);
        assert_eq!(string(&with, "verdict"), "green", "{proofs}: {with}");
        assert_eq!(with["flags"].as_array().unwrap().len(), 0, "{with}");
        assert!(with["trace"].to_string().contains("已有证明："), "the trace names the document: {with}");
        assert!(with["reasons"].to_string().contains("界定条件已满足"), "{with}");
    }
}

#[test]
fn a_proof_that_does_nothing_is_told() {
    let purpose = "购买高效节能电动机用于批发";
    for (code, goods, proofs) in [
        ("A001", MOTOR, "节能证书"),
        ("A002", MOTOR, "种子或种苗质量检验合格证"),
        ("A003", "*电动机*高效节能电动机 3级能效", "电动机能效标识备案信息"),
        ("A004", MOTOR, "环保处罚与失信查询结果（否决项）"),
    ] {
        let decision = decide(&[(purpose, goods, proofs)]).remove(0);
        let flags: Vec<&str> =
            decision["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap()).collect();
        let codes: Vec<&str> = flags.iter().filter_map(|flag| flag.get(..4)).collect();
        assert!(codes.contains(&code), "{proofs}: {flags:?}");
        assert_ne!(string(&decision, "verdict"), "green", "{decision}");
        assert!(support::lvjian(&["explain", code], b"").exits(0).text().contains(code));
    }
}

#[test]
fn reasons_are_few_and_name_only_what_decided() {
    let decisions = decide(&[
        ("购买光伏组件安装自用屋顶光伏电站", SOLAR, ""),
        ("流动资金", STEEL, ""),
        ("购买光伏组件", STEEL, ""),
        ("购买高效节能电动机（3级能效）", "*电动机*高效节能电动机 3级能效", ""),
        ("购买空调", "*空调*空调", ""),
    ]);
    for decision in &decisions {
        let reasons = decision["reasons"].as_array().unwrap();
        assert!((2..=4).contains(&reasons.len()), "{reasons:?}");
    }
    let all = |number: usize| decisions[number]["reasons"].to_string();
    assert!(all(0).contains("发票 N0") && all(0).contains("100000.00"), "{}", all(0));
    assert!(!all(1).contains("置信分") && all(1).contains("用途"), "{}", all(1));
    assert!(all(2).contains("低于 10%") && all(2).contains("凭证合计 100000.00"), "{}", all(2));
    assert!(all(3).contains("3级") && !all(3).contains("置信分"), "{}", all(3));
}
