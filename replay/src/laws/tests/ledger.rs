//! A ledger that does everything, decided by the domain and judged by the checker, then forged.

use std::sync::Arc;

use domain::catalog::CatalogVersion;
use domain::credit_ledger::{
    Acquire, Adjustment, Capture, Command, Consume, Consumption, CreditLedger, Event as LedgerEvent, Grant, Hold,
    LotKind, Rest, ReturnedPayment, Reverse, TopUpRule,
};
use domain::organization::Status;
use domain::{Aggregate, Attributes, Context, Credits, Money, OpenInvoice, PlanInForce, Quantity, Terms};
use expect_test::{Expect, expect};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::{Log, Work, check};

const CATALOG: &str = r#"
product = "agencia"
currency = "USD"
thresholds = [50, 100]
capacity_thresholds = [50, 100]
credits_low = "10"
[credits]
per_unit = { USD = "0.333333" }
[features]
messages = { kind = "quota", window = "billing_period" }
minutes = { kind = "quota", window = "billing_period" }
seats = { kind = "capacity" }
[[plans]]
code = "starter"
price = { month = "15" }
[plans.features]
messages = { limit = 10, overage = { credits = "0.5" }, rollover = { maximum = 5 }, settle_above = true }
minutes = { limit = 10, overage = { invoice = { graduated = { tiers = [{ units = 10, price = "1.5" }], then = "0.5" } } } }
seats = { limit = 4 }
"#;

/// Anything that is made from its text.
fn id<T: TryFrom<String, Error: std::fmt::Debug>>(text: &str) -> T {
    T::try_from(text.to_owned()).unwrap()
}

fn credits(text: &str) -> Credits {
    Credits::positive(text.parse().unwrap()).unwrap()
}

fn quantity(amount: u32) -> Quantity {
    Quantity::positive(Decimal::from(amount)).unwrap()
}

/// What happens one after another: each command so many hours after the first instant.
struct Play {
    log: Log,
    ledger: CreditLedger,
    context: Context,
    commands: u128,
}

impl Play {
    fn new() -> Self {
        let definition = domain::catalog::source::read("test.toml", CATALOG).unwrap();
        let mut log = Log::default();
        let published = json!({ "version": 1, "definition": definition });
        log.add("publish", "catalog agencia CatalogPublished", published);
        let registered = json!({ "organization": "pedro", "product": "agencia" });
        log.add("register", "organization pedro OrganizationRegistered", registered);
        let start = "2026-01-31T12:00:00Z".parse().unwrap();
        let terms = Terms {
            organization: id("pedro"),
            product: id("agencia"),
            zone: id("America/Santiago"),
            plan: Some(PlanInForce { code: id("starter"), catalog_version: 1, anchor: start, currency: id("USD") }),
            registered_at: Some(start),
            status: Status::Active,
            overrides: Arc::default(),
            administrators: Arc::new([id("root")].into()),
            instant: None,
            metered: Default::default(),
            billing: None,
            open_invoices: Vec::new(),
            until: None,
        };
        let catalog = Some(Arc::new(CatalogVersion { version: 1, definition }));
        let context = Context {
            now: start,
            seed: uuid::Uuid::nil(),
            terms: Some(terms),
            catalog,
            sold_under: None,
            scheduled_under: None,
        };
        Self { log, ledger: CreditLedger::default(), context, commands: 0 }
    }

    /// Decides a command some hours later; the events get their positions and come back with them.
    fn after(&mut self, hours: i64, command: impl Into<Command>) -> Vec<(u64, LedgerEvent)> {
        self.commands += 1;
        self.context.seed = uuid::Uuid::from_u128(self.commands);
        self.context.now += jiff::SignedDuration::from_hours(hours);
        let events = self.ledger.decide(&command.into(), &self.context).unwrap();
        let mut told = Vec::new();
        for event in events {
            self.ledger.evolve(&event);
            let stored = domain::Event::from(event.clone());
            let (name, payload) = (stored.event_type(), stored.payload().unwrap());
            let mut payload: Value = serde_json::from_str(&payload).unwrap();
            let command = format!("command-{}", self.commands);
            self.log.add(&command, &format!("credit_ledger pedro {name}"), payload[&name].take());
            let position = self.log.events.len();
            self.log.events[position - 1].at_micros = self.context.now.as_microsecond();
            self.log.events[position - 1].decided_micros = self.context.now.as_microsecond();
            told.push((position as u64, event));
        }
        told
    }

