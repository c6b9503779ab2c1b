//! Loans from a bank's ledger.

use rust_decimal::Decimal;

use super::{
    Column, ColumnMap, Header, IngestError, Input, Sink, TableReport,
    quarantine::{Fault, Quarantined},
    table::{self, TableRow, bad_cell, parse_date},
};
use crate::model::{Checked, Loan, Money};

/// Columns of a ledger that are read.
const COLUMNS: [Column; 13] = [
    Column::LoanId,
    Column::Customer,
    Column::TaxId,
    Column::Purpose,
    Column::LoanAmount,
    Column::Approved,
    Column::Disbursed,
    Column::Industry,
    Column::Branch,
    Column::Vouchers,
    Column::Vetoed,
    Column::GreenRevenue,
    Column::Grade,
];

/// Reads a ledger. Needed columns: 借据号 and 贷款用途; everything else may be missing and then stays unknown. The report
/// names the columns that are not read.
pub fn read_loans(input: &Input, map: &ColumnMap, sink: &mut Sink<'_, Loan>) -> Result<TableReport, IngestError> {
    let wanted = |header: &Header| header.has(Column::LoanId) && header.has(Column::Purpose);
    let report = table::read(input, map, &wanted, &mut |row| match row.and_then(loan) {
        Ok(loan) => (sink.give)(loan),
        Err(bad) => (sink.set_aside)(*bad),
    })?;
    Ok(report.with_ignored(map, &COLUMNS, &[]))
}

fn loan((header, row): TableRow<'_>) -> Result<Loan, Box<Quarantined>> {
    let cell = |column| header.cell(&row.cells, column);
    let bad = |column, fault, detail: &str| bad_cell((header, row), column, fault, detail);
    let text = |column| cell(column).to_owned();
    let id = text(Column::LoanId);
    if id.is_empty() {
        return Err(bad(Column::LoanId, Fault::Missing, ""));
    }
    let date = |column| match cell(column) {
        "" => Ok(None),
        text => parse_date(text).map(Some).ok_or_else(|| bad(column, Fault::NotDate, text)),
    };
    let amount = match cell(Column::LoanAmount) {
        "" => None,
        text => {
            let in_ten_thousands = header.heading(Column::LoanAmount).contains("万元");
            let written =
                if in_ten_thousands && !text.contains('万') { format!("{text}万") } else { text.to_owned() };
            let amount = Money::parse_yuan(&written).ok_or_else(|| bad(Column::LoanAmount, Fault::NotAmount, text))?;
            if amount <= Money::ZERO {
                return Err(bad(Column::LoanAmount, Fault::NotAllowed, text));
            }
            Some(amount)
        }
    };
    let green_revenue = match cell(Column::GreenRevenue) {
        "" => None,
        text => Some(share(text).ok_or_else(|| bad(Column::GreenRevenue, Fault::NotAllowed, text))?),
    };
    let veto = cell(Column::Vetoed);
    let vetoed = match veto {
        "" => Checked::Unknown,
        "无" | "否" | "没有" | "已查无" => Checked::No,
        _ => Checked::Yes,
    };
    let vouchers = cell(Column::Vouchers)
        .split(['、', ',', '，', ';', '；', ' ', '|'])
        .filter(|number| !number.is_empty())
        .map(str::to_owned)
        .collect();
    Ok(Loan {
        location: row.location.clone(),
        id,
        customer: text(Column::Customer),
        tax_id: text(Column::TaxId),
        purpose: text(Column::Purpose),
        amount,
        approved: date(Column::Approved)?,
        disbursed: date(Column::Disbursed)?,
        industry: text(Column::Industry),
        branch: text(Column::Branch),
        vouchers,
        proofs: text(Column::Proofs),
        vetoed,
        veto_reason: if vetoed == Checked::Yes { veto.to_owned() } else { String::new() },
        green_revenue,
        grade: text(Column::Grade),
    })
}

/// `62%` or `0.62`, within 0…1.
fn share(text: &str) -> Option<Decimal> {
    let share = match text.strip_suffix(['%', '％']) {
        Some(percent) => percent.trim().parse::<Decimal>().ok()? / Decimal::ONE_HUNDRED,
        None => text.parse().ok()?,
    };
    (share >= Decimal::ZERO && share <= Decimal::ONE).then_some(share)
}
