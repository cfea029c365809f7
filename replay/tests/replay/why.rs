//! `why` decides again what was decided, from the log alone.

pub mod business;
mod printed;

use std::collections::BTreeSet;

use domain::catalog::Limit;
use domain::entitlement::Reason;
use domain::organization::{Command as OrganizationCommand, Environment, OverrideValue};
use domain::stream::Owner;
use domain::{Credits, Quantity};
use jiff::{Timestamp, ToSpan};
use replay::connect::{self, Audit};
use replay::why::{self, Because, Question, Unanswered};
use testkit::{TestDatabase, of, product, send};

use self::business::{
    Business, STUDIO, Told, Was, actor, feature, publish, quantity, question, register, start, top_up,
};

/// Steps of a history; each asks one question at least.
const STEPS: usize = 180;

/// The second version of the catalog.
pub fn larger() -> String {
    STUDIO.replace("runs = { limit = 10,", "runs = { limit = 12,").replace("credits = \"0.5\"", "credits = \"0.25\"")
}

async fn audit(test: &TestDatabase) -> Audit {
    connect::open_at(&test.url).await.unwrap()
}

/// Asks again what was told, and compares every member of it.
fn compare(told: &Told, because: &Because) {
    let (question, verdict) = (&told.question, &because.verdict);
    let position = question.position.unwrap();
    assert_eq!(because.as_of, why::AsOf { partition: position.partition.unwrap(), position: position.position });
    assert_eq!(because.catalog_version, question.catalog_version, "{question:?}");
    match &told.verdict {
        Was::Found(found) => {
            let upgrade = found.upgrade.as_deref();
            assert_eq!((&verdict.feature, verdict.kind), (&found.feature, found.kind), "{question:?}");
            assert_eq!((verdict.allowed, verdict.reason), (found.reason.allows(), found.reason.code()), "{question:?}");
            assert_eq!(
                (verdict.used, verdict.held, verdict.limit),
                (found.used, found.held, found.limit),
                "{question:?}"
            );
            assert_eq!((verdict.carried, verdict.remaining), (found.carried, found.remaining), "{question:?}");
            assert_eq!((verdict.resets_at, verdict.charge), (found.resets_at, found.charge), "{question:?}");
            assert_eq!((verdict.price, &verdict.value), (found.price, &found.value), "{question:?}");
            assert_eq!(verdict.plan_needed.as_ref(), upgrade.map(|way| &way.plan), "{question:?}");
            assert_eq!(verdict.upgrade_url, upgrade.and_then(|way| way.url.clone()), "{question:?}");
            let in_force = because.facts.by_hand.as_ref().is_some_and(|by_hand| by_hand.is_in_force);
            assert!(found.by_hand.is_none() || in_force, "{question:?}: {because}");
        }
        Was::Refused { code, detail } => {
            let refusal = verdict.refusal.as_ref().unwrap_or_else(|| panic!("{question:?} was refused: {because}"));
            assert_eq!((refusal.code, &refusal.detail), (*code, detail), "{question:?}: {because}");
            assert!(!verdict.allowed, "{question:?}: {because}");
        }
        Was::Accepted => {
            assert!(verdict.allowed && verdict.refusal.is_none(), "{question:?} was accepted: {because}");
        }
    }
}

/// What was consumed, as the facts tell it, is what the verdict counts.
fn adds_up(because: &Because) {
    let (Some(tally), Some(used)) = (&because.facts.consumptions, because.verdict.used) else { return };
    let counted = tally.quantity.less(tally.waived).less(tally.given_back) + because.verdict.held.unwrap();
    assert_eq!(counted, used, "{because}");
    let lots = because.facts.lots.iter().map(|lot| lot.left).fold(Credits::ZERO, |sum, left| sum + left);
    if let Some(charge) = because.verdict.charge {
        assert_eq!(lots >= charge, because.verdict.allowed, "{because}");
    }
    assert!(because.facts.lots.iter().all(|lot| lot.at.is_some()), "{because}");
    assert!(because.facts.holds.iter().all(|hold| hold.at.is_some()), "{because}");
}

