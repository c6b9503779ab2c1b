//! Decisions that can be defended later: replay, cards, reports.

mod support;

use support::{
    Ran,
    desk::{Desk, PURPOSE, SOLAR, line, loan},
    lvjian_in,
};

/// A desk with one decided loan whose customer is called `customer`.
fn decided(customer: &str) -> Desk {
    let desk = Desk::new();
    let mut row = loan("L1", "0001");
    row[1] = customer.to_owned();
    desk.loans(&[row]);
    desk.invoices("inv.csv", &[line("0001", SOLAR, "98000.00")]);
    desk.assess(&["inv.csv"], &[]).exits(0);
    desk
}

fn at(desk: &Desk, args: &[&str]) -> Ran {
    lvjian_in(desk.0.path(), args)
}

/// A run replays bit for bit; a changed input is named and the loan that differs is shown with its cause.
#[test]
fn a_run_replays_and_a_changed_input_is_named() {
    let desk = decided("买方有限公司");
    let ran = at(&desk, &["replay"]).exits(0);
    assert!(ran.text().contains("重放 1 笔：1 笔逐字节一致，0 笔不同"));

    let ledger = std::fs::read_to_string(desk.path("loans.csv")).unwrap();
    std::fs::write(desk.path("loans.csv"), ledger.replace(PURPOSE, "日常经营周转")).unwrap();
    let ran = at(&desk, &["replay"]);
    let ran = ran.exits(1);
    let out = ran.text();
    assert!(out.contains("输入已变 / input changed：") && out.contains("loans.csv"), "{out}");
    assert!(out.contains("结论 ") && out.contains("起因：输入的文字或金额"), "{out}");
}

/// The card holds the verdict, the marked evidence and the notice, nothing from elsewhere, and no name becomes markup.
#[test]
fn the_card_is_self_contained_and_safe() {
    let desk = decided("<script>alert(1)</script>商行");
    at(&desk, &["card", "L1", "-o", "card.html"]).exits(0);
    let card = std::fs::read_to_string(desk.path("card.html")).unwrap();
    for part in ["绿色认定卡", "<mark>", "按默认规则包", "规则依据", "复核"] {
        assert!(card.contains(part), "{part}");
    }
    assert!(!card.contains("<script") && !card.contains("http://") && !card.contains("https://"), "{card}");
    assert!(card.contains("&lt;script&gt;"));
    at(&desk, &["card", "L9"]).exits(2);
}

/// The report writes a page and a workbook; the two filing views list the same loans.
#[test]
fn the_report_is_a_page_and_a_workbook() {
    let desk = decided("买方有限公司");
    at(&desk, &["report", "-o", "report.html"]).exits(0);
    at(&desk, &["report", "-o", "report.xlsx"]).exits(0);
    let page = std::fs::read_to_string(desk.path("report.html")).unwrap();
    assert!(page.contains("按目录领域") && page.contains("<svg") && !page.contains("https://"), "{page}");
    assert!(std::fs::read(desk.path("report.xlsx")).unwrap().starts_with(b"PK"));
    for view in ["use", "industry"] {
        let ran = at(&desk, &["report", "--filing", view]).exits(0);
        assert!(ran.text().contains("差异说明"));
    }
}
