//! Credits that come and go: which lots burn down first, what begins later, what ends.

use expect_test::expect;

use super::*;
use crate::credit_ledger::{Adjustment, Grant};
use crate::id::LotId;

/// A lot as an operator may grant it.
struct Granted {
    number: u128,
    kind: LotKind,
    amount: &'static str,
    priority: u8,
    from: &'static str,
    until: Option<&'static str>,
}

impl Granted {
    fn of(number: u128, amount: &'static str) -> Self {
        Self { number, kind: LotKind::Granted, amount, priority: 10, from: START, until: None }
    }

    fn event(self) -> Event {
        Event::CreditsGranted {
            lot: lot(self.number),
            kind: self.kind,
            amount: credits(self.amount),
            priority: self.priority,
            effective_from: instant(self.from),
            expires_at: self.until.map(instant),
            commission: None,
            reference: None,
            reason: Some(id("goodwill")),
            actor: Some(id("operator-7")),
        }
    }

    fn command(self) -> Command {
        Command::Grant(Grant {
            amount: credits(self.amount),
            kind: self.kind,
            priority: (self.priority != 10).then_some(self.priority),
            effective_from: (self.from != START).then(|| instant(self.from)),
            expires_at: self.until.map(instant),
            reason: id("goodwill"),
            actor: id("operator-7"),
        })
    }

    fn scheduled(self) -> Event {
        Event::GrantScheduled {
            lot: lot(self.number),
            kind: self.kind,
            amount: credits(self.amount),
            priority: self.priority,
            effective_from: instant(self.from),
            expires_at: self.until.map(instant),
            reason: id("goodwill"),
            actor: id("operator-7"),
        }
    }
}

fn expired(number: u128, amount: &str, at: &str) -> Event {
    Event::LotExpired { lot: lot(number), amount: credits(amount), expired_at: instant(at) }
}

fn revoke(number: u128, amount: Option<&str>) -> Command {
    let (reason, actor) = (id("mistake"), id("operator-7"));
    Command::Revoke { lot: lot(number), amount: amount.map(credits), reason, actor }
}

fn adjust(change: Adjustment) -> Command {
    Command::Adjust { change, reason: id("mistake"), actor: id("operator-7") }
}

/// What spending so many credits draws, lot by lot.
fn drawn(scenario: Scenario<CreditLedger>, amount: u32) -> Vec<(LotId, String)> {
    let events = scenario.when(consume("units", amount)).events();
    let charge = events.iter().find_map(|event| match event {
        Event::FeatureConsumed { overage: Some(OverageCharge::Credits(charge)), .. } => Some(charge.draws.clone()),
        _ => None,
    });
    charge.unwrap().into_iter().map(|draw| (draw.lot, draw.amount.to_string())).collect()
}

fn draws<const N: usize>(expected: [(u128, &str); N]) -> Vec<(LotId, String)> {
    expected.map(|(number, amount)| (lot(number), amount.to_owned())).into()
}

const MAY: &str = "2026-05-01T00:00:00Z";
const JUNE: &str = "2026-06-01T00:00:00Z";

#[test]
fn commissions_burn_down_before_bought_credits_and_older_lots_before_newer() {
    let lots = [topped_up(1, "1"), earned(2, "1"), topped_up(3, "1"), earned(4, "1")];
    let cases: [(u32, &[(u128, &str)]); 4] = [
        (10, &[(2, "0.50")]),
        (30, &[(2, "1"), (4, "0.50")]),
        (50, &[(2, "1"), (4, "1"), (1, "0.50")]),
        (80, &[(2, "1"), (4, "1"), (1, "1"), (3, "1")]),
    ];
    for (messages, draws) in cases {
        let paid = sent_paying(february(), messages, messages, draws);
        let answer = given(lots.clone()).after(send(2_000)).when(send(messages)).then([paid]);
        assert_eq!(answer.balance, Credits::rounded(decimal("4") - answer.charged.amount()));
    }
}

