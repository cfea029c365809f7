//! Agencia: partners who refer each other, messages past the allowance, and servers that die in the middle.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use serde_json::{Value, json};

use super::rows;
use super::stage::{Stage, publish, verify};
use super::table::Table;
use crate::client::{Answer, Client, text_at};
use crate::narrator::Narrator;
use crate::system::System;

const ZONE: &str = "America/Bogota";

const TABLE: &str = "
    feature            | what it is                     | gratis | starter   | partner
    price              | USD a month                    | 0      | 15        | 199
    whatsapp_messages  | quota per period, then credits | 50     | 2,000     | 50,000
    ai_runs            | quota per period               | 1      | unlimited | unlimited
    whatsapp_instances | capacity                       | 1      | 1         | 10
    white_label        | flag                           | no     | no        | yes
";

/// Tells the story on a system of its own; panics where it does not go as it should.
pub async fn tell(narrator: &mut Narrator) {
    let mut system = System::start().await;
    let client = system.client();
    commissions(narrator, &client).await;
    allowance_and_credits(narrator, &client).await;
    one_key_one_charge(narrator, &client).await;
    exactly_ten(narrator, &client).await;
    nats_is_lost(narrator, &mut system).await;
    the_engine_is_killed(narrator, &mut system).await;
    let stage = Stage::of(system, "agencia", ZONE);
    let table = Table::read(TABLE, "/checkout?plan={plan}", "QUOTA_EXCEEDED");
    let customers = rows::tell(narrator, 7, &stage, &table).await;
    narrator.chapter("10. Gates of plans.");
    rows::gates(narrator, &table, &customers).await;
    rows::upgrades(narrator, 11, &stage, &table).await;
    stage.end(narrator, 12).await;
}

async fn register(client: &Client, id: &str, referral_code: Option<&str>) -> String {
    let mut body = json!({ "id": id, "product": "agencia", "time_zone": ZONE });
    if let Some(code) = referral_code {
        body["referral_code"] = Value::from(code);
    }
    client.post("/v1/organizations", body).await.expect(201).at("/referral_code")
}

async fn consume(client: &Client, id: &str, quantity: u32) -> Answer {
    client.post(&format!("/v1/organizations/{id}/usage"), message(quantity)).await
}

fn message(quantity: u32) -> Value {
    json!({ "feature": "whatsapp_messages", "quantity": quantity })
}

async fn balance(client: &Client, id: &str, after: &Answer) -> String {
    let position = after.at("/receipt/position");
    client.get(&format!("/v1/organizations/{id}/credits?min_position={position}")).await.expect(200).at("/balance")
}

async fn commissions(narrator: &mut Narrator, client: &Client) {
    narrator.chapter("1. Juan refers Maria, Maria refers Pedro; both pay, and the referrers are credited.");
    let published = publish(client, "agencia").await;
    narrator.tell(&format!("catalog agencia version {} is published", published.at("/version")));

    let juan = register(client, "juan", None).await;
    let maria = register(client, "maria", Some(&juan)).await;
    register(client, "pedro", Some(&maria)).await;
    narrator.tell("juan, maria (referred by juan) and pedro (referred by maria) are registered");

    pay(narrator, client, "maria", "partner", "199").await;
    credited(narrator, client, "juan", "39.80").await;
    pay(narrator, client, "pedro", "starter", "15").await;
    credited(narrator, client, "maria", "3.00").await;
    credited(narrator, client, "juan", "40.55").await;

    let path = "/v1/organizations/juan/commissions";
    let granted = client.until(path, |answer| answer.text.matches("\"status\":\"granted\"").count() == 2).await;
    // The newest comes first.
    for commission in granted.each("commissions").rev() {
        narrator.tell(&format!(
            "juan's commission at level {} on {} of {}: {} credits",
            text_at(commission, "/level"),
            text_at(commission, "/base/amount"),
            text_at(commission, "/payer"),
            text_at(commission, "/amount")
        ));
    }
}

