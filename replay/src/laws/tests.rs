//! A log that is sound, forged in every way a law speaks of.

mod invoices;
mod ledger;
mod periods;
mod referrals;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{Event, Log, Receipt, Work, check};

const WINDOW: &str = "2026-01-31T14:00:00Z";

/// Catalog, three who refer each other, a payment that is shared, and an allowance that is used up and past.
fn sound() -> Log {
    let mut log = Log::default();
    let catalog =
        json!({ "thresholds": [70, 85], "referrals": { "rates": ["0.20", "0.05"], "credits_per_unit": "1" } });
    log.add("publish", "catalog agencia CatalogPublished", json!({ "version": 1, "definition": catalog }));
    for (id, sponsor) in [("juan", None), ("maria", Some("juan")), ("pedro", Some("maria"))] {
        let registered = json!({ "organization": id, "product": "agencia" });
        log.add(&format!("register-{id}"), &format!("organization {id} OrganizationRegistered"), registered);
        let enroll = format!("enroll-{id}");
        log.add(&enroll, "referral_tree agencia OrganizationEnrolled", json!({ "organization": id }));
        if let Some(sponsor) = sponsor {
            let attributed = json!({ "organization": id, "sponsor": sponsor });
            log.add(&enroll, "referral_tree agencia ReferralAttributed", attributed);
        }
    }
    let paid = json!({ "payment": "pay", "amount": { "amount": "15.00", "currency": "USD" } });
    log.add("pay", "subscription pedro PaymentRecorded", paid);
    log.add("share", "referral_tree agencia CommissionAccrued", accrued(1, "maria", "0.20", "3.00"));
    log.add("share", "referral_tree agencia CommissionAccrued", accrued(2, "juan", "0.05", "0.75"));
    log.add("grant-1", "credit_ledger maria CreditsGranted", granted("a", "3.00", Some("pay-1")));
    log.add("grant-2", "credit_ledger juan CreditsGranted", granted("b", "0.75", Some("pay-2")));
    log.add("top-up", "credit_ledger pedro CreditsGranted", granted("c", "1.00", None));
    log.add("use-1", "credit_ledger pedro FeatureConsumed", consumed("7", "7", None));
    log.add("use-1", "credit_ledger pedro ThresholdsCrossed", crossed(&[70], "7"));
    log.add("use-2", "credit_ledger pedro FeatureConsumed", consumed("5", "3", Some(("2", "0.10"))));
    log.add("use-2", "credit_ledger pedro ThresholdsCrossed", crossed(&[85], "10"));
    log
}

fn accrued(level: u8, beneficiary: &str, rate: &str, amount: &str) -> Value {
    json!({
        "commission": format!("pay-{level}"), "payment": "pay", "payer": "pedro", "beneficiary": beneficiary,
        "level": level, "rate": rate, "base": { "amount": "15.00", "currency": "USD" }, "amount": amount,
        "catalog_version": 1,
    })
}

fn granted(lot: &str, amount: &str, commission: Option<&str>) -> Value {
    json!({ "lot": lot, "amount": amount, "commission": commission })
}

fn consumed(quantity: &str, included: &str, past: Option<(&str, &str)>) -> Value {
    let overage = past.map(|(quantity, charge)| {
        let draws = [json!({ "lot": "c", "amount": charge })];
        json!({ "quantity": quantity, "rate": "0.05", "charge": charge, "draws": draws })
    });
    json!({
        "feature": "messages", "quantity": quantity, "included": included, "window": { "start": WINDOW },
        "limit": { "up_to": "10" }, "overage": overage, "catalog_version": 1,
    })
}

fn crossed(thresholds: &[u8], used: &str) -> Value {
    json!({ "feature": "messages", "window": { "start": WINDOW }, "thresholds": thresholds, "used": used })
}

impl Log {
    /// Appends an event, given as `kind owner name`, and moves its command's receipt to it.
    fn add(&mut self, command: &str, event: &str, body: Value) {
        let words: Vec<&str> = event.split(' ').collect();
        let (kind, owner, name) = (words[0].to_owned(), words[1].to_owned(), words[2].to_owned());
        let in_stream = |event: &&Event| event.kind == kind && event.owner == owner;
        let sequence = self.events.iter().filter(in_stream).count() as i64 + 1;
        let position = self.events.len() as i64 + 1;
        let (caller, command) = ("test".to_owned(), command.to_owned());
        self.receipts.retain(|receipt| receipt.command != command);
        self.receipts.push(Receipt { partition: 0, caller: caller.clone(), command: command.clone(), position });
        let at_micros = self.now.max(position);
        self.events.push(Event {
            partition: 0,
            position,
            kind,
            owner,
            sequence,
            name,
            body,
            caller,
            command,
            version: None,
            at_micros,
            decided_micros: at_micros,
        });
    }

