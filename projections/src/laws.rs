//! Laws every `apply` keeps, over a history in two partitions: the product's and the organizations'.

mod of_invoices;
mod of_usage;

use std::collections::BTreeSet;

use domain::calendar::{Interval, Period, Zone};
use domain::catalog::Limit;
use domain::credit_ledger::{AlertSubject, CreditCharge, Draw, LotKind, OverageCharge, Unused};
use domain::organization::{Environment, Sponsorship};
use domain::stream::{Owner, StreamId};
use domain::{
    ActorId, AlertId, Attributes, CommissionId, Credits, Currency, Event, FeatureCode, HoldId, Kind, LotId, Money,
    OrganizationId, PaymentId, PlanCode, ProductCode, Quantity, ReasonText, ReferralCode,
};
use domain::{credit_ledger, organization, referral_tree, subscription};
use event_store::{Metadata, Recorded};
use jiff::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::projection::{Projection, Writers};
use crate::row::{Row, Rows};
use crate::{balance, commissions, compliance_alerts, consumptions, credit_statement, organizations, usage};

const PRODUCTS: i32 = 0;
const ORGANIZATIONS: i32 = 1;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn credits(text: &str) -> Credits {
    Credits::rounded(decimal(text))
}

fn quantity(text: &str) -> Quantity {
    Quantity::positive(decimal(text)).unwrap()
}

fn usd(text: &str) -> Money {
    Money::rounded(decimal(text), Currency::new("USD").unwrap())
}

fn id(text: &str) -> OrganizationId {
    OrganizationId::new(text).unwrap()
}

fn may() -> Period {
    Period { start: "2031-05-01T05:00:00Z".parse().unwrap(), end: "2031-06-01T05:00:00Z".parse().unwrap() }
}

/// Events in the order of their positions, from 1 on.
fn recorded(partition: i32, events: Vec<(Owner, Event)>) -> Vec<Recorded> {
    let record = |(position, (owner, event)): (i64, (Owner, Event))| Recorded {
        partition,
        position,
        event_id: Uuid::nil(),
        recorded_at: Timestamp::from_second(1_935_000_000 + position).unwrap(),
        organization: None,
        stream: StreamId { kind: kind(&event), owner },
        sequence: position,
        event,
        metadata: Metadata::default(),
    };
    (1..).zip(events).map(record).collect()
}

fn kind(event: &Event) -> Kind {
    match event {
        Event::Organization(_) => Kind::Organization,
        Event::Subscription(_) => Kind::Subscription,
        Event::CreditLedger(_) => Kind::CreditLedger,
        Event::ReferralTree(_) => Kind::ReferralTree,
        Event::Catalog(_) => Kind::Catalog,
    }
}

/// Juan and Maria enrol, Maria is attributed to Juan, her payment accrues a commission.
fn of_the_product() -> Vec<Recorded> {
    use referral_tree::Event as Tree;
    let agencia = || Owner::Product(ProductCode::new("agencia").unwrap());
    let code = |code| ReferralCode::new(code).unwrap();
    let events = [
        Tree::OrganizationEnrolled { organization: id("juan"), code: code("JUAN") },
        Tree::OrganizationEnrolled { organization: id("maria"), code: code("MARIA") },
        Tree::ReferralAttributed { organization: id("maria"), sponsor: id("juan"), code: code("JUAN") },
        Tree::CommissionAccrued {
            commission: CommissionId::new("pay_1-1").unwrap(),
            payment: PaymentId::new("pay_1").unwrap(),
            payer: id("maria"),
            beneficiary: id("juan"),
            level: 1,
            rate: decimal("0.20"),
            base: usd("15"),
            amount: credits("3"),
            catalog_version: 1,
        },
    ];
    recorded(PRODUCTS, events.into_iter().map(|event| (agencia(), event.into())).collect())
}

fn registered(organization: &str, sponsor: Option<&str>) -> Event {
    organization::Event::OrganizationRegistered {
        organization: id(organization),
        product: ProductCode::new("agencia").unwrap(),
        time_zone: Zone::new("America/Bogota").unwrap(),
        referral_code: ReferralCode::new(organization).unwrap(),
        sponsor: sponsor.map(|sponsor| Sponsorship { sponsor: id(sponsor), code: ReferralCode::new(sponsor).unwrap() }),
        environment: Environment::Live,
        registered_at: None,
    }
    .into()
}

fn granted(kind: LotKind, amount: &str, commission: Option<&str>) -> Event {
    credit_ledger::Event::CreditsGranted {
        lot: LotId::new("lot_1").unwrap(),
        kind,
        amount: credits(amount),
        priority: 10,
        effective_from: may().start,
        expires_at: None,
        commission: commission.map(|commission| CommissionId::new(commission).unwrap()),
        reference: None,
        reason: None,
        actor: None,
    }
    .into()
}

