//! Numbers of invoices and credit notes: without gaps, whoever issues at once and whichever worker dies.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::subscription::{Command, CreditUnused};
use domain::{Currency, Event, InvoiceId, Money, ReasonText, invoice_book};
use futures::future::join_all;
use processors::number_invoices::NumberInvoices;
use testkit::{of, send, until};

use crate::scene::Scene;

const ORGANIZATIONS: usize = 50;

/// Of each document its series and number, in the order they were given.
async fn numbered(scene: &Scene) -> Vec<(String, String, u64)> {
    let told = |event: Event| match event {
        Event::InvoiceBook(invoice_book::Event::InvoiceNumbered { invoice, series, number, .. }) => {
            Some((invoice.to_string(), series.to_string(), number))
        }
        Event::InvoiceBook(invoice_book::Event::CreditNoteNumbered { credit_note, series, number, .. }) => {
            Some((credit_note.to_string(), series.to_string(), number))
        }
        Event::Organization(_)
        | Event::Subscription(_)
        | Event::CreditLedger(_)
        | Event::ReferralTree(_)
        | Event::Catalog(_)
        | Event::DiscountBook(_) => None,
    };
    scene.log().await.into_iter().filter_map(|recorded| told(recorded.event)).collect()
}

/// The invoices that were numbered, with whom they are for.
async fn invoices_of(scene: &Scene) -> Vec<(String, String)> {
    let events = scene.log().await.into_iter().filter_map(|recorded| match recorded.event {
        Event::InvoiceBook(invoice_book::Event::InvoiceNumbered { invoice, organization, .. }) => {
            Some((organization.to_string(), invoice.to_string()))
        }
        Event::InvoiceBook(invoice_book::Event::CreditNoteNumbered { .. })
        | Event::Organization(_)
        | Event::Subscription(_)
        | Event::CreditLedger(_)
        | Event::ReferralTree(_)
        | Event::Catalog(_)
        | Event::DiscountBook(_) => None,
    });
    events.collect()
}

async fn credit(scene: &Scene, organization: &str, invoice: &str) {
    let amount = Money::positive(5.into(), Currency::new("USD").unwrap()).unwrap();
    let command = Command::IssueCreditNote {
        invoice: InvoiceId::new(invoice).unwrap(),
        amount,
        credit: CreditUnused::Balance,
        reason: ReasonText::new("an outage").unwrap(),
    };
    send(&scene.executor, of(organization), command).await.unwrap();
}

/// The numbers of every series are 1, 2, 3 and so on, and no document has two.
fn without_gaps(numbered: &[(String, String, u64)]) {
    let mut series: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (_, of, number) in numbered {
        series.entry(of).or_default().push(*number);
    }
    for (series, numbers) in series {
        let expected: Vec<u64> = (1..=u64::try_from(numbers.len()).unwrap()).collect();
        assert_eq!(numbers, expected, "series {series}");
    }
    let documents: BTreeMap<&str, u64> = numbered.iter().map(|(id, _, number)| (id.as_str(), *number)).collect();
    assert_eq!(documents.len(), numbered.len(), "a document has one number");
}

async fn fifty_issue_at_once_and_a_worker_dies(scene: Scene) {
    let ids: Vec<String> = (0..ORGANIZATIONS).map(|index| format!("customer{index}")).collect();
    join_all(ids.iter().map(|id| scene.register(id, None))).await;
    let dying = scene.process_these(vec![Arc::new(NumberInvoices)]);
    join_all(ids.iter().map(|id| scene.subscribe(id, "starter"))).await;
    until("some numbers", || async { (numbered(&scene).await.len() >= 10).then_some(()) }).await;
    dying.kill();

    let alive = scene.process();
    // The dead worker's lease holds; nobody waits for it in a test.
    sqlx::query("UPDATE proc.todos SET leased_until = now() WHERE status = 'pending'")
        .execute(&scene.pool)
        .await
        .unwrap();
    scene.settles().await;
    let invoices = numbered(&scene).await;
    assert_eq!(invoices.len(), ORGANIZATIONS);
    join_all(invoices_of(&scene).await.iter().map(|(id, invoice)| credit(&scene, id, invoice))).await;
    scene.settles().await;
    alive.stop().await;
    let all = numbered(&scene).await;
    assert_eq!(all.len(), 2 * ORGANIZATIONS);
    without_gaps(&all);
    assert_eq!(scene.todos("failed").await, 0);
}

#[tokio::test]
async fn fifty_that_issue_at_once_have_numbers_without_gaps_though_a_worker_dies() {
    fifty_issue_at_once_and_a_worker_dies(Scene::begin().await).await;
}

#[tokio::test]
async fn so_they_have_in_four_partitions() {
    fifty_issue_at_once_and_a_worker_dies(Scene::with_partitions(4).await).await;
}

#[tokio::test]
async fn everything_again_from_the_first_event_numbers_nothing_twice() {
    let scene = Scene::begin().await;
    scene.register("ana", None).await;
    scene.subscribe("ana", "starter").await;
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    let before = numbered(&scene).await;
    assert_eq!(before.iter().map(|(_, series, number)| format!("{series}-{number}")).collect::<Vec<_>>(), ["INV-1"]);

    sqlx::query("TRUNCATE proc.checkpoints, proc.todos").execute(&scene.pool).await.unwrap();
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(numbered(&scene).await, before);
}
