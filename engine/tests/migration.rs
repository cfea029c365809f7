//! `tollgate catalog migrate`: who would gain or lose what, and that each is moved once.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails and names the place")]

#[path = "migration/customers.rs"]
mod customers;

use std::process::Child;

use customers::{CROWD, Customers, changed, customers, first, later, told};
use domain::entitlement;
use domain::organization::OverrideValue;
use domain::{Quantity, catalog::Limit};
use expect_test::expect;
use futures::future::join_all;
use testkit::{organization, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_who_would_gain_or_lose_what() {
    let customers = customers().await;
    let events = customers.events().await;
    expect![[r#"
        from version 1 to 2
          whole product
            ~ alerts at: 70, 85, 95 % -> 80 %
          plan gratis: 607 organizations
            - ai_runs: 3 -> 1
            - whatsapp_messages: 50 -> 40
            ! whatsapp_messages: 7 organizations use more than 40 now: acme 45, bolt 45, crow 45, dune 45, echo 45 and 2 more
          plan starter: 1 organization
            - price per month in USD: 15.00 -> 18.00
            - price per year in USD: 150.00 -> not sold
          plan partner: 1 organization
            + sla: no -> yes
            - white_label: yes -> no

        609 organizations would be moved to version 2
        1 organization on it already
        1 organization without a plan
        1 organization would be refused
          hugo: version 2 of the catalog does not sell plan starter by the year in USD; leave the subscription on its version until it changes its plan
        nothing was written
    "#]].assert_eq(&customers.migrate(&["--dry-run"]).await);
    expect![[r#"
        from version 1 to 2
          whole product
            ~ alerts at: 70, 85, 95 % -> 80 %
          plan gratis: 1 organization
            - ai_runs: 3 -> 1
            - whatsapp_messages: 50 -> 40
            ! whatsapp_messages: 1 organization uses more than 40 now: acme 45

        1 organization would be moved to version 2
        1 organization without a plan
        nothing was written
    "#]]
    .assert_eq(&customers.migrate(&["--dry-run", "--organization", "kite", "--organization", "acme"]).await);
    expect![[r#"
        from version 1 to 2
          whole product
            ~ alerts at: 70, 85, 95 % -> 80 %
          plan starter: 1 organization
            - price per month in USD: 15.00 -> 18.00
            - price per year in USD: 150.00 -> not sold

        1 organization would be moved to version 2
        1 organization on it already
        1 organization would be refused
          hugo: version 2 of the catalog does not sell plan starter by the year in USD; leave the subscription on its version until it changes its plan
        nothing was written
    "#]]
    .assert_eq(&customers.migrate(&["--dry-run", "--plan", "starter"]).await);
    expect![[r#"
        no organization would be moved to version 1
        610 organizations on it already
        1 organization on a newer one
        1 organization without a plan
        nothing was written
    "#]]
    .assert_eq(&customers.migrate(&["--dry-run", "--to", "1"]).await);
    assert_eq!(customers.events().await, events, "something was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_exist_is_named_before_anybody_is_moved() {
    let customers = Customers::of(&first()).await;
    customers.start("acme", "gratis").await;
    customers.publish(&later()).await;
    let events = customers.events().await;
    expect![[r#"
        tollgate: catalog agencia has no version 3; the newest is 2
        exit code 1
    "#]]
    .assert_eq(&customers.migrate(&["--to", "3"]).await);
    expect![[r#"
        tollgate: product agencia has no organization nobody
        exit code 1
    "#]]
    .assert_eq(&customers.migrate(&["--organization", "acme", "--organization", "nobody"]).await);
    expect![[r#"
        tollgate: catalog agencia has no plan gold; it has gratis, starter, partner
        exit code 1
    "#]]
    .assert_eq(&customers.migrate(&["--plan", "gold"]).await);
    assert_eq!(customers.events().await, events, "something was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dry_run_tells_is_what_then_happens_and_a_refusal_holds_up_nobody() {
    let customers = customers().await;
    let foreseen = customers.migrate(&["--dry-run"]).await;
    let (_, foreseen) = foreseen.split_once("\n\n").unwrap();
    let foreseen = foreseen.replace("nothing was written\n", "exit code 1\n");
    let done = customers.migrate(&[]).await;
    expect![[r#"
        609 organizations were moved to version 2
        1 organization on it already
        1 organization without a plan
        1 organization was refused
          hugo: version 2 of the catalog does not sell plan starter by the year in USD; leave the subscription on its version until it changes its plan
        exit code 1
    "#]]
    .assert_eq(&done);
    let as_foreseen = |line: &str| line.replacen(" were ", " would be ", 1).replacen(" was ", " would be ", 1);
    assert_eq!(done.lines().map(as_foreseen).collect::<Vec<_>>(), foreseen.lines().collect::<Vec<_>>());

    let moves = customers.moves().await;
    assert_eq!(moves.len(), CROWD + 9);
    assert!(moves.values().all(|moved| *moved == (1, 2)), "{moves:?}");
    assert!(["hugo", "kite", "lynx"].iter().all(|stays| !moves.contains_key(*stays)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_runs_it_again_changes_nothing_more() {
    let customers = customers().await;
    customers.migrate(&["--plan", "partner"]).await;
    assert_eq!(customers.moves().await.into_keys().collect::<Vec<_>>(), ["iris"]);
    customers.migrate(&["--organization", "bolt", "--organization", "acme"]).await;
    assert_eq!(customers.moves().await.into_keys().collect::<Vec<_>>(), ["acme", "bolt", "iris"]);
    expect![[r#"
        606 organizations were moved to version 2
        4 organizations on it already
        1 organization without a plan
        1 organization was refused
          hugo: version 2 of the catalog does not sell plan starter by the year in USD; leave the subscription on its version until it changes its plan
        exit code 1
    "#]]
    .assert_eq(&customers.migrate(&[]).await);
    let events = customers.events().await;
    expect![[r#"
        no organization was moved to version 2
        610 organizations on it already
        1 organization without a plan
        1 organization was refused
          hugo: version 2 of the catalog does not sell plan starter by the year in USD; leave the subscription on its version until it changes its plan
        exit code 1
    "#]]
    .assert_eq(&customers.migrate(&[]).await);
    assert_eq!(customers.events().await, events, "something was written");
    expect![[r#"
        no organization was moved to version 1
        1 organization on it already
        610 organizations on a newer one
        1 organization without a plan
    "#]]
    .assert_eq(&customers.migrate(&["--to", "1"]).await);
}

/// It is killed as soon as it has moved somebody; what it was about to write then is written, or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_was_killed_goes_on_where_it_stopped() {
    let customers = customers().await;
    customers.fold().await;
    let events = customers.events().await;
    let mut killed = customers.begin();
    until("somebody to be moved", || async { (customers.events().await > events).then_some(()) }).await;
    killed.kill().unwrap();
    killed.wait().unwrap();
    let told = customers.migrate(&[]).await;
    assert!(told.ends_with("until it changes its plan\nexit code 1\n"), "{told}");
    let moves = customers.moves().await;
    assert_eq!(moves.len(), CROWD + 9);
    assert!(moves.values().all(|moved| *moved == (1, 2)), "{moves:?}");
}

/// Two migrations at once, beside an engine whose customers use things.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_go_on_while_subscriptions_are_moved() {
    let customers = Customers::of(&first()).await;
    customers.crowd(CROWD).await;
    customers.publish(&later()).await;
    let _running = customers.project();
    let migrating: Vec<Child> = (0..2).map(|_| customers.begin()).collect();
    let ids: Vec<String> = (0..CROWD).map(|number| format!("crowd-{number:04}")).collect();
    let used = join_all(ids.iter().map(async |id| {
        for _ in 0..3 {
            customers.consume(id, "whatsapp_messages", 1).await.unwrap();
        }
    }));
    used.await;
    for migrating in migrating {
        let output = tokio::task::spawn_blocking(|| migrating.wait_with_output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{}", told(&output));
    }
    let moves = customers.moves().await;
    assert_eq!((moves.len(), moves.values().all(|moved| *moved == (1, 2))), (CROWD, true), "{moves:?}");
    for id in &ids {
        let account = customers.executor.account(&organization(id)).await.unwrap().account;
        assert_eq!(account.context.catalog.as_ref().map(|catalog| catalog.version), Some(2), "{id}");
        let feature = "whatsapp_messages".to_owned().try_into().unwrap();
        let found = entitlement::check(&account.ledger, &feature, Quantity::ONE, &account.context).unwrap();
        assert_eq!((found.used, found.limit), (some(3), some(40)), "{id}");
    }
}

fn some(quantity: u32) -> Option<Quantity> {
    Some(Quantity::positive(quantity.into()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_used_beyond_a_smaller_limit_stays_used_and_more_is_refused() {
    let customers = Customers::of(&first()).await;
    customers.start("acme", "gratis").await;
    customers.consume("acme", "ai_runs", 2).await.unwrap();
    customers.consume("acme", "whatsapp_messages", 45).await.unwrap();
    customers.publish(&later()).await;
    customers.consume("acme", "whatsapp_messages", 5).await.unwrap();
    let told = customers.migrate(&["--dry-run"]).await;
    assert!(told.contains("! ai_runs: 1 organization uses more than 1 now: acme 2"), "{told}");
    customers.migrate(&[]).await;

    let account = customers.executor.account(&organization("acme")).await.unwrap().account;
    for (feature, used, limit) in [("ai_runs", some(2), some(1)), ("whatsapp_messages", some(50), some(40))] {
        let feature = feature.to_owned().try_into().unwrap();
        let found = entitlement::check(&account.ledger, &feature, Quantity::ONE, &account.context).unwrap();
        assert_eq!((found.used, found.limit, found.remaining), (used, limit, Some(Quantity::ZERO)), "{feature}");
    }
    let events = customers.events().await;
    let refused = async |feature| customers.consume("acme", feature, 1).await.unwrap_err().to_string();
    let runs = refused("ai_runs").await;
    assert!(runs.starts_with("1 of ai_runs exceed the 0 left of 1 until "), "{runs}");
    assert_eq!(refused("whatsapp_messages").await, "a balance of 0.00 credits does not pay for 0.05");
    assert_eq!(customers.events().await, events, "something was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_says_where_something_decided_by_hand_stands_before_a_gain_or_a_loss() {
    let features = "[features.help]\nkind = \"config\"\n[features.beta]\nkind = \"flag\"\n[[plans]]\ncode = \"gratis\"";
    let granted =
        ("whatsapp_instances = { limit = 1 }", "whatsapp_instances = { limit = 1 }\nhelp = { value = \"mail\" }");
    let before = changed(&first(), &[("[[plans]]\ncode = \"gratis\"", features), granted]);
    let after = changed(
        &before,
        &[
            ("limit = 50,", "limit = 40,"),
            ("limit = 3 }\nwhats", "limit = 3, overage = { credits = \"2\" } }\nwhats"),
            ("[features.beta]\nkind = \"flag\"", "[features.beta]\nkind = \"capacity\""),
            ("limit = 10 }\nwhite_label = true", "limit = 10 }"),
            ("value = \"mail\" }", "value = \"phone\" }\nwhite_label = true"),
        ],
    );
    let customers = Customers::of(&before).await;
    let limit = |limit: u32| OverrideValue::Limit(Limit::UpTo(Quantity::positive(limit.into()).unwrap()));
    for id in ["acme", "bolt", "crow"] {
        customers.start(id, "gratis").await;
        customers.consume(id, "whatsapp_messages", 45).await.unwrap();
    }
    customers.override_feature("acme", "whatsapp_messages", limit(500), Some("2131-01-01T00:00:00Z")).await;
    customers.override_feature("bolt", "whatsapp_messages", OverrideValue::Limit(Limit::Unlimited), None).await;
    // Of what is past the limit an override says nothing, unless it is off.
    customers.override_feature("acme", "ai_runs", limit(7), None).await;
    customers.override_feature("bolt", "ai_runs", OverrideValue::Off, None).await;
    customers.override_feature("acme", "help", OverrideValue::Value("in person".into()), None).await;
    customers.override_feature("acme", "white_label", OverrideValue::On, None).await;
    customers.override_feature("acme", "whatsapp_instances", limit(2), None).await;
    customers.override_feature("acme", "beta", OverrideValue::On, None).await;
    // Nothing of a plan that is not in force yet is used; and a suspension ends some day.
    customers.start("iris", "partner").await;
    customers.override_feature("iris", "white_label", OverrideValue::On, None).await;
    customers.suspend("crow").await;
    customers.publish(&after).await;
    expect![[r#"
        from version 1 to 2
          plan gratis: 3 organizations
            + ai_runs past the limit: refused -> 2 credits each
            ~ help: "mail" -> "phone"
            - whatsapp_messages: 50 -> 40
            + white_label: no -> yes
            = ai_runs: decided by hand, so hidden from 1 organization: bolt off
            = help: decided by hand, so hidden from 1 organization: acme "in person"
            = whatsapp_messages: decided by hand, so hidden from 2 organizations: acme 500 until 2131-01-01T00:00:00Z, bolt unlimited
            = white_label: decided by hand, so hidden from 1 organization: acme on
            ! beta: what was decided by hand ends for 1 organization: acme on
            ! whatsapp_messages: 1 organization uses more than 40 now: crow 45
          plan partner: 1 organization
            - white_label: yes -> no
            = white_label: decided by hand, so hidden from 1 organization: iris on

        4 organizations would be moved to version 2
        nothing was written
    "#]].assert_eq(&customers.migrate(&["--dry-run"]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_publishes_is_told_who_stays_behind_and_how_to_move_them() {
    let customers = Customers::of(&first()).await;
    customers.start("acme", "gratis").await;
    customers.start("bolt", "gratis").await;
    customers.fold().await;
    expect![[r#"
        agencia.toml: agencia version 2 is in force for whoever subscribes from now on
          `tollgate catalog diff agencia@1 agencia@2` tells what changed
          2 organizations are on older versions: `tollgate catalog migrate agencia --dry-run` tells what moving them would change
    "#]].assert_eq(&customers.publish_file(&later()));
    customers.migrate(&["--organization", "acme"]).await;
    customers.fold().await;
    expect![[r#"
        agencia.toml: agencia version 2 is in force, as before
          1 organization is on an older version: `tollgate catalog migrate agencia --dry-run` tells what moving them would change
    "#]]
    .assert_eq(&customers.publish_file(&later()));
    customers.migrate(&[]).await;
    customers.fold().await;
    expect![[r#"
        agencia.toml: agencia version 2 is in force, as before
    "#]]
    .assert_eq(&customers.publish_file(&later()));
}
