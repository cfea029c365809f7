//! A suffix that was rewritten, with all hashes computed anew: the log agrees with itself, and not with what was signed.

use event_store::checkpoint::{Checkpoint, Contradiction, to_json};
use replay::verify::Finding;

use super::history::{History, signer};

const PAY_MORE: &str = "UPDATE es.events SET payload = replace(payload::text, '\"1.00\"', '\"9.00\"')::json";

/// Plain verification passes; the checkpoint contradicts.
async fn contradicted(history: &History, checkpoint: Checkpoint) -> String {
    history.verify(&[]).await.expect("the rewritten log agrees with itself");
    match history.verify(&[checkpoint]).await {
        Err(Finding::Contradiction(contradiction)) => contradiction.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sound_log_holds_all_its_checkpoints_as_it_grows() {
    let history = History::of_one_partition().await;
    let mut checkpoints = vec![history.sign(0).await];
    for _ in 0..3 {
        history.go_on(5).await;
        checkpoints.push(history.sign(0).await);
    }
    let checked = history.verify(&checkpoints).await.unwrap();
    assert_eq!(checked[0].head, checkpoints[3].claim.position);
    assert!(checkpoints.is_sorted_by_key(|checkpoint| checkpoint.claim.batches));
    assert!(checkpoints.iter().all(|checkpoint| checkpoint.claim.origin == checkpoints[0].claim.origin));
}

#[tokio::test]
async fn rewriting_the_last_events_is_caught_and_named() {
    for count in [1, 3, 10] {
        let history = History::of_one_partition().await;
        let (checkpoint, head) = (history.sign(0).await, history.head().await);
        let from = head - count + 1;
        let before: String = payload(&history, head).await;
        history.as_owner(&format!("{PAY_MORE} WHERE position >= {from}")).await;
        assert_ne!(payload(&history, head).await, before, "something was rewritten");
        history.cover_up(from).await;
        let contradiction = contradicted(&history, checkpoint).await;
        let expected = format!("partition 0 was rewritten at or before position {head}: its chain there is ");
        assert!(contradiction.starts_with(&expected), "{contradiction}");
    }
}

async fn payload(history: &History, position: i64) -> String {
    sqlx::query_scalar("SELECT payload::text FROM es.events WHERE position = $1")
        .bind(position)
        .fetch_one(&history.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_rewritten_log_that_goes_on_is_caught_all_the_same() {
    let history = History::of_one_partition().await;
    let (checkpoint, head) = (history.sign(0).await, history.head().await);
    history.as_owner(&format!("{PAY_MORE} WHERE position = {head}")).await;
    history.cover_up(head).await;
    history.go_on(10).await;
    assert!(contradicted(&history, checkpoint).await.contains(&format!("rewritten at or before position {head}")));
}

#[tokio::test]
async fn a_suffix_that_was_cut_off_is_caught_and_named() {
    let history = History::of_one_partition().await;
    let (checkpoint, head) = (history.sign(0).await, history.head().await);
    history
        .as_owner(
            "DELETE FROM es.events WHERE position > 9; DELETE FROM es.batches WHERE last_position > 9;
             DELETE FROM es.receipts WHERE position > 9;
             UPDATE es.heads SET position = 9, (chain, recorded_at) =
                 (SELECT chain, recorded_at FROM es.batches WHERE last_position = 9)",
        )
        .await;
    let expected = format!(
        "partition 0 ends at position 9, the checkpoint was signed at {head}: positions 10 to {head} were cut off"
    );
    assert_eq!(contradicted(&history, checkpoint).await, expected);
}

#[tokio::test]
async fn a_log_written_anew_from_its_first_batch_is_another_log() {
    let history = History::of_one_partition().await;
    let checkpoint = history.sign(0).await;
    history.as_owner("UPDATE es.events SET event_id = gen_random_uuid() WHERE position = 1").await;
    history.cover_up(1).await;
    assert!(contradicted(&history, checkpoint).await.contains("is another log than the checkpoint's"));
}

#[tokio::test]
async fn batches_drawn_otherwise_over_the_same_events_are_caught() {
    let history = History::of_one_partition().await;
    let checkpoint = history.sign(0).await;
    // Receipts have the instant of their batch: those of the two must agree, or plain verification finds it.
    history
        .as_owner(
            "DELETE FROM es.batches WHERE last_position = 7; UPDATE es.batches SET first_position = 7 WHERE last_position = 8;
             UPDATE es.receipts SET recorded_at = (SELECT recorded_at FROM es.batches WHERE last_position = 8) WHERE position = 7",
        )
        .await;
    history.cover_up(7).await;
    assert!(contradicted(&history, checkpoint).await.contains("its number of batches there is"));
}

#[tokio::test]
async fn instants_of_batches_changed_together_with_their_receipts_are_caught() {
    let history = History::of_one_partition().await;
    let checkpoint = history.sign(0).await;
    history
        .as_owner(
            "UPDATE es.batches SET recorded_at = recorded_at + interval '1 us' WHERE last_position = 7;
             UPDATE es.receipts SET recorded_at = recorded_at + interval '1 us' WHERE position = 7",
        )
        .await;
    assert!(contradicted(&history, checkpoint).await.contains("its tree head there is"));
}

#[tokio::test]
async fn what_was_appended_after_the_checkpoint_is_not_covered_by_it() {
    let history = History::of_one_partition().await;
    let checkpoint = history.sign(0).await;
    history.go_on(3).await;
    let head = history.head().await;
    history.as_owner(&format!("{PAY_MORE} WHERE position = {head}")).await;
    history.cover_up(head).await;
    history.verify(&[checkpoint]).await.unwrap();
}

#[tokio::test]
async fn checkpoints_of_other_logs_and_partitions_are_refused() {
    let (history, other) = (History::of_one_partition().await, History::of_one_partition().await);
    let refusal = history.verify(&[other.sign(0).await]).await.unwrap_err();
    assert!(matches!(refusal, Finding::Contradiction(Contradiction::OtherLog { .. })), "{refusal}");

    let mut beyond = history.sign(0).await;
    beyond.claim.partition = 3;
    let refusal = history.verify(&[beyond]).await.unwrap_err().to_string();
    assert_eq!(refusal, "a checkpoint is of partition 3, the log has 1");
}

#[tokio::test]
async fn the_command_names_a_wrong_signature_and_a_wrong_key() {
    let history = History::of_one_partition().await;
    let checkpoint = history.sign(0).await;
    let folder = std::env::temp_dir().join(testkit::unique("checkpoints"));
    std::fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write("good.json", to_json(&checkpoint).unwrap());
    let mut forged = checkpoint;
    forged.claim.position += 1;
    write("forged.json", to_json(&forged).unwrap());
    write("other.json", "{}".to_owned());
    write("key.pub", signer().public().to_pem().unwrap());
    let stranger = event_store::checkpoint::Signer::from_seed(&[8; 32]);
    write("stranger.pub", stranger.public().to_pem().unwrap());
    write("private.pub", stranger.to_pem().unwrap());

    let cases = [
        ("good.json", "key.pub", true, "holds the checkpoint of position"),
        ("forged.json", "key.pub", false, "is refused: the signature of the checkpoint of partition 0 at position"),
        ("good.json", "stranger.pub", false, "not with the trusted key"),
        ("good.json", "private.pub", false, "it is not an Ed25519 public key"),
        ("good.json", "none.pub", false, "cannot be read"),
        ("other.json", "key.pub", false, "is not a checkpoint"),
        ("none.json", "key.pub", false, "cannot be read"),
    ];
    for (file, key, accepted, expected) in cases {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tollgate-replay"))
            .args(["--database-url", &history.test.url, "verify", "--checkpoint", &path(file), "--key", &path(key)])
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.success(), accepted, "{file} {key}: {said}");
        assert!(said.contains(expected), "{file} {key}: {said}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
