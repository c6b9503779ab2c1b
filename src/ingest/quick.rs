//! Tables of delimited text read where they stand: the header is found, and each record below it becomes a borrowed
//! line. What a row means and when it is set aside is the same as in [`super::documents`].

use std::{borrow::Cow, sync::Arc};

use encoding_rs::GB18030;

use super::{
    Column, ColumnMap, Header, IngestError, Input,
    delimited::{Position, Record, Records, Shape},
    limits,
    quarantine::{Fault, Quarantined},
    source::{ChunkText, TextSource},
    table::{RawRow, bad_cell, best_header, parse_date},
};
use crate::{
    model::{Document, Location, Money, Role, TextKind},
    text::Encoding,
};

/// A line to read, borrowed from where it stands.
#[derive(Clone, Debug, Default)]
pub struct Line<'l> {
    /// The caller's id.
    pub id: Cow<'l, str>,
    /// The text itself.
    pub text: Cow<'l, str>,
    /// How to read it.
    pub kind: TextKind,
    /// 规格型号; empty when there is none.
    pub spec: Cow<'l, str>,
    /// Tax classification code; empty when there is none.
    pub tax_code: Cow<'l, str>,
    /// The borrower's role, when the caller knows it.
    pub role: Option<Role>,
    /// Industry code; empty when there is none.
    pub industry: Cow<'l, str>,
    /// Seller, buyer, customer; empty where there is none.
    pub parties: [Cow<'l, str>; 3],
    /// Amount of the line, negative when red.
    pub amount: Option<Money>,
}

impl<'l> Line<'l> {
    /// The line of a document.
    pub fn of(document: &'l Document) -> Self {
        let some = |text: &'l Option<String>| Cow::Borrowed(text.as_deref().unwrap_or_default());
        let party = |at: usize| Cow::Borrowed(document.parties.get(at).map_or("", String::as_str));
        Self {
            id: Cow::Borrowed(&document.id),
            text: Cow::Borrowed(&document.text),
            kind: document.kind,
            spec: some(&document.spec),
            tax_code: some(&document.tax_code),
            role: document.role,
            industry: some(&document.industry),
            parties: [party(0), party(1), party(2)],
            amount: document.amount,
        }
    }

    /// The document of the line, for a full reading.
    pub fn document(&self) -> Document {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Document {
            id: self.id.clone().into_owned(),
            text: self.text.clone().into_owned(),
            kind: self.kind,
            spec: some(&self.spec),
            tax_code: some(&self.tax_code),
            role: self.role,
            industry: some(&self.industry),
            parties: self.parties.iter().filter_map(|name| some(name)).collect(),
            amount: self.amount,
            ..Document::default()
        }
    }
}

/// What a row is first looked at for: most rows are answered by it, and their other cells are never read.
#[derive(Clone, Debug)]
pub struct Glimpse<'l> {
    /// The text itself.
    pub text: Cow<'l, str>,
    /// How to read it.
    pub kind: TextKind,
    /// The borrower's role, when the row says it.
    pub role: Option<Role>,
    /// Amount of the line, negative when red.
    pub amount: Option<Money>,
}

/// A table of delimited text whose header was understood.
pub struct TextTable {
    /// The file's text, standing at the first record below the header.
    pub source: TextSource,
    /// What parts fields.
    pub delimiter: u8,
    /// The header as it stands, decoded.
    pub heading: String,
    /// How its records are read.
    pub columns: TableColumns,
}

/// How the records of a table are read.
#[derive(Clone, Debug)]
pub struct TableColumns {
    /// File as the user named it.
    pub file: Arc<str>,
    /// The header.
    pub header: Arc<Header>,
    kind: TextKind,
    purpose: bool,
    text: usize,
    places: [Option<usize>; PLACES.len()],
}

/// Columns that are looked at besides the text.
const PLACES: [Column; 15] = [
    Column::Id,
    Column::LoanId,
    Column::Kind,
    Column::Spec,
    Column::TaxCode,
    Column::Role,
    Column::Industry,
    Column::Date,
    Column::Seller,
    Column::Buyer,
    Column::Customer,
    Column::Gross,
    Column::Net,
    Column::Tax,
    Column::Positive,
];

