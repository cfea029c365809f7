//! A proof that one event is in the log: what it takes to make one, and that nothing in it can be changed.

use std::net::TcpListener;
use std::process::Command;

use event_store::checkpoint::{Checkpoint, Signer, from_json, to_json};
use event_store::proof::inclusion::InclusionProof;
use replay::check_proof::check;
use replay::prove::{ProveError, Wanted, find, prove};
use uuid::Uuid;

use super::history::{History, signer};

async fn proof_of(history: &History, position: i64, checkpoint: Checkpoint) -> InclusionProof {
    prove(&history.test.log(), (0, position), checkpoint).await.unwrap()
}

#[tokio::test]
async fn every_event_up_to_the_checkpoint_can_be_proved_without_the_log() {
    let history = History::of_one_partition().await;
    let checkpoint = history.sign(0).await;
    let Checkpoint { claim, .. } = checkpoint;
    // What comes later changes nothing.
    history.go_on(20).await;
    for position in 1..=claim.position {
        let proof = proof_of(&history, position, checkpoint).await;
        let text = to_json(&proof).unwrap();
        assert_eq!(check(&text, signer().public()).unwrap().event.position, position);
        assert!(proof.batch.path.len() <= claim.batches.next_power_of_two().ilog2() as usize, "logarithmic");
        let events = u64::try_from(proof.batch.last_position - proof.batch.first_position + 1).unwrap();
        assert!(proof.path.len() <= events.next_power_of_two().ilog2() as usize, "logarithmic");
    }
}

#[tokio::test]
async fn no_byte_of_a_proof_can_be_changed() {
    let history = History::of_one_partition().await;
    let checkpoint = history.sign(0).await;
    let proof = proof_of(&history, history.head().await - 3, checkpoint).await;
    let text = serde_json::to_string(&proof).unwrap();
    check(&text, signer().public()).unwrap();
    for (place, byte) in text.bytes().enumerate() {
        let others = match byte {
            b'0'..=b'9' => vec![b'0' + (byte - b'0' + 1) % 10, b'a', b' '],
            b'a'..=b'z' => vec![byte.to_ascii_uppercase(), if byte == b'a' { b'b' } else { b'a' }],
            b'A'..=b'Z' => vec![byte.to_ascii_lowercase(), b'Q', b'1'],
            b'"' | b'{' | b'[' | b':' => vec![b'0', b' ', b'}'],
            _ => vec![b'0', b'x'],
        };
        for other in others.into_iter().filter(|other| *other != byte) {
            let mut changed = text.clone().into_bytes();
            changed[place] = other;
            let changed = String::from_utf8(changed).unwrap();
            assert!(check(&changed, signer().public()).is_err(), "byte {place} as {}: {changed}", char::from(other));
        }
    }
}

#[tokio::test]
async fn a_proof_under_another_key_or_with_parts_of_another_is_refused() {
    let history = History::of_one_partition().await;
    let early = history.sign(0).await;
    history.go_on(20).await;
    let late = history.sign(0).await;
    let proof = proof_of(&history, 7, late).await;
    let other = proof_of(&history, 8, late).await;
    let key = signer();
    let refused = |changed: &InclusionProof| changed.check(key.public()).unwrap_err().to_string();

    proof.check(key.public()).unwrap();
    let stranger = proof.check(Signer::from_seed(&[8; 32]).public()).unwrap_err().to_string();
    assert!(stranger.contains("not with the trusted key"), "{stranger}");
    assert!(refused(&InclusionProof { checkpoint: early, ..proof.clone() }).contains("do not lead"));
    assert!(refused(&InclusionProof { event: other.event.clone(), ..proof.clone() }).contains("not in the batch"));
    assert!(refused(&InclusionProof { batch: other.batch.clone(), ..proof.clone() }).contains("not in the batch"));
    let mixed = InclusionProof { event: other.event.clone(), batch: other.batch.clone(), ..proof.clone() };
    assert_eq!(mixed, other, "the rest is the same: both are alone in their batch");
    let mut longer = proof.clone();
    longer.batch.path.push([0; 32]);
    assert!(refused(&longer).contains("do not lead"));
    let mut widest = proof.clone();
    (widest.batch.first_position, widest.batch.last_position) = (i64::MIN, i64::MAX);
    assert!(refused(&widest).contains("not in the batch"));
    let mut elsewhere = proof.clone();
    elsewhere.event.partition = 1;
    assert_eq!(refused(&elsewhere), "the event is of partition 1, the checkpoint of partition 0");
}