async fn pay(narrator: &mut Narrator, client: &Client, id: &str, plan: &str, amount: &str) {
    let started =
        client.post(&format!("/v1/organizations/{id}/subscription"), json!({ "plan": plan })).await.expect(201);
    let payment = json!({ "amount": amount, "currency": "USD" });
    let paid = client.post(&format!("/v1/organizations/{id}/payments"), payment).await.expect(201);
    narrator.tell(&format!(
        "{id} starts {plan} ({}), pays {amount} USD ({})",
        started.at("/standing"),
        paid.at("/standing")
    ));
}

async fn credited(narrator: &mut Narrator, client: &Client, id: &str, balance: &str) {
    let path = format!("/v1/organizations/{id}/credits");
    client.until(&path, |answer| answer.at("/balance") == balance).await;
    narrator.tell(&format!("{id} has {balance} credits"));
}

async fn allowance_and_credits(narrator: &mut Narrator, client: &Client) {
    narrator
        .chapter("2. Pedro uses his 2,000 messages, is alerted on the way, and pays for message 2,001 with credits.");
    let mut last = consume(client, "pedro", 1).await.expect(200);
    for _ in 1..2_000 {
        last = consume(client, "pedro", 1).await.expect(200);
    }
    narrator.tell(&format!("pedro has used {} of {}", last.at("/usage/used"), last.at("/usage/limit")));

    let position = last.at("/receipt/position");
    let alerts = client.get(&format!("/v1/organizations/pedro/alerts?min_position={position}")).await.expect(200);
    for alert in alerts.each("alerts").rev() {
        narrator.tell(&format!(
            "alert at {} %: {} used of {}",
            text_at(alert, "/threshold"),
            text_at(alert, "/used"),
            text_at(alert, "/limit")
        ));
    }

    let refused = consume(client, "pedro", 1).await.expect(402);
    narrator.tell(&format!(
        "message 2,001 is refused: 402 {}, balance {}, required {}",
        refused.at("/code"),
        refused.at("/balance"),
        refused.at("/required")
    ));
    let usage = client.get(&format!("/v1/organizations/pedro/usage?min_position={position}")).await.expect(200);
    narrator.tell(&format!("nothing has changed: {} used", usage.at("/usage/0/used")));

    let topped = client.post("/v1/organizations/pedro/credits", json!({ "amount": "10" })).await.expect(201);
    let charged = consume(client, "pedro", 1).await.expect(200);
    narrator.tell(&format!(
        "pedro tops up 10 (balance {}); message 2,001 costs {}, balance {}",
        topped.at("/balance"),
        charged.at("/charged"),
        charged.at("/balance")
    ));
}

async fn one_key_one_charge(narrator: &mut Narrator, client: &Client) {
    narrator.chapter("3. The same request ten times at once is one charge.");
    let sent = (0..10).map(|_| client.post_as("once", "/v1/organizations/pedro/usage", message(1)));
    let answers: Vec<Answer> = join_all(sent).await.into_iter().map(|answer| answer.expect("an answer")).collect();
    let distinct: BTreeSet<_> = answers.iter().map(|answer| (answer.status, answer.text.clone())).collect();
    assert_eq!(distinct.len(), 1, "{distinct:?}");
    narrator.tell(&format!("ten equal answers, balance {}", balance(client, "pedro", &answers[0]).await));
    let other =
        client.post_as("once", "/v1/organizations/pedro/usage", message(2)).await.expect("an answer").expect(422);
    narrator.tell(&format!("the same key with another body: 422 {}", other.at("/code")));
}

async fn exactly_ten(narrator: &mut Narrator, client: &Client) {
    narrator.chapter("4. 64 at once on a ledger that pays for ten.");
    let before = consume(client, "pedro", 188).await.expect(200);
    narrator.tell(&format!("pedro has {} credits left, a message costs 0.05", before.at("/balance")));
    let answers = join_all((0..64).map(|_| consume(client, "pedro", 1))).await;
    let with = |status| answers.iter().filter(|answer| answer.status == status).count();
    narrator.tell(&format!("{} accepted, {} refused with 402", with(200), with(402)));
    let position = answers.iter().filter_map(|answer| answer.body["receipt"]["position"].as_i64()).max();
    let path = format!("/v1/organizations/pedro/credits?min_position={}", position.unwrap_or_default());
    narrator.tell(&format!("balance {}", client.get(&path).await.expect(200).at("/balance")));
}

