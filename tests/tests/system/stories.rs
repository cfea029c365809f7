//! The stories, told on real servers and compared with what they told when they were written.

use expect_test::{ExpectFile, expect_file};
use tests::narrator::Narrator;
use tests::stories;

async fn check(name: &str, expected: ExpectFile) {
    let (_, tell) = stories::ALL.iter().find(|(known, _)| *known == name).expect("a story");
    let mut narrator = Narrator::default();
    tell(&mut narrator).await;
    expected.assert_eq(narrator.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agencia() {
    check("agencia", expect_file!["../../scenarios/agencia.txt"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bai() {
    check("bai", expect_file!["../../scenarios/bai.txt"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compra_agil() {
    check("compra-agil", expect_file!["../../scenarios/compra-agil.txt"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flowmatik() {
    check("flowmatik", expect_file!["../../scenarios/flowmatik.txt"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kipu() {
    check("kipu", expect_file!["../../scenarios/kipu.txt"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn referrals() {
    check("referrals", expect_file!["../../scenarios/referrals.txt"]).await;
}
