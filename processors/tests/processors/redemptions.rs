//! Redemptions that were begun: each is seen through, or returned.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use domain::discount::{DiscountTerms, Lasts, Off};
use domain::{DiscountCode, Kind, PlanCode, State, discount_book, subscription};
use event_store::executor::CommandKey;
use event_store::{Applied, Failure, Submission, Verdict};
use testkit::{of, product, send};

use crate::scene::{Scene, ops};

fn code() -> DiscountCode {
    DiscountCode::new("SPRING20").unwrap()
}

fn terms() -> DiscountTerms {
    let share = "0.2".parse().unwrap();
    DiscountTerms { off: Off::Percent(share), lasts: Lasts::Periods(3), plans: BTreeSet::new() }
}

/// A code for two, of which Pedro's redemption was begun: the engine died before it asked his subscription.
async fn begun() -> (Scene, Applied) {
    let scene = Scene::begin().await;
    let (redemptions_max, ends_at) = (NonZeroU32::new(2), None);
    let create =
        discount_book::Command::CreateCode { code: code(), terms: terms(), redemptions_max, ends_at, actor: ops() };
    send(&scene.executor, product("agencia"), create).await.unwrap();
    scene.register("pedro", None).await;
    scene.subscribe("pedro", "starter").await;
    let redeemed = redeem(&scene).await;
    (scene, redeemed)
}

async fn redeem(scene: &Scene) -> Applied {
    let (organization, plan) = (testkit::organization("pedro"), PlanCode::new("starter").unwrap());
    let redeem = discount_book::Command::Redeem { code: code(), organization, plan };
    send(&scene.executor, product("agencia"), redeem).await.unwrap()
}

/// What whoever redeemed it sends next.
async fn apply(scene: &Scene, redeemed: &Applied) -> Result<Verdict, Failure> {
    let command_id = format!("apply-{}-{}", redeemed.partition, redeemed.position);
    let apply = Submission {
        owner: of("pedro"),
        command: subscription::Command::ApplyDiscount { code: code(), terms: terms() }.into(),
        key: CommandKey { caller: "discounts".to_owned(), command_id },
        request_id: "request-1".to_owned(),
    };
    scene.executor.execute_for_good(apply, subscription::Command::Settle.into()).await
}

/// How many redemptions are out, and how many discounts Pedro has.
async fn counted(scene: &Scene) -> (u32, usize) {
    let out = |state: &State| match state {
        State::DiscountBook(book) => book.code(&code()).unwrap().redemptions,
        _ => panic!("another state"),
    };
    let in_force = |state: &State| match state {
        State::Subscription(subscription) => subscription.discounts().len(),
        _ => panic!("another state"),
    };
    let out = scene.executor.inspect(Kind::DiscountBook, product("agencia"), out).await.unwrap();
    (out, scene.executor.inspect(Kind::Subscription, of("pedro"), in_force).await.unwrap())
}

async fn process(scene: &Scene) {
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.todos("failed").await, 0);
}

#[tokio::test]
async fn a_redemption_that_was_begun_is_seen_through() {
    let (scene, redeemed) = begun().await;
    assert_eq!(counted(&scene).await, (1, 0));
    process(&scene).await;
    assert_eq!(counted(&scene).await, (1, 1));
    // The request comes again.
    let again = apply(&scene, &redeemed).await.unwrap();
    assert!(matches!(again, Verdict::Applied(Applied { repeated: true, .. })), "{again:?}");
    assert_eq!(counted(&scene).await, (1, 1));
}

#[tokio::test]
async fn a_redemption_that_the_subscription_refuses_is_returned_and_stays_so() {
    let (scene, first) = begun().await;
    apply(&scene, &first).await.unwrap();
    // The same code again: the subscription has it.
    let second = redeem(&scene).await;
    assert_eq!(counted(&scene).await, (2, 1));
    process(&scene).await;
    assert_eq!(counted(&scene).await, (1, 1));
    // Now it would take it; but this redemption is returned, for whoever sends it again.
    send(&scene.executor, of("pedro"), subscription::Command::RemoveDiscount { code: code() }).await.unwrap();
    let late = apply(&scene, &second).await.unwrap();
    assert!(matches!(late, Verdict::Refused(None)), "{late:?}");
    assert_eq!(counted(&scene).await, (1, 0));
    // As if all that processors ever noted had been lost.
    sqlx::query("TRUNCATE proc.checkpoints, proc.todos").execute(&scene.pool).await.unwrap();
    process(&scene).await;
    assert_eq!(counted(&scene).await, (1, 0));
}

#[tokio::test]
async fn workers_and_the_one_who_redeems_racing_apply_it_once() {
    let (scene, redeemed) = begun().await;
    let runners = [scene.process(), scene.process()];
    let racing = futures::future::join_all((0..8).map(|_| apply(&scene, &redeemed))).await;
    scene.settles().await;
    for running in runners {
        running.stop().await;
    }
    assert!(racing.iter().all(|verdict| matches!(verdict, Ok(Verdict::Applied(_)))), "{racing:?}");
    assert_eq!(counted(&scene).await, (1, 1));
    assert_eq!(scene.happened("DiscountApplied").await, ["pedro"]);
}