#[tokio::test]
async fn what_cannot_be_proved_is_named() {
    let history = History::of_one_partition().await;
    let checkpoint = history.sign(0).await;
    let signed = checkpoint.claim.position;
    history.go_on(1).await;
    let (log, head) = (history.test.log(), signed + 1);

    let nobody = find(&log, Wanted::Id(Uuid::nil())).await.unwrap_err().to_string();
    assert_eq!(nobody, format!("the log has no event {}", Uuid::nil()));
    let place = proof_of(&history, 7, checkpoint).await.event.event_id;
    assert_eq!(find(&log, Wanted::Id(place)).await.unwrap(), (0, 7));

    let newer = prove(&log, (0, head), checkpoint).await.unwrap_err().to_string();
    let expected = format!("the event is at position {head}, the checkpoint was signed at {signed}");
    assert!(newer.starts_with(&expected), "{newer}");
    for position in [0, -1, head + 1] {
        let refusal = prove(&log, (0, position), checkpoint).await.unwrap_err();
        assert!(matches!(refusal, ProveError::UnknownPosition { .. }), "{refusal}");
    }
    let other = prove(&log, (1, 1), checkpoint).await.unwrap_err().to_string();
    assert_eq!(other, "the event is in partition 1, the checkpoint is of partition 0");

    history.as_owner("UPDATE es.events SET organization = 'x' WHERE position = 7").await;
    let changed = prove(&log, (0, 7), checkpoint).await.unwrap_err().to_string();
    assert!(changed.contains("events 7 to 7 do not match their Merkle root"), "{changed}");
    history.cover_up(7).await;
    assert!(matches!(prove(&log, (0, 7), checkpoint).await, Err(ProveError::Contradiction(_))));
}

#[tokio::test]
async fn a_proof_made_by_the_command_is_checked_without_a_connection() {
    let history = History::of_one_partition().await;
    let folder = std::env::temp_dir().join(testkit::unique("proof"));
    std::fs::create_dir_all(folder.join("checkpoints")).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let checkpoint = history.sign(0).await;
    let name = event_store::checkpoint::folder::file_name(&checkpoint);
    std::fs::write(folder.join("checkpoints").join(name), to_json(&checkpoint).unwrap()).unwrap();
    std::fs::write(path("checkpoint.pub"), signer().public().to_pem().unwrap()).unwrap();
    let replay = |url: &str, arguments: &[&str]| {
        let binary = env!("CARGO_BIN_EXE_tollgate-replay");
        Command::new(binary).env("TOLLGATE_AUDIT_URL", url).args(arguments).output().unwrap()
    };

    let made = replay(&history.test.url, &["--data", &path(""), "prove", "0:7"]);
    let said = String::from_utf8(made.stderr).unwrap();
    assert!(made.status.success(), "{said}");
    std::fs::write(path("proof.json"), &made.stdout).unwrap();
    let proof: InclusionProof = from_json(&String::from_utf8(made.stdout).unwrap()).unwrap();
    assert_eq!(proof.checkpoint, checkpoint);

    // A server that would notice.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let url = format!("postgres://nobody@{}/none", server.local_addr().unwrap());
    let checked = replay(&url, &["check-proof", &path("proof.json"), "--key", &path("checkpoint.pub")]);
    let said = String::from_utf8([checked.stdout, checked.stderr].concat()).unwrap();
    assert!(checked.status.success(), "{said}");
    assert!(said.starts_with(&format!("proved: event {}", proof.event.event_id)), "{said}");
    assert_eq!(server.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
    std::fs::remove_dir_all(folder).unwrap();
}