impl TextTable {
    /// Opens a file of delimited text and finds its header. `kind` is that of texts whose row does not say.
    pub fn open(input: &Input, map: &ColumnMap, kind: TextKind, chunk_size: usize) -> Result<Self, IngestError> {
        let failed = |source| IngestError::Read { path: input.name().to_owned(), source };
        let mut source = TextSource::open(input, chunk_size.max(64 * 1024))?;
        let delimiter = source.delimiter().map_err(failed)?;
        source.chunks.set_shape(Shape::Fields(delimiter));
        let encoding = source.encoding;
        let mut rows: Vec<(RawRow, String, Position)> = Vec::new();
        {
            let head = source.chunks.peek().map_err(failed)?;
            let mut records = Records::new(head, delimiter, 1);
            while rows.len() < limits::HEADER_ROWS
                && let Some(record) = records.next_record()
            {
                // A row of bytes that mean nothing or beyond the limits is no header, here as when rows are read one by one.
                let text = record.is_whole().ok().and_then(|()| decoded(record.bytes(), encoding)).unwrap_or_default();
                let line = record.line;
                let (offset, next) = records.position();
                rows.push((raw_row(&text, delimiter, line), text, Position { offset: offset as u64, line: next }));
            }
        }
        let raw: Vec<&RawRow> = rows.iter().map(|(row, _, _)| row).collect();
        let found = best_header(&raw, map);
        let seen = found.as_ref().map_or_else(Vec::new, |(_, header)| header.headings.clone());
        let found = found.and_then(|(place, header)| Some((place, TableColumns::new(input.name(), header, kind)?)));
        let Some((place, columns)) = found else {
            let seen: Vec<String> = seen.into_iter().filter(|heading| !heading.is_empty()).take(12).collect();
            return Err(IngestError::NoHeader { path: input.name().to_owned(), seen: seen.join("、") });
        };
        let (heading, position) =
            rows.get(place).map(|(_, text, position)| (text.clone(), *position)).unwrap_or_default();
        source.chunks.skip_to(position).map_err(failed)?;
        Ok(Self { source, delimiter, heading, columns })
    }
}

/// The text of a record; `None` when it holds bytes that mean nothing.
fn decoded(bytes: &[u8], encoding: Encoding) -> Option<String> {
    if encoding == Encoding::Gb18030 {
        let (text, damaged) = GB18030.decode_without_bom_handling(bytes);
        (!damaged).then(|| text.into_owned())
    } else {
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    }
}

fn raw_row(text: &str, delimiter: u8, line: u64) -> RawRow {
    let mut records = Records::new(text.as_bytes(), delimiter, line);
    let cells = records.next_record().map_or_else(Vec::new, |record| {
        let places = (0..record.fields.len()).filter_map(|at| record.place_of(at));
        let raw = places.map(|(start, end)| text.get(start..end).unwrap_or_default());
        raw.map(|raw| super::delimited::unquoted(raw).into_owned()).collect()
    });
    RawRow { location: Location { row: line, ..Location::default() }, cells }
}

impl TableColumns {
    /// Reads of a record what it is first looked at for: nothing for a row of blanks, or the row to set aside.
    pub fn glimpse<'t>(
        &self,
        text: &ChunkText<'t>,
        record: &Record<'_>,
    ) -> Result<Option<Glimpse<'t>>, Box<Quarantined>> {
        let whole = |fault, detail: &str| {
            let raw = String::from_utf8_lossy(record.bytes());
            let bad = Quarantined::new(self.location(record.line), fault, "", detail, &raw);
            Box::new(if fault == Fault::Surplus { bad.with_cells(&self.header, self.cells(text, record)) } else { bad })
        };
        text.record(record).map_err(|(fault, detail)| whole(fault, &detail))?;
        let own = |at| text.cell(record, at).map_or(Cow::Borrowed(""), trimmed);
        let cells = || (0..record.fields.len()).map(|at| text.cell(record, at).unwrap_or_default());
        if record.fields.len() > self.header.headings.len()
            && cells().skip(self.header.headings.len()).any(|cell| !cell.trim().is_empty())
        {
            let detail = format!("表头 {} 列，本行 {} 格", self.header.headings.len(), record.fields.len());
            return Err(whole(Fault::Surplus, &detail));
        }
        let bad = |column, fault, detail: &str| {
            let row = RawRow { location: self.location(record.line), cells: self.cells(text, record) };
            bad_cell((&self.header, &row), column, fault, detail)
        };
        let glimpse = self.glimpse_of(own, bad)?;
        let is_blank = glimpse.text.is_empty() && cells().all(|cell| cell.trim().is_empty());
        Ok((!is_blank).then_some(glimpse))
    }

    /// The whole line of a record whose glimpse was good.
    pub fn line<'t>(&self, glimpse: Glimpse<'t>, text: &ChunkText<'t>, record: &Record<'_>) -> Line<'t> {
        self.line_of(glimpse, |at| text.cell(record, at).map_or(Cow::Borrowed(""), trimmed), record.line)
    }

    /// The same of a row whose cells `cell` gives, trimmed, by their place; `bad` makes the row to set aside.
    pub fn glimpse_of<'t>(
        &self,
        cell: impl Fn(usize) -> Cow<'t, str>,
        bad: impl Fn(Column, Fault, &str) -> Box<Quarantined>,
    ) -> Result<Glimpse<'t>, Box<Quarantined>> {
        let own = |at: Option<usize>| at.map_or(Cow::Borrowed(""), &cell);
        let [_, _, kind, _, _, role, _, date, _, _, _, gross, net, tax, positive] = self.places;
        let kind = match own(kind) {
            code if !code.is_empty() => {
                TextKind::from_code(&code).ok_or_else(|| bad(Column::Kind, Fault::NotAllowed, &code))?
            }
            _ if self.purpose => TextKind::Purpose,
            _ => self.kind,
        };
        let role = match own(role) {
            code if code.is_empty() => None,
            code => Some(Role::from_code(&code).ok_or_else(|| bad(Column::Role, Fault::NotAllowed, &code))?),
        };
        let date = own(date);
        if !date.is_empty() && !is_plain_date(&date) && parse_date(&date).is_none() {
            return Err(bad(Column::Date, Fault::NotDate, &date));
        }
        let money = |at| Some(own(at)).filter(|text| !text.is_empty()).and_then(|text| Money::parse_yuan(&text));
        let amount = signed_amount([gross, net, tax], money, &own(positive));
        Ok(Glimpse { text: cell(self.text), kind, role, amount })
    }

    /// The whole line of a row whose glimpse was good.
    pub fn line_of<'t>(&self, glimpse: Glimpse<'t>, cell: impl Fn(usize) -> Cow<'t, str>, row: u64) -> Line<'t> {
        let own = |at: Option<usize>| at.map_or(Cow::Borrowed(""), &cell);
        let [id, loan_id, _, spec, tax_code, _, industry, _, seller, buyer, customer, ..] = self.places;
        let mut given = own(id);
        if given.is_empty() {
            given = own(loan_id);
        }
        if given.is_empty() {
            given = Cow::Owned(row.to_string());
        }
        let Glimpse { text, kind, role, amount } = glimpse;
        Line {
            id: given,
            text,
            kind,
            spec: own(spec),
            tax_code: own(tax_code),
            role,
            industry: own(industry),
            parties: [own(seller), own(buyer), own(customer)],
            amount,
        }
    }

    /// How records under `header` are read; `None` without a column of texts. `kind` is that of texts whose row does not
    /// say.
    pub fn new(file: &str, header: Header, kind: TextKind) -> Option<Self> {
        let purpose = !header.has(Column::Goods);
        let text = header.place(if purpose { Column::Purpose } else { Column::Goods })?;
        let places = PLACES.map(|column| header.place(column));
        Some(Self { file: Arc::from(file), header: Arc::new(header), kind, purpose, text, places })
    }

    /// The places of the columns that are looked at, ascending.
    #[cfg(feature = "parquet")]
    pub fn needed(&self) -> Vec<usize> {
        let mut needed: Vec<usize> = self.places.iter().copied().flatten().chain([self.text]).collect();
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// Where a row stands.
    pub fn location(&self, row: u64) -> Location {
        Location { file: self.file.clone(), sheet: None, row }
    }

    fn cells(&self, text: &ChunkText<'_>, record: &Record<'_>) -> Vec<String> {
        (0..record.fields.len()).map(|at| text.cell(record, at).unwrap_or_default().into_owned()).collect()
    }
}