#[tokio::test]
async fn whatever_was_told_is_told_again() {
    let mut reasons = BTreeSet::new();
    for seed in [1, 7_000] {
        let mut business = Business::begin(seed).await;
        for step in 0..STEPS {
            if step == STEPS / 2 {
                send(&business.executor, product("studio"), publish(&larger())).await.unwrap();
            }
            business.step().await;
        }
        let audit = audit(&business.test).await;
        for told in &business.told {
            let because = why::ask(&audit, &told.question).await.unwrap_or_else(|error| panic!("{seed}: {error}"));
            compare(told, &because);
            adds_up(&because);
            reasons.insert(because.verdict.reason);
        }
    }
    let all: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(reasons, all, "every reason there is was told");
}

#[tokio::test]
async fn the_instant_alone_says_which_events_and_which_catalog_there_were() {
    let mut business = Business::begin(3).await;
    for step in 0..STEPS / 5 {
        if step == STEPS / 10 {
            send(&business.executor, product("studio"), publish(&larger())).await.unwrap();
        }
        business.step().await;
    }
    let audit = audit(&business.test).await;
    for told in business.told.iter().filter(|told| matches!(told.verdict, Was::Found(_))) {
        let alone = Question { position: None, catalog_version: None, ..told.question.clone() };
        compare(told, &why::ask(&audit, &alone).await.unwrap());
    }
}

/// One customer on plan small, with credits, an override and a hold, in a log of one partition.
async fn ana() -> (TestDatabase, event_store::Executor) {
    let test = TestDatabase::with_partitions(1).await;
    let executor = test.executor().await;
    send(&executor, product("studio"), publish(STUDIO)).await.unwrap();
    send(&executor, of("ana"), register("ana", Environment::Live)).await.unwrap();
    send(&executor, of("ana"), start("small")).await.unwrap();
    send(&executor, of("ana"), top_up(5)).await.unwrap();
    (test, executor)
}

fn limit(code: &str, amount: i64) -> OrganizationCommand {
    OrganizationCommand::OverrideFeature {
        feature: feature(code),
        value: OverrideValue::Limit(Limit::UpTo(quantity(amount))),
        reason: "agreed by phone".to_owned().try_into().unwrap(),
        actor: actor("ops_1"),
        until: None,
    }
}

fn consume(code: &str, amount: i64) -> domain::Command {
    domain::credit_ledger::Command::from(domain::credit_ledger::Consume::of(feature(code), quantity(amount))).into()
}

#[tokio::test]
async fn what_fell_due_counts_though_it_is_in_no_event() {
    let (test, executor) = ana().await;
    let expires_at = Timestamp::now() + 300.milliseconds();
    let amount = Credits::positive(Quantity::ONE.amount()).unwrap();
    let grant = domain::credit_ledger::Grant {
        amount,
        kind: domain::credit_ledger::LotKind::Granted,
        priority: None,
        effective_from: None,
        expires_at: Some(expires_at),
        reason: "goodwill".to_owned().try_into().unwrap(),
        actor: actor("ops_1"),
    };
    let granted = send(&executor, of("ana"), domain::credit_ledger::Command::Grant(grant)).await.unwrap();
    let audit = audit(&test).await;
    let at = test.log().between(0, granted.position, granted.position).await.unwrap()[0].recorded_at;
    let before = why::ask(&audit, &question("ana", "tokens", quantity(1), at)).await.unwrap();
    assert_eq!((before.facts.lots.len(), before.facts.fallen_due), (2, 0));
    testkit::until("the lot is over", || async { (Timestamp::now() > expires_at).then_some(()) }).await;
    let after = why::ask(&audit, &question("ana", "tokens", quantity(1), expires_at)).await.unwrap();
    assert_eq!((after.facts.lots.len(), after.facts.fallen_due), (1, 1));
    assert!(after.to_string().contains("fallen due     1 in no event yet: grants, lots, holds"), "{after}");
}

