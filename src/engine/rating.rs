//! Enterprises with their invoices: join, read, collect, rate.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use jiff::{ToSpan, civil::Date};
use rust_decimal::prelude::ToPrimitive;

use super::Engine;
use crate::{
    catalogue::{Edition, NoEdition},
    decision::{RateCase, Rating, rate},
    evidence::{ReadLine, activity},
    matcher::{buyer_role, seller_role},
    model::{Classification, Document, Enterprise, InvoiceLine, Role, TextKind},
    standard::{EntityRules, Standard},
};

/// How a run over enterprises is done.
#[derive(Clone, Copy)]
pub struct RateTask<'t> {
    /// The pack.
    pub standard: &'t Standard,
    /// Its rules for enterprises.
    pub rules: &'t EntityRules,
    /// The day of rating; it chooses the edition, and the window of invoices ends on it.
    pub as_of: Date,
    /// Threads; at least one. The answer does not depend on it.
    pub threads: usize,
}

/// Lines of every firm, by tax id or, without one, by name.
type Sides<'i> = HashMap<&'i str, Vec<&'i InvoiceLine>>;

impl Engine {
    /// Rates every enterprise; the ratings stand in the order given. Fails by name when the project lacks the table of
    /// the edition in force.
    pub fn rate(
        &self,
        enterprises: &[Enterprise],
        invoices: &[InvoiceLine],
        task: RateTask<'_>,
    ) -> Result<Vec<Rating>, NoEdition> {
        let edition = self.catalogue().in_force(task.as_of)?;
        let (mut bought, mut sold): (Sides<'_>, Sides<'_>) = (HashMap::new(), HashMap::new());
        for line in invoices {
            let key = |id, name| if str::is_empty(id) { name } else { id };
            bought.entry(key(&line.buyer_id, &line.buyer)).or_default().push(line);
            sold.entry(key(&line.seller_id, &line.seller)).or_default().push(line);
        }
        let next = AtomicUsize::new(0);
        let rated: Mutex<BTreeMap<usize, Rating>> = Mutex::new(BTreeMap::new());
        thread::scope(|scope| {
            for _ in 0..task.threads.max(1) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(enterprise) = enterprises.get(number) else { break };
                        let rating = self.rate_one(enterprise, (&bought, &sold), edition, task);
                        rated.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(number, rating);
                    }
                });
            }
        });
        Ok(rated.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_values().collect())
    }

    fn rate_one(
        &self,
        enterprise: &Enterprise,
        (bought, sold): (&Sides<'_>, &Sides<'_>),
        edition: &Edition,
        task: RateTask<'_>,
    ) -> Rating {
        let matcher = self.matcher_for(edition);
        let industry = enterprise.industry.as_str();
        let own = |sides: &Sides<'_>, role: Option<Role>| {
            // An invoice may name the firm by its tax id or, where the sheet lacks ids, by its name alone.
            let keys = [enterprise.tax_id.as_str(), enterprise.name.as_str()];
            let keys =
                keys.into_iter().enumerate().filter(|(at, key)| !key.is_empty() && (*at == 0 || *key != keys[0]));
            let lines = keys.filter_map(|(_, key)| sides.get(key)).flatten().copied();
            lines.map(|line| (line.clone(), matcher.read(&line.document(role)))).collect::<Vec<_>>()
        };
        let (bought, sold) = (own(bought, buyer_role(industry)), own(sold, seller_role(industry)));
        let window = task.rules.value("window_months", task.as_of).and_then(|value| value.value.to_i32());
        let since = task.as_of.checked_sub(window.unwrap_or(12).months()).unwrap_or(Date::MIN);
        let days = since.until(task.as_of).map_or(0, |span| i64::from(span.get_days()));
        let (bought, sold) = (read_lines(&bought), read_lines(&sold));
        let activity = activity(&bought, &sold, &task.rules.excluded_labels, (days, task.as_of));
        let scope = (!enterprise.scope.is_empty()).then(|| {
            matcher.read(&Document {
                id: enterprise.tax_id.clone(),
                text: enterprise.scope.clone(),
                kind: TextKind::Scope,
                industry: Some(enterprise.industry.clone()).filter(|code| !code.is_empty()),
                parties: vec![enterprise.name.clone()],
                location: enterprise.location.clone(),
                ..Document::default()
            })
        });
        let case = RateCase {
            enterprise,
            activity: &activity,
            scope: scope.as_ref(),
            edition: &edition.id,
            as_of: task.as_of,
            since,
            fingerprint: &self.fingerprint(&edition.id, Some(task.standard)),
        };
        rate(&case, task.standard, task.rules, self.catalogue())
    }
}

fn read_lines(lines: &[(InvoiceLine, Classification)]) -> Vec<ReadLine<'_>> {
    lines.iter().map(|(line, reading)| ReadLine { line, reading, claimed: false }).collect()
}
