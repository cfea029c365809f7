//! Named points at which a test may stop a process, to kill it or a server it depends on exactly there.
//!
//! `TOLLGATE_PAUSE_AT=append.before:3` stops at the third time a process comes by that point: it writes the point's
//! name into the file that `TOLLGATE_PAUSED_FILE` names, and goes on when the file is gone. Only what runs there stands
//! still. The other tasks go on, as they would beside one that waits for a slow disk.
//!
//! In a release build [`point`] is empty and [`underway`] is its argument: whoever can set a variable there stops
//! nothing.
//!
//! **Road not taken.** The crate `fail` does this and more, but behind a feature, so that all must be built a second
//! time for these tests; and what it makes a process do to itself (panic, sleep, return) is less than `kill -9`.

use std::future::Future;

/// Every point. Whole-system tests kill something at each of them.
pub const POINTS: &[&str] = &[
    "append.before",
    "append.sent",
    "append.answered",
    "receipts.asked",
    "receipts.found",
    "executor.decided",
    "executor.replied",
    "recovery.begun",
    "recovery.refreshed",
    "relay.found",
    "relay.read",
    "relay.before_publish",
    "relay.published",
    "relay.acknowledged",
    "relay.refill",
    "projection.resumed",
    "projection.fed",
    "projection.loaded",
    "projection.written",
    "projection.before_commit",
    "projection.committed",
    "intake.fed",
    "intake.committed",
    "todo.claimed",
    "todo.before_act",
    "todo.acted",
    "todo.done",
    "rebuild.folded",
    "rebuild.before_exchange",
    "rebuild.exchanged",
];

/// Stops here if this point was asked for.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    pause::at(name);
}

/// Nothing, in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn point(_name: &str) {}

/// Begins something, and stops while it is under way: a statement that was sent and not answered.
#[cfg(debug_assertions)]
pub async fn underway<F: Future>(name: &str, work: F) -> F::Output {
    let mut work = std::pin::pin!(work);
    let begun = std::future::poll_fn(|context| std::task::Poll::Ready(work.as_mut().poll(context))).await;
    if let std::task::Poll::Ready(done) = begun {
        return done;
    }
    point(name);
    work.await
}

/// The work itself, in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn underway<F: Future>(_name: &str, work: F) -> F {
    work
}

#[cfg(debug_assertions)]
mod pause {
    use std::path::PathBuf;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use tokio::runtime::{Handle, RuntimeFlavor};
    use tokio::task::block_in_place;

    /// Where to stop, and what says so.
    struct Plan {
        name: String,
        nth: u32,
        file: PathBuf,
        passed: AtomicU32,
    }

    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

    impl Plan {
        fn of_environment() -> Option<Self> {
            let wanted = std::env::var("TOLLGATE_PAUSE_AT").ok()?;
            let file = std::env::var_os("TOLLGATE_PAUSED_FILE")?.into();
            let (name, nth) = match wanted.split_once(':') {
                Some((name, nth)) => (name.to_owned(), nth.parse().ok()?),
                None => (wanted, 1),
            };
            Some(Self { name, nth, file, passed: AtomicU32::new(0) })
        }

        /// Keeps this thread until the file is gone. A thread that sleeps is the point: nothing may run on here, not
        /// even a timeout.
        fn stop(&self) {
            if std::fs::write(&self.file, &self.name).is_err() {
                return;
            }
            while self.file.exists() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }

    pub(super) fn at(name: &str) {
        let Some(plan) = PLAN.get_or_init(Plan::of_environment) else { return };
        if plan.name != name || plan.passed.fetch_add(1, Ordering::SeqCst) + 1 != plan.nth {
            return;
        }
        // The runtime's other tasks must not wait for this thread.
        match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => block_in_place(|| plan.stop()),
            _ => plan.stop(),
        }
    }
}
