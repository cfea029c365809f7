//! Spending, as the business tells it. Pedro of agencia is on a plan since 31 January 2026, 12:00 UTC.

mod acting;
mod capacities;
mod commissions;
mod holds;
mod lots;
mod metered;
mod not_allowed;
mod refusals;
mod reversals;
mod rollover;
mod thresholds;
mod top_ups;

use std::sync::Arc;

use expect_test::expect;

use super::{Command, Consume, CreditCharge, CreditLedger, Draw, Event, LotKind, OverageCharge};
use crate::calendar::Period;
use crate::catalog::{CatalogVersion, Limit};
use crate::id::{ActorId, AlertId, CommissionId, HoldId};
use crate::money::{Credits, Quantity};
use crate::scenario::{START, Scenario, catalog, credits, decimal, id, instant, lot, quantity, seed};
use crate::text::Attributes;

/// On `starter`: 2,000 messages are included, each one past them costs 0.05 credits.
fn given<const N: usize>(history: [Event; N]) -> Scenario<CreditLedger> {
    Scenario::given(history).on_plan("starter")
}

fn top_up(amount: &str) -> Command {
    Command::TopUp { amount: credits(amount), reference: Some(id("transfer-7")) }
}

fn earn(amount: &str) -> Command {
    Command::GrantCommission { commission: commission(), amount: credits(amount) }
}

fn consume(feature: &str, amount: u32) -> Command {
    Consume::of(id(feature), quantity(amount)).into()
}

fn send(messages: u32) -> Command {
    consume("whatsapp_messages", messages)
}

fn commission() -> CommissionId {
    CommissionId::of(&id("pay_1"), 1)
}

/// 31 January to 28 February, both at 9:00 in Santiago.
fn february() -> Period {
    Period { start: instant(START), end: instant("2026-02-28T12:00:00Z") }
}

fn march() -> Period {
    Period { start: instant("2026-02-28T12:00:00Z"), end: instant("2026-03-31T12:00:00Z") }
}

/// A lot that can be spent since the scenario began, for ever.
fn added(number: u128, kind: LotKind, amount: &str) -> Event {
    Event::CreditsGranted {
        lot: lot(number),
        kind,
        amount: credits(amount),
        priority: 10,
        effective_from: instant(START),
        expires_at: None,
        commission: (kind == LotKind::Commission).then(commission),
        reference: (kind == LotKind::Purchased).then(|| id("transfer-7")),
        reason: None,
        actor: None,
    }
}

fn topped_up(number: u128, amount: &str) -> Event {
    added(number, LotKind::Purchased, amount)
}

fn earned(number: u128, amount: &str) -> Event {
    added(number, LotKind::Commission, amount)
}

/// Messages of which `past` are past the included ones and paid with these draws.
fn sent_paying(window: Period, messages: u32, past: u32, draws: &[(u128, &str)]) -> Event {
    let draw = |(number, amount): &(u128, &str)| Draw { lot: lot(*number), amount: credits(amount) };
    let draws: Vec<Draw> = draws.iter().map(draw).collect();
    let charge: Credits = draws.iter().map(|draw| draw.amount).sum();
    let overage = CreditCharge { quantity: amount(past), rate: decimal("0.05"), charge, draws };
    let consumed = Consumed { window, included: messages - past, ..Consumed::of(messages) };
    consumed.event((past > 0).then_some(OverageCharge::Credits(overage)))
}

/// A consumption of `starter`'s messages in February, all of it included.
struct Consumed {
    feature: &'static str,
    quantity: u32,
    window: Period,
    included: u32,
    limit: Limit,
    carried: u32,
    waived: u32,
    hold: Option<HoldId>,
    actor: Option<ActorId>,
}

impl Consumed {
    fn of(quantity: u32) -> Self {
        Self {
            feature: "whatsapp_messages",
            quantity,
            window: february(),
            included: quantity,
            limit: Limit::UpTo(amount(2_000)),
            carried: 0,
            waived: 0,
            hold: None,
            actor: None,
        }
    }

    fn event(self, overage: Option<OverageCharge>) -> Event {
        Event::FeatureConsumed {
            feature: id(self.feature),
            quantity: quantity(self.quantity),
            window: self.window,
            included: amount(self.included),
            limit: self.limit,
            carried: amount(self.carried),
            overage,
            waived: amount(self.waived),
            plan: id("starter"),
            catalog_version: 1,
            hold: self.hold,
            occurred_at: None,
            actor: self.actor,
            attributes: Attributes::default(),
        }
    }
}

fn sent(messages: u32) -> Event {
    sent_paying(february(), messages, 0, &[])
}

/// Raised by the command of this number.
fn alerted(number: u128, window: Period, thresholds: &[u8], used: u32) -> Event {
    Event::ThresholdsCrossed {
        alert: AlertId::fresh(&seed(number).simple().to_string(), "allowance"),
        feature: id("whatsapp_messages"),
        window,
        thresholds: thresholds.to_vec(),
        used: quantity(used),
        limit: quantity(2_000),
    }
}

