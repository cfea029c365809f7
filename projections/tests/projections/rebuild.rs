//! Rebuilding beside the live projection: readers and live folding notice nothing.

use std::sync::atomic::{AtomicBool, Ordering};

use event_store::Role;
use projections::{balance, checkpoint, rebuild};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor as _};
use testkit::organization;

use crate::feeds::{Sparing, polled};
use crate::world::{World, decimal};

#[tokio::test]
async fn a_projection_rebuilt_under_load_is_the_live_one_and_no_reader_sees_less() {
    let world = World::new().await;
    world.register("juan").await;
    world.top_up("juan", "1").await;
    checkpoints_never_go_back(&world).await;
    let live = world.live();
    world.all_caught_up().await;

    let done = AtomicBool::new(false);
    let load = async {
        let mut credits = 1_u32;
        while !done.load(Ordering::SeqCst) {
            world.top_up("juan", "1").await;
            credits += 1;
        }
        credits
    };
    let readers = async {
        let mut seen = decimal("1");
        while !done.load(Ordering::SeqCst) {
            let row = balance::find(&world.pool, &organization("juan")).await.unwrap().expect("a balance, always");
            assert!(row.balance >= seen, "{} after {seen}", row.balance);
            seen = row.balance;
        }
    };
    let rebuilds = async {
        let (pool, log) = (world.test.pool(Role::Engine), world.test.log());
        for name in ["balance"; 3].into_iter().chain(projections::names()) {
            let report = rebuild(&pool, &log, name).await.unwrap();
            assert_eq!((report.projection, report.events > 0), (name, true));
        }
        done.store(true, Ordering::SeqCst);
    };
    let (credits, (), ()) = tokio::join!(load, readers, rebuilds);

    world.all_caught_up().await;
    let row = balance::find(&world.pool, &organization("juan")).await.unwrap().unwrap();
    assert_eq!(row.balance, credits.into());
    assert_eq!(world.differences().await, Vec::<String>::new());
    live.stop().await;
}

/// From now on Postgres refuses to set a live checkpoint back: somebody may have been promised what it had.
async fn checkpoints_never_go_back(world: &World) {
    let mut administrator = PgConnection::connect(&world.test.url).await.unwrap();
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                      BEGIN RAISE EXCEPTION '% goes back from % to %', NEW.projection, OLD.position, NEW.position; END $$;
                  CREATE TRIGGER forwards BEFORE UPDATE ON read.checkpoints
                      FOR EACH ROW WHEN (NEW.position < OLD.position) EXECUTE FUNCTION refuse()";
    sqlx::raw_sql(refuse).execute(&mut administrator).await.unwrap();
}

/// A table that takes its place after an auditor's snapshot would look empty in it.
#[tokio::test]
async fn an_audit_that_meets_an_exchange_waits_for_it() {
    let world = World::new().await;
    let live = world.live();
    world.tell_the_story().await;
    world.all_caught_up().await;
    live.stop().await;
    let mut administrator = PgConnection::connect(&world.test.url).await.unwrap();
    let mut exchange = administrator.begin().await.unwrap();
    exchange.execute("LOCK TABLE read.balance IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let commit = async {
        testkit::until("the audit to wait", || async { waiting(&world).await.then_some(()) }).await;
        let statements = "CREATE TABLE read_rebuild.balance (LIKE read.balance INCLUDING ALL);
                          INSERT INTO read_rebuild.balance SELECT * FROM read.balance;
                          DROP TABLE read.balance;
                          ALTER TABLE read_rebuild.balance SET SCHEMA read;
                          GRANT SELECT ON read.balance TO tollgate_auditor";
        sqlx::raw_sql(statements).execute(&mut *exchange).await.unwrap();
        exchange.commit().await.unwrap();
    };
    let (differences, ()) = tokio::join!(world.differences(), commit);
    assert_eq!(differences, Vec::<String>::new());
}

#[tokio::test]
async fn a_rebuild_mends_what_somebody_changed_by_hand() {
    let world = World::new().await;
    let live = world.live();
    world.tell_the_story().await;
    world.all_caught_up().await;
    sqlx::raw_sql("UPDATE read.usage SET used = used + 1; DELETE FROM read.balance WHERE organization = 'juan'")
        .execute(&world.pool)
        .await
        .unwrap();
    assert_eq!(world.differences().await.len(), 2);

    for name in ["usage", "balance"] {
        rebuild(&world.pool, &world.test.log(), name).await.unwrap();
    }
    assert_eq!(world.differences().await, Vec::<String>::new());
    live.stop().await;
}

#[tokio::test]
async fn a_rebuild_overtakes_a_live_projection_that_lags_and_never_falls_behind_it() {
    let world = World::new().await;
    world.register("juan").await;
    for _ in 0..30 {
        world.top_up("juan", "1").await;
    }
    let live = world.fold(Sparing(polled(world.test.log())));
    let report = rebuild(&world.pool, &world.test.log(), "balance").await.unwrap();
    let head = world.test.log().head(0).await.unwrap().position;
    assert!(report.checkpoints.contains(&(0, head)));
    assert!(checkpoint::position(&world.pool, "balance", 0).await.unwrap() >= head);
    world.top_up("juan", "1").await;
    world.all_caught_up().await;
    let row = balance::find(&world.pool, &organization("juan")).await.unwrap().unwrap();
    assert_eq!(row.balance, decimal("31"));
    live.stop().await;
}

#[tokio::test]
async fn a_rebuilt_table_keeps_its_owner_indexes_and_grants() {
    let world = World::new().await;
    let mut administrator = PgConnection::connect(&world.test.url).await.unwrap();
    administrator.execute("GRANT SELECT ON read.organizations TO PUBLIC").await.unwrap();
    let shape =
        "SELECT pg_get_userbyid(relowner) || ' ' || array_to_string(ARRAY(SELECT unnest(relacl)::text ORDER BY 1), ' ')
                 || (SELECT string_agg(indexdef, ';' ORDER BY indexname) FROM pg_indexes
                     WHERE schemaname = 'read' AND tablename = 'organizations')
                 FROM pg_class WHERE oid = 'read.organizations'::regclass";
    let before: String = sqlx::query_scalar(shape).fetch_one(&mut administrator).await.unwrap();
    rebuild(&world.pool, &world.test.log(), "organizations").await.unwrap();
    let after: String = sqlx::query_scalar(shape).fetch_one(&mut administrator).await.unwrap();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_rebuild_waits_for_a_reader_that_holds_the_table() {
    let world = World::new().await;
    world.register("juan").await;
    let mut reader = world.pool.begin().await.unwrap();
    reader.execute("SELECT * FROM read.balance").await.unwrap();
    let log = world.test.log();
    let release = async {
        // The rebuild has stepped back once when its exchange is no longer waiting for the lock.
        testkit::until("the exchange to wait", || async { waiting(&world).await.then_some(()) }).await;
        testkit::until("the exchange to step back", || async { (!waiting(&world).await).then_some(()) }).await;
        reader.rollback().await.unwrap();
    };
    let (report, ()) = tokio::join!(rebuild(&world.pool, &log, "balance"), release);
    report.unwrap();
}

async fn waiting(world: &World) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'read.balance'::regclass)")
        .fetch_one(&world.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_unknown_projection_is_answered_with_those_there_are() {
    let world = World::new().await;
    let refusal = rebuild(&world.pool, &world.test.log(), "balances").await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "there is no projection balances; there are balance, credit_statement, usage, consumptions, compliance_alerts, \
         commissions, commission_statement, referral_network, organizations, mrr_movements, revenue, plan_conversions, \
         invoices, credit_notes, payments, discount_codes"
    );
}
