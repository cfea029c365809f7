//! Token buckets: one for each that is limited, filled at the pace of its rate.
//!
//! All buckets of one rate are one limiter of `governor`. Whoever comes under another rate, because a plan moved to
//! another catalog version, begins there with a full bucket.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use domain::catalog::{RateLimit, RateUnit};
use event_store::Clock;
use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;

use super::admission::Standing;
use super::exceeded::{Limited, RateExceeded};

type Limiter = RateLimiter<Limited, DashMapStateStore<Limited>, Ticks, StateInformationMiddleware>;

/// The clock of the house, as governor reads it.
#[derive(Clone)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Instant;

    fn now(&self) -> Instant {
        self.0.now()
    }
}

/// All buckets of a process.
pub(super) struct Buckets {
    clock: Ticks,
    /// As many as there are different rates: a handful.
    limiters: RwLock<HashMap<RateLimit, Arc<Limiter>>>,
}

impl Buckets {
    pub(super) fn by(clock: Clock) -> Self {
        Self { clock: Ticks(clock), limiters: RwLock::default() }
    }

    /// Takes one out of a bucket, unless it is empty.
    pub(super) fn take(&self, rate: RateLimit, limited: Limited) -> Result<Standing, RateExceeded> {
        match self.limiter(rate).check_key(&limited) {
            Ok(left) => {
                let remaining = left.remaining_burst_capacity();
                let missing = quota(rate).replenish_interval() * rate.burst.saturating_sub(remaining);
                Ok(Standing { limit: rate.burst, remaining, reset_seconds: whole_seconds(missing) })
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock.now());
                metrics::counter!("tollgate_rate_limited_total", "kind" => limited.kind()).increment(1);
                Err(RateExceeded { limited, rate, retry_after_seconds: whole_seconds(wait), resets_at: after(wait) })
            }
        }
    }

    /// Forgets the buckets that are full again, and the rates nobody comes under any more.
    pub(super) fn forget_full(&self) {
        let limiters = self.limiters.read().unwrap_or_else(PoisonError::into_inner).clone();
        for limiter in limiters.values() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        drop(limiters);
        // While the lock is held nobody can begin to use one; somebody who does already may be about to fill it.
        let mut limiters = self.limiters.write().unwrap_or_else(PoisonError::into_inner);
        limiters.retain(|_, limiter| Arc::strong_count(limiter) > 1 || !limiter.is_empty());
    }

    pub(super) fn count(&self) -> usize {
        let limiters = self.limiters.read().unwrap_or_else(PoisonError::into_inner);
        limiters.values().map(|limiter| limiter.len()).sum()
    }

    fn limiter(&self, rate: RateLimit) -> Arc<Limiter> {
        if let Some(limiter) = self.limiters.read().unwrap_or_else(PoisonError::into_inner).get(&rate) {
            return limiter.clone();
        }
        let mut limiters = self.limiters.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(RateLimiter::new(quota(rate), DashMapStateStore::default(), self.clock.clone()));
        limiters.entry(rate).or_insert_with(new).clone()
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} buckets", self.count())
    }
}

/// No catalog can be published with a rate of nothing.
fn quota(rate: RateLimit) -> Quota {
    let requests = NonZeroU32::new(rate.requests).unwrap_or(NonZeroU32::MIN);
    let quota = match rate.per {
        RateUnit::Second => Quota::per_second(requests),
        RateUnit::Minute => Quota::per_minute(requests),
    };
    quota.allow_burst(NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN))
}