/// Worked cases of lots with priorities.
#[test]
fn the_lowest_priority_number_burns_down_first() {
    let prioritized = |number, priority, amount| Granted { priority, ..Granted::of(number, amount) }.event();
    let four = || [prioritized(1, 2, "25"), prioritized(2, 1, "20"), prioritized(3, 2, "25"), prioritized(4, 2, "30")];
    assert_eq!(drawn(in_shop(four()), 80), draws([(2, "20.00"), (1, "25.00"), (3, "25.00"), (4, "10.00")]));

    let two = in_shop([prioritized(1, 1, "100"), prioritized(2, 2, "100")]);
    let ledger = two.after(consume("units", 120)).state();
    assert_eq!(
        ledger.lots().iter().map(|lot| (lot.id.clone(), lot.left)).collect::<Vec<_>>(),
        [(lot(2), credits("80"))]
    );
}

#[test]
fn of_equal_priority_the_order_is_expiry_then_given_before_bought_then_effective_then_age() {
    let of = |number| Granted::of(number, "1");
    let bought = |number| Granted { kind: LotKind::Purchased, ..of(number) };
    let lots = [
        bought(1).event(),
        Granted { kind: LotKind::Refund, ..of(2) }.event(),
        of(3).event(),
        Granted { from: "2026-01-30T00:00:00Z", ..of(4) }.event(),
        Granted { until: Some(JUNE), ..bought(5) }.event(),
        Granted { until: Some(MAY), ..bought(6) }.event(),
        Granted { until: Some(JUNE), ..of(7) }.event(),
        Granted { priority: 9, ..bought(8) }.event(),
    ];
    let order = [8, 6, 7, 5, 4, 2, 3, 1].map(|number| (number, "1.00"));
    assert_eq!(drawn(in_shop(lots), 8), draws(order));
}

#[test]
fn credits_are_granted_by_hand_with_who_and_why() {
    let answer = in_shop([]).when(Granted::of(1, "10").command()).then([Granted::of(1, "10").event()]);
    assert_eq!((answer.balance, answer.lot), (credits("10"), Some(lot(1))));
    let special = || Granted { kind: LotKind::Commission, priority: 3, until: Some(MAY), ..Granted::of(1, "10") };
    in_shop([]).when(special().command()).then([special().event()]);
}

#[test]
fn what_begins_later_is_not_in_the_balance_before() {
    let later = || Granted { from: MAY, until: Some(JUNE), ..Granted::of(1, "10") };
    let answer = in_shop([]).when(later().command()).then([later().scheduled()]);
    assert_eq!((answer.balance, answer.lot), (Credits::ZERO, Some(lot(1))));

    let scheduled = || in_shop([later().scheduled()]);
    scheduled()
        .at("2026-04-30T23:59:59Z")
        .when(consume("units", 1))
        .then_rejected(expect!["a balance of 0.00 credits does not pay for 1.00"]);
    scheduled().at(MAY).when(Command::Settle).then([later().event()]);
    assert_eq!(drawn(scheduled().at(MAY), 1), draws([(1, "1.00")]));
}

#[test]
fn what_is_left_of_a_lot_is_lost_at_its_expiry() {
    let until_may = || in_shop([Granted { until: Some(MAY), ..Granted::of(1, "10") }.event()]);
    until_may().at("2026-04-30T23:59:59Z").when(Command::Settle).then_nothing();
    until_may().at(MAY).when(Command::Settle).then([expired(1, "10", MAY), low(1, "0")]);
    until_may().at(MAY).after(Command::Settle).when(Command::Settle).then_nothing();
    until_may()
        .at(MAY)
        .when(consume("units", 1))
        .then_rejected(expect!["a balance of 0.00 credits does not pay for 1.00"]);
}

fn low(number: u128, balance: &str) -> Event {
    let alert = AlertId::fresh(&seed(number).simple().to_string(), "credits");
    Event::CreditsRanLow { alert, below: credits("5"), balance: Credits::rounded(decimal(balance)) }
}