    /// The hold the last command placed.
    fn last_hold(&self) -> domain::HoldId {
        self.ledger.holds().map(|(hold, _)| hold.clone()).max().unwrap()
    }

    fn hold(&mut self, feature: &str, amount: u32, hours: i64) -> domain::HoldId {
        let expires_at = self.context.now + jiff::SignedDuration::from_hours(hours);
        let hold = Hold { feature: id(feature), quantity: quantity(amount), expires_at, actor: None };
        self.after(0, Command::Hold(hold));
        self.last_hold()
    }

    fn capture(&mut self, hold: &domain::HoldId, amount: u32, rest: Rest) -> Vec<(u64, LedgerEvent)> {
        let (hold, quantity) = (hold.clone(), quantity(amount));
        let capture = Capture { hold, quantity, rest, occurred_at: None, attributes: Attributes::default() };
        self.after(0, Command::Capture(capture))
    }

    fn reverse(&mut self, of: &(u64, LedgerEvent), amount: Option<u32>) {
        let consumption = Consumption::of(of.0, &of.1).unwrap();
        let (reason, actor) = (id("not-delivered"), id("operator-7"));
        self.after(0, Command::Reverse(Reverse { consumption, quantity: amount.map(quantity), reason, actor }));
    }
}

fn consume(feature: &str, amount: u32) -> Consume {
    Consume::of(id(feature), quantity(amount))
}

fn grant(amount: &str, from: Option<&str>, until: Option<&str>) -> Command {
    let instant = |text: &str| text.parse().unwrap();
    Command::Grant(Grant {
        amount: credits(amount),
        kind: LotKind::Granted,
        priority: None,
        effective_from: from.map(instant),
        expires_at: until.map(instant),
        reason: id("goodwill"),
        actor: id("operator-7"),
    })
}

/// Everything a ledger can do.
fn everything() -> Log {
    let mut play = Play::new();
    let (reason, actor) = (|| id("mistake"), || id("operator-7"));
    play.after(0, Command::TopUp { amount: credits("20"), reference: None });
    play.after(0, grant("6", None, Some("2026-02-02T12:00:00Z")));
    play.after(0, grant("9", Some("2026-02-05T12:00:00Z"), None));
    let monthly_max = 3.try_into().unwrap();
    let rule = TopUpRule { below: credits("12"), amount: credits("5"), monthly_max };
    play.after(0, Command::SetTopUpRule { rule, actor: actor() });
    let used = play.after(1, consume("messages", 14));
    play.after(0, Consume { actor: Some(id("root")), ..consume("messages", 900) });
    play.reverse(&used[0], Some(6));

    let first = play.hold("messages", 8, 10);
    play.capture(&first, 3, Rest::Keep);
    play.capture(&first, 1, Rest::Release);
    let above = play.hold("messages", 2, 10);
    let captured = play.capture(&above, 5, Rest::Keep);
    play.reverse(&captured[1], None);
    let expiring = play.hold("messages", 4, 1);
    play.after(0, Command::Extend { hold: expiring, expires_at: "2026-02-02T18:00:00Z".parse().unwrap() });
    // The lot of six expires first, then the hold that has credits of it, then what was scheduled is due.
    play.after(200, Command::Settle);
    let minutes = play.hold("minutes", 15, 10);
    play.capture(&minutes, 12, Rest::Release);

    let seats = |amount| Acquire { feature: id("seats"), quantity: quantity(amount), actor: None };
    play.after(0, Command::Acquire(seats(2)));
    play.after(0, Command::Acquire(seats(2)));
    play.after(0, Command::ReleaseCapacity(seats(3)));
    let open = play.ledger.alerts()[0].alert.clone();
    play.after(0, Command::AcknowledgeAlert { alert: open, actor: actor() });
    let lot = play.ledger.lots()[0].id.clone();
    play.after(0, Command::Revoke { lot, amount: Some(credits("0.5")), reason: reason(), actor: actor() });
    let down = Adjustment::Down(credits("18"));
    play.after(0, Command::Adjust { change: down, reason: reason(), actor: actor() });
    play.after(600, consume("messages", 12));
    pay_an_invoice(&mut play);
    play.log
}

