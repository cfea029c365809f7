//! A log of commissions that wait, mature, are taken back and netted, forged in every way.

use super::*;

fn usd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// Two weeks of waiting; the payment is made at microsecond 1,000,000,000.
const PAID_AT: i64 = 1_000_000_000;
const DUE_AT: i64 = PAID_AT + 14 * 24 * 60 * 60 * 1_000_000;

fn instant(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).unwrap().to_string()
}

/// Pedro, referred by Maria, pays 15, gets 5 back while the commission waits, and 10 more after it was granted and spent
/// down to 1.25. The next commission of 3 nets what Maria owes.
fn waiting() -> Log {
    let mut log = Log::default();
    let referrals = json!({
        "rates": ["0.20"], "credits_per_unit": "1", "hold_days": 14, "attribution_days": 30,
    });
    log.add(
        "publish",
        "catalog agencia CatalogPublished",
        json!({ "version": 1, "definition": { "referrals": referrals } }),
    );
    for id in ["maria", "pedro"] {
        let registered = json!({ "organization": id, "product": "agencia", "registered_at": instant(0) });
        log.add(&format!("register-{id}"), &format!("organization {id} OrganizationRegistered"), registered);
        log.add(&format!("enroll-{id}"), "referral_tree agencia OrganizationEnrolled", json!({ "organization": id }));
    }
    let attributed = json!({ "organization": "pedro", "sponsor": "maria", "since": instant(500) });
    log.add("attribute", "referral_tree agencia ReferralAttributed", attributed);
    let started = json!({ "plan": "pro", "catalog_version": 1, "interval": "month", "price": usd("15.00") });
    log.add("start", "subscription pedro SubscriptionStarted", started);
    log.at(PAID_AT);
    log.pay("p1");
    let first = json!({ "payer": "pedro", "payment": "p1", "paid_at": instant(PAID_AT) });
    log.add("share-p1", "referral_tree agencia FirstPaymentMade", first);
    log.share("p1", PAID_AT);
    log.refund("r1", "5.00", "5.00");
    log.claw_back("r1", "1.00", "1.00", false);
    log.at(DUE_AT);
    log.mature("p1", "2.00", DUE_AT);
    log.add("grant-p1", "credit_ledger maria CreditsGranted", granted("a", "2.00", Some("p1-1")));
    let deducted = json!({ "amount": "0.75", "draws": [{ "lot": "a", "amount": "0.75" }] });
    log.add("spend", "credit_ledger maria CreditsDeducted", deducted);
    log.refund("r2", "10.00", "15.00");
    log.claw_back("r2", "2.00", "3.00", true);
    let taken =
        json!({ "commission": "p1-1", "refund": "r2", "amount": "2.00", "lot": "a", "taken": "1.25", "owed": "0.75" });
    log.add("take-r2", "credit_ledger maria CreditsClawedBack", taken);
    log.at(2 * DUE_AT);
    log.pay("p2");
    log.share("p2", 2 * DUE_AT);
    log.at(4 * DUE_AT);
    log.mature("p2", "3.00", 2 * DUE_AT + DUE_AT - PAID_AT);
    let netted = json!({ "commission": "p2-1", "amount": "0.75", "owed": "0.00" });
    log.add("grant-p2", "credit_ledger maria CommissionNetted", netted);
    log.add("grant-p2", "credit_ledger maria CreditsGranted", granted("b", "2.25", Some("p2-1")));
    log
}

impl Log {
    /// From now on it is this instant.
    fn at(&mut self, micros: i64) {
        self.now = micros;
    }

    fn pay(&mut self, payment: &str) {
        let line = json!({ "item": { "plan": { "plan": "pro", "interval": "month" } }, "amount": usd("15.00") });
        let issued = json!({
            "invoice": payment, "series": "F", "kind": "period", "lines": [line], "net": usd("15.00"), "taxes": [],
            "total": usd("15.00"), "kept": usd("0"), "issued_at": instant(self.now),
        });
        self.add(&format!("issue-{payment}"), "subscription pedro InvoiceIssued", issued);
        let paid = json!({
            "payment": payment, "invoice": payment, "amount": usd("15.00"), "net": usd("15.00"), "method": "by_hand",
            "still_due": usd("0"),
        });
        self.add(payment, "subscription pedro PaymentRecorded", paid);
        self.events.last_mut().unwrap().version = Some(1);
    }

