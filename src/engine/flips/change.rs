//! A change to what one loan brings, small enough to be told in a sentence.

use std::{fmt, sync::Arc};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::model::{Checked, InvoiceLine, Loan, Location, Money};

/// One change. Applying it never touches another loan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// Vetoes were looked up and there is none.
    VetoCleared,
    /// A veto is found.
    VetoFound,
    /// A document is seen that settles a condition.
    Proof {
        /// Condition id.
        condition: String,
        /// The document, as the decision asks for it.
        document: String,
    },
    /// The documents handed in are not accepted.
    NoProofs,
    /// The purpose is written like this.
    Purpose {
        /// The new purpose.
        text: String,
    },
    /// The borrower's industry is known.
    Industry {
        /// GB/T 4754 code.
        code: String,
    },
    /// The enterprise was rated.
    Rated {
        /// Share of green revenue, 0…1.
        green_revenue: Decimal,
        /// Its grade.
        grade: String,
    },
    /// The invoices of these goods state a mark in their specification.
    Marked {
        /// Goods as invoiced.
        goods: String,
        /// What the specification says beside what it says now.
        mark: String,
    },
    /// These invoices are tied to the loan (受托支付).
    Tied {
        /// Invoice numbers.
        invoices: Vec<String>,
    },
    /// A further invoice, tied to the loan when the ledger ties any.
    Bought {
        /// Goods as invoiced.
        goods: String,
        /// Specification.
        spec: String,
        /// Tax code.
        tax_code: String,
        /// Tax included, yuan.
        amount: Money,
    },
    /// A red-letter invoice takes back part of what was bought; tied to the loan when the ledger ties any.
    TakenBack {
        /// Goods as invoiced.
        goods: String,
        /// Specification.
        spec: String,
        /// Tax code.
        tax_code: String,
        /// The seller's tax id: that of the invoice taken back.
        seller_id: Arc<str>,
        /// What is taken back, positive, yuan.
        amount: Money,
    },
    /// The loan is of this amount.
    Lent {
        /// Yuan.
        amount: Money,
    },
}

/// Number of the invoice that [`Change::Bought`] adds.
pub const ADDED_INVOICE: &str = "SUPPOSED-1";
/// Number of the red-letter invoice that [`Change::TakenBack`] adds.
pub const ADDED_RED_INVOICE: &str = "SUPPOSED-2";

impl Change {
    /// Applies the change to the loan and to the lines of its borrower.
    pub fn apply(&self, loan: &mut Loan, lines: &mut Vec<InvoiceLine>) {
        let supposed = |loan: &Loan, number: &str| InvoiceLine {
            location: Location { file: "假设".into(), ..Location::default() },
            invoice: number.into(),
            date: loan.disbursed,
            buyer_id: loan.tax_id.as_str().into(),
            buyer: loan.customer.as_str().into(),
            ..InvoiceLine::default()
        };
        match self {
            Self::VetoCleared => (loan.vetoed, loan.veto_reason) = (Checked::No, String::new()),
            Self::VetoFound => (loan.vetoed, loan.veto_reason) = (Checked::Yes, "假设查出".to_owned()),
            Self::Proof { condition, document } => {
                let separator = if loan.proofs.is_empty() { "" } else { "；" };
                loan.proofs.push_str(&format!("{separator}{document}（{condition}）"));
            }
            Self::NoProofs => loan.proofs.clear(),
            Self::Purpose { text } => loan.purpose.clone_from(text),
            Self::Industry { code } => loan.industry.clone_from(code),
            Self::Rated { green_revenue, grade } => {
                (loan.green_revenue, loan.grade) = (Some(*green_revenue), grade.clone());
            }
            Self::Marked { goods, mark } => {
                for line in lines.iter_mut().filter(|line| line.goods == *goods) {
                    line.spec = marked_spec(&line.spec, mark);
                }
            }
            Self::Tied { invoices } => loan.vouchers.clone_from(invoices),
            Self::Bought { goods, spec, tax_code, amount } => {
                lines.push(InvoiceLine {
                    goods: goods.clone(),
                    spec: spec.clone(),
                    tax_code: tax_code.clone(),
                    amount: Some(*amount),
                    ..supposed(loan, ADDED_INVOICE)
                });
                if !loan.vouchers.is_empty() {
                    loan.vouchers.push(ADDED_INVOICE.to_owned());
                }
            }
            Self::TakenBack { goods, spec, tax_code, seller_id, amount } => {
                lines.push(InvoiceLine {
                    goods: goods.clone(),
                    spec: spec.clone(),
                    tax_code: tax_code.clone(),
                    seller_id: seller_id.clone(),
                    amount: Some(-*amount),
                    red: true,
                    ..supposed(loan, ADDED_RED_INVOICE)
                });
                if !loan.vouchers.is_empty() {
                    loan.vouchers.push(ADDED_RED_INVOICE.to_owned());
                }
            }
            Self::Lent { amount } => loan.amount = Some(*amount),
        }
    }

    /// What must be so before anybody may write it down. None of them may be written to reach a verdict.
    pub fn needs(&self) -> &'static str {
        match self {
            Self::Proof { .. } => "是待证的事实：要有这份材料，且材料证明条件成立",
            Self::Purpose { .. } => "须与合同、受托支付和实际用途一致，以事实为准",
            Self::Marked { .. } => "须是实物铭牌、合同或发票确实写明的",
            Self::Bought { .. } => "须有真实交易的发票，且未用于其他贷款",
            Self::Tied { .. } => "须确由本笔贷款支付（受托支付或支付凭证）",
            Self::VetoCleared => "须以查询结果为准",
            Self::Industry { .. } => "须是借款人登记的行业",
            Self::Rated { .. } => "须是评绿的结果",
            Self::Lent { .. } => "是可以另行商定的事：其余资金不按绿色投放",
            Self::VetoFound | Self::NoProofs | Self::TakenBack { .. } => "发生即改变结论",
        }
    }
}

/// A specification that also says `mark`.
fn marked_spec(spec: &str, mark: &str) -> String {
    if spec.is_empty() { mark.to_owned() } else { format!("{spec} {mark}") }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VetoCleared => f.write_str("否决项查过，结果为无"),
            Self::VetoFound => f.write_str("查出任何一项否决情形"),
            Self::Proof { condition, document } => write!(f, "有“{document}”证明条件 {condition} 成立"),
            Self::NoProofs => f.write_str("已有证明不被采信"),
            Self::Purpose { text } => write!(f, "用途写明“{text}”"),
            Self::Industry { code } => write!(f, "借款人行业代码为 {code}"),
            Self::Rated { green_revenue, grade } => {
                write!(f, "企业评绿为{grade}，绿色营收占比 {}%", (*green_revenue * Decimal::ONE_HUNDRED).normalize())
            }
            Self::Marked { goods, mark } => write!(f, "发票“{goods}”的规格写明“{mark}”"),
            Self::Tied { invoices } => write!(f, "发票 {} 绑定为本笔受托支付凭证", invoices.join("、")),
            Self::Bought { goods, amount, .. } => write!(f, "再有“{goods}”发票 {amount} 元"),
            Self::TakenBack { goods, amount, .. } => write!(f, "“{goods}”红冲或退货 {amount} 元"),
            Self::Lent { amount } => write!(f, "放款金额为 {amount} 元"),
        }
    }
}
