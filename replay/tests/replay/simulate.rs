//! `simulate` decides recorded months again, as they were and under another catalog.

mod drawn;
mod faults;
pub mod lives;
mod refusals;
mod reproduced;
pub mod town;

use domain::credit_ledger::{Acquire, Command as Use};
use domain::subscription::{Command as Subscribe, CreditUnused, Effective, RefundKind};
use replay::simulate::Report;
use rust_decimal::Decimal;
use testkit::of;

use self::town::{KIOSK, Town, feature, pay, plan, quantity, usd, use_of};

/// Juan refers ana, ana refers eva. Ana is on basic, eva on pro; both pay for three months.
async fn months() -> Town {
    let mut town = Town::found().await;
    town.register("01-02", "juan", None).await;
    town.register("01-03", "ana", Some("juan")).await;
    town.register("01-04", "eva", Some("ana")).await;
    town.subscribe("01-10", "ana", "basic", "10").await;
    town.subscribe("01-15", "eva", "pro", "30").await;
    for month in ["02", "03"] {
        town.send(&format!("{month}-03"), of("ana"), use_of("notes", 5)).await;
        town.send(&format!("{month}-10T13:00:00"), of("ana"), pay("10")).await;
        town.send(&format!("{month}-15T13:00:00"), of("eva"), pay("30")).await;
        town.send(&format!("{month}-16"), of("ana"), use_of("calls", 8)).await;
    }
    town
}

fn invoiced(report: &Report, plan: &str) -> [Decimal; 2] {
    let of_plan =
        |told: &&replay::simulate::report::PlanRow| told.plan.as_ref().map(|plan| plan.as_str()) == Some(plan);
    let row = &report.plans.iter().find(of_plan).unwrap().row;
    [&row.recorded, &row.simulated].map(|world| world.invoiced.get("USD").copied().unwrap_or_default())
}

fn decimals(pair: [&str; 2]) -> [Decimal; 2] {
    pair.map(|text| text.parse().unwrap())
}

fn commissions(report: &Report, id: &str) -> [Decimal; 2] {
    let row = &report.organizations.iter().find(|told| told.organization.as_str() == id).unwrap().row;
    [row.recorded.commissions, row.simulated.commissions]
}

/// Nothing differs, and the record was decided as it was.
fn assert_same(report: &Report) {
    assert!(report.reproduced.decided > 0, "{report}");
    assert_eq!(report.reproduced.as_recorded, report.reproduced.decided, "{report}");
    assert!(report.left_out.is_empty() && report.unlike.is_empty() && report.room.is_empty(), "{report}");
    for told in &report.organizations {
        assert!(!told.row.differs(), "{report}");
    }
}

#[tokio::test]
async fn under_the_same_catalog_nothing_is_otherwise() {
    let town = months().await;
    for from in ["01-01T00:00:00", "02-10T12:30:00", "02-20"] {
        assert_same(&town.simulate(KIOSK, from, "04-01").await);
    }
}

/// ```text
///            recorded                simulated at 12.50
/// ana basic  10 Feb, 10 Mar: 20.00   25.00
/// eva pro    15 Feb, 15 Mar: 60.00   60.00
/// ```
#[tokio::test]
async fn a_higher_price_is_invoiced_from_the_next_period_on_to_the_cent() {
    let town = months().await;
    let dearer = KIOSK.replace("month = \"10\"", "month = \"12.50\"");
    let report = town.simulate(&dearer, "02-01", "04-01").await;
    assert_eq!(invoiced(&report, "basic"), decimals(["20.00", "25.00"]), "{report}");
    assert_eq!(invoiced(&report, "pro"), decimals(["60.00", "60.00"]), "{report}");
    // Juan earns 20 % of what ana pays and 5 % of what eva pays, ana 20 % of the latter.
    assert_eq!(commissions(&report, "juan"), decimals(["7.00", "8.00"]), "{report}");
    assert_eq!(commissions(&report, "ana"), decimals(["12.00", "12.00"]), "{report}");
    // In the middle of the history only what comes after counts.
    let later = town.simulate(&dearer, "02-20", "04-01").await;
    assert_eq!(invoiced(&later, "basic"), decimals(["10.00", "12.50"]), "{later}");
}

#[tokio::test]
async fn another_commission_rate_is_that_of_the_file() {
    let town = months().await;
    let generous = KIOSK.replace("[\"0.20\", \"0.05\"]", "[\"0.30\", \"0.10\"]");
    let report = town.simulate(&generous, "02-01", "04-01").await;
    // 20 % of 2 x 10 and 5 % of 2 x 30; then 30 % and 10 % of them.
    assert_eq!(commissions(&report, "juan"), decimals(["7.00", "12.00"]), "{report}");
    assert_eq!(commissions(&report, "ana"), decimals(["12.00", "18.00"]), "{report}");
    assert_eq!(invoiced(&report, "basic"), decimals(["20.00", "20.00"]), "{report}");
}

#[tokio::test]
async fn a_refund_takes_the_same_share_back_in_both_worlds() {
    let mut town = months().await;
    let paid = town.send("03-20", of("ana"), Subscribe::Settle).await;
    assert!(paid.is_empty());
    let payment = town.payment("ana");
    let refund = Subscribe::RefundPayment {
        payment,
        amount: usd("5"),
        kind: RefundKind::Refund,
        reason: "half".to_owned().try_into().unwrap(),
        reference: None,
    };
    town.send("03-21", of("ana"), refund).await;
    assert_same(&town.simulate(KIOSK, "02-01", "04-01").await);
    let dearer = KIOSK.replace("month = \"10\"", "month = \"12.50\"");
    let report = town.simulate(&dearer, "02-01", "04-01").await;
    // Half of the newest invoice is credited: 5.00 of 10.00, 6.25 of 12.50.
    assert_eq!(invoiced(&report, "basic"), decimals(["15.00", "18.75"]), "{report}");
    assert_eq!(commissions(&report, "juan"), decimals(["6.00", "6.75"]), "{report}");
    assert_eq!(report.reproduced.as_recorded, report.reproduced.decided, "{report}");
}