#[tokio::test]
async fn a_sandbox_is_decided_at_the_instant_that_was_set_for_it() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    send(&executor, product("studio"), publish(STUDIO)).await.unwrap();
    send(&executor, of("sam"), register("sam", Environment::Sandbox)).await.unwrap();
    send(&executor, of("sam"), start("small")).await.unwrap();
    send(&executor, of("sam"), consume("runs", 10)).await.unwrap();
    let before = Timestamp::now();
    let instant = Timestamp::now() + 48.hours();
    send(&executor, of("sam"), OrganizationCommand::SetInstant { instant, actor: actor("ops_1") }).await.unwrap();
    let audit = audit(&test).await;
    // Until it was set, the world's.
    let then = why::ask(&audit, &question("sam", "runs", quantity(1), before)).await.unwrap();
    assert_eq!((then.decided_at, then.verdict.reason), (before, "quota_exceeded"));
    // The world's instant says what was in the log, the one that was set what time it is.
    let now = why::ask(&audit, &question("sam", "runs", quantity(1), Timestamp::now())).await.unwrap();
    assert_eq!((now.decided_at, now.verdict.reason), (instant, "included"));
    assert_eq!(now.facts.instant.as_ref().map(|set| set.instant), Some(instant));
    let ahead = why::ask(&audit, &question("sam", "runs", quantity(1), instant)).await.unwrap_err();
    assert!(matches!(ahead, Unanswered::InFuture { .. }), "{ahead}");
}

#[tokio::test]
async fn nothing_is_said_on_a_log_that_is_not_what_was_appended() {
    let (test, executor) = ana().await;
    let audit = audit(&test).await;
    let asked = question("ana", "tokens", quantity(1), Timestamp::now());
    why::ask(&audit, &asked).await.unwrap();
    let owner = sqlx::PgPool::connect(&test.url).await.unwrap();
    // Of another stream: the verdict would be the same, and still nobody may rest on such a log.
    let touched = "SET session_replication_role = replica;
        UPDATE es.events SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = 1";
    sqlx::raw_sql(touched).execute(&owner).await.unwrap();
    let refused = why::ask(&audit, &asked).await.unwrap_err();
    assert_eq!(refused.to_string(), "partition 0 cannot be read on: events 1 to 1 do not match their Merkle root");
    assert!(refused.hint().unwrap().starts_with("nothing is said on a log"), "{refused}");
    drop(executor);
}

#[tokio::test]
async fn a_product_in_another_partition_is_found_there() {
    let test = TestDatabase::with_partitions(4).await;
    let executor = test.executor().await;
    send(&executor, product("studio"), publish(STUDIO)).await.unwrap();
    let home = executor.partition_of(&product("studio"));
    let elsewhere = |id: &String| executor.partition_of(&Owner::Organization(testkit::organization(id))) != home;
    let id = (0..).map(|n| format!("ana{n}")).find(elsewhere).unwrap();
    send(&executor, of(&id), register(&id, Environment::Live)).await.unwrap();
    let unplanned = Timestamp::now();
    send(&executor, product("studio"), publish(&larger())).await.unwrap();
    send(&executor, of(&id), start("small")).await.unwrap();
    let audit = audit(&test).await;
    let before = why::ask(&audit, &question(&id, "runs", quantity(1), unplanned)).await.unwrap();
    assert_eq!((before.verdict.reason, before.catalog_version), ("no_plan_in_force", Some(1)));
    let after = why::ask(&audit, &question(&id, "runs", quantity(11), Timestamp::now())).await.unwrap();
    assert_eq!((after.verdict.reason, after.catalog_version), ("included", Some(2)));
    assert_eq!(after.facts.catalog.map(|catalog| catalog.at.partition), Some(home));
    // Whatever version a receipt names can be asked for.
    let asked = Question { catalog_version: Some(1), ..question(&id, "runs", quantity(11), Timestamp::now()) };
    assert_eq!(why::ask(&audit, &asked).await.unwrap().verdict.reason, "quota_exceeded");
}
