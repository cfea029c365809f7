//! What falls due happens by itself: once, at its instant, by the clock of whom it is about.

use std::sync::Arc;

use async_trait::async_trait;
use domain::credit_ledger::Command;
use event_store::{Executor, Recorded};
use jiff::{SignedDuration, Timestamp, ToSpan};
use processors::meet_deadlines::MeetDeadlines;
use processors::{ActError, Change, Done, Processor, Todo, Wanted};
use testkit::until;

use crate::scene::Scene;

/// Long enough for a few commands, short enough to wait for.
fn soon() -> Timestamp {
    micros(Timestamp::now() + SignedDuration::from_millis(600))
}

/// As the log keeps instants.
fn micros(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap()
}

/// Has taken a row up, and never comes back to note it: its process died.
enum Dies {
    BeforeActing,
    AfterActing,
}

#[async_trait]
impl Processor for Dies {
    fn name(&self) -> &'static str {
        MeetDeadlines.name()
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        MeetDeadlines.todo(recorded)
    }

    fn deadlines(&self, recorded: &Recorded) -> Vec<Change> {
        MeetDeadlines.deadlines(recorded)
    }

    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError> {
        if let Self::AfterActing = self {
            MeetDeadlines.act(todo, executor).await?;
        }
        std::future::pending().await
    }
}

/// Pedro, who may hold messages.
async fn pedro() -> Scene {
    let scene = Scene::begin().await;
    scene.register("pedro", None).await;
    scene.subscribe("pedro", "gratis").await;
    scene
}

/// Ana, for whom it is what instant a test says: one that is in a moment, at first.
async fn ana() -> (Scene, Timestamp) {
    sandbox_on("ana", "gratis").await
}

async fn sandbox_on(id: &str, plan: &str) -> (Scene, Timestamp) {
    let scene = Scene::begin().await;
    scene.register_sandbox(id).await;
    let instant = micros(Timestamp::now() + 1.second());
    scene.set_instant(id, instant).await;
    scene.subscribe(id, plan).await;
    (scene, instant)
}

async fn happens(scene: &Scene, event_type: &str, count: usize) {
    until(event_type, || async { (scene.happened(event_type).await.len() >= count).then_some(()) }).await;
}

/// To-dos that are not done, but for the end of the month that a plan is paid for.
async fn open(scene: &Scene) -> i64 {
    let count = "SELECT count(*) FROM proc.todos WHERE status = 'pending' AND deadline IS DISTINCT FROM 'period_ends'";
    sqlx::query_scalar(count).fetch_one(&scene.pool).await.unwrap()
}

/// Deadlines of ledgers that wait for their instant.
async fn waiting(scene: &Scene) -> i64 {
    let count =
        "SELECT count(*) FROM proc.todos WHERE status = 'pending' AND opens_at > now() AND deadline <> 'period_ends'";
    sqlx::query_scalar(count).fetch_one(&scene.pool).await.unwrap()
}

#[tokio::test]
async fn a_hold_lets_go_by_itself_when_its_time_is_over() {
    let scene = pedro().await;
    scene.grant("pedro", 10, None, None).await;
    let running = scene.process();
    scene.hold("pedro", 90, soon()).await;
    assert_eq!(scene.balance("pedro").await, "8.00");
    happens(&scene, "HoldExpired", 1).await;
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.balance("pedro").await, "10.00");
    assert_eq!(scene.happened("HoldExpired").await, ["pedro"]);
}

#[tokio::test]
async fn a_lot_begins_and_is_lost_by_itself() {
    let scene = pedro().await;
    let running = scene.process();
    let begins = soon();
    scene.grant("pedro", 10, Some(begins), Some(begins + 400.milliseconds())).await;
    assert_eq!(scene.balance("pedro").await, "0.00");
    happens(&scene, "CreditsGranted", 1).await;
    happens(&scene, "LotExpired", 1).await;
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.balance("pedro").await, "0.00");
    assert_eq!((open(&scene).await, scene.todos("failed").await), (0, 0));
}