fn consumed(included: &str, overage: Option<OverageCharge>) -> Event {
    let past = overage.as_ref().map_or(Decimal::ZERO, |overage| overage.quantity().amount());
    credit_ledger::Event::FeatureConsumed {
        feature: FeatureCode::new("messages").unwrap(),
        quantity: Quantity::positive(decimal(included) + past).unwrap(),
        window: may(),
        included: quantity(included),
        limit: Limit::UpTo(quantity("100")),
        carried: Quantity::ZERO,
        overage,
        waived: Quantity::ZERO,
        plan: PlanCode::new("starter").unwrap(),
        catalog_version: 1,
        hold: None,
        occurred_at: None,
        actor: None,
        attributes: Attributes::default(),
    }
    .into()
}

/// Two messages past the allowance.
fn tenth_of_a_credit() -> CreditCharge {
    let draws = vec![Draw { lot: LotId::new("lot_1").unwrap(), amount: credits("0.10") }];
    CreditCharge { quantity: quantity("2"), rate: decimal("0.05"), charge: credits("0.10"), draws }
}

/// Five messages are held, three of them included and two past it; one of these is used, the rest let go of. Then the
/// consumption before is given back, and what was left of the lot expires.
fn held_and_given_back() -> [Event; 5] {
    use credit_ledger::Event as Of;
    let hold = || HoldId::new("hold_1").unwrap();
    let feature = || FeatureCode::new("messages").unwrap();
    let lot = || LotId::new("lot_1").unwrap();
    let draw = |amount| Draw { lot: lot(), amount: credits(amount) };
    let half = CreditCharge {
        quantity: quantity("1"),
        rate: decimal("0.05"),
        charge: credits("0.05"),
        draws: vec![draw("0.05")],
    };
    [
        Of::HoldPlaced {
            hold: hold(),
            feature: feature(),
            quantity: quantity("5"),
            window: may(),
            included: quantity("3"),
            limit: Limit::UpTo(quantity("100")),
            carried: Quantity::ZERO,
            credits: Some(tenth_of_a_credit()),
            invoiced: Quantity::ZERO,
            waived: Quantity::ZERO,
            expires_at: may().end,
            actor: None,
            plan: PlanCode::new("starter").unwrap(),
            catalog_version: 1,
        }
        .into(),
        Of::HoldCaptured {
            hold: hold(),
            feature: feature(),
            quantity: quantity("4"),
            window: may(),
            included: quantity("3"),
            credits: Some(half),
            besides: Quantity::ZERO,
            waived: Quantity::ZERO,
            left: quantity("1"),
            occurred_at: None,
            actor: None,
            attributes: Attributes::default(),
        }
        .into(),
        Of::HoldReleased {
            hold: hold(),
            feature: feature(),
            window: may(),
            unused: Unused {
                quantity: quantity("1"),
                included: Quantity::ZERO,
                returned: vec![draw("0.05")],
                expired: Vec::new(),
            },
        }
        .into(),
        Of::ConsumptionReversed {
            position: 12,
            feature: feature(),
            quantity: quantity("12"),
            window: may(),
            included: quantity("10"),
            restored: quantity("10"),
            overage: Some(OverageCharge::Credits(tenth_of_a_credit())),
            reason: ReasonText::new("not delivered").unwrap(),
            actor: ActorId::new("operator-7").unwrap(),
        }
        .into(),
        Of::LotExpired { lot: lot(), amount: credits("2.95"), expired_at: may().start }.into(),
    ]
}

/// Maria subscribes and pays; Juan is granted the commission, buys credits, and uses more than is included.
fn of_the_organizations() -> Vec<Recorded> {
    use subscription::Event as Plan;
    let overage = OverageCharge::Credits(tenth_of_a_credit());
    let crossed = credit_ledger::Event::ThresholdsCrossed {
        alert: AlertId::new("alert_1").unwrap(),
        feature: FeatureCode::new("messages").unwrap(),
        window: may(),
        thresholds: vec![70, 85],
        used: quantity("90"),
        limit: quantity("100"),
    };
    let plan = PlanCode::new("starter").unwrap();
    let started = Plan::SubscriptionStarted {
        subscription: None,
        plan,
        catalog_version: 1,
        interval: Interval::Month,
        price: usd("15"),
    };
    let paid = Plan::PaymentRecorded {
        payment: PaymentId::new("pay_1").unwrap(),
        invoice: None,
        amount: usd("15"),
        net: usd("15"),
        method: subscription::Method::ByHand,
        reference: None,
        still_due: usd("0"),
    };
    let events = vec![
        ("juan", registered("juan", None)),
        ("maria", registered("maria", Some("juan"))),
        ("maria", started.into()),
        ("maria", paid.into()),
        ("maria", Plan::SubscriptionActivated { anchor: may().start, period: may() }.into()),
        ("maria", Plan::SubscriptionRenewed { period: may() }.into()),
        ("juan", granted(LotKind::Commission, "3", Some("pay_1-1"))),
        ("maria", granted(LotKind::Purchased, "5", None)),
        ("juan", consumed("90", None)),
        ("juan", crossed.into()),
        ("juan", granted(LotKind::Purchased, "10", None)),
        ("juan", consumed("10", Some(overage))),
    ];
    let events = events.into_iter().chain(held_and_given_back().map(|event| ("juan", event)));
    let seen = credit_ledger::Event::AlertAcknowledged {
        alert: AlertId::new("alert_1").unwrap(),
        subject: AlertSubject::Allowance {
            feature: FeatureCode::new("messages").unwrap(),
            window: may(),
            thresholds: vec![70, 85],
        },
        actor: ActorId::new("user-1").unwrap(),
    };
    let events = events.chain([("juan", seen.into())]);
    recorded(ORGANIZATIONS, events.map(|(owner, event)| (Owner::Organization(id(owner)), event)).collect())
}

