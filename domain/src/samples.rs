//! One event of every type, as an example to show and to test with.
//!
//! The golden files in `domain/samples` are these written down, and whoever documents events starts from them. All are
//! literals: no clock, no chance. They tell one story: Maria, referred by Juan, is on agencia's plan `starter`.

mod books;
mod credit_ledger;
mod subscription;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::calendar::Period;
use crate::catalog::{self, Limit};
use crate::money::{Credits, Money, Quantity};
use crate::refusal::sample;
use crate::stream::Event;
use crate::{organization, referral_tree};

/// A catalog with everything a catalog can say.
const CATALOG: &str = r#"
product = "agencia"
name = { es = "Agencia", en = "Agency" }
currency = "USD"
upgrade_url = "/checkout?plan={plan}"
thresholds = [70, 85, 95]
capacity_thresholds = [80]
credits_low = "5"
seats = "seats"
proration = "day"
rounding = "half_away_from_zero"
[referrals]
rates = ["0.20", "0.05"]
base = "net_paid"
hold_days = 14
attribution_days = 30
credits_per_unit = { USD = "1", COP = "0.00025" }
[dunning]
retry_days = [2, 4]
suspend_after_days = 5
cancel_after_days = 20
[seller]
name = "Agencia SAS"
tax_id = "900.123.456-7"
address = "Carrera 7 # 1-23, Bogota"
country = "CO"
invoice_series = "F"
credit_note_series = "NC"
[credits]
per_unit = { USD = "1", COP = "0.00025" }
[[taxes]]
country = "CO"
name = "IVA"
rate = "0.19"
prices = "exclusive"
from = 2017-01-01
[features]
ai_runs = { kind = "quota", window = "day", rate_limit = { requests = 60, per = "minute", burst = 10 } }
ai_tokens = { kind = "quota", window = "month" }
calls = { kind = "quota", window = "month" }
exports = { kind = "quota", window = "forever" }
minutes = { kind = "quota", window = "month" }
seats = { kind = "capacity", name = { es = "Usuarios", en = "Users" } }
support = { kind = "config" }
white_label = { kind = "flag" }
[features.whatsapp_messages]
kind = "quota"
window = "billing_period"
name = { es = "Mensajes de WhatsApp", en = "WhatsApp messages" }
unit = { es = "mensajes", en = "messages" }
[[plans]]
code = "basic"
retired = true
price = { month = "9" }
features = { seats = { limit = 1 } }
[[plans]]
code = "starter"
name = { es = "Inicial", en = "Starter" }
trial = { days = 14, payment_method = "required" }
price = { month = { USD = "15", COP = 60_000 }, year = { USD = "150", COP = 600_000 } }
[plans.features]
ai_runs = { limit = "unlimited" }
seats = { limit = "2.5" }
support = { value = "chat" }
white_label = true
whatsapp_messages = { limit = 2_000, overage = { credits = "0.05" }, rollover = { minimum = 10, maximum = 500 } }
ai_tokens = { limit = 0, overage = { invoice = { USD = { unit = "0.00001" }, COP = { unit = "0.04" } } }, settle_above = true }
[plans.features.calls.overage.invoice.USD.package]
size = 1_000
price = "2"
[plans.features.calls.overage.invoice.COP.package]
size = 1_000
price = 8_000
[plans.features.calls]
limit = 100
[plans.features.exports.overage.invoice]
USD = { graduated = { tiers = [{ units = 10, price = "1.5" }, { units = 100, price = "1.0" }], then = "0.5" } }
COP = { graduated = { tiers = [{ units = 10, price = 6_000 }], then = 2_000 } }
[plans.features.exports]
limit = 5
[plans.features.minutes.overage.invoice]
USD = { volume = { tiers = [{ units = 10, price = "1.5" }, { units = 100, price = "1.0" }], then = "0.5" } }
COP = { volume = { tiers = [{ units = 10, price = 6_000 }], then = 2_000 } }
[plans.features.minutes]
limit = 0
"#;

/// One of each type, in the order of the aggregates and of their events.
#[must_use]
pub fn events() -> Vec<Event> {
    let mut events: Vec<Event> = organization().map(Event::from).into();
    events.extend(subscription::events().into_iter().map(Event::from));
    events.extend(credit_ledger::events().into_iter().map(Event::from));
    events.extend(referral_tree().map(Event::from));
    events.push(catalog().into());
    events.extend(books::invoice_book().map(Event::from));
    events.extend(books::discount_book().map(Event::from));
    events
}

