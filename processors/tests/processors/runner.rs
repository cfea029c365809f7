//! What the runner promises to every processor.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use event_store::{Executor, Recorded};
use processors::share_payments::SharePayments;
use processors::{ActError, Done, Processor, Todo, Wanted};
use testkit::until;

use crate::scene::Scene;

/// What may get in the way of an act.
type Trouble = fn(&Todo) -> Result<Done, ActError>;

/// Wants something for every event of an organization, in the organization's lane, and notes what it did.
#[derive(Default)]
struct Diary {
    done: Mutex<BTreeMap<String, Vec<i64>>>,
    at_once: AtomicU32,
    trouble: Option<Trouble>,
}

#[async_trait]
impl Processor for Diary {
    fn name(&self) -> &'static str {
        "keep_diary"
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        let stream = recorded.stream.kind.as_str();
        Some(Wanted::new(recorded.organization.as_ref()?, &format!("{stream} {}", recorded.sequence)))
    }

    async fn act(&self, todo: &Todo, _executor: &Executor) -> Result<Done, ActError> {
        self.at_once.fetch_add(1, Ordering::SeqCst);
        if let Some(trouble) = self.trouble {
            trouble(todo)?;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        let organization = todo.organization.as_ref().map(ToString::to_string).unwrap_or_default();
        self.done.lock().unwrap().entry(organization).or_default().push(todo.position);
        Ok(Done::Now)
    }
}

/// Does what the real one does, and never comes back to note it: its process died.
struct DiesAfterActing(SharePayments);

#[async_trait]
impl Processor for DiesAfterActing {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        self.0.todo(recorded)
    }

    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError> {
        self.0.act(todo, executor).await?;
        std::future::pending().await
    }
}

/// Takes its time, until it may end.
#[derive(Default)]
struct Slow {
    may_end: tokio::sync::Notify,
}

#[async_trait]
impl Processor for Slow {
    fn name(&self) -> &'static str {
        "take_time"
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        Some(Wanted::new(recorded.organization.as_ref()?, &recorded.position))
    }

    async fn act(&self, _todo: &Todo, _executor: &Executor) -> Result<Done, ActError> {
        self.may_end.notified().await;
        Ok(Done::Now)
    }
}

/// The first thing that happened to her, wherever it is in the log.
fn is_marias_registration(todo: &Todo) -> bool {
    let is_hers = todo.organization.as_ref().is_some_and(|organization| organization.as_str() == "maria");
    is_hers && todo.task::<String>().is_ok_and(|task| task == "organization 1")
}

/// Three organizations with five events each.
async fn six_events_each(scene: &Scene) {
    for organization in ["juan", "maria", "pedro"] {
        scene.register(organization, None).await;
        scene.subscribe(organization, "starter").await;
        for _ in 0..3 {
            scene.pay(organization, "1").await;
        }
    }
}

async fn done(scene: &Scene, count: i64) {
    until("to-dos to be done", || async { (scene.todos("done").await >= count).then_some(()) }).await;
}

#[tokio::test]
async fn a_lane_keeps_the_order_of_the_log_and_lanes_go_side_by_side() {
    let scene = Scene::begin().await;
    six_events_each(&scene).await;
    let diary = Arc::new(Diary::default());
    let runners = [scene.process_these(vec![diary.clone()]), scene.process_these(vec![diary.clone()])];
    done(&scene, 18).await;
    for running in runners {
        running.stop().await;
    }
    let diary = diary.done.lock().unwrap();
    assert_eq!(diary.len(), 3);
    for (organization, positions) in diary.iter() {
        assert!(
            positions.is_sorted_by(|one, next| one < next) && positions.len() == 6,
            "{organization}: {positions:?}"
        );
    }
}

