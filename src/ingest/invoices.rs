//! Invoice lines from tax-bureau exports and other tables.

use std::{collections::HashSet, sync::Arc};

use super::{
    Column, ColumnMap, Header, IngestError, Input, Sink, TableReport,
    quarantine::{Fault, Quarantined},
    table::{self, TableRow, bad_cell, parse_date},
};
use crate::model::{InvoiceLine, InvoiceStatus, Money};

/// Lines of several files, each invoice once.
#[derive(Debug, Default)]
pub struct InvoiceBook {
    /// Lines in file order.
    pub lines: Vec<InvoiceLine>,
    /// Lines left out because their invoice stood in an earlier file.
    pub repeated: usize,
    /// Lines left out because their buyer was not asked for.
    pub others: usize,
    /// Invoices that a sheet of whole invoices calls void.
    void: HashSet<Arc<str>>,
}

impl InvoiceBook {
    /// Reads `inputs` in order. An invoice found in a second file is counted once, from the first. Only lines whose
    /// buyer `keep` takes, by tax id and name, are kept: memory grows with them and not with the files.
    pub fn read(
        inputs: &[Input],
        map: &ColumnMap,
        keep: &dyn Fn(&str, &str) -> bool,
        set_aside: &mut dyn FnMut(Quarantined),
        report: &mut dyn FnMut(&Input, &TableReport),
    ) -> Result<Self, IngestError> {
        let mut book = Self::default();
        let mut known: HashSet<Arc<str>> = HashSet::new();
        for input in inputs {
            let mut here: HashSet<Arc<str>> = HashSet::new();
            let mut lines = Vec::new();
            let mut void = Vec::new();
            let mut others = 0;
            let mut give = |row: InvoiceRow| match row {
                InvoiceRow::Line(line) => lines.push(line),
                InvoiceRow::Other => others += 1,
                InvoiceRow::Nothing => {}
                InvoiceRow::Void(number) => void.push(number),
            };
            let found = read_invoices(input, map, keep, &mut Sink { give: &mut give, set_aside })?;
            book.others += others;
            report(input, &found);
            for line in lines {
                if !line.invoice.is_empty() {
                    if known.contains(&line.invoice) {
                        book.repeated += 1;
                        continue;
                    }
                    here.insert(line.invoice.clone());
                }
                book.lines.push(line);
            }
            book.void.extend(void);
            known.extend(here);
        }
        for line in &mut book.lines {
            if book.void.contains(&line.invoice) {
                line.status = InvoiceStatus::Void;
            }
        }
        Ok(book)
    }
}

/// A row of an invoice file: a line with goods, or a whole invoice without (发票基础信息).
#[derive(Debug, PartialEq)]
pub enum InvoiceRow {
    /// A line.
    Line(InvoiceLine),
    /// A line of a buyer that was not asked for.
    Other,
    /// A whole invoice that says nothing more.
    Nothing,
    /// The number of a whole invoice that is void.
    Void(Arc<str>),
}

/// Columns of an invoice file that are read.
const COLUMNS: [Column; 16] = [
    Column::Goods,
    Column::Spec,
    Column::TaxCode,
    Column::Net,
    Column::Tax,
    Column::Gross,
    Column::SellerId,
    Column::Seller,
    Column::BuyerId,
    Column::Buyer,
    Column::Positive,
    Column::Status,
    Column::InvoiceCode,
    Column::InvoiceNumber,
    Column::DigitalNumber,
    Column::Date,
];

/// Texts held to be shared; beyond them sharing begins anew, so that memory does not grow with the file.
const SHARED: usize = 16_384;

