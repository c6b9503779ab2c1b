//! Two editions of the catalogue side by side.

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{desk::*, string};

#[test]
fn every_loan_stands_under_both_editions_with_what_makes_them_differ() {
    let desk = Desk::new();
    let mut lamps = loan("L4", "N4");
    lamps[3] = "购进LED灯具 一级能效".to_owned();
    lamps[7] = "F5137".to_owned();
    let mut pickles = loan("L5", "N5");
    pickles[3] = "采购萝卜".to_owned();
    let rows = [loan("L1", "N1"), loan_on("L2", "N2", "2024-06-03"), loan_on("L3", "N3", "2025-03-03"), lamps, pickles];
    desk.loans(&rows);
    let mut lamp = line("N4", "*照明装置*LED灯具 一级能效", "100000.00");
    lamp[7] = String::new();
    desk.invoices(
        "inv.csv",
        &[
            line("N1", SOLAR, "96000.00"),
            line("N2", SOLAR, "100000.00"),
            line("N3", SOLAR, "100000.00"),
            lamp,
            line("N5", "*蔬菜*萝卜", "100000.00"),
        ],
    );
    let both = ["--compare-edition", "gid-2019", "--format", "ndjson"];
    let ran = desk.assess(&["inv.csv"], &both).exits(0);
    let beside: BTreeMap<String, Value> =
        ran.lines().into_iter().map(|row| (string(&row, "loan_id").to_owned(), row)).collect();
    assert_eq!(beside.len(), rows.len());
    let side = |id: &str, which: &str, key: &str| string(&beside[id][which], key).to_owned();

    // The older entry of solar plants asks for proof of the modules, the newer one of a plant does not.
    let solar = &beside["L1"];
    assert_eq!(
        (side("L1", "own", "verdict"), side("L1", "other", "verdict")),
        ("green".into(), "needs-evidence".into())
    );
    assert_eq!((string(&solar["own"]["entry"], "code"), string(&solar["other"]["entry"], "code")), ("4.2.2", "3.2.2"));
    assert_eq!(side("L1", "own", "green_share"), side("L1", "other", "green_share"));
    assert_eq!(solar["same"], false);
    let why = solar["why"].to_string();
    assert!(why.contains("gid-2019 的界定条件缺数据") && why.contains("4.2.2 与 gid-2019 3.2.2 内容相同"), "{why}");

    // Under its own edition a loan is the same; under an edition without a table there is only the trial.
    assert!(beside["L2"]["same"] == true && beside["L2"]["why"].to_string().contains("同一版本"), "{}", beside["L2"]);
    assert_eq!((side("L3", "own", "edition"), side("L3", "own", "verdict")), ("glt-2024".into(), "review".into()));
    assert_eq!(side("L3", "other", "verdict"), "needs-evidence");
    assert!(beside["L3"]["why"].to_string().contains("不以其他版本代替"), "{}", beside["L3"]);

    // Trade has entries of its own only since 2025: what is traded leads back to its maker's entry.
    let lamps = &beside["L4"];
    assert!(string(&lamps["own"]["entry"], "code").starts_with("8."), "{lamps}");
    let entries = lamps["other"]["entries"].to_string();
    assert!(!entries.contains("\"1.1.1\"") && string(&lamps["other"]["entry"], "name").contains("照明"), "{lamps}");

    assert_eq!(
        (side("L5", "own", "verdict"), side("L5", "other", "verdict")),
        ("not-green".into(), "not-green".into())
    );

    // What is kept is the decision under the edition that applies.
    let kept = support::lvjian_in(desk.0.path(), &["why", "L1"]).exits(0);
    assert!(kept.text().contains("结论：绿色"), "{}", kept.text());
    let csv = desk.assess(&["inv.csv"], &["--compare-edition", "gid-2019", "--format", "csv"]).exits(0);
    assert!(csv.text().contains("对照条目") && csv.stderr.contains("不用于认定"), "{}", csv.stderr);
    for (edition, words) in [("glt-2024", "不以其他版本代替"), ("gid-2020", "可用：gid-2019")] {
        let refused = desk.assess(&["inv.csv"], &["--compare-edition", edition]).exits(2);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
}