#[test]
fn what_fell_due_is_written_in_its_order_before_what_is_decided() {
    let history = [
        Granted { until: Some(JUNE), ..Granted::of(8, "10") }.event(),
        Granted { from: MAY, ..Granted::of(9, "20") }.scheduled(),
    ];
    in_shop(history).at("2026-07-01T00:00:00Z").when(top_up("5")).then([
        Granted { from: MAY, ..Granted::of(9, "20") }.event(),
        expired(8, "10", JUNE),
        Event::CreditsGranted {
            lot: lot(1),
            kind: LotKind::Purchased,
            amount: credits("5"),
            priority: 10,
            effective_from: instant("2026-07-01T00:00:00Z"),
            expires_at: None,
            commission: None,
            reference: Some(id("transfer-7")),
            reason: None,
            actor: None,
        },
    ]);
}

#[test]
fn a_lot_is_revoked_whole_or_in_part() {
    let revoked = |amount: &str| Event::CreditsRevoked {
        lot: lot(9),
        amount: credits(amount),
        reason: id("mistake"),
        actor: id("operator-7"),
    };
    let lots = || given([Granted::of(9, "10").event()]);
    lots().when(revoke(9, None)).then([revoked("10")]);
    let answer = lots().when(revoke(9, Some("4"))).then([revoked("4")]);
    assert_eq!(answer.balance, credits("6"));
    lots()
        .when(revoke(9, Some("10.01")))
        .then_rejected(expect!["10.01 credits exceed the 10.00 left in lot lot_00000000000000000000000000000009"]);
    lots()
        .after(revoke(9, None))
        .when(revoke(9, None))
        .then_rejected(expect!["lot lot_00000000000000000000000000000009 has no credits that could be revoked"]);
}

#[test]
fn a_grant_that_is_not_due_is_cancelled_whole_or_in_part() {
    let cancelled = |amount: &str| Event::GrantCancelled {
        lot: lot(9),
        amount: credits(amount),
        reason: id("mistake"),
        actor: id("operator-7"),
    };
    let later = || Granted { from: MAY, ..Granted::of(9, "10") };
    let scheduled = || given([later().scheduled()]);
    scheduled().when(revoke(9, None)).then([cancelled("10")]);
    scheduled().when(revoke(9, Some("4"))).then([cancelled("4")]);
    scheduled().after(revoke(9, None)).at(MAY).when(Command::Settle).then_nothing();
    scheduled().after(revoke(9, Some("4"))).at(MAY).when(Command::Settle).then([Granted {
        from: MAY,
        ..Granted::of(9, "6")
    }
    .event()]);
}

#[test]
fn the_balance_is_corrected_up_by_a_lot_and_down_in_burn_down_order() {
    let mut up = Granted::of(1, "3");
    up.priority = 10;
    let Event::CreditsGranted { lot, kind, amount, .. } = up.event() else { panic!() };
    let answer = given([]).when(adjust(Adjustment::Up(amount))).then([Event::CreditsGranted {
        lot,
        kind,
        amount,
        priority: 10,
        effective_from: instant(START),
        expires_at: None,
        commission: None,
        reference: None,
        reason: Some(id("mistake")),
        actor: Some(id("operator-7")),
    }]);
    assert_eq!(answer.balance, credits("3"));

    let down = |amount| given([topped_up(8, "5"), earned(9, "2")]).when(adjust(Adjustment::Down(credits(amount))));
    down("3").then([Event::CreditsDeducted {
        amount: credits("3"),
        draws: vec![
            Draw { lot: super::lot(9), amount: credits("2") },
            Draw { lot: super::lot(8), amount: credits("1") },
        ],
        reason: id("mistake"),
        actor: id("operator-7"),
    }]);
    down("8").then_rejected(expect!["a balance of 7.00 credits does not pay for 8.00"]);
}