#[tokio::test]
async fn of_a_hold_that_has_ended_nothing_rings() {
    let scene = pedro().await;
    let end = micros(Timestamp::now() + 1.hour());
    let running = scene.process();
    let (captured, released) = (scene.hold("pedro", 1, end).await, scene.hold("pedro", 1, end).await);
    until("both to be known", || async { (waiting(&scene).await == 2).then_some(()) }).await;
    let capture = domain::credit_ledger::Capture {
        hold: captured,
        quantity: domain::Quantity::positive(1.into()).unwrap(),
        rest: domain::credit_ledger::Rest::Keep,
        occurred_at: None,
        attributes: Default::default(),
    };
    scene.tell("pedro", Command::Capture(capture)).await;
    scene.tell("pedro", Command::Release { hold: released }).await;
    until("both to be forgotten", || async { (waiting(&scene).await == 0).then_some(()) }).await;
    running.stop().await;
    assert_eq!(scene.commands("meet_deadlines").await, 0);
}

#[tokio::test]
async fn a_hold_that_is_extended_lets_go_at_its_new_end() {
    let (scene, noon) = ana().await;
    let running = scene.process();
    let hold = scene.hold("ana", 1, noon + 1.hour()).await;
    scene.tell("ana", Command::Extend { hold, expires_at: noon + 3.hours() }).await;
    scene.set_instant("ana", noon + 2.hours()).await;
    until("the clock to be known", || async {
        let shown = "SELECT EXISTS (SELECT FROM proc.clocks WHERE lane = 'ana' AND instant > $1::timestamptz)";
        let later = (noon + 1.hour()).to_string();
        sqlx::query_scalar(shown).bind(later).fetch_one(&scene.pool).await.unwrap_or(false).then_some(())
    })
    .await;
    assert_eq!((scene.happened("HoldExpired").await.len(), waiting(&scene).await), (0, 1));
    scene.set_instant("ana", noon + 3.hours()).await;
    happens(&scene, "HoldExpired", 1).await;
    running.stop().await;
}

#[tokio::test]
async fn a_sandbox_whose_instant_was_set_goes_by_that_and_never_by_the_clock_on_the_wall() {
    let (scene, now) = ana().await;
    scene.register("pedro", None).await;
    scene.subscribe("pedro", "gratis").await;
    let running = scene.process();
    scene.hold("ana", 1, now + 1.millisecond()).await;
    // When pedro's has let go, ana's would have long since.
    scene.hold("pedro", 1, now + 1.second()).await;
    happens(&scene, "HoldExpired", 1).await;
    scene.settles().await;
    assert_eq!(scene.happened("HoldExpired").await, ["pedro"]);
    assert_eq!(scene.commands("meet_deadlines").await, 1, "nothing was asked of ana");

    scene.set_instant("ana", now + 1.millisecond()).await;
    happens(&scene, "HoldExpired", 2).await;
    running.stop().await;
}

#[tokio::test]
async fn what_is_due_when_the_instant_is_set_forward_happens_in_the_order_of_its_instants() {
    let (scene, noon) = ana().await;
    let running = scene.process();
    scene.grant("ana", 3, None, Some(noon + 72.hours())).await;
    scene.grant("ana", 1, None, Some(noon + 24.hours())).await;
    scene.grant("ana", 2, None, Some(noon + 48.hours())).await;
    scene.set_instant("ana", noon + 100.hours()).await;
    happens(&scene, "LotExpired", 3).await;
    scene.settles().await;
    running.stop().await;
    let expired = scene.log().await.into_iter().filter_map(|recorded| {
        let domain::credit_ledger::Event::LotExpired { amount, .. } = recorded.event.try_into().ok()? else {
            return None;
        };
        Some(amount.to_string())
    });
    assert_eq!(expired.collect::<Vec<_>>(), ["1.00", "2.00", "3.00"]);
}

#[tokio::test]
async fn a_sandbox_without_an_instant_goes_by_the_clock_on_the_wall() {
    let scene = Scene::begin().await;
    scene.register_sandbox("ana").await;
    scene.subscribe("ana", "gratis").await;
    let running = scene.process();
    scene.hold("ana", 1, soon()).await;
    happens(&scene, "HoldExpired", 1).await;
    running.stop().await;
}

#[tokio::test]
async fn what_rings_before_its_instant_is_not_decided_and_rings_again() {
    let (scene, now) = ana().await;
    let end = now + 1.hour();
    let hold = scene.hold("ana", 1, end).await;
    let task = serde_json::json!({ "due": "hold_expires", "organization": "ana", "hold": hold, "due_at": end });
    // As when its worker has not heard of the clock that stands still.
    let ringing = Todo {
        event_id: uuid::Uuid::now_v7(),
        partition: 0,
        position: 1,
        organization: None,
        task,
        deadline: format!("hold_expires:{hold}"),
        attempt: 1,
        fence: 1,
    };
    let early = MeetDeadlines.act(&ringing, &scene.executor).await.unwrap_err();
    assert!(matches!(early, ActError::Later { .. }), "{early:?}");
    assert_eq!(scene.commands("meet_deadlines").await, 0, "nothing is left that could pass for an answer");

    scene.set_instant("ana", end).await;
    assert_eq!(MeetDeadlines.act(&ringing, &scene.executor).await, Ok(Done::Now));
    assert_eq!(MeetDeadlines.act(&ringing, &scene.executor).await, Ok(Done::Before));
    assert_eq!(scene.happened("HoldExpired").await, ["ana"]);
}