fn fold<P: Projection>(events: &[Recorded]) -> Rows<P::Row> {
    let mut rows = Rows::default();
    for recorded in events {
        P::apply(&mut rows, recorded);
    }
    rows
}

fn table<P: Projection>(events: &[Recorded]) -> Vec<P::Row> {
    fold::<P>(events).iter().cloned().collect()
}

/// Loading relies on it: rows are loaded for the keys that a fold on no rows touched.
fn touches_rows_because_of_events_alone<P: Projection>() {
    let history = [of_the_product(), of_the_organizations()].concat();
    let keys: BTreeSet<_> = fold::<P>(&history).into_changed_keys();
    assert!(!keys.is_empty(), "{} has rows", P::NAME);
    for recorded in &history {
        let alone = fold::<P>(std::slice::from_ref(recorded)).into_changed_keys();
        let mut rows = fold::<P>(&history);
        rows.forget_changes();
        P::apply(&mut rows, recorded);
        assert_eq!(rows.into_changed_keys(), alone, "{} of {:?}", P::NAME, recorded.event);
    }
}

#[test]
fn every_projection_touches_rows_because_of_events_alone() {
    touches_rows_because_of_events_alone::<balance::Projection>();
    touches_rows_because_of_events_alone::<credit_statement::Projection>();
    touches_rows_because_of_events_alone::<usage::Projection>();
    touches_rows_because_of_events_alone::<consumptions::Projection>();
    touches_rows_because_of_events_alone::<compliance_alerts::Projection>();
    touches_rows_because_of_events_alone::<commissions::Projection>();
    touches_rows_because_of_events_alone::<organizations::Projection>();
}

/// Partitions keep their own order and nothing more.
fn merged(product_next: &[bool]) -> Vec<Recorded> {
    let (mut product, mut organizations) = (of_the_product().into_iter(), of_the_organizations().into_iter());
    let mut events = Vec::new();
    for product_next in product_next {
        events.extend(if *product_next { product.next() } else { organizations.next() });
    }
    events.extend(product);
    events.extend(organizations);
    events
}

/// The rows of any order are those of product first; a projection with one writing partition needs no such law.
fn gives_the_same_rows_in_any_order<P: Projection>(product_next: &[bool]) {
    assert_eq!(P::WRITERS, Writers::SeveralPartitions, "{}", P::NAME);
    assert_eq!(table::<P>(&merged(product_next)), table::<P>(&merged(&[])));
}

proptest! {
    #[test]
    fn rows_of_several_partitions_are_the_same_in_any_order(product_next in prop::collection::vec(any::<bool>(), 16)) {
        gives_the_same_rows_in_any_order::<commissions::Projection>(&product_next);
        gives_the_same_rows_in_any_order::<organizations::Projection>(&product_next);
    }
}

#[test]
fn a_statement_runs_on_for_each_organization_by_itself() {
    let entries = table::<credit_statement::Projection>(&of_the_organizations());
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {} {} -> {}", entry.organization, entry.kind, entry.amount, entry.balance_after))
        .collect();
    assert_eq!(
        lines,
        [
            "juan commission 3.00 -> 3.00",
            "juan purchased 10.00 -> 13.00",
            "juan charge -0.10 -> 12.90",
            "juan held -0.10 -> 12.80",
            "juan captured 0.00 -> 12.80",
            "juan released 0.05 -> 12.85",
            "juan returned 0.10 -> 12.95",
            "juan expired -2.95 -> 10.00",
            "maria purchased 5.00 -> 5.00",
        ]
    );
}

#[test]
fn differences_name_the_column_and_both_values() {
    let expected = &table::<balance::Projection>(&of_the_organizations())[0];
    let found = balance::Balance { balance: decimal("99"), ..expected.clone() };
    assert_eq!(expected.differences(expected), []);
    assert_eq!(found.differences(expected), [("balance", "99".to_owned(), "10.00".to_owned())]);
}

#[test]
fn every_credit_is_in_one_account_of_the_balance() {
    let juan = &table::<balance::Projection>(&of_the_organizations())[0];
    let told =
        [juan.granted, juan.balance, juan.held, juan.spent, juan.expired, juan.revoked].map(|sum| sum.to_string());
    assert_eq!(told, ["13.00", "10.00", "0.00", "0.05", "2.95", "0.00"]);
}

#[test]
fn an_alert_that_somebody_has_seen_says_so_of_all_its_thresholds() {
    let rows = table::<compliance_alerts::Projection>(&of_the_organizations());
    let told: Vec<_> = rows.iter().map(|row| (row.threshold, row.acknowledged_by.as_deref())).collect();
    assert_eq!(told, [(70, Some("user-1")), (85, Some("user-1"))]);
}