#[tokio::test]
async fn changes_and_endings_are_wanted_again() {
    let mut town = months().await;
    let change = |to: &str, when| Subscribe::ChangePlan { plan: plan(to), interval: month(), when };
    town.send("03-17", of("ana"), change("pro", Effective::Now)).await;
    let due = town.due("ana");
    town.send("03-17T13:00:00", of("ana"), pay(&due)).await;
    town.send("03-18", of("eva"), change("basic", Effective::PeriodEnd)).await;
    let cancel = Subscribe::Cancel {
        when: Effective::Now,
        credit: CreditUnused::Balance,
        reason: "moved".to_owned().try_into().unwrap(),
    };
    town.send("04-20", of("eva"), Subscribe::Settle).await;
    town.send("04-21", of("eva"), pay("10")).await;
    town.send("04-22", of("eva"), cancel).await;
    assert_same(&town.simulate(KIOSK, "02-01", "05-01").await);
    // A change that was scheduled before A is sold under the file.
    let dearer = KIOSK.replace("month = \"10\"", "month = \"12.50\"");
    let report = town.simulate(&dearer, "03-20", "04-16").await;
    assert_eq!(invoiced(&report, "basic"), decimals(["10.00", "12.50"]), "{report}");
}

fn month() -> domain::calendar::Interval {
    domain::calendar::Interval::Month
}

#[tokio::test]
async fn a_free_plan_that_is_paid_under_the_file_is_taken_as_paid() {
    let mut town = Town::found().await;
    town.register("01-02", "leo", None).await;
    town.send("01-10", of("leo"), town::start("gratis")).await;
    town.send("03-20", of("leo"), use_of("notes", 1)).await;
    let paid = KIOSK.replace("month = \"0\"", "month = \"3\"");
    let report = town.simulate(&paid, "02-01", "04-01").await;
    // From the 10th of February and of March on; nobody is refused for not having paid.
    assert_eq!(invoiced(&report, "gratis"), decimals(["0", "6"]), "{report}");
    assert!(report.total.appearing.is_empty(), "{report}");
}

#[tokio::test]
async fn what_is_not_in_the_file_is_named_and_left_out() {
    let town = months().await;
    let start = KIOSK.find("[[plans]]\ncode = \"pro\"").unwrap();
    let report = town.simulate(&KIOSK[..start], "02-01", "04-01").await;
    let told: Vec<_> = report.left_out.iter().map(|out| (out.organization.as_str(), out.reason.as_str())).collect();
    assert_eq!(told, [("eva", "the file has no plan pro")], "{report}");
    assert_eq!(invoiced(&report, "basic"), decimals(["20.00", "20.00"]), "{report}");
    // What eva pays earns nobody anything, in neither world.
    assert_eq!(commissions(&report, "juan"), decimals(["4.00", "4.00"]), "{report}");
    assert!(report.organizations.iter().all(|told| told.organization.as_str() != "eva"), "{report}");
}

#[tokio::test]
async fn levels_credits_and_alerts_are_counted_in_both_worlds() {
    let mut town = months().await;
    town.send("03-17", of("ana"), Use::TopUp { amount: credits("20"), reference: None }).await;
    town.send("03-18", of("ana"), use_of("calls", 6)).await;
    let seats = Acquire { feature: feature("seats"), quantity: quantity(2), actor: None };
    town.send("03-19", of("ana"), Use::Acquire(seats.clone())).await;
    town.send("03-20", of("ana"), Use::ReleaseCapacity(seats)).await;
    assert_same(&town.simulate(KIOSK, "02-01", "04-01").await);
    let dearer = KIOSK
        .replace("credits = \"0.5\"", "credits = \"0.75\"")
        .replace("seats = { limit = 2 }", "seats = { limit = 1 }");
    let report = town.simulate(&dearer, "02-01", "04-01").await;
    let ana = &report.organizations.iter().find(|told| told.organization.as_str() == "ana").unwrap().row;
    // Four calls past the ten of the plan.
    assert_eq!([ana.recorded.credits_spent, ana.simulated.credits_spent], decimals(["2", "3"]), "{report}");
    let (refusal, count) = ana.appearing.iter().next().unwrap();
    assert_eq!((refusal.feature.as_str(), refusal.status, count.times), ("seats", 403, 1), "{report}");
    // The level that is full raises no alert where it is never reached.
    assert_eq!(ana.recorded.alerts, ana.simulated.alerts + 1, "{report}");
}

fn credits(text: &str) -> domain::Credits {
    domain::Credits::positive(text.parse().unwrap()).unwrap()
}

impl Town {
    /// The newest payment of an organization.
    fn payment(&mut self, id: &str) -> domain::PaymentId {
        let domain::State::Subscription(known) = self.known(id) else { panic!("{id}") };
        known.invoices().iter().flat_map(|invoice| &invoice.payments).next_back().unwrap().id.clone()
    }

    /// What an organization owes.
    fn due(&mut self, id: &str) -> String {
        let domain::State::Subscription(known) = self.known(id) else { panic!("{id}") };
        known.still_due().unwrap().amount.to_string()
    }

    fn known(&mut self, id: &str) -> domain::State {
        self.state(domain::Kind::Subscription, &of(id)).clone()
    }
}
