//! Money that becomes credits, and back.

use domain::credit_ledger::Command;
use domain::{Event, subscription};
use testkit::{of, send};

use crate::scene::{Scene, grant};

/// Pedro owes 15 USD for `starter`, was referred by Juan, and has 100 credits; two of them pay a dollar.
async fn owing() -> Scene {
    let scene = Scene::begin().await;
    scene.price_credits("2").await;
    scene.register("juan", None).await;
    scene.register("pedro", Some("juan")).await;
    scene.subscribe("pedro", "starter").await;
    scene.tell("pedro", grant(100, None, None)).await;
    scene
}

async fn pay_from_credits(scene: &Scene) {
    let (invoice, _) = scene.open_invoice("pedro").await.unwrap();
    scene.tell("pedro", Command::PayInvoice { invoice, amount: None }).await;
}

#[tokio::test]
async fn an_invoice_paid_from_credits_is_paid_and_earns_nobody_anything() {
    let scene = owing().await;
    pay_from_credits(&scene).await;
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.open_invoice("pedro").await, None);
    assert_eq!(scene.happened("SubscriptionActivated").await, ["pedro"]);
    let methods = scene.log().await.into_iter().filter_map(|recorded| match recorded.event {
        Event::Subscription(subscription::Event::PaymentRecorded { method, amount, .. }) => Some((method, amount)),
        _ => None,
    });
    let methods: Vec<_> = methods.map(|(method, amount)| (method, amount.to_string())).collect();
    assert_eq!(methods, [(subscription::Method::Credits, "15.00 USD".to_owned())]);
    assert_eq!((scene.balance("pedro").await, scene.balance("juan").await), ("70.00".to_owned(), "0.00".to_owned()));
    assert_eq!((scene.commissions_accrued().await, scene.todos("failed").await), (0, 0));
}

#[tokio::test]
async fn credits_come_back_if_somebody_else_paid_first() {
    let scene = owing().await;
    pay_from_credits(&scene).await;
    assert_eq!(scene.balance("pedro").await, "70.00");
    // Before any processor has looked.
    scene.pay("pedro", "15").await;
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.balance("pedro").await, "100.00");
    assert_eq!(scene.happened("PaymentRecorded").await, ["pedro"]);
    assert_eq!(scene.happened("InvoicePaymentReturned").await, ["pedro"]);
    assert_eq!(scene.todos("failed").await, 0);
}

#[tokio::test]
async fn what_was_given_back_is_not_recorded_however_often_it_is_tried() {
    let scene = owing().await;
    pay_from_credits(&scene).await;
    scene.pay("pedro", "15").await;
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    // The bank takes the payment back: the invoice is open again, and what the payment earned is taken back too.
    scene.charge_back("pedro", "15").await;
    assert!(scene.open_invoice("pedro").await.is_some());
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    // As if the worker had been lost after it gave back.
    let before = scene.log().await;
    sqlx::query("TRUNCATE proc.checkpoints, proc.todos").execute(&scene.pool).await.unwrap();
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.log().await, before);
    assert_eq!(scene.balance("pedro").await, "100.00");
}

#[tokio::test]
async fn what_is_paid_beyond_what_is_due_becomes_credits_once() {
    let scene = owing().await;
    scene.pay("pedro", "20").await;
    let runners = [scene.process(), scene.process()];
    scene.settles().await;
    for running in runners {
        running.stop().await;
    }
    assert_eq!(scene.balance("pedro").await, "110.00");
    // As if all that processors ever noted had been lost.
    sqlx::query("TRUNCATE proc.checkpoints, proc.todos").execute(&scene.pool).await.unwrap();
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.balance("pedro").await, "110.00");
    assert_eq!(scene.todos("failed").await, 0);
}

#[tokio::test]
async fn credits_that_are_worth_nothing_pay_nothing() {
    let scene = Scene::begin().await;
    scene.register("pedro", None).await;
    scene.subscribe("pedro", "starter").await;
    scene.tell("pedro", grant(100, None, None)).await;
    let (invoice, _) = scene.open_invoice("pedro").await.unwrap();
    let refused = send(&scene.executor, of("pedro"), Command::PayInvoice { invoice, amount: None }).await;
    assert_eq!(refused.unwrap_err().to_string(), "the catalog does not say what credits are worth in USD");
    assert_eq!(scene.balance("pedro").await, "100.00");
}
