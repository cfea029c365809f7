//! What would be refused, and what would not be any more.

use domain::credit_ledger::{self, Capture, Command as Use, Hold, Rest, Reverse};
use domain::{Attributes, Event};
use jiff::ToSpan;
use replay::simulate::refusals::{self, HEADER};
use replay::simulate::{self, Report};
use testkit::of;

use super::town::{KIOSK, Town, at, feature, quantity, question, use_of};

/// Ana is on basic and uses five notes one by one.
async fn five_notes() -> Town {
    let mut town = Town::found().await;
    town.register("01-03", "ana", None).await;
    town.subscribe("01-10", "ana", "basic", "10").await;
    for day in 12..17 {
        town.send(&format!("01-{day}"), of("ana"), use_of("notes", 1)).await;
    }
    town
}

fn appearing(report: &Report) -> Vec<(String, u16, &'static str, u64, String)> {
    let told = report.total.appearing.iter();
    told.map(|(refusal, count)| {
        (refusal.feature.to_string(), refusal.status, refusal.code, count.times, count.quantity.to_string())
    })
    .collect()
}

#[tokio::test]
async fn a_lower_allowance_refuses_exactly_what_is_past_it() {
    let town = five_notes().await;
    let lower = KIOSK.replace("notes = { limit = 5 }", "notes = { limit = 3 }");
    let report = town.simulate(&lower, "01-11", "02-01").await;
    assert_eq!(appearing(&report), [("notes".to_owned(), 429, "QUOTA_EXCEEDED", 2, "2".to_owned())], "{report}");
    assert_eq!(report.reproduced.as_recorded, 5, "{report}");
    // From the middle on, what was used before counts.
    let later = town.simulate(&lower, "01-15T00:00:00", "02-01").await;
    assert_eq!(appearing(&later), [("notes".to_owned(), 429, "QUOTA_EXCEEDED", 2, "2".to_owned())], "{later}");
    let first = town.simulate(&lower, "01-11", "01-15T00:00:00").await;
    assert!(appearing(&first).is_empty(), "{first}");
}

#[tokio::test]
async fn a_feature_that_is_gone_or_paid_in_credits_is_refused_with_its_own_status() {
    let town = five_notes().await;
    let gone = KIOSK.replace("notes = { limit = 5 }\n", "");
    let report = town.simulate(&gone, "01-11", "02-01").await;
    assert_eq!(appearing(&report), [("notes".to_owned(), 403, "FEATURE_NOT_IN_PLAN", 5, "5".to_owned())], "{report}");
    let charged = KIOSK.replace("notes = { limit = 5 }", "notes = { limit = 4, overage = { credits = \"1\" } }");
    let report = town.simulate(&charged, "01-11", "02-01").await;
    assert_eq!(appearing(&report), [("notes".to_owned(), 402, "INSUFFICIENT_CREDITS", 1, "1".to_owned())], "{report}");
}

#[tokio::test]
async fn what_rests_on_something_refused_comes_to_nothing_and_is_counted() {
    let mut town = five_notes().await;
    let hold = Use::Hold(Hold {
        feature: feature("calls"),
        quantity: quantity(6),
        expires_at: at("01-18") + 2.hours(),
        actor: None,
    });
    let placed = town.send("01-18", of("ana"), hold).await;
    let Some(Event::CreditLedger(credit_ledger::Event::HoldPlaced { hold, .. })) = placed.first() else { panic!() };
    let capture = Use::Capture(Capture {
        hold: hold.clone(),
        quantity: quantity(4),
        rest: Rest::Release,
        occurred_at: None,
        attributes: Attributes::default(),
    });
    town.send("01-18T13:00:00", of("ana"), capture).await;
    let consumed = town.send("01-19", of("ana"), use_of("calls", 6)).await;
    let Some(Event::CreditLedger(event)) = consumed.first() else { panic!() };
    let position = u64::try_from(*town.positions.last().unwrap()).unwrap();
    // The consumption is followed by the alert that it raises.
    let position = position + 1 - u64::try_from(consumed.len()).unwrap();
    let consumption = credit_ledger::Consumption::of(position, event).unwrap();
    let reverse = Use::Reverse(Reverse {
        consumption,
        quantity: None,
        reason: "not delivered".to_owned().try_into().unwrap(),
        actor: domain::ActorId::new("ops").unwrap(),
    });
    town.send("01-20", of("ana"), reverse).await;
    let lower = KIOSK.replace("calls = { limit = 10, overage = { credits = \"0.5\" } }", "calls = { limit = 5 }");
    let report = town.simulate(&lower, "01-11", "02-01").await;
    let told = appearing(&report);
    assert_eq!(told, [("calls".to_owned(), 429, "QUOTA_EXCEEDED", 2, "12".to_owned())], "{report}");
    let unlike: Vec<_> = report.unlike.iter().map(|(code, times)| (code.as_str(), *times)).collect();
    assert_eq!(unlike, [("ledger.hold_not_open", 1), ("nothing to give back", 1)], "{report}");
    assert_eq!(report.reproduced.as_recorded, report.reproduced.decided, "{report}");
}

#[tokio::test]
async fn refusals_that_are_handed_in_are_decided_in_both_worlds() {
    let mut town = five_notes().await;
    town.try_send("01-20", of("ana"), use_of("notes", 2)).await.expect_err("five of five are used");
    let lines = "ana,notes,2,2026-01-20T12:00:00Z\n\
                 ana,notes,4,2026-01-21T12:00:00Z\n\
                 ana,notes,1,2026-01-11T12:00:00Z\n\
                 nobody,notes,1,2026-01-22T12:00:00Z\n\
                 ana,notes,1,2026-02-20T12:00:00Z\n";
    let mut asked = question(&KIOSK.replace("notes = { limit = 5 }", "notes = { limit = 8 }"), "01-11", "02-01");
    asked.refusals = refusals::read(&format!("{HEADER}\n{lines}"), asked.from, asked.to).unwrap();
    asked.has_refusals = true;
    let report = simulate::ask(&town.audit().await, &asked).await.unwrap();
    // Two more fit into eight, four more do not then; on the 11th nothing was used up yet, and nobody is nobody.
    let told = report.refusals.clone().unwrap();
    assert_eq!((told.asked, told.vanish, told.stay, told.not_refused, told.unknown), (4, 1, 1, 1, 1), "{report}");
    let (refusal, count) = report.total.vanishing.iter().next().unwrap();
    assert_eq!((refusal.status, count.times, count.quantity), (429, 1, quantity(2)), "{report}");
    assert!(report.total.appearing.is_empty(), "{report}");
}

#[tokio::test]
async fn without_them_the_room_bounds_what_would_vanish() {
    let town = five_notes().await;
    let larger = KIOSK.replace("notes = { limit = 5 }", "notes = { limit = 8 }");
    let report = town.simulate(&larger, "01-11", "02-01").await;
    let room: Vec<_> = report.room.iter().map(|room| (room.feature.as_str(), room.recorded, room.simulated)).collect();
    assert_eq!(room, [("notes", Some(domain::Quantity::ZERO), Some(quantity(3)))], "{report}");
    assert!(report.to_string().contains("not told: the log keeps no refusals"), "{report}");
}
