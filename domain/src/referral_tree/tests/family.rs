//! Juan, Maria and Pedro month after month: the tree says what is earned and taken back, the ledgers of both referrers
//! grant it, take it back and net it. Maria pays 45 a month, Pedro 15; 20 % go to the direct referrer, 5 % to the one
//! above. Commissions wait two weeks.

use std::collections::BTreeMap;

use super::maturity::waiting;
use super::*;
use crate::aggregate::Aggregate;
use crate::context::Context;
use crate::credit_ledger::{self, CreditLedger};
use crate::id::OrganizationId;
use crate::scenario::{seed, surroundings};

/// Both sides of the family's referrals, with what a processor does between them.
struct Family {
    tree: ReferralTree,
    ledgers: BTreeMap<OrganizationId, CreditLedger>,
    context: Context,
    commands: u128,
}

impl Family {
    fn at(start: &str) -> Self {
        let tree = newcomers().state();
        let context = Context { now: instant(start), catalog: Some(waiting()), ..surroundings() };
        Self { tree, ledgers: BTreeMap::new(), context, commands: 0 }
    }

    fn it_is(&mut self, now: &str) {
        self.context.now = instant(now);
        self.decide(&Command::Settle);
    }

    fn pays(&mut self, payer: &str, payment: &str, amount: &str) {
        self.decide(&Command::AccrueCommissions {
            payment: id(payment),
            payer: id(payer),
            amount: usd(amount),
            paid_at: None,
            catalog_version: None,
        });
    }

    fn gets_back(&mut self, payer: &str, payment: &str, total: &str, paid: &str) {
        self.decide(&clawback::refund(payment, payer, total, paid));
    }

    /// Decides, and hands on what the ledgers have to do.
    fn decide(&mut self, command: &Command) {
        for event in self.tree.decide(command, &self.context).unwrap() {
            self.tree.evolve(&event);
            match event {
                Event::CommissionMatured { commission, beneficiary, amount, .. } => {
                    self.tell(&beneficiary, &credit_ledger::Command::GrantCommission { commission, amount });
                }
                Event::CommissionClawedBack { commission, refund, beneficiary, amount, matured: true, .. } => {
                    self.tell(&beneficiary, &credit_ledger::Command::ClawBack { commission, refund, amount });
                }
                _ => {}
            }
        }
    }

    fn tell(&mut self, organization: &OrganizationId, command: &credit_ledger::Command) {
        self.commands += 1;
        self.context.seed = seed(self.commands);
        let ledger = self.ledgers.entry(organization.clone()).or_default();
        for event in ledger.decide(command, &self.context).unwrap() {
            ledger.evolve(&event);
        }
    }

    fn spends(&mut self, organization: &str, amount: &str) {
        let change = credit_ledger::Adjustment::Down(credits(amount));
        let (reason, actor) = (id("spent"), id("operator-7"));
        self.tell(&id(organization), &credit_ledger::Command::Adjust { change, reason, actor });
    }

    /// What Juan and Maria have and owe.
    #[track_caller]
    fn stands(&self, expected: expect_test::Expect) {
        let line = |name: &str| {
            let ledger = self.ledgers.get(&id::<OrganizationId>(name)).cloned().unwrap_or_default();
            format!("{name} has {}, owes {}", ledger.balance(), ledger.owed())
        };
        expected.assert_eq(&["juan", "maria"].map(line).join("; "));
    }
}

#[test]
fn three_months_of_juan_maria_and_pedro() {
    let mut family = Family::at("2026-01-01T12:00:00Z");

    // Month 1. Juan earns 9 of Maria and 0.75 of Pedro, Maria 3 of Pedro; two weeks later they have it.
    family.pays("maria", "m1", "45");
    family.pays("pedro", "p1", "15");
    family.it_is("2026-01-15T11:59:59Z");
    family.stands(expect!["juan has 0.00, owes 0.00; maria has 0.00, owes 0.00"]);
    family.it_is("2026-01-15T12:00:00Z");
    family.stands(expect!["juan has 9.75, owes 0.00; maria has 3.00, owes 0.00"]);

    // Month 2. Pedro gets half of his payment back before it matures, Maria half of hers afterwards.
    family.it_is("2026-02-01T12:00:00Z");
    family.pays("maria", "m2", "45");
    family.pays("pedro", "p2", "15");
    family.it_is("2026-02-10T12:00:00Z");
    family.gets_back("pedro", "p2", "7.50", "15");
    family.stands(expect!["juan has 9.75, owes 0.00; maria has 3.00, owes 0.00"]);
    family.it_is("2026-02-15T12:00:00Z");
    family.stands(expect!["juan has 19.125, owes 0.00; maria has 4.50, owes 0.00"]);
    family.it_is("2026-02-20T12:00:00Z");
    family.gets_back("maria", "m2", "22.50", "45");
    family.stands(expect!["juan has 14.625, owes 0.00; maria has 4.50, owes 0.00"]);

    // Month 3. Both spend all they have; then a bank takes back the whole of what both had paid.
    family.it_is("2026-03-01T12:00:00Z");
    family.pays("maria", "m3", "45");
    family.pays("pedro", "p3", "15");
    family.it_is("2026-03-15T12:00:00Z");
    family.stands(expect!["juan has 24.375, owes 0.00; maria has 7.50, owes 0.00"]);
    family.spends("juan", "24.375");
    family.spends("maria", "7");
    family.gets_back("maria", "m3", "45", "45");
    family.gets_back("pedro", "p3", "15", "15");
    family.stands(expect!["juan has 0.00, owes 9.75; maria has 0.00, owes 2.50"]);

    // Month 4. What was owed is netted against what is earned now; Juan gets nothing yet.
    family.it_is("2026-04-01T12:00:00Z");
    family.pays("maria", "m4", "45");
    family.it_is("2026-04-15T12:00:00Z");
    family.stands(expect!["juan has 0.00, owes 0.75; maria has 0.00, owes 2.50"]);
    family.it_is("2026-04-20T12:00:00Z");
    family.pays("pedro", "p4", "15");
    family.it_is("2026-05-15T12:00:00Z");
    family.stands(expect!["juan has 0.00, owes 0.00; maria has 0.50, owes 0.00"]);
    family.pays("pedro", "p5", "15");
    family.it_is("2026-06-15T12:00:00Z");
    family.stands(expect!["juan has 0.75, owes 0.00; maria has 3.50, owes 0.00"]);
}

#[test]
fn the_second_half_of_a_payment_takes_back_only_the_second_half_of_its_commission() {
    let mut family = Family::at("2026-01-01T12:00:00Z");
    family.pays("maria", "m1", "45");
    family.it_is("2026-01-15T12:00:00Z");
    family.gets_back("maria", "m1", "22.50", "45");
    family.stands(expect!["juan has 4.50, owes 0.00; maria has 0.00, owes 0.00"]);
    family.gets_back("maria", "m1", "45", "45");
    family.stands(expect!["juan has 0.00, owes 0.00; maria has 0.00, owes 0.00"]);
}