fn amount(number: u32) -> Quantity {
    Quantity::of(number.into())
}

/// One feature of each way to pay for what is past the allowance, and a capacity.
const SHOP: &str = r#"
product = "agencia"
currency = "USD"
thresholds = [80, 100]
capacity_thresholds = [80, 100]
credits_low = "5"
[features]
units = { kind = "quota", window = "billing_period" }
calls = { kind = "quota", window = "billing_period" }
tokens = { kind = "quota", window = "billing_period" }
exports = { kind = "quota", window = "billing_period" }
days = { kind = "quota", window = "day" }
minutes = { kind = "quota", window = "billing_period" }
pages = { kind = "quota", window = "billing_period" }
seats = { kind = "capacity" }
beta = { kind = "flag" }
[[plans]]
code = "starter"
price = { month = "15" }
[plans.features]
units = { limit = 0, overage = { credits = "1" } }
calls = { limit = 15 }
tokens = { limit = 10, overage = { credits = "0.5" }, settle_above = true }
exports = { limit = 100, rollover = { maximum = 50 } }
days = { limit = 10, rollover = { minimum = 2, maximum = 25 } }
minutes = { limit = 10, overage = { invoice = { graduated = { tiers = [{ units = 10, price = "1.5" }, { units = 100, price = "1.0" }], then = "0.5" } } } }
pages = { limit = 0, overage = { invoice = { volume = { tiers = [{ units = 10, price = "1.5" }, { units = 100, price = "1.0" }], then = "0.5" } } } }
seats = { limit = 10 }
[[plans]]
code = "partner"
price = { month = "199" }
[plans.features]
calls = { limit = 100 }
seats = { limit = 20 }
beta = true
"#;

/// On `starter` of the shop.
fn in_shop<const N: usize>(history: [Event; N]) -> Scenario<CreditLedger> {
    given(history).under(catalog(SHOP))
}

/// All 2,000 included messages are sent.
fn exhausted() -> Scenario<CreditLedger> {
    given([sent(2_000), alerted(9, february(), &[70, 85, 95], 2_000)])
}

#[test]
fn a_top_up_adds_a_lot() {
    let answer = given([]).when(top_up("10")).then([topped_up(1, "10")]);
    assert_eq!((answer.balance, answer.charged, answer.usage), (credits("10"), Credits::ZERO, None));
}

#[test]
fn a_commission_adds_a_lot_that_names_it() {
    given([]).when(earn("39.80")).then([earned(1, "39.80")]);
}

#[test]
fn credits_can_be_added_without_a_plan() {
    Scenario::<CreditLedger>::given([]).when(top_up("10")).then([topped_up(1, "10")]);
}

#[test]
fn included_messages_cost_nothing() {
    let answer = given([topped_up(1, "10")]).when(send(1)).then([sent(1)]);
    let usage = answer.usage.unwrap();
    assert_eq!((answer.balance, answer.charged), (credits("10"), Credits::ZERO));
    assert_eq!((usage.used, usage.remaining, usage.resets_at), (quantity(1), Some(quantity(1_999)), february().end));
}

#[test]
fn alerts_come_at_1_400_1_700_and_1_900_of_2_000_messages() {
    for (before, threshold) in [(1_399, 70), (1_699, 85), (1_899, 95)] {
        let one_short = || given([]).after(send(before));
        one_short().when(send(1)).then([sent(1), alerted(2, february(), &[threshold], before + 1)]);
        given([]).after(send(before - 1)).when(send(1)).then([sent(1)]);
        one_short().after(send(1)).when(send(1)).then([sent(1)]);
    }
}

#[test]
fn one_consumption_that_crosses_several_thresholds_is_one_alert() {
    given([]).when(send(2_000)).then([sent(2_000), alerted(1, february(), &[70, 85, 95], 2_000)]);
    given([]).after(send(1_400)).when(send(500)).then([sent(500), alerted(2, february(), &[85, 95], 1_900)]);
}

#[test]
fn alerts_come_anew_in_the_next_period() {
    exhausted()
        .at("2026-02-28T12:00:00Z")
        .when(send(1_400))
        .then([sent_paying(march(), 1_400, 0, &[]), alerted(1, march(), &[70], 1_400)]);
}

#[test]
fn an_allowance_that_grew_within_its_window_does_not_alert_twice() {
    given([]).on_plan("gratis").after(send(50)).on_plan("starter").when(send(1_950)).then([sent(1_950)]);
}

