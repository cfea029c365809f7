//! Books kept beside a subscription, from its events alone.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::calendar::Period;
use crate::id::InvoiceId;
use crate::subscription::{Event, Item, Method, RefundKind, Subscription};

#[derive(Default)]
struct Account {
    total: Decimal,
    paid: Decimal,
    refunded: Decimal,
    credited: Decimal,
    to_balance: Decimal,
    /// Promised to be paid back, and not yet.
    promised: Decimal,
    is_void: bool,
}

impl Account {
    fn open(&self) -> Decimal {
        if self.is_void {
            return Decimal::ZERO;
        }
        self.total - self.credited - self.paid + self.refunded + self.to_balance + self.promised
    }
}

#[derive(Default)]
pub(super) struct Books {
    accounts: BTreeMap<InvoiceId, Account>,
    balance: Decimal,
    /// Of each payment what went back.
    payments: BTreeMap<crate::id::PaymentId, (Decimal, Decimal)>,
}

impl Books {
    pub(super) fn enter(&mut self, event: &Event) {
        match event {
            Event::InvoiceIssued { invoice, total, kept, .. } => {
                let account = Account { total: total.amount, ..Account::default() };
                assert!(self.accounts.insert(invoice.clone(), account).is_none(), "{invoice} twice");
                self.balance += kept.amount;
            }
            Event::InvoiceVoided { invoice, amount, .. } => {
                let account = self.accounts.get_mut(invoice).unwrap();
                assert_eq!((account.paid, account.open()), (Decimal::ZERO, amount.amount));
                account.is_void = true;
            }
            Event::PaymentRecorded { payment, invoice: Some(invoice), amount, net, method, still_due, .. } => {
                let account = self.accounts.get_mut(invoice).unwrap();
                account.paid += amount.amount;
                assert_eq!(account.open(), still_due.amount);
                assert!(still_due.amount >= Decimal::ZERO && net.amount <= amount.amount);
                if *method == Method::Balance {
                    self.balance -= amount.amount;
                }
                let known = self.payments.insert(payment.clone(), (amount.amount, Decimal::ZERO));
                assert!(known.is_none(), "{payment} twice");
            }
            Event::PaymentRefunded { payment, invoice, amount, refunded_total, kind, .. } => {
                let account = self.accounts.get_mut(invoice).unwrap();
                let open = account.open();
                account.refunded += amount.amount;
                if *kind == RefundKind::Refund {
                    account.promised -= amount.amount;
                    assert_eq!(account.open(), open, "a refund leaves nothing due");
                }
                let (paid, refunded) = self.payments.get_mut(payment).unwrap();
                *refunded += amount.amount;
                assert_eq!(*refunded, refunded_total.amount);
                assert!(refunded <= paid, "no more goes back than was paid");
            }
            Event::CreditNoteIssued { invoice, amount, net, taxes, reduces_due, to_balance, to_refund, .. } => {
                let account = self.accounts.get_mut(invoice).unwrap();
                let open = account.open();
                account.credited += amount.amount;
                account.to_balance += to_balance.amount;
                account.promised += to_refund.amount;
                assert!(account.credited <= account.total);
                assert_eq!(account.open(), open - reduces_due.amount);
                let taxes: Decimal = taxes.iter().map(|tax| tax.amount.amount).sum();
                assert_eq!(net.amount + taxes, amount.amount);
                self.balance += to_balance.amount;
            }
            _ => {}
        }
        assert!(self.balance >= Decimal::ZERO, "{event:?}");
    }

    pub(super) fn agree_with(&self, subscription: &Subscription) {
        assert_eq!(subscription.balance().map_or(Decimal::ZERO, |balance| balance.amount), self.balance);
        for invoice in subscription.invoices() {
            let account = &self.accounts[&invoice.id];
            assert_eq!(invoice.open().amount, account.open(), "{}", invoice.id);
            assert!(account.open() >= Decimal::ZERO);
        }
        let kept = subscription.open_invoices().count();
        let open = self.accounts.values().filter(|account| account.open() > Decimal::ZERO).count();
        assert_eq!(kept, open, "what is open is kept");
        // What is kept pays what is open, so there is never both.
        assert!(open == 0 || self.balance == Decimal::ZERO);
    }
}

/// Between two periods there is no time, unless it was suspended or at rest; one is cut short by another interval only.
pub(super) fn periods_follow_each_other(log: &[Event]) {
    let mut before: Option<Period> = None;
    let (mut stood_still, mut changed_at) = (false, None);
    for event in log {
        match event {
            Event::SubscriptionStarted { .. } => before = None,
            Event::SubscriptionRecovered { .. } | Event::SubscriptionResumed { .. } => stood_still = true,
            Event::PlanChanged { at, .. } => changed_at = Some(*at),
            Event::SubscriptionActivated { period, .. } | Event::PeriodBegan { period, .. } => {
                assert!(period.start < period.end);
                if let Some(before) = before.filter(|before| before.end != period.start) {
                    let is_cut = changed_at == Some(period.start) && before.contains(period.start);
                    let is_later = stood_still && before.end < period.start;
                    assert!(is_cut || is_later, "{before:?} and {period:?}");
                }
                (before, stood_still) = (Some(*period), false);
            }
            _ => {}
        }
    }
}

/// At no moment more was credited for unused time than was charged for plans, after discounts.
pub(super) fn credits_stay_within_charges(log: &[Event]) {
    let (mut charged, mut credited) = (Decimal::ZERO, Decimal::ZERO);
    for event in log {
        let Event::InvoiceIssued { lines, .. } = event else { continue };
        for line in lines {
            match line.item {
                Item::ProrationCredit { .. } => credited -= line.amount.amount,
                Item::Plan { .. } | Item::ProrationCharge { .. } | Item::Discount { .. } => {
                    charged += line.amount.amount;
                }
                Item::Metered { .. } => {}
            }
        }
        assert!(credited <= charged, "{credited} of {charged}");
    }
}
