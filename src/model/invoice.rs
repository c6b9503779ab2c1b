//! Invoice lines.

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    document::{Document, Location},
    money::Money,
    words::Role,
};

/// What the tax bureau says of an invoice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvoiceStatus {
    /// 正常, 已开具, or nothing said.
    #[default]
    Normal,
    /// 已作废: counts for nothing.
    Void,
    /// 已红冲: stands in the books; its red twin takes it back.
    Reversed,
}

/// One line of one invoice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InvoiceLine {
    /// Where it stood.
    pub location: Location,
    /// 数电票号码, or 发票代码 + 发票号码; empty when the sheet gives none.
    pub invoice: Arc<str>,
    /// 开票日期.
    pub date: Option<Date>,
    /// 销方识别号.
    pub seller_id: Arc<str>,
    /// 销方名称.
    pub seller: Arc<str>,
    /// 购方识别号.
    pub buyer_id: Arc<str>,
    /// 购买方名称.
    pub buyer: Arc<str>,
    /// 货物或应税劳务名称, as written.
    pub goods: String,
    /// 规格型号.
    pub spec: String,
    /// 税收分类编码.
    pub tax_code: String,
    /// Tax included. Negative on red-letter and discount lines; `None` when the sheet gives no amount.
    pub amount: Option<Money>,
    /// A red-letter invoice (是否正数发票=否).
    pub red: bool,
    /// What the tax bureau says.
    pub status: InvoiceStatus,
}

/// The borrower that a line joins: its buyer by tax id or, where that is nobody's, by name. None when the line names no
/// borrower; a buyer without name and tax id is nobody.
pub fn buyer_among<'l>(buyer_id: &'l str, buyer: &'l str, is_borrower: impl Fn(&str) -> bool) -> Option<&'l str> {
    [buyer_id, buyer].into_iter().find(|name| !name.is_empty() && is_borrower(name))
}

impl InvoiceLine {
    /// The line as a text to read. `role` is the borrower's, when the caller knows it.
    pub fn document(&self, role: Option<Role>) -> Document {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Document {
            id: self.invoice.to_string(),
            text: self.goods.clone(),
            spec: some(&self.spec),
            tax_code: some(&self.tax_code),
            role,
            parties: vec![self.seller.to_string(), self.buyer.to_string()],
            amount: match self.status {
                InvoiceStatus::Void => self.amount.and(Some(Money::ZERO)),
                _ => self.amount,
            },
            location: self.location.clone(),
            ..Document::default()
        }
    }
}