/// Reads one file, row by row. Lines whose buyer `keep` does not take, by tax id and name, are told and not
/// given. The report names the columns that are not read but resemble one that is.
pub fn read_invoices(
    input: &Input,
    map: &ColumnMap,
    keep: &dyn Fn(&str, &str) -> bool,
    sink: &mut Sink<'_, InvoiceRow>,
) -> Result<TableReport, IngestError> {
    // The export's sheet of lines repeats what its sheet of invoices says; the latter only adds the status.
    let wanted = |header: &Header| {
        let numbered = header.has(Column::InvoiceNumber) || header.has(Column::DigitalNumber);
        header.has(Column::Goods) && header.understood() >= 2 || numbered && header.has(Column::Status)
    };
    let mut names: HashSet<Arc<str>> = HashSet::new();
    let mut shared = |text: &str| -> Arc<str> {
        match names.get(text) {
            Some(known) => known.clone(),
            None => {
                let new: Arc<str> = Arc::from(text);
                if names.len() >= SHARED {
                    names.clear();
                }
                names.insert(new.clone());
                new
            }
        }
    };
    let report = table::read(input, map, &wanted, &mut |row| match row.and_then(|row| line(row, keep, &mut shared)) {
        Ok(row) => (sink.give)(row),
        Err(bad) => (sink.set_aside)(*bad),
    })?;
    let mut report = report.with_ignored(map, &COLUMNS, &[]);
    // Exports hold many columns that nobody needs here; only a likely slip is worth a word.
    report.ignored.retain(|column| column.nearest.is_some());
    Ok(report)
}

fn line(
    (header, row): TableRow<'_>,
    keep: &dyn Fn(&str, &str) -> bool,
    shared: &mut dyn FnMut(&str) -> Arc<str>,
) -> Result<InvoiceRow, Box<Quarantined>> {
    let cell = |column| header.cell(&row.cells, column);
    let invoice = match cell(Column::DigitalNumber) {
        "" => format!("{}{}", cell(Column::InvoiceCode), cell(Column::InvoiceNumber)),
        digital => digital.to_owned(),
    };
    let status = status(cell(Column::Status));
    if !header.has(Column::Goods) {
        // Only a void invoice says more than its lines do.
        let void = status == InvoiceStatus::Void;
        return Ok(if void { InvoiceRow::Void(shared(&invoice)) } else { InvoiceRow::Nothing });
    }
    let date = match cell(Column::Date) {
        "" => None,
        text => Some(parse_date(text).ok_or_else(|| bad_cell((header, row), Column::Date, Fault::NotDate, text))?),
    };
    let positive = cell(Column::Positive);
    let red = matches!(positive, "否" | "N" | "n" | "false" | "红字") || cell(Column::Status).contains("红字");
    let amount = amount((header, row))?;
    // Some exports print a red-letter line without its sign.
    let amount = amount.map(|amount| if red && amount > Money::ZERO { -amount } else { amount });
    // Told apart only here, so that a damaged row of any buyer is set aside.
    if !keep(cell(Column::BuyerId), cell(Column::Buyer)) {
        return Ok(InvoiceRow::Other);
    }
    Ok(InvoiceRow::Line(InvoiceLine {
        location: row.location.clone(),
        invoice: shared(&invoice),
        date,
        seller_id: shared(cell(Column::SellerId)),
        seller: shared(cell(Column::Seller)),
        buyer_id: shared(cell(Column::BuyerId)),
        buyer: shared(cell(Column::Buyer)),
        goods: cell(Column::Goods).to_owned(),
        spec: cell(Column::Spec).to_owned(),
        tax_code: cell(Column::TaxCode).to_owned(),
        amount,
        red,
        status,
    }))
}

/// The amount of a row with tax: the gross column, or net and tax together.
pub(super) fn amount((header, row): TableRow<'_>) -> Result<Option<Money>, Box<Quarantined>> {
    let money = |column: Column| match header.cell(&row.cells, column) {
        "" | "-" | "*" | "***" => Ok(None),
        text => {
            // A sheet in ten thousands says so in its heading.
            let scaled =
                header.place(column).is_some_and(|place| header.has_unit(place, "万元")) && !text.contains('万');
            let written = if scaled { format!("{text}万") } else { text.to_owned() };
            Money::parse_yuan(&written).map(Some).ok_or_else(|| bad_cell((header, row), column, Fault::NotAmount, text))
        }
    };
    let (net, tax, gross) = (money(Column::Net)?, money(Column::Tax)?, money(Column::Gross)?);
    Ok(gross.or_else(|| net.map(|net| net + tax.unwrap_or_default())))
}

/// The tax bureau's words for a status.
fn status(text: &str) -> InvoiceStatus {
    if text.contains("作废") {
        InvoiceStatus::Void
    } else if text.contains("红冲") || text.contains("冲红") {
        InvoiceStatus::Reversed
    } else {
        InvoiceStatus::Normal
    }
}
