//! The auditor's comparison: it finds what was changed by hand, names it, and can only read.

use event_store::Role;
use expect_test::expect;
use projections::compare::{CompareError, compare};

use crate::world::World;

async fn told() -> World {
    let world = World::new().await;
    let live = world.live();
    world.tell_the_story().await;
    world.all_caught_up().await;
    live.stop().await;
    world
}

#[tokio::test]
async fn untouched_tables_are_what_the_log_says() {
    let world = told().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
    let comparisons = compare(&world.test.log(), &world.test.pool(Role::Auditor)).await.unwrap();
    let rows: Vec<u64> = comparisons.iter().map(|comparison| comparison.rows).collect();
    // Of consumptions: Pedro's 21, and the three organizations themselves.
    assert_eq!(rows, [3, 5, 1, 24, 3, 3, 9, 3, 3, 5, 7, 5, 2, 0, 2, 0]);
    let head = world.test.log().head(0).await.unwrap().position;
    assert!(comparisons.iter().all(|comparison| comparison.checkpoints[&0] == head));
}

#[tokio::test]
async fn what_was_changed_by_hand_is_named() {
    let world = told().await;
    sqlx::raw_sql(
        "UPDATE read.balance SET balance = 1000 WHERE organization = 'juan';
         DELETE FROM read.compliance_alerts WHERE threshold = 85;
         INSERT INTO read.organizations (organization) VALUES ('ghost');
         UPDATE read.commissions SET payer = NULL WHERE payer = 'pedro' AND level = 2;",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let told: Vec<String> = world.differences().await.into_iter().map(|line| nameless(&line)).collect();
    expect![[r"
        balance: row juan: balance is 1000, the log says 40.55
        compliance_alerts: row pedro ALERT 85: the row is missing, the log says it is there
        commissions: row PAYMENT-2: payer is null, the log says pedro
        organizations: row ghost: the row is there, the log says no such row"]]
    .assert_eq(&told.join("\n"));
}

/// The line without what is different in every run.
fn nameless(line: &str) -> String {
    let word = |word: &str| match word {
        _ if word.starts_with("alert_") => "ALERT".to_owned(),
        _ if word.starts_with("pay_") => format!("PAYMENT-{}", word.rsplit_once('-').unwrap().1),
        _ => word.to_owned(),
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn it_compares_while_live_folding_goes_on() {
    let world = World::new().await;
    world.register("juan").await;
    let live = world.live();
    for _ in 0..5 {
        for _ in 0..10 {
            world.top_up("juan", "1").await;
        }
        assert_eq!(world.differences().await, Vec::<String>::new());
    }
    live.stop().await;
}

#[tokio::test]
async fn a_checkpoint_beyond_the_log_is_no_comparison() {
    let world = told().await;
    let head = world.test.log().head(0).await.unwrap().position;
    sqlx::query("UPDATE read.checkpoints SET position = $1 WHERE projection = 'usage' AND partition = 0")
        .bind(head + 1)
        .execute(&world.pool)
        .await
        .unwrap();
    let refusal = compare(&world.test.log(), &world.test.pool(Role::Auditor)).await.unwrap_err();
    assert!(matches!(&refusal, CompareError::AheadOfLog { projection, .. } if projection == "usage"), "{refusal:?}");
}
