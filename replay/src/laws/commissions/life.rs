//! What becomes of a commission: it waits, matures, is granted or netted, and is taken back.

use rust_decimal::Decimal;

use super::Commissions;
use crate::laws::{Event, credits};

/// A commission as the tree tells it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Commission {
    payer: String,
    beneficiary: String,
    amount: Decimal,
    /// When it matures; `None` of those of before commissions waited.
    matures_at: Option<i64>,
    accrued_at: i64,
    /// Does it wait by the clock of a sandbox?
    is_simulated: bool,
    /// What matured of it, once it has.
    matured: Option<Decimal>,
    clawed_back: Decimal,
    /// What of that was taken back after it had matured: the ledger's part.
    of_ledger: Decimal,
}

/// A commission as the beneficiary's ledger tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Credited {
    beneficiary: String,
    granted: Option<Decimal>,
    netted: Option<Decimal>,
    taken_back: Decimal,
}

impl Commission {
    pub(super) fn accrued(
        event: &Event,
        amount: Decimal,
        matures_at: Option<i64>,
        is_simulated: bool,
    ) -> Result<Self, String> {
        Ok(Self {
            is_simulated,
            payer: event.text("/payer")?.to_owned(),
            beneficiary: event.text("/beneficiary")?.to_owned(),
            amount,
            matures_at,
            accrued_at: event.at_micros,
            matured: matures_at.is_none().then_some(amount),
            clawed_back: Decimal::ZERO,
            of_ledger: Decimal::ZERO,
        })
    }

    fn left(&self) -> Decimal {
        self.amount - self.clawed_back
    }
}

impl Credited {
    fn sum(&self) -> Decimal {
        self.granted.unwrap_or_default() + self.netted.unwrap_or_default()
    }
}

impl Commissions<'_> {
    /// The commission an event is about, told of the same two as when it was accrued.
    fn told(&mut self, event: &Event) -> Result<&mut Commission, String> {
        let commission = event.text("/commission")?;
        let known = self.accrued.get_mut(commission).ok_or_else(|| format!("{commission} was never accrued"))?;
        if known.payer != event.text("/payer")? || known.beneficiary != event.text("/beneficiary")? {
            return Err(format!("{commission} is of {} for {}", known.payer, known.beneficiary));
        }
        Ok(known)
    }

    pub(super) fn mature(&mut self, event: &Event) -> Result<(), String> {
        let (amount, at) = (event.number("/amount")?, event.micros("/matured_at"));
        let commission = event.text("/commission")?.to_owned();
        let known = self.told(event)?;
        if known.matured.is_some() {
            return Err(format!("{commission} had matured before"));
        }
        if at != known.matures_at || at.is_none_or(|at| !known.is_simulated && at > event.at_micros) {
            return Err(format!("{commission} matured at another instant than its own"));
        }
        if amount != known.left() || amount <= Decimal::ZERO {
            return Err(format!("{amount} of {commission} matured, {} were left", known.left()));
        }
        known.matured = Some(amount);
        Ok(())
    }

    pub(super) fn claw_back(&mut self, event: &Event) -> Result<(), String> {
        let (commission, refund) = (event.text("/commission")?.to_owned(), event.text("/refund")?.to_owned());
        let (amount, total) = (event.number("/amount")?, event.number("/clawed_back_total")?);
        let facts = self.facts;
        let known = self.told(event)?;
        let refunded = facts.refunds.get(refund.as_str()).ok_or_else(|| format!("refund {refund} was never made"))?;
        if amount <= Decimal::ZERO || known.clawed_back + amount != total || total > known.amount {
            return Err(format!(
                "{amount} of {commission} taken back to {total}, before it were {}",
                known.clawed_back
            ));
        }
        if total != credits(known.amount * refunded.total / refunded.paid) {
            return Err(format!("{total} of {commission} is not the share of {} in {}", refunded.total, refunded.paid));
        }
        if event.body["matured"].as_bool() != Some(known.matured.is_some()) {
            return Err(format!("{commission} is told to have matured, or not to have, and it is the other way"));
        }
        known.clawed_back = total;
        if known.matured.is_some() {
            known.of_ledger += amount;
        }
        Ok(())
    }

    pub(super) fn grant(&mut self, event: &Event) -> Result<(), String> {
        let Ok(commission) = event.text("/commission") else { return Ok(()) };
        let amount = event.number("/amount")?;
        match self.credit(commission, event).granted.replace(amount) {
            Some(_) => Err(format!("commission {commission} was granted before")),
            None => Ok(()),
        }
    }

    pub(super) fn net(&mut self, event: &Event) -> Result<(), String> {
        let (commission, amount) = (event.text("/commission")?, event.number("/amount")?);
        match self.credit(commission, event).netted.replace(amount) {
            Some(_) => Err(format!("commission {commission} was netted before")),
            None => Ok(()),
        }
    }

    pub(super) fn take_back(&mut self, event: &Event) -> Result<(), String> {
        let (commission, amount) = (event.text("/commission")?, event.number("/amount")?);
        self.credit(commission, event).taken_back += amount;
        Ok(())
    }

    fn credit(&mut self, commission: &str, event: &Event) -> &mut Credited {
        let fresh = || Credited { beneficiary: event.owner.clone(), ..Credited::default() };
        self.credited.entry(commission.to_owned()).or_insert_with(fresh)
    }

    /// What ledgers did that the tree does not tell.
    pub(super) fn misgranted(&self) -> Vec<String> {
        let mut violations = Vec::new();
        for (commission, credited) in &self.credited {
            let Some(known) = self.accrued.get(commission) else {
                violations.push(format!("commission {commission} was granted and never accrued"));
                continue;
            };
            let matured = known.matured.unwrap_or_default();
            if (credited.sum(), &credited.beneficiary) != (matured, &known.beneficiary) {
                violations.push(format!(
                    "commission {commission} of {matured} for {} was granted as {} to {}",
                    known.beneficiary,
                    credited.sum(),
                    credited.beneficiary
                ));
            }
            if credited.taken_back > known.of_ledger {
                violations
                    .push(format!("{} of {commission} were taken back, not {}", credited.taken_back, known.of_ledger));
            }
        }
        violations
    }

    /// What the tree tells and ledgers did not do.
    pub(super) fn unsettled(&self) -> Vec<String> {
        let mut violations = Vec::new();
        for (commission, known) in &self.accrued {
            let credited = self.credited.get(commission);
            if known.matured.is_some() && credited.is_none() {
                violations.push(format!("commission {commission} was never granted"));
            }
            let need_not_wait = !known.is_simulated && known.matures_at.is_some_and(|at| at <= known.accrued_at);
            if need_not_wait && known.matured.is_none() {
                violations.push(format!("commission {commission} need not wait and did not mature"));
            }
            let taken_back = credited.map_or(Decimal::ZERO, |credited| credited.taken_back);
            if taken_back < known.of_ledger {
                violations.push(format!("{taken_back} of {commission} were taken back, not {}", known.of_ledger));
            }
        }
        violations
    }
}