/// Of it a part comes back to its lot; another is paid for good.
fn pay_an_invoice(play: &mut Play) {
    let usd = |amount: &str| Money::positive(amount.parse().unwrap(), id("USD")).unwrap();
    let open = OpenInvoice { invoice: id("inv_1-1"), open: usd("15") };
    play.context.terms.as_mut().unwrap().open_invoices = vec![open];
    play.after(0, Command::TopUp { amount: credits("6"), reference: None });
    let pay = |amount| Command::PayInvoice { invoice: id("inv_1-1"), amount: Some(usd(amount)) };
    let paid = play.after(0, pay("1.01"));
    let LedgerEvent::InvoicePaidFromCredits { invoice, amount, draws, .. } = paid[0].1.clone() else {
        panic!("{paid:?}")
    };
    play.after(0, Command::ReturnInvoicePayment(ReturnedPayment { invoice, amount, draws }));
    play.after(0, pay("5"));
}

fn judged(log: &Log) -> String {
    check(log, Work::Open).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Forges the first event of a name that has the value, and tells the first thing the checker says of it.
fn caught(name: &str, pointer: &str, forged: Value, expected: Expect) {
    let mut log = everything();
    let value =
        log.events.iter_mut().filter(|event| event.name == name).find_map(|event| event.body.pointer_mut(pointer));
    *value.unwrap_or_else(|| panic!("{name} has no {pointer}")) = forged;
    expected.assert_eq(judged(&log).lines().next().unwrap_or_default());
}

#[test]
fn everything_a_ledger_does_is_sound() {
    let log = everything();
    assert_eq!(judged(&log), "");
    // The last two happen in `referrals`: a commission needs its payment.
    let elsewhere = ["GrantCancelled", "TopUpRuleRemoved", "CreditsClawedBack", "CommissionNetted"];
    for (name, _) in LedgerEvent::VERSIONS {
        let is_told = log.events.iter().any(|event| event.name == *name);
        assert!(is_told || elsewhere.contains(name), "{name} does not happen");
    }
}

#[test]
fn credits_come_and_go_as_their_lots_say() {
    caught(
        "LotExpired",
        "/amount",
        json!("1"),
        expect![
            "ledger: position 21 of partition 0: lot lot_00000000000000000000000000000002 lost 1 at 2026-02-02T12:00:00Z, it had 2.00"
        ],
    );
    caught(
        "CreditsRevoked",
        "/amount",
        json!("99"),
        expect![
            "ledger: position 35 of partition 0: 99 drawn from lot lot_00000000000000000000000000000003, which has 9.00"
        ],
    );
    caught(
        "CreditsDeducted",
        "/amount",
        json!("1"),
        expect!["ledger: position 36 of partition 0: 1 deducted and 18.00 drawn"],
    );
    caught(
        "CreditsDeducted",
        "/draws/0/amount",
        json!("0.1"),
        expect!["ledger: position 36 of partition 0: 18.00 deducted and 9.60 drawn"],
    );
    caught(
        "CreditsGranted",
        "/priority",
        json!(1),
        expect![
            "ledger: position 7 of partition 0: 2.00 drawn from lot lot_00000000000000000000000000000002 before lot lot_00000000000000000000000000000001 was empty"
        ],
    );
    caught(
        "GrantScheduled",
        "/amount",
        json!("8"),
        expect![
            "ledger: position 23 of partition 0: lot lot_00000000000000000000000000000003 was to have 8 credits, not 9.00"
        ],
    );
}

#[test]
fn an_invoice_costs_what_its_amount_is_worth_and_comes_back_once() {
    caught(
        "InvoicePaidFromCredits",
        "/amount/amount",
        json!("1.02"),
        expect!["ledger: position 43 of partition 0: 0.336667 credits paid 1.02 USD, which are worth 0.33999966"],
    );
    caught(
        "InvoicePaidFromCredits",
        "/credits",
        json!("0.336668"),
        expect!["ledger: position 43 of partition 0: 0.336668 credits paid 1.01 USD, which are worth 0.33666633"],
    );
    caught(
        "InvoicePaymentReturned",
        "/credits",
        json!("1"),
        expect!["ledger: position 44 of partition 0: 1 came back of the 0.336667 that paid inv_1-1"],
    );
    caught(
        "InvoicePaymentReturned",
        "/draws",
        json!([]),
        expect!["ledger: position 45 of partition 0: gave 0.336667 back in silence"],
    );
}

#[test]
fn holds_reserve_what_they_say_and_are_resolved_once() {
    caught(
        "HoldPlaced",
        "/included",
        json!("3"),
        expect!["ledger: position 11 of partition 0: 8 held, of which 3 included and 6 past it"],
    );
    caught(
        "HoldPlaced",
        "/credits/draws/0/amount",
        json!("0.1"),
        expect!["ledger: position 11 of partition 0: 3.00 charged and 0.1 drawn"],
    );
    caught(
        "HoldPlaced",
        "/expires_at",
        json!("2026-01-31T12:00:00Z"),
        expect![
            "ledger: position 11 of partition 0: hold hold_00000000000000000000000000000008 had expired when it was placed"
        ],
    );
    caught(
        "HoldCaptured",
        "/quantity",
        json!("30"),
        expect!["ledger: position 12 of partition 0: 30 captured of 8, of which 2 included"],
    );
    caught(
        "HoldCaptured",
        "/left",
        json!("7"),
        expect!["ledger: position 12 of partition 0: 5 and 2.50 credits are left on the hold"],
    );
    caught(
        "HoldCaptured",
        "/hold",
        json!("hold_0"),
        expect!["ledger: position 12 of partition 0: hold hold_0 was never placed"],
    );
    caught(
        "HoldReleased",
        "/unused/quantity",
        json!("5"),
        expect!["ledger: position 14 of partition 0: 5 let go of 4, of which 0 included"],
    );
    caught(
        "HoldReleased",
        "/unused/returned",
        json!([]),
        expect!["ledger: position 14 of partition 0: 2.00 credits stay held by a hold that is over"],
    );
    caught(
        "HoldExpired",
        "/expired_at",
        json!("2026-02-02T17:00:00Z"),
        expect!["ledger: position 22 of partition 0: 4 let go of 4, of which 0 included"],
    );
    caught(
        "HoldExtended",
        "/expires_at",
        json!("2026-01-31T12:00:00Z"),
        expect!["ledger: position 20 of partition 0: extended to an earlier instant"],
    );
}

#[test]
fn no_more_is_given_back_than_was_taken_and_once() {
    caught(
        "ConsumptionReversed",
        "/position",
        json!(1),
        expect!["ledger: position 10 of partition 0: nothing was consumed at position 1"],
    );
    caught(
        "ConsumptionReversed",
        "/quantity",
        json!("15"),
        expect!["ledger: position 10 of partition 0: 15 given back of 14, of which 2 included"],
    );
    caught(
        "ConsumptionReversed",
        "/restored",
        json!("3"),
        expect!["ledger: position 10 of partition 0: 3 restored of 2, 10 are used"],
    );
    caught(
        "ConsumptionReversed",
        "/overage/credits/charge",
        json!("9"),
        expect!["ledger: position 10 of partition 0: 9 given back of 2.00 charged"],
    );
    caught(
        "ConsumptionReversed",
        "/overage/credits/draws",
        json!([]),
        expect!["ledger: position 11 of partition 0: gave 2.00 back in silence"],
    );
}

#[test]
fn levels_alerts_and_requests_say_what_is() {
    caught(
        "CapacityAcquired",
        "/level",
        json!("3"),
        expect!["ledger: position 29 of partition 0: the level is 2, not 3"],
    );
    caught(
        "CapacityAcquired",
        "/limit/up_to",
        json!("1"),
        expect!["ledger: position 29 of partition 0: the level is 2 of 1"],
    );
    caught(
        "CapacityReleased",
        "/quantity",
        json!("5"),
        expect!["ledger: position 33 of partition 0: the level is -1, not 1"],
    );
    caught(
        "CapacityThresholdsCrossed",
        "/thresholds",
        json!([50, 100]),
        expect!["ledger: position 30 of partition 0: crossed 50 and 100 at 2; reached were 50"],
    );
    caught(
        "CreditsRanLow",
        "/balance",
        json!("1"),
        expect!["ledger: position 40 of partition 0: 1 is told to be below 10.00, the balance is 9.50"],
    );
    caught(
        "AlertAcknowledged",
        "/alert",
        json!("alert_0"),
        expect!["ledger: position 34 of partition 0: alert alert_0 is not open"],
    );
    caught(
        "TopUpRequested",
        "/number",
        json!(2),
        expect!["ledger: position 37 of partition 0: request 2 of the month is the 1 of 3"],
    );
    caught(
        "TopUpRequested",
        "/balance",
        json!("13"),
        expect!["ledger: position 37 of partition 0: 13 is told to be below 12.00, the balance is 10.50"],
    );
}
