//! What `why` prints, and what it says to a question without an answer.

use domain::organization::Command as OrganizationCommand;
use event_store::Failure;
use expect_test::expect;
use jiff::{Timestamp, ToSpan};
use replay::why::{self, Position, Question};
use testkit::{of, send};

use super::business::{actor, feature, quantity, question};
use super::{ana, audit, consume, limit};

/// What changes from run to run, in words.
fn steady(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_end_matches([',', ':']);
        let stop = &word[bare.len()..];
        match bare {
            _ if bare.parse::<Timestamp>().is_ok() => format!("<instant>{stop}"),
            _ if bare.starts_with("lot_") => "<lot>".to_owned(),
            _ if bare.starts_with("hold_") => "<hold>".to_owned(),
            _ => word.to_owned(),
        }
    };
    let lines = text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_verdict_is_printed_with_the_place_of_every_fact() {
    let (test, executor) = ana().await;
    send(&executor, of("ana"), limit("tokens", 6)).await.unwrap();
    send(&executor, of("ana"), consume("tokens", 4)).await.unwrap();
    let hold = domain::credit_ledger::Command::Hold(domain::credit_ledger::Hold {
        feature: feature("tokens"),
        quantity: quantity(3),
        expires_at: Timestamp::now() + 1.hour(),
        actor: None,
    });
    send(&executor, of("ana"), hold).await.unwrap();
    send(&executor, of("ana"), consume("tokens", 10)).await.expect_err("4.50 credits are left");
    let asked = question("ana", "tokens", quantity(10), Timestamp::now());
    let because = why::ask(&audit(&test).await, &asked).await.unwrap();
    expect![[r#"
        refused: ana may not use 10 of tokens: insufficient_credits
          used           7 of 6, 0 left, 3 of it held
          resets at      <instant>
          charge         5.00 credits
          plan needed    large, at /checkout?plan=large
          refusal        INSUFFICIENT_CREDITS: a balance of 4.50 credits does not pay for 5.00
          hint           top up credits
          decided on     0:9, by catalog version 1, at <instant>
        rests on
          registration   0:2      <instant>  product studio, America/Santiago, live
          catalog        0:1      <instant>  version 1, which the plan was sold under
          plan           0:3      <instant>  small of catalog version 1
          in force       0:4      <instant>  since <instant>
          grant          20, then 0.5 credits each, settles above holds
          override       0:6      <instant>  limit 6 for good, by ops_1: agreed by phone
          suspension     none
          administrator  no administrator asks
          window         month from <instant> to <instant>
          consumptions   0:7      <instant>  1 in the window, 4 in all, the last one here
          hold           0:9      <instant>  3 reserved until <instant>: <hold>
          lot            0:5      <instant>  4.50 left and 0.50 held, purchased, never expires: <lot>"#]]
    .assert_eq(&steady(&because.to_string()));
}

#[tokio::test]
async fn an_administrator_a_suspension_and_a_level_are_facts() {
    let (test, executor) = ana().await;
    let acquire = |amount| {
        let (feature, quantity) = (feature("rooms"), quantity(amount));
        domain::credit_ledger::Command::Acquire(domain::credit_ledger::Acquire { feature, quantity, actor: None })
    };
    send(&executor, of("ana"), acquire(2)).await.unwrap();
    let audit = audit(&test).await;
    let rooms = why::ask(&audit, &question("ana", "rooms", quantity(1), Timestamp::now())).await.unwrap();
    expect![[r#"
        refused: ana may not use 1 of rooms: capacity_exceeded
          used           2 of 2, 0 left
          plan needed    large, at /checkout?plan=large
          refusal        CAPACITY_EXCEEDED: 1 of rooms exceed the 0 left of 2
          hint           release some or move to plan large
          decided on     0:7, by catalog version 1, at <instant>
        rests on
          registration   0:2      <instant>  product studio, America/Santiago, live
          catalog        0:1      <instant>  version 1, which the plan was sold under
          plan           0:3      <instant>  small of catalog version 1
          in force       0:4      <instant>  since <instant>
          grant          2
          override       none
          suspension     none
          administrator  no administrator asks
          level          0:6      <instant>  changed once so far, the last one here"#]]
    .assert_eq(&steady(&rooms.to_string()));

    let (administrator, ops) = (actor("user_1"), actor("ops_1"));
    let appoint =
        OrganizationCommand::AppointAdministrator { administrator: administrator.clone(), actor: ops.clone() };
    send(&executor, of("ana"), appoint).await.unwrap();
    let asked = Question { actor: Some(administrator), ..question("ana", "films", quantity(3), Timestamp::now()) };
    let waived = why::ask(&audit, &asked).await.unwrap();
    expect![[r#"
        allowed: user_1 of ana may use 3 of films: waived
          used           0 of 0, 0 left
          resets at      <instant>
          decided on     0:8, by catalog version 1, at <instant>
        rests on
          registration   0:2      <instant>  product studio, America/Santiago, live
          catalog        0:1      <instant>  version 1, which the plan was sold under
          plan           0:3      <instant>  small of catalog version 1
          in force       0:4      <instant>  since <instant>
          grant          none by the plan
          override       none
          suspension     none
          administrator  0:8      <instant>  user_1
          window         for ever from <instant> to <instant>
          consumptions   0 in the window, 0 in all
          lot            0:5      <instant>  5.00 left, purchased, never expires: <lot>"#]]
    .assert_eq(&steady(&waived.to_string()));

    let reason = "unpaid since May".to_owned().try_into().unwrap();
    send(&executor, of("ana"), OrganizationCommand::Suspend { reason, actor: ops }).await.unwrap();
    let suspended = why::ask(&audit, &question("ana", "support", quantity(1), Timestamp::now())).await.unwrap();
    expect![[r#"
        refused: ana may not use support: suspended
          decided on     0:9, by catalog version 1, at <instant>
        rests on
          registration   0:2      <instant>  product studio, America/Santiago, live
          catalog        0:1      <instant>  version 1, which the plan was sold under
          plan           0:3      <instant>  small of catalog version 1
          in force       0:4      <instant>  since <instant>
          grant          mail
          override       none
          suspension     0:9      <instant>  since <instant>, by ops_1: unpaid since May
          administrator  no administrator asks"#]]
    .assert_eq(&steady(&suspended.to_string()));
}

#[tokio::test]
async fn a_question_without_an_answer_is_told_why_and_what_to_do() {
    let (test, executor) = ana().await;
    let audit = audit(&test).await;
    let now = Timestamp::now();
    let all = question("ana", "tokens", quantity(1), now);
    let head = test.log().head(0).await.unwrap();
    let registered = test.log().between(0, 2, 2).await.unwrap()[0].recorded_at;
    let place = |position| Some(Position { partition: None, position });
    let cases = [
        Question { organization: testkit::organization("nobody"), ..all.clone() },
        Question { feature: feature("faxes"), ..all.clone() },
        Question { at: registered - 1.second(), ..all.clone() },
        Question { position: place(1), ..all.clone() },
        Question { at: now + 1.hour(), ..all.clone() },
        Question { position: place(head.position + 1), ..all.clone() },
        Question { position: Some(Position { partition: Some(1), position: 1 }), ..all.clone() },
        Question { at: registered, position: place(head.position), ..all.clone() },
        Question { catalog_version: Some(2), ..all.clone() },
    ];
    let mut told = String::new();
    for question in cases {
        let unanswered = why::ask(&audit, &question).await.unwrap_err();
        told.push_str(&format!("{unanswered}\n  {}\n", unanswered.hint().unwrap()));
    }
    expect![[r#"
        organization nobody was never registered
          look the id up: it is what the organization was registered as
        product studio has no feature faxes
          the features are at /v1/products/studio/plans
        organization ana was registered at <instant>, at position 0:2; there was none at <instant>, at position 0:0
          ask for an instant from <instant> and a position from 0:2 on
        organization ana was registered at <instant>, at position 0:2; there was none at <instant>, at position 0:1
          ask for an instant from <instant> and a position from 0:2 on
        <instant> is in the future, it is <instant>
          ask for an instant up to <instant>
        partition 0 has no position 6, it ends at 5
          name a position up to 5
        organization ana is in partition 0, the position is of partition 1
          name a position of partition 0, or none
        position 0:5 was recorded at <instant>, after <instant>
          ask for an instant from <instant> on
        product studio has no catalog version 2
          the newest was version 1"#]]
    .assert_eq(&steady(&told));
    drop(executor);
}

#[tokio::test]
async fn the_same_is_said_in_json() {
    let (test, executor) = ana().await;
    send(&executor, of("ana"), consume("tokens", 4)).await.unwrap();
    let refused = send(&executor, of("ana"), consume("tokens", 100)).await.unwrap_err();
    let Failure::Rejected { rejection, grounds: Some(grounds) } = refused else { panic!("{refused}") };
    let position = Some(Position { partition: None, position: grounds.position });
    let asked = Question { position, ..question("ana", "tokens", quantity(100), Timestamp::now()) };
    let because = why::ask(&audit(&test).await, &asked).await.unwrap();
    let json = serde_json::to_value(&because).unwrap();
    assert_eq!(json["refusal"]["detail"], rejection.to_string());
    assert_eq!(
        (&json["used"], &json["charge"], &json["as_of"]["position"]),
        (&"4".into(), &"42.00".into(), &grounds.position.into())
    );
    let consumptions = &json["facts"]["consumptions"];
    assert_eq!((&consumptions["count"], &consumptions["quantity"]), (&1.into(), &"4".into()));
    assert_eq!(consumptions["last"]["position"], grounds.position);
    assert_eq!(json["facts"]["lots"][0]["left"], "5.00");
    assert_eq!(json["facts"]["catalog"]["because"], "sold_under");
}
