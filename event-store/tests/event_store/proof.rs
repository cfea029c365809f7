//! Signed checkpoints on a real log: what is signed, and what is refused.

use event_store::checkpoint::{Checkpoint, Notary, NotaryError, Signer};
use event_store::proof::tree::Tree;
use event_store::{Executor, proof};
use sqlx::PgPool;
use testkit::{TestDatabase, of, send};

use super::{on_gratis, top_up};

struct Signed {
    test: TestDatabase,
    executor: Executor,
    notary: Notary,
}

impl Signed {
    async fn start() -> Self {
        let test = TestDatabase::with_partitions(1).await;
        let executor = test.executor().await;
        on_gratis(&executor, "pedro").await;
        let notary = notary(&test, None);
        Self { test, executor, notary }
    }

    async fn top_up(&self) {
        send(&self.executor, of("pedro"), top_up(1)).await.unwrap();
    }

    async fn sign(&mut self) -> Checkpoint {
        self.notary.sign(0).await.unwrap().expect("something is new")
    }

    async fn as_owner(&self, statement: &str) {
        let owner = PgPool::connect(&self.test.url).await.unwrap();
        let statement = format!("SET session_replication_role = replica; {statement}");
        sqlx::raw_sql(&statement).execute(&owner).await.unwrap();
    }
}

fn notary(test: &TestDatabase, earlier: Option<Checkpoint>) -> Notary {
    let mut notary = Notary::new(test.log(), Signer::from_seed(&[7; 32]));
    earlier.into_iter().for_each(|checkpoint| notary.remember(checkpoint));
    notary
}

#[tokio::test]
async fn a_checkpoint_says_the_head_and_the_tree_over_all_batches() {
    let mut signed = Signed::start().await;
    for _ in 0..9 {
        signed.top_up().await;
        let checkpoint = signed.sign().await;
        assert_eq!(checkpoint.check_signature(signed.notary.signer().public()), Ok(()));
        let head = signed.test.log().head(0).await.unwrap();
        assert_eq!((checkpoint.claim.position, checkpoint.claim.chain), (head.position, head.chain));

        let batches = signed.test.log().batches(0, 0, head.position).await.unwrap();
        let mut tree = Tree::default();
        for batch in &batches {
            let (first, last) = (batch.first_position, batch.last_position);
            tree.push(proof::batch_leaf(first, last, batch.recorded_at_micros, &batch.root));
        }
        assert_eq!((checkpoint.claim.batches, checkpoint.claim.tree_head), (tree.leaves(), tree.head()));
        assert_eq!(checkpoint.claim.origin, batches[0].chain);
    }
    assert_eq!(signed.notary.sign(0).await.unwrap(), None, "nothing is new");
}

#[tokio::test]
async fn an_empty_partition_has_nothing_to_sign() {
    let test = TestDatabase::with_partitions(2).await;
    assert_eq!(notary(&test, None).sign(1).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_read_once_is_not_read_again() {
    let mut signed = Signed::start().await;
    let first = signed.sign().await;
    signed.as_owner("DELETE FROM es.batches WHERE last_position < 3").await;
    signed.top_up().await;
    assert_eq!(signed.sign().await.claim.batches, first.claim.batches + 1);
    // A notary that begins now must read them all, and cannot.
    let refusal = notary(&signed.test, None).sign(0).await.unwrap_err().to_string();
    assert!(refusal.contains("belongs to no batch"), "{refusal}");
}

#[tokio::test]
async fn a_log_that_does_not_continue_what_was_signed_is_not_signed() {
    let mut signed = Signed::start().await;
    for _ in 0..5 {
        signed.top_up().await;
    }
    let checkpoint = signed.sign().await;
    let last = checkpoint.claim.position;
    signed
        .as_owner(&format!(
            "UPDATE es.batches AS batch SET root = sha256('x'), chain = sha256(before.chain || sha256('x'))
               FROM es.batches AS before
              WHERE batch.last_position = {last} AND before.last_position = batch.first_position - 1;
             UPDATE es.heads SET chain = (SELECT chain FROM es.batches WHERE last_position = {last})"
        ))
        .await;
    // Twice: it does not forget. And a notary that begins anew knows by the checkpoint it was given.
    for _ in 0..2 {
        let refusal = signed.notary.sign(0).await.unwrap_err().to_string();
        assert!(refusal.contains(&last.to_string()), "{refusal}");
    }
    let mut anew = notary(&signed.test, Some(checkpoint));
    for _ in 0..2 {
        let refusal = anew.sign(0).await.unwrap_err();
        assert!(matches!(refusal, NotaryError::Contradiction(_)), "{refusal}");
        assert!(refusal.to_string().contains(&format!("rewritten at or before position {last}")), "{refusal}");
    }
}

#[tokio::test]
async fn what_another_notary_has_signed_binds_this_one() {
    let mut signed = Signed::start().await;
    signed.sign().await;
    signed.top_up().await;
    let newest = notary(&signed.test, None).sign(0).await.unwrap().unwrap();
    let last = newest.claim.position;
    signed
        .as_owner(&format!(
            "UPDATE es.batches SET recorded_at = recorded_at + interval '1 us' WHERE last_position = {last}"
        ))
        .await;
    // Only one that is told can know: it has not read so far before.
    let mut early = signed.notary;
    early.remember(newest);
    assert!(matches!(early.sign(0).await, Err(NotaryError::Contradiction(_))));
    // And one that has read the other history reads it again when it is told.
    let mut late = notary(&signed.test, None);
    late.sign(0).await.unwrap();
    late.remember(newest);
    assert!(matches!(late.sign(0).await, Err(NotaryError::Contradiction(_))));
}

#[tokio::test]
async fn a_log_that_was_cut_off_is_not_signed() {
    let mut signed = Signed::start().await;
    signed.top_up().await;
    signed.top_up().await;
    let checkpoint = signed.sign().await;
    let cut = checkpoint.claim.position - 1;
    signed
        .as_owner(&format!(
            "DELETE FROM es.batches WHERE last_position > {cut}; DELETE FROM es.events WHERE position > {cut};
             UPDATE es.heads SET position = {cut}, chain = (SELECT chain FROM es.batches WHERE last_position = {cut})"
        ))
        .await;
    let refusal = signed.notary.sign(0).await.unwrap_err().to_string();
    assert!(refusal.contains(&format!("the log ends at {cut}, before the reader's position")), "{refusal}");
    let refusal = notary(&signed.test, Some(checkpoint)).sign(0).await.unwrap_err().to_string();
    assert!(refusal.contains("were cut off"), "{refusal}");
}
