//! The stories, told on real servers and compared with what they told when they were written.

use expect_test::expect_file;
use tests::narrator::Narrator;
use tests::stories;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agencia() {
    let mut narrator = Narrator::default();
    stories::agencia::tell(&mut narrator).await;
    expect_file!["../../scenarios/agencia.txt"].assert_eq(narrator.told());
}