#[test]
fn without_credits_message_2_001_is_refused_with_balance_and_price() {
    exhausted().when(send(1)).then_rejected_in_full(expect![[r#"
        a balance of 0.00 credits does not pay for 0.05
        hint: top up credits
        balance = "0.00"
        required = "0.05""#]]);
}

#[test]
fn after_a_top_up_of_10_message_2_001_costs_0_05_and_leaves_9_95() {
    let answer = exhausted().after(top_up("10")).when(send(1)).then([sent_paying(february(), 1, 1, &[(1, "0.05")])]);
    let usage = answer.usage.unwrap();
    assert_eq!((answer.balance, answer.charged), (credits("9.95"), credits("0.05")));
    assert_eq!((usage.used, usage.remaining), (quantity(2_001), Some(Quantity::ZERO)));
}

#[test]
fn a_consumption_that_straddles_the_limit_pays_only_for_what_is_past_it() {
    let paid = sent_paying(february(), 30, 20, &[(1, "1")]);
    given([topped_up(1, "10")]).after(send(1_990)).when(send(30)).then([paid]);
}

#[test]
fn a_consumption_is_all_or_nothing() {
    // Ten messages are still included and nine could be paid, twenty cannot.
    given([topped_up(1, "0.45")])
        .after(send(1_990))
        .when(send(20))
        .then_rejected(expect!["a balance of 0.45 credits does not pay for 0.50"]);
    let paid = sent_paying(february(), 19, 9, &[(1, "0.45")]);
    given([topped_up(1, "0.45")]).after(send(1_990)).when(send(19)).then([paid]);
}

#[test]
fn a_spent_lot_leaves_the_ledger() {
    let ledger: CreditLedger = crate::scenario::fold(&[
        topped_up(1, "0.50"),
        topped_up(2, "1"),
        sent_paying(february(), 2_011, 11, &[(1, "0.50"), (2, "0.05")]),
    ]);
    assert_eq!(ledger.lots().iter().map(|lot| lot.id.clone()).collect::<Vec<_>>(), [lot(2)]);
    assert_eq!(ledger.balance(), credits("0.95"));
}

#[test]
fn a_second_agent_run_on_gratis_is_refused_with_the_plan_that_has_more() {
    given([]).on_plan("gratis").after(consume("ai_runs", 1)).when(consume("ai_runs", 1)).then_rejected_in_full(
        expect![[r#"
            1 of ai_runs exceed the 0 left of 1 until 2026-02-28T12:00:00Z
            hint: wait for the reset or move to plan starter
            kind = "quota"
            feature = "ai_runs"
            limit = "1"
            used = "1"
            requested = "1"
            window = "billing_period"
            resets_at = "2026-02-28T12:00:00Z"
            current_plan = "gratis"
            plan_needed = "starter"
            upgrade_url = "/checkout?plan=starter""#]],
    );
}

#[test]
fn the_next_period_has_its_own_agent_run() {
    let later = || given([]).on_plan("gratis").after(consume("ai_runs", 1));
    assert_eq!(later().at("2026-02-28T11:59:59Z").when(consume("ai_runs", 1)).code(), "QUOTA_EXCEEDED");
    let _accepted = later().at("2026-02-28T12:00:00Z").after(consume("ai_runs", 1));
}

#[test]
fn starter_runs_agents_without_limit_and_without_alerts() {
    let runs = Consumed { feature: "ai_runs", limit: Limit::Unlimited, ..Consumed::of(1) };
    let answer = given([]).after(consume("ai_runs", 1_000_000)).when(consume("ai_runs", 1)).then([runs.event(None)]);
    let usage = answer.usage.unwrap();
    assert_eq!((usage.used, usage.limit, usage.remaining), (quantity(1_000_001), None, None));
}

#[test]
fn the_largest_plan_can_only_wait_for_the_reset() {
    let capped = catalog(
        r#"
        product = "agencia"
        currency = "USD"
        [features]
        ai_runs = { kind = "quota", window = "day" }
        [[plans]]
        code = "starter"
        price = { month = "15" }
        features = { ai_runs = { limit = 1 } }
        "#,
    );
    given([]).under(capped).when(consume("ai_runs", 2)).then_rejected_in_full(expect![[r#"
        2 of ai_runs exceed the 1 left of 1 until 2026-02-01T03:00:00Z
        hint: wait for the reset
        kind = "quota"
        feature = "ai_runs"
        limit = "1"
        used = "0"
        requested = "2"
        window = "day"
        resets_at = "2026-02-01T03:00:00Z"
        current_plan = "starter"
        plan_needed = null
        upgrade_url = null"#]]);
}

/// Of two plans only the larger one has faxes; none has telexes.
fn with_faxes() -> Arc<CatalogVersion> {
    catalog(
        r#"
        product = "agencia"
        currency = "USD"
        upgrade_url = "/checkout?plan={plan}"
        features.faxes = { kind = "quota", window = "forever" }
        features.telexes = { kind = "quota", window = "forever" }
        [[plans]]
        code = "starter"
        price = { month = "15" }
        [[plans]]
        code = "partner"
        price = { month = "199" }
        features = { faxes = { limit = 5 } }
        "#,
    )
}
