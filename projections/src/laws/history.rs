//! The history the laws are tried on, in two partitions.

use std::num::NonZeroU32;

use domain::calendar::{Interval, Period, Zone};
use domain::catalog::Limit;
use domain::credit_ledger::{AlertSubject, CreditCharge, Draw, LotKind, OverageCharge, Unused};
use domain::discount::{DiscountTerms, Lasts, Off};
use domain::organization::{Environment, Sponsorship};
use domain::stream::{Owner, StreamId};
use domain::{
    ActorId, AlertId, Attributes, CommissionId, CreditNoteId, Credits, Currency, DiscountCode, Event, FeatureCode, HoldId,
    InvoiceId, Kind, LotId, Money, OrganizationId, PaymentId, PlanCode, ProductCode, Quantity, ReasonText, ReferralCode,
    RefundId, Series,
};
use domain::{credit_ledger, discount_book, invoice_book, organization, referral_tree, subscription};
use event_store::{Metadata, Recorded};
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

const PRODUCTS: i32 = 0;
const ORGANIZATIONS: i32 = 1;

pub(super) fn decimal(text: &str) -> Decimal {
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
        Event::InvoiceBook(_) => Kind::InvoiceBook,
        Event::DiscountBook(_) => Kind::DiscountBook,
    }
}

fn invoice() -> InvoiceId {
    InvoiceId::new("inv_1-1").unwrap()
}

fn credit_note() -> CreditNoteId {
    CreditNoteId::new("cn_1-1").unwrap()
}

fn series() -> Series {
    Series::new("F").unwrap()
}

/// Maria is billed, and a part of it is not owed after all.
fn billed() -> [subscription::Event; 2] {
    let zero = usd("0");
    [
        subscription::Event::InvoiceIssued {
            invoice: invoice(),
            series: series(),
            kind: subscription::InvoiceKind::First,
            period: None,
            lines: Vec::new(),
            net: usd("15"),
            taxes: Vec::new(),
            total: usd("15"),
            kept: zero,
            issued_at: may().start,
            due_at: may().start,
            profile: None,
        },
        subscription::Event::CreditNoteIssued {
            credit_note: credit_note(),
            series: series(),
            invoice: invoice(),
            amount: usd("5"),
            net: usd("5"),
            taxes: Vec::new(),
            reduces_due: zero,
            to_balance: usd("5"),
            to_refund: zero,
            reason: ReasonText::new("an outage").unwrap(),
            issued_at: may().start,
        },
    ]
}

/// Juan and Maria enrol, Maria is attributed to Juan, her payment accrues a commission.
pub(super) fn of_the_product() -> Vec<Recorded> {
    use referral_tree::Event as Tree;
    let agencia = || Owner::Product(ProductCode::new("agencia").unwrap());
    let code = |code| ReferralCode::new(code).unwrap();
    let events = [
        Tree::OrganizationEnrolled { organization: id("juan"), code: code("JUAN") },
        Tree::OrganizationEnrolled { organization: id("maria"), code: code("MARIA") },
        Tree::ReferralAttributed { organization: id("maria"), sponsor: id("juan"), code: code("JUAN"), since: None },
        Tree::FirstPaymentMade { payer: id("maria"), payment: PaymentId::new("pay_1").unwrap(), paid_at: may().start },
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
            matures_at: Some(may().start),
        },
        Tree::CommissionMatured {
            commission: CommissionId::new("pay_1-1").unwrap(),
            payer: id("maria"),
            beneficiary: id("juan"),
            amount: credits("3"),
            matured_at: may().start,
        },
        Tree::CommissionClawedBack {
            commission: CommissionId::new("pay_1-1").unwrap(),
            refund: RefundId::new("ref_1").unwrap(),
            payer: id("maria"),
            beneficiary: id("juan"),
            amount: credits("1"),
            clawed_back_total: credits("1"),
            matured: true,
        },
    ];
    let numbered = [
        invoice_book::Event::InvoiceNumbered {
            invoice: invoice(),
            organization: id("maria"),
            series: series(),
            number: 1,
        },
        invoice_book::Event::CreditNoteNumbered {
            credit_note: credit_note(),
            organization: id("maria"),
            series: series(),
            number: 1,
        },
    ];
    let events = events.map(Event::from).into_iter().chain(numbered.map(Event::from));
    let events = events.chain(of_the_book().map(Event::from));
    recorded(PRODUCTS, events.map(|event| (agencia(), event)).collect())
}

/// A code for two organizations, of which one brings it back; then it is retired.
fn of_the_book() -> [discount_book::Event; 5] {
    use discount_book::Event as Book;
    let (code, actor) = (|| DiscountCode::new("SPRING20").unwrap(), || ActorId::new("operator-7").unwrap());
    let plan = || PlanCode::new("starter").unwrap();
    let terms =
        || DiscountTerms { off: Off::Percent(decimal("0.2")), lasts: Lasts::Periods(3), plans: [plan()].into() };
    let redeemed = |who: &str| Book::CodeRedeemed { code: code(), organization: id(who), plan: plan(), terms: terms() };
    [
        Book::CodeCreated {
            code: code(),
            terms: terms(),
            redemptions_max: NonZeroU32::new(2),
            ends_at: Some(may().end),
            actor: actor(),
        },
        redeemed("juan"),
        redeemed("maria"),
        Book::RedemptionReturned { code: code(), organization: id("maria") },
        Book::CodeRetired { code: code(), actor: actor() },
    ]
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
pub(super) fn of_the_organizations() -> Vec<Recorded> {
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
    // Nothing is left of the lot, so Juan owes what is taken back; the next commission pays it.
    let (commission, refund) = (CommissionId::new("pay_1-1").unwrap(), RefundId::new("ref_1").unwrap());
    let (amount, taken, owed) = (credits("1"), Credits::ZERO, credits("1"));
    let taken_back = credit_ledger::Event::CreditsClawedBack { commission, refund, amount, lot: None, taken, owed };
    let commission = CommissionId::new("pay_2-1").unwrap();
    let netted = credit_ledger::Event::CommissionNetted { commission, amount: credits("1"), owed: Credits::ZERO };
    let events = events.chain([("juan", seen.into()), ("juan", taken_back.into()), ("juan", netted.into())]);
    let events = events.chain(billed().map(|event| ("maria", event.into())));
    recorded(ORGANIZATIONS, events.map(|(owner, event)| (Owner::Organization(id(owner)), event)).collect())
}
