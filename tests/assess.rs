//! 认绿 from outside: netting, ties, editions, vetoes and the trace behind every decision.

mod support;

use std::fs;

use rust_decimal::Decimal;
use serde_json::Value;
use support::{desk::*, owned, sheet_xml, string, workbook, write};

#[test]
fn a_plain_green_loan_is_green() {
    let decision = Desk::decide(&[line("N1", SOLAR, "100000.00")]);
    assert_eq!(string(&decision, "verdict"), "green", "{decision}");
    assert_eq!(share(&decision), percent(100));
    assert_eq!(decimal(&decision, "green_amount"), Decimal::from(100_000));
    assert_eq!(string(&decision["entry"], "code"), "4.2.2");
    assert_eq!(string(&decision, "edition"), "gfspc-2025");
    assert!(string(&decision, "notice").contains("默认规则包"));
    assert!(string(&decision, "fingerprint").contains("lvjian/"));
}

#[test]
fn an_invoice_and_its_red_twin_leave_nothing() {
    let original = line("N1", SOLAR, "100000.00");
    for red in [
        full_line("N2", "2025-10-28", SOLAR, "-100000.00", "否", "正常"),
        full_line("N2", "2025-10-28", SOLAR, "100000.00", "否", "正常"),
        full_line("N2", "2025-10-28", SOLAR, "-100,000.00", "是", "正常"),
        full_line("N2", "2027-01-28", SOLAR, "-100000.00", "否", "正常"),
    ] {
        let decision = Desk::decide(&[original.clone(), red.clone()]);
        assert_eq!(share(&decision), Decimal::ZERO, "{red:?}: {decision}");
        assert_ne!(string(&decision, "verdict"), "green", "{red:?}");
        let decision = Desk::decide(&[red.clone(), original.clone()]);
        assert_eq!(share(&decision), Decimal::ZERO, "the order of lines is nothing: {red:?}");
    }
    let desk = Desk::new();
    desk.loans(&[loan("L1", "N1")]);
    desk.invoices("inv.csv", &[original, full_line("N2", "2025-10-28", SOLAR, "-100000.00", "否", "正常")]);
    assert_eq!(share(&desk.decisions(&["inv.csv"])[0]), Decimal::ZERO, "a tied invoice is taken back too");
}

#[test]
fn a_partial_red_invoice_takes_back_its_part() {
    let reduced = full_line("N2", "2025-10-28", SOLAR, "-40000.01", "否", "正常");
    let decision = Desk::decide(&[line("N1", SOLAR, "100000.00"), reduced]);
    assert_eq!(share(&decision), Decimal::new(5_999_999, 7), "to the last 分: {decision}");
}

#[test]
fn void_lines_count_for_nothing() {
    let void = full_line("N2", "2025-10-22", SOLAR, "40000.00", "是", "已作废");
    let decision = Desk::decide(&[line("N1", SOLAR, "60000.00"), void]);
    assert_eq!(share(&decision), percent(60), "{decision}");
    assert!(trace_text(&decision).contains("已作废"), "the trace says so");
}

#[test]
fn the_sheet_of_whole_invoices_voids_the_lines_of_the_other_sheet() {
    let lines = headed(&LINE, &[line("N1", SOLAR, "60000.00"), line("N2", SOLAR, "40000.00")]);
    let whole = owned(&[
        &["数电票号码", "销方名称", "开票日期", "价税合计", "发票状态"],
        &["N1", "卖方有限公司", "2025-10-22", "60000.00", "正常"],
        &["N2", "卖方有限公司", "2025-10-22", "40000.00", "已作废"],
    ]);
    let (lines, whole) = (sheet_xml(&lines, "").into_bytes(), sheet_xml(&whole, "").into_bytes());
    for sheets in [
        [("信息汇总表", lines.clone()), ("发票基础信息", whole.clone())],
        [("发票基础信息", whole), ("信息汇总表", lines)],
    ] {
        let desk = Desk::new();
        desk.loans(&[loan("L1", "")]);
        write(desk.0.path(), "导出.xlsx", workbook(&sheets, None));
        assert_eq!(share(&desk.decisions(&["导出.xlsx"])[0]), percent(60));
    }
}

#[test]
fn an_invoice_in_two_monthly_files_counts_once() {
    let desk = Desk::new();
    desk.loans(&[loan("L1", "")]);
    desk.invoices("oct.csv", &[line("N1", SOLAR, "30000.00"), line("N1", SOLAR, "10000.00")]);
    desk.invoices(
        "nov.csv",
        &[line("N1", SOLAR, "30000.00"), line("N1", SOLAR, "10000.00"), line("N2", SOLAR, "20000.00")],
    );
    let ran = desk.assess(&["oct.csv", "nov.csv"], &["--format", "ndjson"]).exits(0);
    assert_eq!(share(&ran.lines()[0]), percent(60), "both lines of N1 once, and N2");
    assert!(ran.stderr.contains("重复"), "{}", ran.stderr);
    let again = desk.decisions(&["nov.csv", "oct.csv", "nov.csv"]);
    assert_eq!(share(&again[0]), percent(60), "in any order");
}

