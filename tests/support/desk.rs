//! A desk with one run's ledger, invoices and store, and rows as banks and tax bureaus write them.

use std::path::PathBuf;

use rust_decimal::Decimal;
use serde_json::Value;
use tempfile::TempDir;

use super::{Ran, csv_of, folder, lvjian_in, owned, string, write};

pub const LOAN: [&str; 11] = [
    "借据号",
    "客户名称",
    "纳税人识别号",
    "贷款用途",
    "放款金额",
    "审批日期",
    "放款日期",
    "行业代码",
    "经办机构",
    "受托支付发票",
    "否决项",
];
pub const LINE: [&str; 11] = [
    "数电票号码",
    "开票日期",
    "销方识别号",
    "销方名称",
    "购方识别号",
    "购买方名称",
    "货物或应税劳务名称",
    "规格型号",
    "价税合计",
    "是否正数发票",
    "发票状态",
];

pub const SOLAR: &str = "*光伏设备*光伏组件";
pub const STEEL: &str = "*黑色金属冶炼压延品*螺纹钢";
pub const BUYER: &str = "91331000MA00000002";
pub const PURPOSE: &str = "购买光伏组件安装自用屋顶光伏电站";

/// A folder with one run's files and its store.
pub struct Desk(pub TempDir);

impl Desk {
    pub fn new() -> Self {
        Self(folder())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, rows: &[Vec<String>]) -> PathBuf {
        write(self.0.path(), name, csv_of(rows))
    }

    pub fn loans(&self, rows: &[Vec<String>]) {
        self.write("loans.csv", &headed(&LOAN, rows));
    }

    pub fn invoices(&self, name: &str, rows: &[Vec<String>]) {
        self.write(name, &headed(&LINE, rows));
    }

    /// Runs `assess` over `loans.csv` and these invoice files, from inside the folder.
    pub fn assess(&self, invoices: &[&str], more: &[&str]) -> Ran {
        let mut args = vec!["assess", "--loans", "loans.csv", "--invoices"];
        args.extend(invoices);
        args.extend(more);
        lvjian_in(self.0.path(), &args)
    }

    pub fn decisions(&self, invoices: &[&str]) -> Vec<Value> {
        self.assess(invoices, &["--format", "ndjson"]).exits(0).lines()
    }

    /// The only decision about one loan of 100 000 yuan and these invoice lines.
    pub fn decide(lines: &[Vec<String>]) -> Value {
        let desk = Self::new();
        desk.loans(&[loan("L1", "")]);
        desk.invoices("inv.csv", lines);
        desk.decisions(&["inv.csv"]).remove(0)
    }
}

pub fn headed(headings: &[&str], rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut all = owned(&[headings]);
    all.extend(rows.iter().cloned());
    all
}

/// A loan of 100 000 yuan to the buyer; `vouchers` are tied to it.
pub fn loan(id: &str, vouchers: &str) -> Vec<String> {
    loan_on(id, vouchers, "2025-10-20")
}

pub fn loan_on(id: &str, vouchers: &str, approved: &str) -> Vec<String> {
    owned(&[&[
        id,
        "买方有限公司",
        BUYER,
        PURPOSE,
        "100000.00",
        approved,
        approved,
        "C3825",
        "路桥支行",
        vouchers,
        "无",
    ]])
    .remove(0)
}

/// A normal invoice line.
pub fn line(number: &str, goods: &str, amount: &str) -> Vec<String> {
    full_line(number, "2025-10-22", goods, amount, "是", "正常")
}

pub fn full_line(number: &str, date: &str, goods: &str, amount: &str, positive: &str, status: &str) -> Vec<String> {
    owned(&[&[
        number,
        date,
        "91330100MA00000001",
        "卖方有限公司",
        BUYER,
        "买方有限公司",
        goods,
        "550W",
        amount,
        positive,
        status,
    ]])
    .remove(0)
}

pub fn decimal(decision: &Value, key: &str) -> Decimal {
    string(decision, key).parse().unwrap_or_else(|error| panic!("{key}: {error} in {decision}"))
}

pub fn share(decision: &Value) -> Decimal {
    decimal(decision, "green_share")
}

pub fn percent(points: i64) -> Decimal {
    Decimal::new(points, 2)
}

/// Every word of the trace, in order.
pub fn trace_text(decision: &Value) -> String {
    decision["trace"].to_string()
}