fn organization() -> [organization::Event; 15] {
    use organization::Event as Of;
    [
        Of::OrganizationRegistered {
            organization: sample("maria"),
            product: sample("agencia"),
            time_zone: sample("America/Bogota"),
            referral_code: sample("7KQ2M9XWRA"),
            sponsor: Some(organization::Sponsorship { sponsor: sample("juan"), code: sample("H4D8TZ3NCP") }),
            environment: organization::Environment::Sandbox,
            registered_at: Some(instant("2026-01-31T13:00:00Z")),
        },
        Of::FeatureOverridden {
            feature: sample("whatsapp_messages"),
            value: organization::OverrideValue::Limit(Limit::UpTo(quantity("3000"))),
            reason: sample("goodwill after the outage of May"),
            actor: sample("operator-7"),
            until: Some(instant("2026-12-31T05:00:00Z")),
        },
        Of::OverrideRemoved {
            feature: sample("ai_runs"),
            reason: sample("the pilot is over"),
            actor: sample("operator-7"),
        },
        Of::OrganizationSuspended {
            since: instant("2026-02-10T14:00:00Z"),
            reason: sample("chargeback under review"),
            actor: sample("operator-7"),
        },
        Of::OrganizationResumed { reason: sample("chargeback withdrawn"), actor: sample("operator-7") },
        Of::AdministratorAppointed { administrator: sample("user-1"), actor: sample("operator-7") },
        Of::AdministratorDismissed { administrator: sample("user-2"), actor: sample("operator-7") },
        Of::BillingProfileSet {
            profile: organization::BillingProfile {
                id: sample("bp_01"),
                hash: sample("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                country: sample("CO"),
            },
        },
        Of::InstantSet { instant: instant("2026-02-28T14:00:00Z"), actor: sample("operator-7") },
        Of::TestClockStarted { instant: instant("2026-02-28T14:00:00Z"), actor: sample("operator-7") },
        Of::TestClockJoined { member: sample("maria"), registered_at: Some(instant("2026-02-28T14:00:00Z")) },
        Of::TestClockAdvanceRequested { to: instant("2026-05-28T14:00:00Z"), actor: sample("operator-7") },
        Of::TestClockStepped { instant: instant("2026-03-28T14:00:00Z") },
        Of::TestClockAdvanced { to: instant("2026-05-28T14:00:00Z") },
        Of::TestClockFollowed { holder: sample("juan"), instant: instant("2026-03-28T14:00:00Z") },
    ]
}

fn referral_tree() -> [referral_tree::Event; 7] {
    use referral_tree::Event as Of;
    [
        Of::OrganizationEnrolled { organization: sample("maria"), code: sample("7KQ2M9XWRA") },
        Of::ReferralAttributed {
            organization: sample("maria"),
            sponsor: sample("juan"),
            code: sample("H4D8TZ3NCP"),
            since: Some(instant("2026-01-31T13:30:00Z")),
        },
        Of::FirstPaymentMade {
            payer: sample("maria"),
            payment: sample("pay_01"),
            paid_at: instant("2026-01-31T14:00:00Z"),
        },
        Of::PayerSimulated { payer: sample("maria") },
        Of::CommissionAccrued {
            commission: sample("pay_01-1"),
            payment: sample("pay_01"),
            payer: sample("maria"),
            beneficiary: sample("juan"),
            level: 1,
            rate: decimal("0.20"),
            base: usd("15"),
            amount: credits("3"),
            catalog_version: 1,
            matures_at: Some(instant("2026-02-14T14:00:00Z")),
        },
        Of::CommissionMatured {
            commission: sample("pay_01-1"),
            payer: sample("maria"),
            beneficiary: sample("juan"),
            amount: credits("3"),
            matured_at: instant("2026-02-14T14:00:00Z"),
        },
        Of::CommissionClawedBack {
            commission: sample("pay_01-1"),
            refund: sample("ref_01"),
            payer: sample("maria"),
            beneficiary: sample("juan"),
            amount: credits("1.50"),
            clawed_back_total: credits("1.50"),
            matured: true,
        },
    ]
}

fn catalog() -> catalog::Event {
    let definition = catalog::source::read("sample.toml", CATALOG).expect("samples are written in this crate");
    catalog::Event::CatalogPublished { version: 1, definition: Box::new(definition) }
}

/// 31 January to 28 February, both at 9:00 in Bogota.
fn period() -> Period {
    Period { start: instant("2026-01-31T14:00:00Z"), end: instant("2026-02-28T14:00:00Z") }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("samples are written in this crate")
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("samples are written in this crate")
}

fn usd(amount: &str) -> Money {
    Money::rounded(decimal(amount), sample("USD"))
}

fn credits(amount: &str) -> Credits {
    Credits::rounded(decimal(amount))
}

fn quantity(amount: &str) -> Quantity {
    Quantity::of(decimal(amount))
}