#[test]
fn discount_lines_lessen_what_they_stand_under() {
    let decision = Desk::decide(&[line("N1", SOLAR, "100000.00"), line("N1", SOLAR, "-10000.00")]);
    assert_eq!(share(&decision), percent(90), "{decision}");
    let of_steel =
        Desk::decide(&[line("N1", SOLAR, "50000.00"), line("N1", STEEL, "60000.00"), line("N1", STEEL, "-10000.00")]);
    assert_eq!(share(&of_steel), percent(50), "{of_steel}");
}

#[test]
fn amounts_add_up_to_the_last_fen() {
    let lines: Vec<Vec<String>> =
        ["33333.33", "33,333.33", "￥33333.34"].iter().map(|amount| line("N1", SOLAR, amount)).collect();
    let decision = Desk::decide(&lines);
    assert_eq!(share(&decision), Decimal::ONE, "{decision}");
    assert!(trace_text(&decision).contains("合计 100000.00"), "{decision}");
}

#[test]
fn untied_purchases_give_the_lower_of_two_shares_and_tied_ones_their_own() {
    let lines = [line("N1", SOLAR, "100000.00"), line("N2", STEEL, "300000.00")];
    assert_eq!(share(&Desk::decide(&lines)), percent(25), "a big buyer cannot dress any loan");
    let small = Desk::decide(&[line("N1", SOLAR, "50000.00")]);
    assert_eq!(share(&small), percent(50), "half of the loan is backed");
    let desk = Desk::new();
    desk.loans(&[loan("L1", "N1")]);
    desk.invoices("inv.csv", &lines);
    let tied = desk.decisions(&["inv.csv"]).remove(0);
    assert_eq!(share(&tied), Decimal::ONE, "{tied}");
    assert!(trace_text(&tied).contains("已绑定本笔贷款"));
    let over = Desk::decide(&[line("N1", SOLAR, "250000.00")]);
    assert_eq!(share(&over), Decimal::ONE, "a share is never more than one");
    assert_eq!(decimal(&over, "green_amount"), Decimal::from(100_000));
}

#[test]
fn purchases_outside_the_window_do_not_count() {
    let early = full_line("N1", "2025-01-05", SOLAR, "100000.00", "是", "正常");
    let decision = Desk::decide(&[early, line("N2", SOLAR, "10000.00")]);
    assert_eq!(share(&decision), percent(10), "{decision}");
    assert!(trace_text(&decision).contains("窗口之外"));
}

#[test]
fn an_invoice_backs_one_loan_only() {
    let desk = Desk::new();
    desk.loans(&[loan_on("L2", "", "2025-10-21"), loan("L1", "")]);
    desk.invoices("inv.csv", &[line("N1", SOLAR, "100000.00")]);
    let decisions = desk.decisions(&["inv.csv"]);
    let ids: Vec<&str> = decisions.iter().map(|decision| string(decision, "loan_id")).collect();
    assert_eq!(ids, ["L2", "L1"], "answers stand in ledger order");
    assert_eq!(string(&decisions[1], "verdict"), "green", "the earlier loan takes the invoice");
    assert_ne!(string(&decisions[0], "verdict"), "green");
    assert!(decisions[0]["flags"].to_string().contains("N1"), "{}", decisions[0]);
}

#[test]
fn an_invoice_tied_to_one_loan_never_backs_another() {
    let desk = Desk::new();
    // Same borrower: the first loan names no voucher or one that is not there; the only invoice is the second loan's.
    for first in ["", "N404"] {
        desk.loans(&[loan("L1", first), loan("L2", "N2")]);
        desk.invoices("inv.csv", &[line("N2", SOLAR, "100000.00")]);
        let decisions = desk.decisions(&["inv.csv"]);
        assert_eq!(
            string(&decisions[1], "verdict"),
            "green",
            "with `{first}`: the invoice is tied to L2: {}",
            decisions[1]
        );
        assert_ne!(string(&decisions[0], "verdict"), "green", "with `{first}`: {}", decisions[0]);
    }
}

#[test]
fn a_missing_voucher_is_flagged() {
    let desk = Desk::new();
    desk.loans(&[loan("L1", "N1、N404")]);
    desk.invoices("inv.csv", &[line("N1", SOLAR, "100000.00")]);
    let decision = desk.decisions(&["inv.csv"]).remove(0);
    assert!(decision["flags"].to_string().contains("N404"), "{decision}");
}

