//! The demo bank, loan by loan, against what corpus/demo/expected.md reasons by hand.

use std::{collections::BTreeMap, fs, path::Path};

use lvjian::Verdict;

#[test]
fn the_demo_bank_comes_out_as_reasoned_by_hand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/demo");
    let mut expected = BTreeMap::new();
    for line in fs::read_to_string(folder.join("expected.md")).unwrap().lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [_, id, verdict, share, ..] = cells.as_slice()
            && id.starts_with("TZ")
        {
            expected.insert((*id).to_owned(), ((*verdict).to_owned(), (*share).to_owned()));
        }
    }
    assert!(expected.len() >= 40, "only {} loans are reasoned", expected.len());

    let store = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_lvjian"))
        .args(["assess", "-q", "--format", "ndjson", "--loans", &file("台账.xlsx"), "--invoices"])
        .args(["全量发票查询导出结果-2025年10月.xlsx", "全量发票查询导出结果-2025年11月.xlsx"].map(file))
        .args(["发票-GB18030.csv", "发票-其他列名.csv"].map(file))
        .arg("--store")
        .arg(store.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut wrong = Vec::new();
    let mut seen = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let decision: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = decision["loan_id"].as_str().unwrap();
        let verdict = Verdict::from_code(decision["verdict"].as_str().unwrap()).unwrap();
        *seen.entry(verdict).or_insert(0) += 1;
        let (want, share) = &expected[id];
        let percent = decision["green_share"].as_str().map(|share| {
            let share: rust_decimal::Decimal = share.parse().unwrap();
            format!("{}%", (share * rust_decimal::Decimal::ONE_HUNDRED).round_dp(2).normalize())
        });
        let share_differs = percent.as_deref().is_some_and(|got| share.ends_with('%') && got != share.as_str());
        if verdict.chinese() != want || share_differs {
            wrong.push(format!("{id}: wanted {want} {share}, got {} {percent:?}", verdict.chinese()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen.len(), 4, "all four verdicts occur: {seen:?}");
    assert_eq!(seen.values().sum::<i32>() as usize, expected.len());
}