    fn share(&mut self, payment: &str, paid_at: i64) {
        let accrued = json!({
            "commission": format!("{payment}-1"), "payment": payment, "payer": "pedro", "beneficiary": "maria", "level": 1,
            "rate": "0.20", "base": { "amount": "15.00", "currency": "USD" }, "amount": "3.00", "catalog_version": 1,
            "matures_at": instant(paid_at + DUE_AT - PAID_AT),
        });
        self.add(&format!("share-{payment}"), "referral_tree agencia CommissionAccrued", accrued);
    }

    fn mature(&mut self, payment: &str, amount: &str, at: i64) {
        let matured = json!({
            "commission": format!("{payment}-1"), "payer": "pedro", "beneficiary": "maria", "amount": amount,
            "matured_at": instant(at),
        });
        self.add(&format!("settle-{payment}"), "referral_tree agencia CommissionMatured", matured);
    }

    /// What is given back is owed no more.
    fn refund(&mut self, refund: &str, amount: &str, total: &str) {
        let note = json!({
            "credit_note": format!("note-{refund}"), "series": "NC", "invoice": "p1", "amount": usd(amount),
            "net": usd(amount), "reduces_due": usd("0"), "to_balance": usd("0"), "to_refund": usd(amount),
        });
        self.add(refund, "subscription pedro CreditNoteIssued", note);
        let refunded = json!({
            "refund": refund, "payment": "p1", "invoice": "p1", "amount": usd(amount), "net": usd(amount),
            "refunded_total": usd(total), "refunded_net_total": usd(total), "paid_net": usd("15.00"), "kind": "refund",
        });
        self.add(refund, "subscription pedro PaymentRefunded", refunded);
    }

    fn claw_back(&mut self, refund: &str, amount: &str, total: &str, matured: bool) {
        let clawed_back = json!({
            "commission": "p1-1", "refund": refund, "payer": "pedro", "beneficiary": "maria", "amount": amount,
            "clawed_back_total": total, "matured": matured,
        });
        self.add(&format!("claw-{refund}"), "referral_tree agencia CommissionClawedBack", clawed_back);
    }
}

/// Forges that log and compares what the checker says of it, each law with its position left out.
fn caught(forge: impl FnOnce(&mut Log), expected: Expect) {
    let mut log = waiting();
    forge(&mut log);
    let told = check(&log, Work::Settled).into_iter().map(|violation| {
        let text = violation.text.split_once("partition 0: ").map_or(violation.text.as_str(), |(_, text)| text);
        format!("{}: {text}", violation.law)
    });
    expected.assert_eq(&told.collect::<Vec<_>>().join("\n"));
}

#[test]
fn commissions_that_wait_are_taken_back_and_netted_pass() {
    caught(|_| {}, expect![""]);
}