#[test]
fn a_veto_comes_before_everything() {
    let desk = Desk::new();
    let mut vetoed = loan("L1", "N1");
    vetoed[10] = "2025年环保处罚".to_owned();
    let mut unchecked = loan("L2", "N2");
    unchecked[10] = String::new();
    desk.loans(&[vetoed, unchecked]);
    desk.invoices("inv.csv", &[line("N1", SOLAR, "100000.00"), line("N2", SOLAR, "100000.00")]);
    let decisions = desk.decisions(&["inv.csv"]);
    assert_eq!(string(&decisions[0], "verdict"), "not-green");
    assert!(decisions[0]["reasons"].to_string().contains("环保处罚"));
    assert_eq!(string(&decisions[1], "verdict"), "review", "nobody looked: {}", decisions[1]);
}

#[test]
fn purpose_or_vouchers_alone_make_no_green_loan() {
    let desk = Desk::new();
    let mut steel = loan("L2", "N2");
    steel[3] = "购买钢材".to_owned();
    let mut elsewhere = loan("L1", "");
    elsewhere[2] = "91331000MA00000003".to_owned();
    elsewhere[1] = "另一家有限公司".to_owned();
    desk.loans(&[elsewhere, steel]);
    desk.invoices("inv.csv", &[line("N2", SOLAR, "100000.00")]);
    for decision in desk.decisions(&["inv.csv"]) {
        assert_eq!(string(&decision, "verdict"), "review", "{decision}");
    }
}

#[test]
fn the_approval_date_chooses_the_edition_and_a_missing_table_is_refused_by_name() {
    let desk = Desk::new();
    desk.loans(&[
        loan_on("L1", "N1", "2024-06-03"),
        loan_on("L2", "N2", "2025-03-03"),
        loan_on("L3", "N3", "2025-08-15"),
    ]);
    desk.invoices(
        "inv.csv",
        &[line("N1", SOLAR, "100000.00"), line("N2", SOLAR, "100000.00"), line("N3", SOLAR, "100000.00")],
    );
    let decisions = desk.decisions(&["inv.csv"]);
    assert_eq!(string(&decisions[0], "edition"), "gid-2019");
    for decision in &decisions[1..] {
        assert_eq!(string(decision, "verdict"), "review", "{decision}");
        assert_eq!(string(decision, "edition"), "glt-2024");
        assert!(decision["green_amount"].is_null() && decision["entry"].is_null(), "{decision}");
        let reasons = decision["reasons"].to_string();
        assert!(
            reasons.contains("《绿色低碳转型产业指导目录（2024年版）》") && reasons.contains("不以其他版本代替"),
            "{reasons}"
        );
    }
    assert!(decisions[2]["flags"].to_string().contains("gfspc-2025"), "what the next edition would say is only a hint");
    let why = support::lvjian_in(desk.0.path(), &["why", "L2"]).exits(0);
    assert!(why.text().contains("绿色低碳转型产业指导目录"), "{}", why.text());
}

#[test]
fn why_shows_every_leaf() {
    let desk = Desk::new();
    let lines = headed(&LINE, &[line("N1", SOLAR, "90000.00"), line("N2", "*紧固件*光伏支架用螺栓", "10000.00")]);
    let mut elsewhere = loan("L0", "");
    elsewhere[2] = "91331000MA00000003".to_owned();
    elsewhere[1] = "另一家有限公司".to_owned();
    desk.loans(&[elsewhere, loan("L1", "N1、N2")]);
    write(desk.0.path(), "发票.xlsx", workbook(&[("信息汇总表", sheet_xml(&lines, "A1").into_bytes())], None));
    let decisions = desk.decisions(&["发票.xlsx"]);
    assert_eq!(share(&decisions[1]), percent(90), "{}", decisions[1]);
    let ran = support::lvjian_in(desk.0.path(), &["why", "L1"]).exits(0);
    for words in [
        "发票.xlsx [信息汇总表] 第2行",
        "发票.xlsx [信息汇总表] 第3行",
        "loans.csv 第3行",
        "【光伏组件】",
        "能源绿色低碳转型 › 清洁能源设施建设和运营 › 太阳能利用设施建设和运营",
        "4.2.2",
        "public",
        "推导 derived",
        "默认 default",
        "M0",
        "按默认规则包计算",
        "lvjian/",
    ] {
        assert!(ran.text().contains(words), "`{words}` is missing in:\n{}", ran.text());
    }
    let unknown = support::lvjian_in(desk.0.path(), &["why", "L404"]).exits(2);
    assert!(unknown.stderr.contains("L404"));
}

