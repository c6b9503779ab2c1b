//! Loans as the ledger has them.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{document::Location, money::Money};

/// A fact about the borrower that the ledger may or may not give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checked {
    /// Checked, and it is not so.
    No,
    /// Checked, and it is so.
    Yes,
    /// Nobody looked.
    #[default]
    Unknown,
}

/// A document that the bank has seen, and a condition it settles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Proof {
    /// Condition id, `C-1.1.7-1`.
    pub condition: String,
    /// The document, as the ledger names it.
    pub document: String,
}

/// One loan (借据).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loan {
    /// Where it stood.
    pub location: Location,
    /// 借据号.
    pub id: String,
    /// 客户名称.
    pub customer: String,
    /// 纳税人识别号 or 统一社会信用代码; joins the invoices.
    pub tax_id: String,
    /// 贷款用途.
    pub purpose: String,
    /// 放款金额.
    pub amount: Option<Money>,
    /// 审批日期; it chooses the edition. Falls back to the disbursement date.
    pub approved: Option<Date>,
    /// 放款日期; the window of invoices is counted from it.
    pub disbursed: Option<Date>,
    /// GB/T 4754 code of the borrower.
    pub industry: String,
    /// 经办机构.
    pub branch: String,
    /// Invoice numbers tied to the loan (受托支付, contract).
    pub vouchers: Vec<String>,
    /// Documents that the bank has seen, as the ledger names them: the names that a decision asks for, separated by
    /// `；`, `、` or `,`, each with the condition in brackets where it settles only one (`电机能效检测报告（C-1.1.7-1）`).
    pub proofs: String,
    /// Whether the borrower failed one of the vetoes (环保处罚, 失信 …), by the bank's own check.
    pub vetoed: Checked,
    /// Why, when vetoed.
    pub veto_reason: String,
    /// Share of green revenue, 0…1, when the enterprise was rated.
    pub green_revenue: Option<Decimal>,
    /// 评绿 grade of the enterprise, when rated.
    pub grade: String,
}

impl Loan {
    /// What joins the loan with invoices: the borrower's tax id or, without one, its name.
    pub fn borrower(&self) -> &str {
        if self.tax_id.is_empty() { &self.customer } else { &self.tax_id }
    }
}