async fn nats_is_lost(narrator: &mut Narrator, system: &mut System) {
    narrator.chapter("5. NATS is killed and its store deleted in the middle.");
    let client = system.client();
    for _ in 0..50 {
        consume(&client, "maria", 1).await.expect(200);
    }
    system.lose_nats().await;
    let mut last = consume(&client, "maria", 1).await.expect(200);
    for _ in 0..149 {
        last = consume(&client, "maria", 1).await.expect(200);
    }
    narrator.tell("maria's next 150 messages are accepted while NATS is gone");
    let health = client.until("/v1/health", |health| health.status == 503).await;
    narrator.tell(&format!("health says so: {}", health.status));

    system.start_nats().await;
    let position = last.at("/receipt/position");
    let path = format!("/v1/organizations/maria/usage?min_position={position}");
    let usage = client.until(&path, |usage| usage.status == 200).await;
    narrator.tell(&format!("NATS is back; projections have caught up: {} used", usage.at("/usage/0/used")));
    client.until("/v1/health", |health| system.has_settled(health)).await;
    narrator.tell("the stream is filled again, health is well");
    verify(narrator, system);
}

async fn the_engine_is_killed(narrator: &mut Narrator, system: &mut System) {
    narrator.chapter("6. The engine is killed with -9 under load.");
    const MESSAGES: usize = 400;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let (client, counter) = (system.client(), acknowledged.clone());
    let load = tokio::spawn(async move {
        let send = |index: usize| {
            let (client, counter) = (&client, &counter);
            async move {
                let answer =
                    client.post_as(&format!("load-{index}"), "/v1/organizations/maria/usage", message(1)).await;
                let answer = answer.ok().filter(|answer| answer.status == 200)?;
                counter.fetch_add(1, Ordering::SeqCst);
                Some(answer.text)
            }
        };
        let mut answers = Vec::new();
        for first in (0..MESSAGES).step_by(8) {
            answers.extend(join_all((first..first + 8).map(send)).await);
        }
        answers
    });
    while acknowledged.load(Ordering::SeqCst) < 100 && !load.is_finished() {
        tokio::task::yield_now().await;
    }
    system.kill_engine();
    let before = load.await.expect("the load ends by itself");
    let known = before.iter().flatten().count();
    assert!((100..MESSAGES).contains(&known), "killed in the middle: {known} acknowledged");
    narrator.tell("killed while messages were on their way; some were acknowledged, some never answered");

    system.start_engine().await;
    let client = system.client();
    let again = (0..MESSAGES).map(|index| {
        let client = &client;
        async move {
            client
                .post_as(&format!("load-{index}"), "/v1/organizations/maria/usage", message(1))
                .await
                .expect("an answer")
        }
    });
    let after: Vec<Answer> = join_all(again).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after.status, 200, "{}", after.text);
        if let Some(before) = before {
            assert_eq!((before, after.replayed), (&after.text, true), "an acknowledged command keeps its answer");
        }
    }
    narrator.tell("restarted; every acknowledged command is there, and answers the same when sent again");

    let position = after.iter().filter_map(|answer| answer.body["receipt"]["position"].as_i64()).max();
    let path = format!("/v1/organizations/maria/usage?min_position={}", position.unwrap_or_default());
    let used = client.get(&path).await.expect(200).at("/usage/0/used");
    assert_eq!(used, (200 + MESSAGES).to_string(), "each message counts once");
    narrator.tell(&format!("maria sent all {MESSAGES} again under their keys: {used} used in all, none twice"));
    verify(narrator, system);
}
