//! `tollgate todo`: failed to-dos are named, and opened again when a person says so.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails and names the place")]

use std::process::{Command, Output};

use expect_test::expect;
use testkit::TestDatabase;

const FIRST: &str = "019aa0c1-0000-7000-8000-000000000001";
const SECOND: &str = "019aa0c1-0000-7000-8000-000000000002";
const OPEN: &str = "019aa0c1-0000-7000-8000-000000000003";

fn todo(test: &TestDatabase, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.arg("todo").args(arguments).env("TOLLGATE_DATABASE_URL", &test.url).output().unwrap()
}

fn printed(test: &TestDatabase, arguments: &[&str]) -> String {
    let output = todo(test, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Two that have failed, and one that is open.
async fn two_have_failed(test: &TestDatabase) {
    let owner = sqlx::PgPool::connect(&test.url).await.unwrap();
    let insert = format!(
        "INSERT INTO proc.todos (processor, event_id, partition, position, organization, lane, task, status, attempts,
                                 last_error, done_at)
         VALUES ('share_payments', '{FIRST}', 0, 4, 'maria', 'maria', '{{\"payment\":\"pay_1\"}}', 'failed', 1,
                 'organization maria is not in the referral tree', now()),
                ('share_payments', '{SECOND}', 0, 9, NULL, 'maria', '{{\"payment\":\"pay_2\"}}', 'failed', 3, 'no', now()),
                ('share_payments', '{OPEN}', 0, 12, 'maria', 'maria', '{{}}', 'pending', 1, 'away', NULL)"
    );
    sqlx::query(&insert).execute(&owner).await.unwrap();
}

#[tokio::test]
async fn what_has_failed_is_named_with_its_reason_and_tried_again_when_told() {
    let test = TestDatabase::create().await;
    assert_eq!(printed(&test, &["list"]), "no to-do has failed\n");
    two_have_failed(&test).await;
    expect![[r#"
        019aa0c1-0000-7000-8000-000000000001  0:4  maria  share_payments {"payment":"pay_1"}, tried once: organization maria is not in the referral tree
        019aa0c1-0000-7000-8000-000000000002  0:9  -  share_payments {"payment":"pay_2"}, tried 3 times: no
    "#]]
    .assert_eq(&printed(&test, &["list"]));
    assert_eq!(printed(&test, &["retry", FIRST]), "1 to-do is tried again\n");
    assert_eq!(printed(&test, &["list"]).lines().count(), 1);
    assert_eq!(printed(&test, &["retry", "--all"]), "1 to-do is tried again\n");
    assert_eq!(printed(&test, &["list"]), "no to-do has failed\n");
}

#[tokio::test]
async fn an_event_without_a_failed_to_do_is_refused_and_nothing_is_tried_again() {
    let test = TestDatabase::create().await;
    two_have_failed(&test).await;
    let refused = todo(&test, &["retry", FIRST, OPEN]);
    assert!(!refused.status.success());
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr),
        format!("tollgate: no to-do of event {OPEN} has failed; `tollgate todo list` names those that have\n")
    );
    assert!(!todo(&test, &["retry"]).status.success(), "which ones must be said");
    assert_eq!(printed(&test, &["list"]).lines().count(), 2);
}