#[tokio::test]
async fn what_was_refused_fails_alone_and_says_why() {
    let scene = Scene::begin().await;
    six_events_each(&scene).await;
    let refuse: Trouble = |todo| {
        if is_marias_registration(todo) {
            return Err(ActError::Impossible { reason: "maria said no".to_owned() });
        }
        Ok(Done::Now)
    };
    let diary = Arc::new(Diary { trouble: Some(refuse), ..Diary::default() });
    let running = scene.process_these(vec![diary]);
    done(&scene, 17).await;
    running.stop().await;
    let failed: Vec<(String, String)> =
        sqlx::query_as("SELECT organization, last_error FROM proc.todos WHERE status = 'failed'")
            .fetch_all(&scene.pool)
            .await
            .unwrap();
    assert_eq!(failed, [("maria".to_owned(), "maria said no".to_owned())]);
    assert_eq!(scene.todos("pending").await, 0);
}

#[tokio::test]
async fn what_has_failed_is_tried_again_once_a_person_says_so() {
    let scene = Scene::begin().await;
    scene.register("juan", None).await;
    let refuse: Trouble = |todo| match todo.attempt {
        1 => Err(ActError::Impossible { reason: "not before juan signs".to_owned() }),
        _ => Ok(Done::Now),
    };
    let diary = Arc::new(Diary { trouble: Some(refuse), ..Diary::default() });
    let running = scene.process_these(vec![diary.clone()]);
    let failed = until("the to-do to fail", || async {
        let failed = processors::failed(&scene.pool).await.unwrap();
        (!failed.is_empty()).then_some(failed)
    })
    .await;
    let [todo] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!((todo.processor.as_str(), todo.organization.as_deref()), ("keep_diary", Some("juan")));
    assert_eq!((todo.attempts, todo.last_error.as_str()), (1, "not before juan signs"));

    assert_eq!(processors::retry(&scene.pool, &failed).await.unwrap(), 1);
    done(&scene, 1).await;
    running.stop().await;
    assert_eq!(processors::failed(&scene.pool).await.unwrap(), []);
    assert_eq!(processors::retry(&scene.pool, &failed).await.unwrap(), 0, "what is done stays done");
    assert_eq!(diary.at_once.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_cannot_be_done_now_is_tried_again_and_holds_up_its_lane_only() {
    let scene = Scene::begin().await;
    six_events_each(&scene).await;
    let fail_twice: Trouble = |todo| {
        if is_marias_registration(todo) && todo.attempt <= 2 {
            return Err(ActError::Later { reason: "away".to_owned() });
        }
        Ok(Done::Now)
    };
    let diary = Arc::new(Diary { trouble: Some(fail_twice), ..Diary::default() });
    let running = scene.process_these(vec![diary.clone()]);
    done(&scene, 18).await;
    running.stop().await;
    assert_eq!(diary.at_once.load(Ordering::SeqCst), 20);
    for positions in diary.done.lock().unwrap().values() {
        assert!(positions.is_sorted(), "{positions:?}");
    }
}

#[tokio::test]
async fn a_worker_that_dies_after_acting_is_replaced_and_nothing_is_done_twice() {
    let scene = Scene::begin().await;
    scene.register("juan", None).await;
    scene.register("maria", Some("juan")).await;
    let alive = scene.process();
    scene.settles().await;
    alive.stop().await;
    scene.subscribe("maria", "partner").await;
    scene.pay("maria", "199").await;

    let dying = scene.process_these(vec![Arc::new(DiesAfterActing(SharePayments))]);
    until("the commission", || async { (scene.commissions_accrued().await == 1).then_some(()) }).await;
    dying.kill();
    assert_eq!(scene.todos("pending").await, 1);

    let alive = scene.process();
    // The dead worker's lease holds; nobody waits for it in a test.
    sqlx::query("UPDATE proc.todos SET leased_until = now()").execute(&scene.pool).await.unwrap();
    scene.settles().await;
    alive.stop().await;
    assert_eq!(scene.commissions_accrued().await, 1);
    assert_eq!(scene.balance("juan").await, "39.80");
}

#[tokio::test]
async fn a_worker_that_slept_through_its_lease_finishes_nothing() {
    let scene = Scene::begin().await;
    scene.register("juan", None).await;
    let slow: Trouble = |todo| {
        if todo.fence == 1 {
            std::thread::sleep(Duration::from_millis(600));
            return Err(ActError::Impossible { reason: "too late to say".to_owned() });
        }
        Ok(Done::Now)
    };
    let diary: Arc<dyn Processor> = Arc::new(Diary { trouble: Some(slow), ..Diary::default() });
    let asleep = std::thread::spawn({
        let (diary, url) = (diary.clone(), scene.database.url.clone());
        move || run_alone(&url, diary)
    });
    let taken = "SELECT count(*) FROM proc.todos WHERE fence = 1";
    until("the to-do to be taken up", || async {
        let taken: i64 = sqlx::query_scalar(taken).fetch_one(&scene.pool).await.unwrap();
        (taken == 1).then_some(())
    })
    .await;
    sqlx::query("UPDATE proc.todos SET leased_until = now()").execute(&scene.pool).await.unwrap();
    let awake = scene.process_these(vec![diary]);
    done(&scene, 1).await;
    asleep.join().unwrap();
    awake.stop().await;
    assert_eq!((scene.todos("done").await, scene.todos("failed").await), (1, 0));
}

#[tokio::test]
async fn a_worker_that_takes_long_keeps_its_row() {
    let scene = Scene::begin().await;
    scene.register("juan", None).await;
    let slow = Arc::new(Slow::default());
    let running = scene.process_these(vec![slow.clone()]);
    let held = || async {
        let held = "SELECT fence, leased_until::text FROM proc.todos WHERE leased_until IS NOT NULL";
        sqlx::query_as::<_, (i64, String)>(held).fetch_optional(&scene.pool).await.unwrap()
    };
    let first = until("the to-do to be taken up", held).await;
    let later = until("the lease to be renewed", || async { held().await.filter(|later| later.1 > first.1) }).await;
    assert_eq!((first.0, later.0), (1, 1), "nobody else has taken it up");
    slow.may_end.notify_one();
    done(&scene, 1).await;
    running.stop().await;
}

/// A process of its own, as far as that goes: a thread with a runtime, which a blocking act stops altogether.
fn run_alone(url: &str, processor: Arc<dyn Processor>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = event_store::Database::at(url).unwrap();
        let executor = Executor::start(&database).await.unwrap();
        let log = event_store::Log::new(database.pool(event_store::Role::Engine, 2));
        let feed = Arc::new(event_store::PolledFeed::new(log, Duration::from_millis(10)));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let pool = database.pool(event_store::Role::Engine, 2);
        let running = processors::runner::run(vec![processor], pool, feed, executor, stopped);
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            stop.send_replace(true);
        };
        tokio::join!(running, stopping);
    });
}

#[tokio::test]
async fn health_tells_what_is_open_and_what_failed() {
    let scene = Scene::begin().await;
    scene.register("juan", None).await;
    let before = processors::statuses(&scene.pool).await.unwrap();
    assert!(before.iter().all(|status| (status.position, status.pending, status.failed) == (0, 0, 0)));
    let running = scene.process();
    scene.settles().await;
    running.stop().await;
    // As a provider's outage and a refusal would leave them.
    sqlx::query(
        "UPDATE proc.todos SET status = 'pending', last_error = 'away', next_attempt_at = now() + interval '1 hour'",
    )
    .execute(&scene.pool)
    .await
    .unwrap();
    let after = processors::statuses(&scene.pool).await.unwrap();
    let share = after.iter().find(|status| status.processor == "share_payments").unwrap();
    assert_eq!((share.pending, share.failed, share.last_error.as_deref()), (1, 0, Some("away")));
    assert!(share.oldest_pending.is_some());
}
