//! A log with four partitions: rows that two of them write are the same whichever comes first.

use domain::stream::Owner;
use domain::{Event, Series, invoice_book, subscription};
use event_store::executor::partition_of;
use projections::{commissions, invoices, organizations, rebuild};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor as _};
use testkit::{TestDatabase, of, organization, product};
use tokio::sync::watch;

use crate::feeds::{Gated, Sparing, polled};
use crate::world::World;

const PARTITIONS: i32 = 4;

async fn four_partitions() -> World {
    World::on(TestDatabase::with_partitions(PARTITIONS).await).await
}

fn partition(owner: &Owner) -> i32 {
    partition_of(owner, PARTITIONS)
}

/// An organization's id whose streams are, or are not, in the partition of the product.
fn id(prefix: &str, with_product: bool) -> String {
    let product = partition(&product("agencia"));
    let mut ids = (0..).map(|number| format!("{prefix}{number}"));
    ids.find(|id| (partition(&of(id)) == product) == with_product).unwrap()
}

#[tokio::test]
async fn the_story_reads_the_same_with_four_partitions() {
    let world = four_partitions().await;
    let live = world.fold(Sparing(polled(world.test.log())));
    world.tell_the_story().await;
    world.all_caught_up().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
    let earned = commissions::of_beneficiary(&world.pool, &organization("juan")).await.unwrap();
    assert_eq!(earned.iter().filter(|commission| commission.status == "granted").count(), 2);
    for name in projections::names() {
        rebuild(&world.pool, &world.test.log(), name).await.unwrap();
    }
    assert_eq!(world.differences().await, Vec::<String>::new());
    live.stop().await;
}

#[tokio::test]
async fn a_grant_folded_before_its_accrual_completes_the_same_commission() {
    let world = four_partitions().await;
    let (juan, maria) = (id("juan", false), id("maria", false));
    let code = world.join(&juan, None).await;
    world.join(&maria, Some(&code)).await;
    world.start(&maria, "partner").await;
    let payment = world.pay(&maria, "199").await;
    world.grant(&juan, &payment, 1, "39.80").await;

    let (open, gate) = watch::channel(false);
    let held = partition(&product("agencia"));
    let live = world.fold(Gated { feed: polled(world.test.log()), held, open: gate });
    testkit::until("the grant", || async { granted(&world).await.then_some(()) }).await;
    let beneficiary = organization(&juan);
    assert_eq!(commissions::of_beneficiary(&world.pool, &beneficiary).await.unwrap(), []);

    open.send(true).unwrap();
    world.all_caught_up().await;
    let earned = commissions::of_beneficiary(&world.pool, &beneficiary).await.unwrap();
    assert_eq!((earned[0].payer.as_str(), earned[0].status.as_str()), (maria.as_str(), "granted"));
    assert!(earned[0].granted_at >= Some(earned[0].accrued_at));
    assert_eq!(world.differences().await, Vec::<String>::new());
    live.stop().await;
}

async fn granted(world: &World) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM read.commissions WHERE status = 'granted')")
        .fetch_one(&world.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_sponsor_attributed_before_the_registration_is_folded_stays() {
    let world = four_partitions().await;
    let (juan, maria) = (id("juan", true), id("maria", false));
    let code = world.join(&juan, None).await;
    world.join(&maria, Some(&code)).await;

    let (open, gate) = watch::channel(false);
    let live = world.fold(Gated { feed: polled(world.test.log()), held: partition(&of(&maria)), open: gate });
    testkit::until("the attribution", || async { attributed(&world).await.then_some(()) }).await;
    assert_eq!(organizations::find(&world.pool, &organization(&maria)).await.unwrap(), None);

    open.send(true).unwrap();
    world.all_caught_up().await;
    let row = organizations::find(&world.pool, &organization(&maria)).await.unwrap().unwrap();
    assert_eq!(row.sponsor, Some(juan));
    assert_eq!(world.differences().await, Vec::<String>::new());
    live.stop().await;
}

async fn attributed(world: &World) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM read.organizations WHERE sponsor IS NOT NULL)")
        .fetch_one(&world.pool)
        .await
        .unwrap()
}

/// Nobody may write rows until the transactions of all partitions are under way, so they overlap for certain; none of
/// them may undo what another wrote.
#[tokio::test]
async fn partitions_that_write_the_same_rows_at_once_lose_nothing() {
    let world = four_partitions().await;
    let sponsor = id("juan", true);
    let code = world.join(&sponsor, None).await;
    for number in 0..40 {
        world.join(&format!("org{number}"), Some(&code)).await;
    }
    let mut administrator = PgConnection::connect(&world.test.url).await.unwrap();
    let mut barrier = administrator.begin().await.unwrap();
    barrier.execute("LOCK TABLE read.organizations IN SHARE MODE").await.unwrap();
    let live = world.live();
    testkit::until("all partitions to wait", || async { (waiting(&world).await == 4).then_some(()) }).await;
    barrier.rollback().await.unwrap();

    world.all_caught_up().await;
    let referred = organizations::referred_by(&world.pool, &organization(&sponsor)).await.unwrap();
    assert_eq!(referred.len(), 40);
    assert_eq!(world.differences().await, Vec::<String>::new());
    live.stop().await;
}

/// How many connections wait for another one.
async fn waiting(world: &World) -> i64 {
    sqlx::query_scalar(
        "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE NOT granted AND datname = current_database()",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap()
}

/// The book is in the product's partition, the invoice in the organization's: a number that comes first waits for it.
#[tokio::test]
async fn a_number_folded_before_its_invoice_completes_the_same_row() {
    let world = four_partitions().await;
    let ana = id("ana", false);
    world.register(&ana).await;
    world.start(&ana, "starter").await;
    let issued = world.test.log().after(partition(&of(&ana)), 0, 100).await.unwrap();
    let invoice = issued.iter().find_map(|recorded| match &recorded.event {
        Event::Subscription(subscription::Event::InvoiceIssued { invoice, .. }) => Some(invoice.clone()),
        _ => None,
    });
    let invoice = invoice.expect("an invoice");
    let series = Series::new("INV").unwrap();
    let number = invoice_book::Command::Number { invoice: invoice.clone(), organization: organization(&ana), series };
    world.send(product("agencia"), number).await;

    let (open, gate) = watch::channel(false);
    let held = partition(&of(&ana));
    let live = world.fold(Gated { feed: polled(world.test.log()), held, open: gate });
    let numbered = "SELECT number FROM read.invoices WHERE invoice = $1";
    let seen = || async {
        sqlx::query_scalar::<_, Option<i64>>(numbered).bind(invoice.as_str()).fetch_optional(&world.pool).await.unwrap()
    };
    let early = testkit::until("the number", seen).await;
    let owner = organization(&ana);
    let told = || invoices::find(&world.pool, &owner, &invoice);
    assert_eq!((early, told().await.unwrap()), (Some(1), None), "nobody sees a number without its invoice");

    open.send_replace(true);
    world.all_caught_up().await;
    let row = told().await.unwrap().expect("the invoice");
    assert_eq!((row.series.as_str(), row.number, row.status.as_str()), ("INV", Some(1), "open"));
    assert_eq!((row.product.as_deref(), row.catalog_version), (Some("agencia"), Some(1)));
    assert_eq!(world.differences().await, Vec::<String>::new());
    rebuild(&world.pool, &world.test.log(), "invoices").await.unwrap();
    assert_eq!(world.differences().await, Vec::<String>::new());
    live.stop().await;
}
