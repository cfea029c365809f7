//! What the runner promises of deadlines, whatever they are for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::{Event, subscription};
use event_store::{Executor, Recorded};
use jiff::Timestamp;
use processors::{ActError, Change, Deadline, Done, Processor, Todo, Wanted};
use rust_decimal::prelude::ToPrimitive;
use testkit::until;
use tokio::sync::Notify;

use crate::scene::Scene;

/// Payments set, move and clear one deadline each: the dollars name it, the cents say what of it.
///
/// ```text
/// 7.00 clear "7"     7.25 set "7" for second 25 of 1970      7.99 set "7" for the far future
/// ```
#[derive(Default)]
struct Bell {
    rung: Mutex<BTreeMap<String, Vec<String>>>,
    /// What rings for second 13 fails, and what rings for second 50 waits for this.
    may_end: Notify,
}

#[async_trait]
impl Processor for Bell {
    fn name(&self) -> &'static str {
        "ring_bell"
    }

    fn todo(&self, _recorded: &Recorded) -> Option<Wanted> {
        None
    }

    fn deadlines(&self, recorded: &Recorded) -> Vec<Change> {
        let Event::Subscription(subscription::Event::PaymentRecorded { amount, .. }) = &recorded.event else {
            return Vec::new();
        };
        let cents = (amount.amount * rust_decimal::Decimal::ONE_HUNDRED).to_i64().unwrap();
        let (name, second) = ((cents / 100).to_string(), cents % 100);
        vec![match second {
            0 => Change::Clear(name),
            99 => Change::Set(Deadline::new(name, Timestamp::from_second(32_503_680_000).unwrap(), &second)),
            _ => Change::Set(Deadline::new(name, Timestamp::from_second(second).unwrap(), &second)),
        }]
    }

    async fn act(&self, todo: &Todo, _executor: &Executor) -> Result<Done, ActError> {
        let second: i64 = todo.task()?;
        match second {
            13 => return Err(ActError::Impossible { reason: "unlucky".to_owned() }),
            50 => self.may_end.notified().await,
            _ => {}
        }
        let organization = todo.organization.as_ref().map(ToString::to_string).unwrap_or_default();
        let rung = format!("{} at {second}", todo.deadline);
        self.rung.lock().unwrap().entry(organization).or_default().push(rung);
        Ok(Done::Now)
    }
}

impl Bell {
    fn rung(&self, organization: &str) -> Vec<String> {
        self.rung.lock().unwrap().get(organization).cloned().unwrap_or_default()
    }
}

/// Somebody who pays for a plan in small parts.
async fn paying(organizations: &[&str]) -> Scene {
    let scene = Scene::begin().await;
    for organization in organizations {
        scene.register(organization, None).await;
        scene.subscribe(organization, "partner").await;
    }
    scene
}

async fn count(scene: &Scene, what: &str) -> i64 {
    let query = format!("SELECT count(*) FROM proc.todos WHERE {what}");
    sqlx::query_scalar(&query).fetch_one(&scene.pool).await.unwrap()
}

async fn until_there_are(scene: &Scene, wanted: i64, what: &str) {
    until(what, || async { (count(scene, what).await == wanted).then_some(()) }).await;
}

#[tokio::test]
async fn deadlines_of_one_lane_are_met_in_the_order_of_their_instants_and_lanes_go_side_by_side() {
    let scene = paying(&["juan", "maria", "pedro"]).await;
    for organization in ["juan", "maria", "pedro"] {
        for payment in ["1.30", "2.10", "3.20", "4.10", "5.05", "6.99"] {
            scene.pay(organization, payment).await;
        }
    }
    let bell = Arc::new(Bell::default());
    let runners = [scene.process_these(vec![bell.clone()]), scene.process_these(vec![bell.clone()])];
    until_there_are(&scene, 15, "status = 'done'").await;
    for running in runners {
        running.stop().await;
    }
    for organization in ["juan", "maria", "pedro"] {
        assert_eq!(bell.rung(organization), ["5 at 5", "2 at 10", "4 at 10", "3 at 20", "1 at 30"]);
    }
    assert_eq!(count(&scene, "status = 'pending'").await, 3, "those of the far future wait");
    let behind = processors::settled(&scene.pool, 0, 0).await.unwrap();
    assert!(!behind, "the other processors have not read so far");
}

#[tokio::test]
async fn a_deadline_is_moved_and_cleared_whether_it_waits_or_has_failed() {
    let scene = paying(&["juan"]).await;
    let bell = Arc::new(Bell::default());
    let running = scene.process_these(vec![bell.clone()]);
    for payment in ["1.13", "2.13", "3.99", "4.99"] {
        scene.pay("juan", payment).await;
    }
    until_there_are(&scene, 2, "status = 'failed'").await;
    until_there_are(&scene, 2, "status = 'pending' AND opens_at > now()").await;

    for payment in ["1.20", "2", "3.30", "4"] {
        scene.pay("juan", payment).await;
    }
    until_there_are(&scene, 2, "status = 'done'").await;
    // What was cleared is gone, also from what has failed.
    until_there_are(&scene, 2, "true").await;
    running.stop().await;
    assert_eq!(bell.rung("juan"), ["1 at 20", "3 at 30"]);
}

#[tokio::test]
async fn a_deadline_that_moves_while_it_is_met_is_met_again_at_its_new_instant() {
    let scene = paying(&["juan"]).await;
    let bell = Arc::new(Bell::default());
    let running = scene.process_these(vec![bell.clone()]);
    scene.pay("juan", "1.50").await;
    until_there_are(&scene, 1, "leased_until IS NOT NULL").await;
    scene.pay("juan", "1.60").await;
    until_there_are(&scene, 1, "status = 'done'").await;
    // The first one comes to its end now, and finds its row another's.
    bell.may_end.notify_one();
    until("the first to end", || async { (bell.rung("juan").len() == 2).then_some(()) }).await;
    running.stop().await;
    assert_eq!(bell.rung("juan"), ["1 at 60", "1 at 50"]);
    assert_eq!(count(&scene, "status = 'done' AND due_at = to_timestamp(60)").await, 1);
    assert_eq!(count(&scene, "true").await, 1);
}

#[tokio::test]
async fn a_deadline_that_was_met_may_be_set_again() {
    let scene = paying(&["juan"]).await;
    let bell = Arc::new(Bell::default());
    let running = scene.process_these(vec![bell.clone()]);
    scene.pay("juan", "1.10").await;
    until_there_are(&scene, 1, "status = 'done'").await;
    scene.pay("juan", "1.20").await;
    until_there_are(&scene, 2, "status = 'done'").await;
    running.stop().await;
    assert_eq!(bell.rung("juan"), ["1 at 10", "1 at 20"]);
}

#[tokio::test]
async fn what_waits_for_its_instant_is_nothing_to_do_yet() {
    let scene = paying(&["juan"]).await;
    scene.pay("juan", "1").await;
    let running = scene.process();
    scene.settles().await;
    scene.grant("juan", 5, None, Some(Timestamp::from_second(4_000_000_000).unwrap())).await;
    until_there_are(&scene, 1, "status = 'pending'").await;
    scene.settles().await;
    running.stop().await;
    let statuses = processors::statuses(&scene.pool).await.unwrap();
    let deadlines = statuses.iter().find(|status| status.processor == "meet_deadlines").unwrap();
    assert_eq!((deadlines.pending, deadlines.failed, deadlines.oldest_pending), (0, 0, None));
}
