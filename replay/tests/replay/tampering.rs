//! One row changed, removed, inserted, swapped or cut off, as the database's owner: `verify` finds it and says where.

use testkit::TestDatabase;

use super::history::History;

/// `HEAD` stands for the position of the head.
async fn found(cases: &[(&str, &str)]) {
    let history = History::of_one_partition().await;
    history.keep().await;
    let head = history.head().await;
    for (tampering, expected) in cases {
        history.verify(&[]).await.expect("sound before");
        let stated = |text: &str| {
            let next = text.replace("HEAD+1", &(head + 1).to_string());
            next.replace("HEAD-1", &(head - 1).to_string()).replace("HEAD", &head.to_string())
        };
        history.as_owner(&stated(tampering)).await;
        let finding = history.verify(&[]).await.expect_err(tampering).to_string();
        assert!(finding.contains(&stated(expected)), "{tampering}: {finding}");
        history.restore().await;
    }
}

#[tokio::test]
async fn every_column_of_an_event_is_proved() {
    found(&[
        ("UPDATE es.events SET aggregate_type = 'subscription' WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET aggregate_id = 'maria' WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET sequence = 99 WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET event_type = 'CreditsExpired' WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET event_version = '9' WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET payload = (payload::text || ' ')::json WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET metadata = '{}' WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET event_id = gen_random_uuid() WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET recorded_at = recorded_at + interval '1 us' WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET organization = NULL WHERE position = 7", "events 7 to 7"),
        ("UPDATE es.events SET position = HEAD+1 WHERE position = 7", "position HEAD+1 of es.events is outside"),
        ("UPDATE es.events SET partition = 1 WHERE position = 7", "partition 1 has no head"),
    ])
    .await;
}

#[tokio::test]
async fn events_removed_inserted_swapped_and_cut_off_are_found() {
    found(&[
        ("DELETE FROM es.events WHERE position = 7", "position 7 is missing"),
        ("DELETE FROM es.events WHERE position = 1", "position 1 is missing"),
        ("DELETE FROM es.events WHERE position = HEAD", "position HEAD is missing"),
        ("DELETE FROM es.events WHERE position > 5", "position 6 is missing"),
        ("DELETE FROM es.events", "position 1 is missing"),
        (
            "UPDATE es.events SET position = -7 WHERE position = 7;
             UPDATE es.events SET position = 7 WHERE position = 8;
             UPDATE es.events SET position = 8 WHERE position = -7",
            "events 7 to 7",
        ),
        (&insert_event("HEAD+1"), "position HEAD+1 of es.events is outside the log, which goes from 1 to HEAD"),
        (&insert_event("0"), "position 0 of es.events is outside the log, which goes from 1 to HEAD"),
        (&format!("DROP INDEX es.events_in_order; {}", insert_event("7")), "position 7 is there more than once"),
    ])
    .await;
}

fn insert_event(position: &str) -> String {
    format!(
        "INSERT INTO es.events SELECT aggregate_type, aggregate_id, sequence + 1000, event_type, event_version, payload,
         metadata, partition, {position}, gen_random_uuid(), recorded_at, organization
         FROM es.events WHERE position = 7"
    )
}

#[tokio::test]
async fn every_column_of_a_batch_is_checked_and_none_may_go_or_come() {
    found(&[
        ("UPDATE es.batches SET root = sha256('x') WHERE last_position = 7", "the batch that ends at 7"),
        ("UPDATE es.batches SET chain = sha256('x') WHERE last_position = 7", "the batch that ends at 7"),
        ("UPDATE es.batches SET first_position = 6 WHERE last_position = 7", "position 7 belongs to no batch"),
        ("UPDATE es.batches SET last_position = HEAD+1 WHERE last_position = HEAD", "position HEAD+1 of es.batches"),
        ("UPDATE es.batches SET partition = 1 WHERE last_position = 7", "partition 1 has no head"),
        (
            "UPDATE es.batches SET recorded_at = recorded_at + interval '1 us' WHERE last_position = 7",
            "position 7: its batch says it was appended at",
        ),
        ("DELETE FROM es.batches WHERE last_position = 7", "position 7 belongs to no batch"),
        ("DELETE FROM es.batches WHERE last_position = HEAD", "belongs to no batch"),
        ("DELETE FROM es.batches", "position 1 belongs to no batch"),
        (
            "INSERT INTO es.batches SELECT partition, HEAD+1, HEAD+1, root, sha256(chain || root), recorded_at
             FROM es.batches WHERE last_position = HEAD",
            "position HEAD+1 of es.batches is outside",
        ),
        (
            "INSERT INTO es.batches SELECT partition, 0, 0, root, chain, recorded_at
             FROM es.batches WHERE last_position = 1",
            "position 0 of es.batches is outside",
        ),
        (
            "UPDATE es.batches AS batch SET root = other.root, chain = other.chain
             FROM es.batches AS other WHERE (batch.last_position, other.last_position) IN ((7, 8), (8, 7))",
            "the batch that ends at 7",
        ),
    ])
    .await;
}