    fn event(&mut self, command: &str, name: &str) -> &mut Event {
        let found = self.events.iter_mut().find(|event| event.command == command && event.name == name);
        found.expect("the sound log has it")
    }

    fn body(&mut self, command: &str, name: &str, pointer: &str) -> &mut Value {
        self.event(command, name).body.pointer_mut(pointer).expect("the event has it")
    }

    /// What a message past the allowance says.
    fn overage(&mut self, pointer: &str) -> &mut Value {
        self.body("use-2", "FeatureConsumed", &format!("/overage{pointer}"))
    }

    /// What the first commission says.
    fn commission(&mut self, pointer: &str) -> &mut Value {
        self.body("share", "CommissionAccrued", pointer)
    }
}

/// Forges the sound log and compares what the checker says of it.
fn caught(forge: impl FnOnce(&mut Log), expected: Expect) {
    let mut log = sound();
    forge(&mut log);
    let told: Vec<String> = check(&log, Work::Settled).iter().map(ToString::to_string).collect();
    expected.assert_eq(&told.join("\n"));
}

#[test]
fn a_sound_log_passes() {
    caught(|_| {}, expect![""]);
}

#[test]
fn a_hole_a_swap_and_a_stray_are_out_of_order() {
    caught(
        |log| drop(log.events.remove(1)),
        expect![[r#"
        order: position 3 of partition 0: follows position 1
        order: position 5 of partition 0: referral_tree agencia goes from sequence 0 to 2"#]],
    );
    caught(
        |log| log.event("pay", "PaymentRecorded").sequence = 2,
        expect!["order: position 10 of partition 0: subscription pedro goes from sequence 0 to 2"],
    );
    caught(
        |log| log.event("pay", "PaymentRecorded").at_micros = 1,
        expect!["order: position 10 of partition 0: was recorded before the event in front of it"],
    );
    caught(
        |log| log.events.last_mut().unwrap().partition = 1,
        expect![[r#"
        order: position 19 of partition 1: follows position 0
        keys: command use-2 acted up to position 19 and has no receipt
        keys: command use-2 ends at position 18, its receipt says 19
        keys: the receipt of use-2 is past the log's end at 18"#]],
    );
}

#[test]
fn a_key_acts_once_and_leaves_a_receipt_of_its_end() {
    caught(
        |log| log.add("top-up", "credit_ledger pedro CreditsGranted", granted("d", "1", None)),
        expect!["keys: position 20 of partition 0: command top-up acted before, at position 15"],
    );
    caught(
        |log| log.receipts.retain(|receipt| receipt.command != "pay"),
        expect!["keys: command pay acted up to position 10 and has no receipt"],
    );
    caught(|log| log.receipts.push(log.receipts[0].clone()), expect!["keys: command publish has two receipts"]);
    caught(
        |log| log.receipts.last_mut().unwrap().position -= 1,
        expect!["keys: command use-2 ends at position 19, its receipt says 18"],
    );
    caught(
        |log| log.receipts[0].position = 99,
        expect![[r#"
        keys: command publish ends at position 1, its receipt says 99
        keys: the receipt of publish is past the log's end at 19"#]],
    );
    caught(
        |log| log.event("pay", "PaymentRecorded").command.clear(),
        expect!["keys: position 10 of partition 0: PaymentRecorded does not say which command it comes from"],
    );
    caught(
        |log| log.event("top-up", "CreditsGranted").command = "grant-2".to_owned(),
        expect![[r#"
        keys: position 15 of partition 0: command grant-2 writes credit_ledger juan too
        keys: command grant-2 ends at position 15, its receipt says 14"#]],
    );
}

#[test]
fn nothing_is_spent_that_was_not_granted() {
    caught(
        |log| *log.overage("/draws/0/lot") = json!("z"),
        expect!["ledger: position 18 of partition 0: lot z was never granted"],
    );
    caught(
        |log| *log.body("top-up", "CreditsGranted", "/amount") = json!("0.09"),
        expect!["ledger: position 18 of partition 0: 0.10 drawn from lot c, which has 0.09"],
    );
    caught(
        |log| *log.body("top-up", "CreditsGranted", "/amount") = json!("-1"),
        expect![[r#"
        ledger: position 15 of partition 0: lot c has -1 credits
        ledger: position 18 of partition 0: lot c was never granted"#]],
    );
    caught(
        |log| *log.overage("/draws/0/amount") = json!("0.05"),
        expect!["ledger: position 18 of partition 0: 0.10 charged and 0.05 drawn"],
    );
    caught(
        |log| *log.overage("/charge") = json!("0.05"),
        expect!["ledger: position 18 of partition 0: 2 at 0.05 cost 0.05"],
    );
    caught(
        |log| log.add("again", "credit_ledger pedro CreditsGranted", granted("c", "1", None)),
        expect!["ledger: position 20 of partition 0: lot c was granted before"],
    );
}

#[test]
fn an_allowance_is_used_up_and_not_exceeded() {
    caught(
        |log| *log.body("use-2", "FeatureConsumed", "/included") = json!("4"),
        expect![[r#"
        ledger: position 18 of partition 0: 5 consumed, of which 4 included and 2 past it
        ledger: position 19 of partition 0: crossed 85 at 10; reached were none at 7"#]],
    );
    caught(
        |log| log.event("use-2", "FeatureConsumed").body = consumed("5", "5", None),
        expect![[r#"
        ledger: position 18 of partition 0: 12 used of 10 included
        ledger: position 19 of partition 0: crossed 85 at 10; reached were none at 12"#]],
    );
    caught(
        |log| log.event("use-2", "FeatureConsumed").body = consumed("4", "2", Some(("2", "0.10"))),
        expect![[r#"
        ledger: position 18 of partition 0: charged for 2 with 1 still included
        ledger: position 19 of partition 0: crossed 85 at 10; reached were none at 9"#]],
    );
}

#[test]
fn a_threshold_is_told_once_and_when_it_is_reached() {
    caught(
        |log| *log.body("use-2", "ThresholdsCrossed", "/thresholds") = json!([70]),
        expect!["ledger: position 19 of partition 0: threshold 70 was crossed before in this window"],
    );
    caught(
        |log| *log.body("use-1", "ThresholdsCrossed", "/thresholds") = json!([70, 85]),
        expect![[r#"
        ledger: position 17 of partition 0: crossed 70 and 85 at 7; reached were 70 at 7
        ledger: position 19 of partition 0: crossed 85 at 10; reached were 70 and 85 at 10"#]],
    );
    caught(
        |log| drop(log.events.pop()),
        expect![[r#"
        keys: command use-2 ends at position 18, its receipt says 19
        keys: the receipt of use-2 is past the log's end at 18
        ledger: pedro reached 85 in silence"#]],
    );
}

#[test]
fn a_commission_is_the_rate_times_the_payment_for_the_ancestor_of_that_level() {
    caught(
        |log| *log.commission("/amount") = json!("4"),
        expect![[r#"
            commissions: position 11 of partition 0: 0.20 of 15.00 is not 4
            commissions: commission pay-1 was granted and never accrued
            commissions: payment pay of pedro reached 1 of 2 levels"#]],
    );
    caught(
        |log| *log.commission("/rate") = json!("0.5"),
        expect![[r#"
            commissions: position 11 of partition 0: level 1 does not earn 0.5
            commissions: commission pay-1 was granted and never accrued
            commissions: payment pay of pedro reached 1 of 2 levels"#]],
    );
    caught(
        |log| *log.commission("/base/amount") = json!("20"),
        expect![[r#"
            commissions: position 11 of partition 0: pedro did not pay 20 with payment pay
            commissions: commission pay-1 was granted and never accrued
            commissions: payment pay of pedro reached 1 of 2 levels"#]],
    );
    caught(
        |log| *log.commission("/beneficiary") = json!("juan"),
        expect![[r#"
            commissions: position 11 of partition 0: juan is not at level 1 above pedro
            commissions: commission pay-1 was granted and never accrued
            commissions: payment pay of pedro reached 1 of 2 levels"#]],
    );
    caught(
        |log| *log.commission("/level") = json!(3),
        expect![[r#"
            commissions: position 11 of partition 0: level 3 does not earn 0.20
            commissions: commission pay-1 was granted and never accrued
            commissions: payment pay of pedro reached 1 of 2 levels"#]],
    );
    caught(
        |log| *log.commission("/payment") = json!("other"),
        expect![[r#"
            commissions: position 11 of partition 0: payment other was never recorded
            commissions: commission pay-1 was granted and never accrued
            commissions: payment pay of pedro reached 1 of 2 levels"#]],
    );
    caught(
        |log| *log.commission("/catalog_version") = json!(2),
        expect![[r#"
            commissions: position 11 of partition 0: version 2 of catalog agencia was never published
            commissions: commission pay-1 was granted and never accrued
            commissions: payment pay of pedro reached 1 of 2 levels"#]],
    );
    let again = accrued(1, "maria", "0.20", "3.00");
    caught(
        |log| log.add("again", "referral_tree agencia CommissionAccrued", again),
        expect!["commissions: position 20 of partition 0: payment pay was shared at level 1 before"],
    );
}

#[test]
fn a_commission_is_granted_once_to_whom_it_is_due() {
    let is_second = |event: &Event| event.body["level"] == 2 || event.command == "grant-2";
    caught(
        |log| log.events.retain(|event| !is_second(event)),
        expect![[r#"
        order: position 13 of partition 0: follows position 11
        order: position 15 of partition 0: follows position 13
        order: position 16 of partition 0: credit_ledger pedro goes from sequence 0 to 2
        keys: command share ends at position 11, its receipt says 12
        commissions: payment pay of pedro reached 1 of 2 levels"#]],
    );
    let again = granted("d", "3.00", Some("pay-1"));
    caught(
        |log| log.add("again", "credit_ledger maria CreditsGranted", again),
        expect!["commissions: position 20 of partition 0: commission pay-1 was granted before"],
    );
    let invented = granted("d", "3.00", Some("pay-9"));
    caught(
        |log| log.add("invented", "credit_ledger maria CreditsGranted", invented),
        expect!["commissions: commission pay-9 was granted and never accrued"],
    );
    caught(
        |log| *log.body("grant-1", "CreditsGranted", "/amount") = json!("30"),
        expect!["commissions: commission pay-1 of 3.00 for maria was granted as 30 to maria"],
    );
    caught(
        |log| *log.body("grant-1", "CreditsGranted", "/commission") = Value::Null,
        expect!["commissions: commission pay-1 was never granted"],
    );
    caught(
        |log| log.events.retain(|event| event.name != "CommissionAccrued"),
        expect![[r#"
            order: position 13 of partition 0: follows position 10
            commissions: commission pay-1 was granted and never accrued
            commissions: commission pay-2 was granted and never accrued
            commissions: payment pay of pedro reached 0 of 1 levels"#]],
    );
}

#[test]
fn nobody_is_referred_twice_or_by_himself() {
    let attributed = |sponsor| json!({ "organization": "juan", "sponsor": sponsor });
    caught(
        |log| log.add("cycle", "referral_tree agencia ReferralAttributed", attributed("pedro")),
        expect!["commissions: position 20 of partition 0: juan is its own ancestor through pedro"],
    );
    let other = json!({ "organization": "pedro", "sponsor": "juan" });
    caught(
        |log| log.add("twice", "referral_tree agencia ReferralAttributed", other),
        expect!["commissions: position 20 of partition 0: pedro was referred by maria already"],
    );
    let enrolled = json!({ "organization": "juan" });
    caught(
        |log| log.add("enroll", "referral_tree agencia OrganizationEnrolled", enrolled),
        expect!["commissions: position 20 of partition 0: juan was enrolled before"],
    );
}

#[test]
fn an_event_the_checker_does_not_know_does_not_pass() {
    caught(
        |log| log.add("new", "credit_ledger pedro CreditsVanished", json!({})),
        expect!["ledger: position 20 of partition 0: nobody has told the checker what CreditsVanished means"],
    );
    caught(
        |log| log.add("new", "referral_tree agencia SponsorMoved", json!({})),
        expect!["commissions: position 20 of partition 0: nobody has told the checker what SponsorMoved means"],
    );
}

/// What judges the domain's decisions must not be made of them.
#[test]
fn the_laws_name_nothing_of_the_domain() {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/laws"))];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.is_file() && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains("domain::"), "{}", path.display());
                read += 1;
            }
        }
    }
    assert!(read > 10, "the laws were read");
}
