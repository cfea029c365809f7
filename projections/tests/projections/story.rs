//! What people read after the story of Juan, Maria and Pedro.

use std::time::Duration;

use domain::calendar::Period;
use expect_test::{Expect, expect};
use jiff::Timestamp;
use projections::{
    balance, checkpoint, commission_statement, commissions, compliance_alerts, credit_statement, organizations,
    referral_network, usage,
};
use testkit::organization;

use crate::world::World;

async fn told() -> World {
    let world = World::new().await;
    let live = world.live();
    world.tell_the_story().await;
    world.all_caught_up().await;
    live.stop().await;
    world
}

fn check(lines: impl IntoIterator<Item = String>, expected: &Expect) {
    expected.assert_eq(&lines.into_iter().map(|line| line + "\n").collect::<String>());
}

#[tokio::test]
async fn balances_are_what_was_granted_less_what_was_charged() {
    let world = told().await;
    let mut lines = Vec::new();
    for id in ["juan", "maria", "pedro"] {
        let row = balance::find(&world.pool, &organization(id)).await.unwrap().unwrap();
        lines.push(format!("{id}: {} granted, {} spent, {} left", row.granted, row.spent, row.balance));
    }
    check(
        lines,
        &expect![[r"
            juan: 40.55 granted, 0 spent, 40.55 left
            maria: 3.00 granted, 0 spent, 3.00 left
            pedro: 10.00 granted, 0.05 spent, 9.95 left
        "]],
    );
    assert_eq!(balance::find(&world.pool, &organization("nobody")).await.unwrap(), None);
}

#[tokio::test]
async fn a_statement_has_every_purchase_commission_and_charge_with_the_balance_after_it() {
    let world = told().await;
    let mut lines = Vec::new();
    for id in ["juan", "pedro"] {
        let entries = credit_statement::list(&world.pool, &organization(id), 0, 100).await.unwrap();
        let second_page = credit_statement::list(&world.pool, &organization(id), entries[0].position, 1).await.unwrap();
        assert_eq!(second_page, &entries[1..]);
        lines.extend(entries.into_iter().map(|entry| {
            let feature = entry.feature.unwrap_or_default();
            let level = entry.commission.map(|id| id.rsplit_once('-').unwrap().1.to_owned()).unwrap_or_default();
            let reference = entry.reference.unwrap_or_default();
            format!("{id} {} {} -> {} {feature}{level}{reference}", entry.kind, entry.amount, entry.balance_after)
        }));
    }
    check(
        lines,
        &expect![[r"
            juan commission 39.80 -> 39.80 1
            juan commission 0.75 -> 40.55 2
            pedro purchased 10.00 -> 10.00 transfer-77
            pedro charge -0.05 -> 9.95 whatsapp_messages
        "]],
    );
}

#[tokio::test]
async fn usage_tells_what_was_included_and_what_was_past_it() {
    let world = told().await;
    let rows = usage::list(&world.pool, &organization("pedro")).await.unwrap();
    let line = |row: usage::Usage| {
        let usage::Usage { feature, used, included, overage, charged, limit_quantity, consumptions, .. } = row;
        let limit = limit_quantity.map_or("unlimited".to_owned(), |limit| limit.to_string());
        format!("{feature}: {used} in {consumptions}, {included} of {limit} included, {overage} past it for {charged}")
    };
    check(
        rows.into_iter().map(line),
        &expect![[r"
            whatsapp_messages: 2001 in 21, 2000 of 2000 included, 1 past it for 0.05
        "]],
    );
}

#[tokio::test]
async fn every_threshold_raises_one_alert() {
    let world = told().await;
    let alerts = compliance_alerts::list(&world.pool, &organization("pedro")).await.unwrap();
    let line = |alert: compliance_alerts::Alert| {
        format!("{} % at {} of {}", alert.threshold, alert.used, alert.limit_quantity)
    };
    check(
        alerts.into_iter().map(line),
        &expect![[r"
            95 % at 1900 of 2000
            85 % at 1700 of 2000
            70 % at 1400 of 2000
        "]],
    );
}

#[tokio::test]
async fn commissions_say_who_paid_what_and_that_it_was_granted() {
    let world = told().await;
    let earned = commissions::of_beneficiary(&world.pool, &organization("juan")).await.unwrap();
    let line = |earned: commissions::Commission| {
        let commissions::Commission { payer, level, rate, base_amount, base_currency, amount, status, .. } = earned;
        format!("level {level}: {rate} of the {base_amount} {base_currency} of {payer} is {amount}, {status}")
    };
    check(
        earned.into_iter().map(line),
        &expect![[r"
            level 2: 0.05 of the 15.00 USD of pedro is 0.75, granted
            level 1: 0.20 of the 199.00 USD of maria is 39.80, granted
        "]],
    );
}

#[tokio::test]
async fn the_network_is_walked_down_with_what_it_earned() {
    let world = told().await;
    let below = referral_network::below(&world.pool, &organization("juan"), 10).await.unwrap();
    let line = |row: referral_network::Member| {
        let referral_network::Member { member, sponsor, level, payments, earned, .. } = row;
        format!("level {level}: {member} of {sponsor} earned {earned} in {payments}")
    };
    check(
        below.into_iter().map(line),
        &expect![[r"
            level 1: maria of juan earned 39.80 in 1
            level 2: pedro of maria earned 0.75 in 1
        "]],
    );
    let direct = referral_network::below(&world.pool, &organization("juan"), 1).await.unwrap();
    assert_eq!(direct.len(), 1);
}

#[tokio::test]
async fn a_month_says_what_was_earned_of_whom_and_what_became_of_it() {
    let world = told().await;
    let ever = Period { start: Timestamp::UNIX_EPOCH, end: "2999-01-01T00:00:00Z".parse().unwrap() };
    let statement = commission_statement::of(&world.pool, &organization("juan"), ever).await.unwrap();
    let commission_statement::Totals { accrued, matured, granted, netted, owed, .. } = statement.totals;
    let totals = format!("{accrued} accrued, {matured} matured, {granted} granted, {netted} netted, {owed} owed");
    let line = |row: commission_statement::PayerLine| {
        let commission_statement::PayerLine { payer, level, payments, accrued, matured, .. } = row;
        format!("{payer} at {level}: {accrued} of {payments} payments, {matured} matured")
    };
    check(
        std::iter::once(totals).chain(statement.payers.into_iter().map(line)),
        &expect![[r"
            40.55 accrued, 40.55 matured, 40.55 granted, 0 netted, 0 owed
            maria at 1: 39.80 of 1 payments, 39.80 matured
            pedro at 2: 0.75 of 1 payments, 0.75 matured
        "]],
    );
    let never = Period { start: Timestamp::UNIX_EPOCH, end: Timestamp::UNIX_EPOCH };
    assert!(commission_statement::of(&world.pool, &organization("juan"), never).await.unwrap().payers.is_empty());
}

#[tokio::test]
async fn organizations_are_listed_with_sponsor_and_subscription() {
    let world = told().await;
    let agencia = domain::ProductCode::new("agencia").unwrap();
    let line = |row: organizations::OrganizationRow| {
        let organizations::OrganizationRow { organization, sponsor, subscription, plan, still_due, .. } = row;
        format!("{organization} of {sponsor:?}: {subscription} {plan:?}, still due {still_due:?}")
    };
    let listed = organizations::list(&world.pool, &agencia, "", 10).await.unwrap();
    check(
        listed.into_iter().map(line),
        &expect![[r#"
            juan of None: none None, still due None
            maria of Some("juan"): active Some("partner"), still due Some(0)
            pedro of Some("maria"): active Some("starter"), still due Some(0)
        "#]],
    );
    let after_juan = organizations::list(&world.pool, &agencia, "juan", 1).await.unwrap();
    assert_eq!(after_juan[0].organization, "maria");
    let referred = organizations::referred_by(&world.pool, &organization("maria")).await.unwrap();
    assert_eq!(referred[0].organization, "pedro");
    let maria = organizations::find(&world.pool, &organization("maria")).await.unwrap().unwrap();
    assert_eq!(maria, after_juan[0]);
}

#[tokio::test]
async fn a_reader_may_wait_until_its_own_command_shows() {
    let world = World::new().await;
    let nobody = checkpoint::wait_for(&world.pool, "balance", 0, 1, Duration::from_millis(20)).await.unwrap();
    assert!(!nobody, "nothing is folded yet");
    let live = world.live();
    world.register("juan").await;
    let applied = world.top_up("juan", "10").await;
    let (partition, position) = (applied.partition, applied.position);
    assert!(checkpoint::wait_for(&world.pool, "balance", partition, position, testkit::PATIENCE).await.unwrap());
    let row = balance::find(&world.pool, &organization("juan")).await.unwrap().unwrap();
    assert_eq!(row.position, position);
    live.stop().await;
}