/// One hold that is due, and a worker that does not get to the end of it.
async fn killed_half_way(dying: Arc<dyn Processor>, half: &str) {
    let scene = pedro().await;
    scene.hold("pedro", 1, soon()).await;
    let dying = scene.process_these(vec![dying]);
    until("the deadline to be taken up", || async {
        let query = format!("SELECT {half}");
        sqlx::query_scalar(&query).fetch_one(&scene.pool).await.unwrap_or(false).then_some(())
    })
    .await;
    dying.kill();
    // The dead worker's lease holds; nobody waits for it in a test.
    sqlx::query("UPDATE proc.todos SET leased_until = now()").execute(&scene.pool).await.unwrap();
    let alive = scene.process();
    happens(&scene, "HoldExpired", 1).await;
    scene.settles().await;
    alive.stop().await;
    assert_eq!(scene.happened("HoldExpired").await, ["pedro"]);
    assert_eq!((open(&scene).await, scene.todos("failed").await), (0, 0));
}

#[tokio::test]
async fn a_worker_that_dies_after_acting_has_met_its_deadline_once() {
    killed_half_way(Arc::new(Dies::AfterActing), "count(*) = 1 FROM es.events WHERE event_type = 'HoldExpired'").await;
}

#[tokio::test]
async fn a_worker_that_dies_before_acting_loses_no_deadline() {
    killed_half_way(Arc::new(Dies::BeforeActing), "count(*) = 1 FROM proc.todos WHERE deadline <> '' AND fence = 1")
        .await;
}

#[tokio::test]
async fn several_runners_and_everything_again_from_the_first_event_change_nothing() {
    let (scene, noon) = ana().await;
    let runners = [(); 3].map(|()| scene.process());
    for hour in 1..=20 {
        scene.hold("ana", 1, noon + hour.hours()).await;
        scene.grant("ana", 1, Some(noon + hour.hours()), Some(noon + (hour + 5).hours())).await;
    }
    scene.set_instant("ana", noon + 100.hours()).await;
    happens(&scene, "LotExpired", 20).await;
    scene.settles().await;
    for running in runners {
        running.stop().await;
    }
    let before = scene.log().await;
    assert_eq!(scene.happened("HoldExpired").await.len(), 20);

    sqlx::query("TRUNCATE proc.checkpoints, proc.todos, proc.clocks").execute(&scene.pool).await.unwrap();
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.log().await, before);
}

#[tokio::test]
async fn a_period_that_is_not_paid_is_suspended_and_ended_by_itself_in_the_order_of_its_instants() {
    let (scene, noon) = sandbox_on("ana", "starter").await;
    scene.pay("ana", "15").await;
    let running = scene.process();
    // One day after the period's end, then a year: what is not paid was tried again, suspended and ended.
    scene.set_instant("ana", noon + (32 * 24).hours()).await;
    happens(&scene, "SubscriptionPastDue", 1).await;
    assert!(scene.happened("SubscriptionSuspended").await.is_empty(), "it still entitles");
    scene.set_instant("ana", noon + (365 * 24).hours()).await;
    happens(&scene, "SubscriptionCanceled", 1).await;
    scene.settles().await;
    running.stop().await;

    let of_the_end = |event_type: &String| {
        ["SubscriptionPastDue", "PaymentRetryDue", "SubscriptionSuspended", "SubscriptionCanceled"]
            .contains(&event_type.as_str())
    };
    let steps = scene.log().await.into_iter().map(|recorded| recorded.event.event_type()).filter(of_the_end);
    assert_eq!(
        steps.collect::<Vec<_>>(),
        [
            "SubscriptionPastDue",
            "PaymentRetryDue",
            "PaymentRetryDue",
            "PaymentRetryDue",
            "SubscriptionSuspended",
            "SubscriptionCanceled"
        ]
    );
    assert_eq!(scene.happened("InvoiceIssued").await.len(), 2, "no period begins while one is unpaid");
}