#[tokio::test]
async fn every_column_of_the_head_is_checked() {
    found(&[
        (
            "UPDATE es.heads SET position = position - 1",
            "position HEAD of es.events is outside the log, which goes from 1 to HEAD-1",
        ),
        ("UPDATE es.heads SET position = position + 1", "position HEAD+1 belongs to no batch"),
        (
            "UPDATE es.heads SET position = 0, chain = decode(repeat('00', 32), 'hex'), recorded_at = 'epoch'",
            "which goes from 1 to 0",
        ),
        ("UPDATE es.heads SET chain = sha256('x')", "the head at HEAD does not match the newest batch"),
        ("UPDATE es.heads SET recorded_at = recorded_at + interval '1 us'", "the instant of the head at HEAD"),
        ("UPDATE es.heads SET partition = 1", "partition 0 has no head"),
        ("DELETE FROM es.heads", "partition 0 has no head"),
        ("INSERT INTO es.heads (partition) VALUES (2)", "partition 1 has no head"),
        // All that is in the wrong place now is told of by its position.
        ("INSERT INTO es.heads (partition) VALUES (1), (2), (3), (4), (5), (6)", "of a log of 7"),
    ])
    .await;
}

#[tokio::test]
async fn receipts_of_events_are_missed_and_their_places_and_instants_are_checked() {
    found(&[
        ("DELETE FROM es.receipts WHERE position = 7", "position 7: the receipt of its command"),
        ("DELETE FROM es.receipts", "the receipt of its command"),
        ("UPDATE es.receipts SET caller = 'me' WHERE position = 7", "position 7: the receipt of its command"),
        ("UPDATE es.receipts SET command_id = 'mine' WHERE position = 7", "position 7: the receipt of its command"),
        ("UPDATE es.receipts SET position = 6 WHERE position = 7", "position 7: the receipt of its command"),
        ("UPDATE es.receipts SET position = HEAD+1 WHERE position = 7", "position HEAD+1 of es.receipts is outside"),
        ("UPDATE es.receipts SET partition = 3 WHERE position = 7", "partition 1 has no head"),
        (
            "UPDATE es.receipts SET recorded_at = recorded_at + interval '1 us' WHERE position = 7",
            "position 7: its batch says it was appended at",
        ),
    ])
    .await;
}

/// What is said in the documentation not to be proved. Whoever makes it so changes this test, and that page.
#[tokio::test]
async fn what_a_receipt_answers_is_not_proved() {
    let history = History::of_one_partition().await;
    history.as_owner("UPDATE es.receipts SET answer = '{}', fingerprint = '' WHERE position = 7").await;
    history
        .as_owner("INSERT INTO es.receipts SELECT partition, 'me', 'mine', fingerprint, position, answer, recorded_at FROM es.receipts WHERE position = 7")
        .await;
    history.verify(&[]).await.unwrap();
}

#[tokio::test]
async fn a_log_of_several_partitions_is_checked_in_each() {
    let history = History::of_partitions(4).await;
    let checked = history.verify(&[]).await.unwrap();
    assert_eq!(checked.len(), 4);
    let full = checked.iter().rev().find(|checked| checked.events > 0).unwrap();
    let (partition, head) = (full.partition, full.head);
    history.as_owner(&format!("DELETE FROM es.events WHERE partition = {partition} AND position = {head}")).await;
    let finding = history.verify(&[]).await.unwrap_err().to_string();
    assert!(
        finding.contains(&format!("partition {partition} cannot be read on: position {head} is missing")),
        "{finding}"
    );
}

#[tokio::test]
async fn an_empty_log_is_sound() {
    let test = TestDatabase::with_partitions(2).await;
    let audit = replay::connect::open_at(&test.url).await.unwrap();
    let checked = replay::verify::check(&audit, &[]).await.unwrap();
    assert_eq!(checked.iter().map(|checked| checked.events).collect::<Vec<_>>(), [0, 0]);
}