/// Rounded up, so that whoever waits that long has waited long enough.
fn whole_seconds(duration: Duration) -> u32 {
    let seconds = duration.as_nanos().div_ceil(1_000_000_000).max(1);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

/// The instant after a wait, to the millisecond, rounded up.
fn after(wait: Duration) -> Timestamp {
    let milliseconds = i64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
    let now = Timestamp::now().as_millisecond().saturating_add(1);
    Timestamp::from_millisecond(now.saturating_add(milliseconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    /// A clock that stands still until it is moved.
    #[derive(Clone, Default)]
    struct Stopped(Arc<AtomicU64>);

    impl Stopped {
        fn buckets(&self) -> Buckets {
            let (begun, passed) = (Instant::now(), self.0.clone());
            Buckets::by(Clock::by(move || begun + Duration::from_millis(passed.load(Ordering::SeqCst))))
        }

        fn pass(&self, milliseconds: u64) {
            self.0.fetch_add(milliseconds, Ordering::SeqCst);
        }
    }

    fn rate(requests: u32, per: RateUnit, burst: u32) -> RateLimit {
        RateLimit { requests, per, burst }
    }

    fn key(id: &str) -> Limited {
        Limited::Key(id.into())
    }

    /// What is left and after how many seconds all is back; or after how many seconds to come again.
    fn told(taken: &Result<Standing, RateExceeded>) -> String {
        match taken {
            Ok(standing) => format!("{} left, {} s", standing.remaining, standing.reset_seconds),
            Err(exceeded) => format!("none, {} s", exceeded.retry_after_seconds),
        }
    }

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_then_fills_at_its_pace() {
        let time = Stopped::default();
        let buckets = time.buckets();
        let minutely = rate(60, RateUnit::Minute, 3);
        for (passed_ms, expected) in [
            (0, "2 left, 1 s"),
            (0, "1 left, 2 s"),
            (0, "0 left, 3 s"),
            (0, "none, 1 s"),
            (999, "none, 1 s"),
            (1, "0 left, 3 s"),
            (0, "none, 1 s"),
            (2_500, "1 left, 2 s"),
            (600_000, "2 left, 1 s"),
        ] {
            time.pass(passed_ms);
            assert_eq!(told(&buckets.take(minutely, key("ops"))), expected);
        }
        assert_eq!(told(&buckets.take(minutely, key("other"))), "2 left, 1 s");
    }

    #[test]
    fn waits_are_told_in_whole_seconds_rounded_up() {
        for (rate, expected) in [
            (rate(1, RateUnit::Minute, 1), "none, 60 s"),
            (rate(7, RateUnit::Minute, 1), "none, 9 s"),
            (rate(1_000_000, RateUnit::Second, 1), "none, 1 s"),
            (rate(1, RateUnit::Second, 1), "none, 1 s"),
            // Of what no catalog can say: as little as can be.
            (rate(0, RateUnit::Minute, 0), "none, 60 s"),
        ] {
            let buckets = Stopped::default().buckets();
            assert!(buckets.take(rate, key("ops")).is_ok());
            assert_eq!(told(&buckets.take(rate, key("ops"))), expected);
        }
    }

    #[test]
    fn the_largest_rates_are_counted_without_overflow() {
        for per in [RateUnit::Second, RateUnit::Minute] {
            for (requests, burst) in [(u32::MAX, u32::MAX), (1_000_000, 1), (1, 1_000_000)] {
                let buckets = Stopped::default().buckets();
                let taken = buckets.take(rate(requests, per, burst), key("ops")).unwrap();
                assert_eq!((taken.limit, taken.remaining), (burst, burst - 1));
            }
        }
    }

    #[test]
    fn full_buckets_are_forgotten_and_nobody_gains_by_it() {
        let time = Stopped::default();
        let buckets = time.buckets();
        let (quick, slow) = (rate(10, RateUnit::Second, 10), rate(1, RateUnit::Minute, 2));
        for number in 0..1_000 {
            buckets.take(quick, key(&number.to_string())).unwrap();
        }
        for _ in 0..2 {
            buckets.take(slow, key("ops")).unwrap();
        }
        buckets.forget_full();
        assert_eq!(buckets.count(), 1_001, "none is full yet");
        time.pass(1_000);
        buckets.forget_full();
        assert_eq!(buckets.count(), 1);
        assert_eq!(buckets.limiters.read().unwrap().len(), 1, "nobody comes under the quick rate any more");
        assert_eq!(told(&buckets.take(slow, key("ops"))), "none, 59 s");
        time.pass(10 * 60_000);
        buckets.forget_full();
        assert_eq!((buckets.count(), buckets.limiters.read().unwrap().len()), (0, 0));
        assert_eq!(told(&buckets.take(slow, key("ops"))), "1 left, 60 s");
    }

    #[test]
    fn of_many_who_ask_at_once_exactly_the_burst_is_let_through() {
        let (time, crowd_rate) = (Stopped::default(), rate(60, RateUnit::Minute, 100));
        let buckets = time.buckets();
        let ask = || (0..500).filter(|_| buckets.take(crowd_rate, key("crowd")).is_ok()).count();
        let through: usize = thread::scope(|scope| {
            let tidying = scope.spawn(|| (0..50).for_each(|_| buckets.forget_full()));
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            let through = asking.into_iter().map(|asked| asked.join().unwrap()).sum();
            tidying.join().unwrap();
            through
        });
        assert_eq!(through, 100);
    }
}