/// The amount of a line, from the columns with tax, without tax, and of the tax, as `money` reads them: with tax where that
/// is known, negative when the line is red (some exports print a red line without its sign).
pub(super) fn signed_amount<C>(
    [gross, net, tax]: [C; 3],
    money: impl Fn(C) -> Option<Money>,
    positive: &str,
) -> Option<Money> {
    let red = matches!(positive, "否" | "N" | "n" | "false" | "红字");
    let amount = money(gross).or_else(|| money(net).map(|net| net + money(tax).unwrap_or_default()));
    amount.map(|amount| if red && amount > Money::ZERO { -amount } else { amount })
}

fn trimmed(cell: Cow<'_, str>) -> Cow<'_, str> {
    match cell {
        Cow::Borrowed(text) if has_no_edge(text) => Cow::Borrowed(text),
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Whether a cell certainly begins and ends with no blank: with a visible ASCII character or a Han character of the
/// common block.
fn has_no_edge(text: &str) -> bool {
    let visible = |byte: u8| matches!(byte, 0x21..=0x7e);
    let bytes = text.as_bytes();
    let begins = bytes.first().is_some_and(|&byte| visible(byte) || matches!(byte, 0xe4..=0xe9));
    begins && (bytes.last().is_some_and(|&byte| visible(byte)) || matches!(bytes, [.., 0xe4..=0xe9, _, _]))
}

/// Whether a date is certainly one: `2025-10-01` or `20251001` with a day that every month has.
fn is_plain_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (month, day) = match bytes {
        [_, _, _, _, b'-' | b'/' | b'.', a, b, b'-' | b'/' | b'.', c, d] => ([*a, *b], [*c, *d]),
        [_, _, _, _, a, b, c, d] => ([*a, *b], [*c, *d]),
        _ => return false,
    };
    bytes.get(..4).is_some_and(|year| year.iter().all(u8::is_ascii_digit))
        && matches!(month, [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2'])
        && matches!(day, [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'9'] | [b'2', b'0'..=b'8'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The short cuts change nothing.
        #[test]
        fn short_cuts_agree(text in "[ \u{3000}\u{a0}a光组　é￥。]{0,5}", date in "[0-9]{4}[-/.]?[0-3][0-9][-/.]?[0-3][0-9]") {
            prop_assert_eq!(trimmed(Cow::Borrowed(&text)), text.trim());
            prop_assert!(!is_plain_date(&date) || parse_date(&date).is_some(), "{date}");
        }
    }
}