#[test]
fn a_bad_amount_costs_its_row_and_the_run_goes_on() {
    let desk = Desk::new();
    let mut bad_loan = loan("L2", "");
    bad_loan[4] = "十万元整".to_owned();
    let mut negative = loan("L3", "");
    negative[4] = "-5".to_owned();
    let mut nameless = loan("", "");
    nameless[1] = "无名".to_owned();
    let mut undated = loan("L5", "");
    undated[5] = "2025-13-01".to_owned();
    desk.loans(&[loan("L1", ""), bad_loan, negative, nameless, undated]);
    desk.invoices(
        "inv.csv",
        &[
            line("N1", SOLAR, "六万"),
            line("N2", SOLAR, "60000.00"),
            full_line("N3", "昨天", SOLAR, "1.00", "是", "正常"),
            line("N4", SOLAR, "9".repeat(40).as_str()),
        ],
    );
    let ran = desk.assess(&["inv.csv"], &["--format", "ndjson", "--quarantine", "bad.ndjson"]).exits(0);
    let decisions = ran.lines();
    assert_eq!(decisions.len(), 1);
    assert_eq!(share(&decisions[0]), percent(60));
    let kept: Vec<Value> = fs::read_to_string(desk.path("bad.ndjson"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let seen: Vec<(&str, u64, &str, &str)> = kept
        .iter()
        .map(|bad| (string(bad, "file"), bad["row"].as_u64().unwrap(), string(bad, "code"), string(bad, "column")))
        .collect();
    assert_eq!(
        seen,
        [
            ("loans.csv", 3, "Q005", "放款金额"),
            ("loans.csv", 4, "Q007", "放款金额"),
            ("loans.csv", 5, "Q004", "借据号"),
            ("loans.csv", 6, "Q006", "审批日期"),
            ("inv.csv", 2, "Q005", "价税合计"),
            ("inv.csv", 4, "Q006", "开票日期"),
            ("inv.csv", 5, "Q005", "价税合计"),
        ]
    );
    assert!(ran.stderr.contains("[Q005]") && ran.stderr.contains("inv.csv 第2行"), "{}", ran.stderr);
    desk.assess(&["inv.csv"], &["--fail-on-rejects"]).exits(1);
}

#[test]
fn a_ledger_in_ten_thousands_is_read_as_such() {
    let desk = Desk::new();
    desk.write(
        "loans.csv",
        &owned(&[
            &[
                "借据编号",
                "借款人",
                "统一社会信用代码",
                "借款用途",
                "贷款金额（万元）",
                "放款日期",
                "所属行业",
                "否决项",
            ],
            &["L1", "买方有限公司", BUYER, PURPOSE, "10", "2025/10/20", "C3825", "无"],
        ]),
    );
    desk.invoices("inv.csv", &[line("N1", SOLAR, "100000.00")]);
    let decision = desk.decisions(&["inv.csv"]).remove(0);
    assert_eq!(decimal(&decision, "amount"), Decimal::from(100_000));
    assert_eq!(string(&decision, "verdict"), "green", "{decision}");
}

#[test]
fn invoices_of_other_buyers_are_passed_over_and_counted() {
    let desk = Desk::new();
    desk.loans(&[loan("L1", "N1")]);
    let mut other = line("N2", SOLAR, "900000.00");
    other[4] = "91331000MA99999999".to_owned();
    other[5] = "别家有限公司".to_owned();
    desk.invoices("inv.csv", &[line("N1", SOLAR, "100000.00"), other]);
    let ran = desk.assess(&["inv*.csv"], &["--format", "ndjson"]).exits(0);
    assert!(ran.stderr.contains("发票明细 1 行") && ran.stderr.contains("1 行不属于这些借款人"), "{}", ran.stderr);
    assert_eq!(share(&ran.lines()[0]), percent(100));
}

#[test]
fn a_loan_of_nobody_takes_no_invoice_of_nobody() {
    let desk = Desk::new();
    let mut nobody = loan("L1", "");
    (nobody[1], nobody[2]) = (String::new(), String::new());
    desk.loans(&[nobody, loan("L2", "")]);
    let mut of_nobody = line("N1", SOLAR, "100000.00");
    (of_nobody[4], of_nobody[5]) = (String::new(), String::new());
    desk.invoices("inv.csv", &[of_nobody]);
    let ran = desk.assess(&["inv.csv"], &["--format", "ndjson"]).exits(0);
    assert!(ran.stderr.contains("发票明细 0 行") && ran.stderr.contains("1 行不属于这些借款人"), "{}", ran.stderr);
    assert!(ran.lines().iter().all(|decision| string(decision, "verdict") != "green"));
}