#[test]
fn a_sponsor_is_named_in_time_and_before_the_first_payment() {
    caught(
        |log| {
            *log.body("register-pedro", "OrganizationRegistered", "/registered_at") = json!("1969-12-01T00:00:00Z");
            log.event("attribute", "ReferralAttributed").version = Some(1);
        },
        expect!["commissions: pedro named a sponsor more than 30 days after its registration"],
    );
    caught(
        |log| {
            log.add("register-ana", "organization ana OrganizationRegistered", json!({ "product": "agencia" }));
            log.add(
                "ana",
                "subscription ana PaymentRecorded",
                json!({ "payment": "a1", "amount": { "amount": "1", "currency": "USD" } }),
            );
            let paid = json!({ "payer": "ana", "payment": "a1", "paid_at": instant(log.now) });
            log.add("share-a1", "referral_tree agencia FirstPaymentMade", paid.clone());
            log.add("again-a1", "referral_tree agencia FirstPaymentMade", paid);
            let attributed = json!({ "organization": "ana", "sponsor": "maria", "since": instant(log.now) });
            log.add("late", "referral_tree agencia ReferralAttributed", attributed);
        },
        expect![[r#"
            commissions: ana had paid before
            commissions: ana had paid before it named maria
            commissions: payment a1 of ana reached 0 of 1 levels"#]],
    );
}

#[test]
fn a_commission_waits_and_matures_with_what_is_left() {
    let earlier = || json!(instant(DUE_AT - 1));
    caught(
        |log| *log.body("share-p2", "CommissionAccrued", "/matures_at") = earlier(),
        expect![[r#"
        commissions: a commission of p2 does not wait 14 days
        commissions: p2-1 was never accrued
        commissions: commission p2-1 was granted and never accrued
        commissions: payment p2 of pedro reached 0 of 1 levels"#]],
    );
    caught(
        |log| *log.body("settle-p2", "CommissionMatured", "/amount") = json!("2.00"),
        expect![[r#"
        commissions: 2.00 of p2-1 matured, 3.00 were left
        commissions: commission p2-1 of 0 for maria was granted as 3.00 to maria"#]],
    );
    caught(
        |log| *log.body("settle-p2", "CommissionMatured", "/matured_at") = earlier(),
        expect![[r#"
        commissions: p2-1 matured at another instant than its own
        commissions: commission p2-1 of 0 for maria was granted as 3.00 to maria"#]],
    );
    caught(
        |log| log.event("settle-p2", "CommissionMatured").body["payer"] = json!("juan"),
        expect![[r#"
        commissions: p2-1 is of pedro for maria
        commissions: commission p2-1 of 0 for maria was granted as 3.00 to maria"#]],
    );
}

#[test]
fn what_is_taken_back_is_the_share_of_the_refund() {
    caught(
        |log| *log.body("claw-r2", "CommissionClawedBack", "/amount") = json!("1.90"),
        expect![[r#"
        commissions: 1.90 of p1-1 taken back to 3.00, before it were 1.00
        commissions: 2.00 of p1-1 were taken back, not 0"#]],
    );
    caught(
        |log| *log.body("r2", "PaymentRefunded", "/refunded_net_total/amount") = json!("14.00"),
        expect![[r#"
        commissions: 3.00 of p1-1 is not the share of 14.00 in 15.00
        commissions: 2.00 of p1-1 were taken back, not 0
        invoices: 14.00 is said to have gone back net, it is 15.00"#]],
    );
    caught(
        |log| *log.body("claw-r2", "CommissionClawedBack", "/matured") = json!(false),
        expect![[r#"
        commissions: p1-1 is told to have matured, or not to have, and it is the other way
        commissions: 2.00 of p1-1 were taken back, not 0"#]],
    );
    caught(
        |log| *log.body("claw-r2", "CommissionClawedBack", "/refund") = json!("r9"),
        expect![[r#"
        commissions: refund r9 was never made
        commissions: 2.00 of p1-1 were taken back, not 0"#]],
    );
}

#[test]
fn the_ledger_takes_what_is_left_and_owes_the_rest() {
    caught(
        |log| *log.body("take-r2", "CreditsClawedBack", "/taken") = json!("1.00"),
        expect![[r#"
        ledger: 1.00 of 2.00 taken back of p1-1, of which 1.25 are left
        ledger: 0.75 netted to 0.00, owed were 0"#]],
    );
    caught(
        |log| *log.body("take-r2", "CreditsClawedBack", "/owed") = json!("0.70"),
        expect!["ledger: 0.70 are said to be owed, 0.75 are"],
    );
    caught(
        |log| *log.body("grant-p2", "CommissionNetted", "/amount") = json!("0.80"),
        expect![[r#"
        ledger: 0.80 netted to 0.00, owed were 0.75
        ledger: a commission became lot b while 0.75 are owed
        commissions: commission p2-1 of 3.00 for maria was granted as 3.05 to maria"#]],
    );
    caught(
        |log| {
            let netted = log.event("grant-p2", "CommissionNetted");
            netted.name = "AlertAcknowledged".to_owned();
        },
        expect![[r#"
            ledger: AlertAcknowledged has no text at /alert
            ledger: a commission became lot b while 0.75 are owed
            commissions: commission p2-1 of 3.00 for maria was granted as 2.25 to maria"#]],
    );
}

#[test]
fn a_payment_is_shared_by_the_catalog_it_was_made_under() {
    caught(
        |log| log.event("p2", "PaymentRecorded").version = Some(2),
        expect![[r#"
        commissions: payment p2 was shared under another catalog than it was made under
        commissions: p2-1 was never accrued
        commissions: commission p2-1 was granted and never accrued
        commissions: payment p2 of pedro reached 0 of 1 levels"#]],
    );
}
