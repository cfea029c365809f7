//! From a payment to the credits of those who referred the payer.

use domain::Credits;

use crate::scene::Scene;

fn credits(text: &str) -> Credits {
    Credits::positive(text.parse().unwrap()).unwrap()
}

/// Juan referred Maria, who referred Pedro.
async fn family(scene: &Scene) {
    scene.register("juan", None).await;
    scene.register("maria", Some("juan")).await;
    scene.register("pedro", Some("maria")).await;
    scene.subscribe("maria", "partner").await;
    scene.subscribe("pedro", "starter").await;
}

async fn pays_two_levels(scene: Scene) {
    family(&scene).await;
    scene.pay("maria", "199").await;
    scene.pay("pedro", "15").await;
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.balance("juan").await, "40.55");
    assert_eq!(scene.balance("maria").await, "3.00");
    assert_eq!(scene.balance("pedro").await, "0.00");
    assert_eq!(scene.todos("failed").await, 0);
}

#[tokio::test]
async fn a_payment_pays_two_levels_of_referrers() {
    pays_two_levels(Scene::begin().await).await;
}

#[tokio::test]
async fn referrers_in_other_partitions_are_paid_the_same() {
    pays_two_levels(Scene::with_partitions(3).await).await;
}

#[tokio::test]
async fn what_is_taken_back_of_a_payment_is_taken_back_of_its_commissions() {
    let scene = Scene::begin().await;
    family(&scene).await;
    scene.pay("pedro", "10").await;
    let running = scene.process();
    scene.settles().await;
    // Half of it, then all of it; Maria has spent hers meanwhile.
    scene.refund("pedro", "5").await;
    scene.settles().await;
    assert_eq!((scene.balance("maria").await, scene.balance("juan").await), ("1.00".to_owned(), "0.25".to_owned()));
    scene.spend("maria", "1").await;
    scene.refund("pedro", "5").await;
    scene.settles().await;
    assert_eq!((scene.balance("maria").await, scene.balance("juan").await), ("0.00".to_owned(), "0.00".to_owned()));
    // What Maria owes is netted against her next commission.
    scene.pay("pedro", "5").await;
    scene.settles().await;
    running.stop().await;
    assert_eq!((scene.balance("maria").await, scene.balance("juan").await), ("0.00".to_owned(), "0.25".to_owned()));
    assert_eq!(scene.todos("failed").await, 0);
}

#[tokio::test]
async fn a_payment_is_shared_by_the_rates_of_its_own_moment() {
    let scene = Scene::begin().await;
    family(&scene).await;
    scene.pay("maria", "199").await;
    // Halved before anybody has shared the payment.
    scene.publish_with("rates = [\"0.20\", \"0.05\"]", "rates = [\"0.10\", \"0.05\"]").await;
    scene.pay("pedro", "15").await;
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!((scene.balance("juan").await, scene.balance("maria").await), ("40.55".to_owned(), "1.50".to_owned()));
}

#[tokio::test]
async fn a_commission_that_waits_is_granted_when_it_matures() {
    let scene = Scene::begin().await;
    let waiting = "rates = [\"0.20\", \"0.05\"]\nhold_days = 14";
    scene.publish_with("rates = [\"0.20\", \"0.05\"]", waiting).await;
    family(&scene).await;
    scene.pay("maria", "199").await;
    let running = scene.process();
    scene.settles().await;
    assert_eq!((scene.commissions_accrued().await, scene.balance("juan").await), (1, "0.00".to_owned()));
    // Given back whole before it matured: nothing ever does.
    scene.refund("maria", "199").await;
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.balance("juan").await, "0.00");
    assert_eq!(scene.todos("failed").await, 0);
}

#[tokio::test]
async fn a_payer_is_enrolled_before_its_payments_are_shared() {
    let scene = Scene::begin().await;
    scene.register("juan", None).await;
    // Registered and paid before any processor looked: the tree knows nobody yet.
    for index in 0..40 {
        let payer = format!("payer{index}");
        scene.register(&payer, Some("juan")).await;
        scene.subscribe(&payer, "starter").await;
        scene.pay(&payer, "15").await;
    }
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.todos("failed").await, 0);
    assert_eq!(scene.commissions_granted().await, vec![("juan".to_owned(), credits("3.00")); 40]);
}

#[tokio::test]
async fn two_runners_racing_pay_every_commission_once() {
    let scene = Scene::begin().await;
    family(&scene).await;
    let runners = [scene.process(), scene.process(), scene.process()];
    scene.pay("maria", "199").await;
    for _ in 0..30 {
        scene.pay("pedro", "0.50").await;
    }
    scene.settles().await;
    for running in runners {
        running.stop().await;
    }
    assert_eq!(scene.commissions_accrued().await, 61);
    assert_eq!(scene.commissions_granted().await.len(), 61);
    assert_eq!(scene.balance("juan").await, "40.55");
    assert_eq!(scene.balance("maria").await, "3.00");
}

#[tokio::test]
async fn everything_again_from_the_first_event_changes_nothing() {
    let scene = Scene::begin().await;
    family(&scene).await;
    scene.pay("maria", "199").await;
    scene.pay("pedro", "15").await;
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    let before = scene.log().await;

    // As if all that processors ever noted had been lost.
    sqlx::query("TRUNCATE proc.checkpoints, proc.todos").execute(&scene.pool).await.unwrap();
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.log().await, before);
}
