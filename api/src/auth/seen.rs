//! Keys that were looked up a moment ago, so that a request does not cost a question to Postgres.
//!
//! ```text
//! revoked here ────────────► the next request is refused
//! revoked elsewhere ───────► refused after at most SEEN_SECONDS_MAX
//! ```
//!
//! Half way through, one request looks the key up anew for all: under load, thousands would otherwise ask at the same
//! instant. Only keys that open are remembered. Whatever is not found here, a wrong secret for a known id too, asks Postgres:
//! the time an answer takes does not tell which ids there are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;

use super::key::Key;

/// How long a key opens after it was looked up: what a revocation in another process takes at most.
const SEEN_SECONDS_MAX: u64 = 5;

/// Keys remembered at once. An installation has a handful.
const SEEN_MAX: usize = 1_024;

/// Revocations by this process. They are rare, so each makes every key be looked up again: there is no list of caches
/// to tell, and a lookup that was under way when a key was revoked does not count either.
static REVOCATIONS: AtomicU64 = AtomicU64::new(0);

/// Says that a key was revoked.
pub(super) fn forget_all() {
    REVOCATIONS.fetch_add(1, Ordering::SeqCst);
}

/// When a lookup began. What it finds holds from then on, not from its answer.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    at: Instant,
    revocations: u64,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { at: Instant::now(), revocations: REVOCATIONS.load(Ordering::SeqCst) }
    }

    fn is_recent(self, now: Self) -> bool {
        self.revocations == now.revocations && self.age(now) < Duration::from_secs(SEEN_SECONDS_MAX)
    }

    fn is_ageing(self, now: Self) -> bool {
        self.age(now) >= Duration::from_secs(SEEN_SECONDS_MAX) / 2
    }

    fn age(self, now: Self) -> Duration {
        now.at.duration_since(self.at)
    }
}

/// A key that opened.
struct Seen {
    hash: [u8; 32],
    looked_up: Moment,
    /// Is somebody looking it up anew?
    renewing: AtomicBool,
}

impl Seen {
    fn opens(&self, key: &Key, now: Moment) -> bool {
        self.looked_up.is_recent(now)
            && bool::from(self.hash.ct_eq(&key.hash()))
            // The first to come in the second half goes and asks.
            && (!self.looked_up.is_ageing(now) || self.renewing.swap(true, Ordering::SeqCst))
    }
}

/// The keys that opened lately, by id. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct SeenKeys(Arc<RwLock<HashMap<String, Seen>>>);

impl SeenKeys {
    /// Did the key open a moment ago, and has nobody to look it up now?
    pub(super) fn holds(&self, key: &Key, now: Moment) -> bool {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner);
        seen.get(&key.id).is_some_and(|it| it.opens(key, now))
    }

    /// Remembers a key that opens.
    pub(super) fn remember(&self, key: &Key, looked_up: Moment) {
        let mut seen = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= SEEN_MAX {
            seen.retain(|_, it| it.looked_up.is_recent(looked_up));
        }
        if seen.len() < SEEN_MAX {
            seen.insert(key.id.clone(), Seen { hash: key.hash(), looked_up, renewing: AtomicBool::new(false) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(moment: Moment, seconds: u64) -> Moment {
        Moment { at: moment.at + Duration::from_secs(seconds), ..moment }
    }

    #[test]
    fn a_key_is_remembered_for_five_seconds_or_until_one_is_revoked() {
        let (seen, key, now) = (SeenKeys::default(), Key::draw().unwrap(), Moment::now());
        assert!(!seen.holds(&key, now));
        seen.remember(&key, now);
        for (moment, expected) in [
            (now, true),
            (later(now, 2), true),
            // One looks it up anew; the others go on.
            (later(now, 3), false),
            (later(now, 3), true),
            (later(now, 4), true),
            (later(now, 5), false),
            (Moment { revocations: now.revocations + 1, ..now }, false),
        ] {
            assert_eq!(seen.holds(&key, moment), expected);
        }
        seen.remember(&key, later(now, 3));
        assert!(seen.holds(&key, later(now, 5)), "it was renewed");
    }

    #[test]
    fn another_secret_under_a_remembered_id_opens_nothing() {
        let (seen, key, now) = (SeenKeys::default(), Key::draw().unwrap(), Moment::now());
        seen.remember(&key, now);
        let other = Key::read(&format!("tg_admin_{}_{}", key.id, "0".repeat(64))).unwrap();
        assert!(!seen.holds(&other, now));
    }

    #[test]
    fn what_is_remembered_has_a_bound_and_makes_room_for_what_is_recent() {
        let (seen, now) = (SeenKeys::default(), Moment::now());
        let keys: Vec<Key> = (0..=SEEN_MAX).map(|_| Key::draw().unwrap()).collect();
        keys.iter().for_each(|key| seen.remember(key, now));
        assert_eq!(seen.0.read().unwrap().len(), SEEN_MAX);
        let newest = &keys[SEEN_MAX];
        assert!(!seen.holds(newest, now), "there was no room for it");
        seen.remember(newest, later(now, 5));
        assert!(seen.holds(newest, later(now, 5)));
        assert_eq!(seen.0.read().unwrap().len(), 1);
    }
}
