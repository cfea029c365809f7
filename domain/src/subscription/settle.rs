//! What time does by itself, in the order in which it does.
//!
//! ```text
//! decisions   ----1--------------------------------------2---------->
//! fell due              period     retry     suspension
//! written                                                period, retry, suspension, then what 2 decides
//! ```
//!
//! Of one instant, dunning comes before the end of a period: what is suspended begins no period.

use std::borrow::Cow;

use jiff::Timestamp;

use super::Subscription;
use super::course::Course;
use super::stage::{DunningStep, Running, Stage, Started};
use super::{Event, Scheduled};
use crate::context::{Context, Terms};

/// What falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Dunning(DunningStep),
    PeriodEnd,
    TrialEnd,
    Resumption,
}

impl Subscription {
    /// When something falls due next: whoever sweeps need not come before.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due().map(|(at, _)| at)
    }

    fn due(&self) -> Option<(Timestamp, Due)> {
        let started = self.started.as_deref()?;
        match &started.stage {
            Stage::Awaiting(_) | Stage::Canceled { .. } => None,
            Stage::Trialing { ends_at, .. } => Some((*ends_at, Due::TrialEnd)),
            Stage::Running(running) => started.due_of(running),
            Stage::Paused { resumes_at, .. } => resumes_at.map(|at| (at, Due::Resumption)),
        }
    }

    /// The subscription after all that fell due up to the instant of a context.
    pub(crate) fn settled<'a>(&'a self, terms: &Terms, context: &Context) -> Cow<'a, Self> {
        if self.next_due().is_none_or(|due| due > context.now) {
            return Cow::Borrowed(self);
        }
        let mut course = Course::of(self, terms, context);
        course.settle();
        Cow::Owned(course.state)
    }
}

impl Started {
    fn due_of(&self, running: &Running) -> Option<(Timestamp, Due)> {
        let dunning = running.dunning.as_ref().map(|overdue| {
            let (at, step) = overdue.next();
            (at, Due::Dunning(step))
        });
        let is_suspended = running.dunning.as_ref().is_some_and(|overdue| overdue.suspended.is_some());
        let ends = matches!(self.scheduled, Some(Scheduled::Cancellation { .. }));
        let period = (!is_suspended || ends).then_some((running.period.end, Due::PeriodEnd));
        dunning.into_iter().chain(period).min()
    }
}

impl Course<'_> {
    /// Lets all happen that fell due up to now.
    pub(super) fn settle(&mut self) {
        while let Some((at, due)) = self.state.due().filter(|(at, _)| *at <= self.context.now) {
            match due {
                Due::Dunning(step) => self.dun(at, step),
                Due::PeriodEnd => self.next_period(at, None),
                Due::TrialEnd => self.end_trial(at),
                Due::Resumption => self.go_on(at),
            }
        }
    }

    /// It goes on after a rest: within the period it was in, or with a period of its own.
    pub(super) fn go_on(&mut self, at: Timestamp) {
        self.happen(Event::SubscriptionResumed { at });
        let ends_at = self.state.started.as_deref().and_then(Started::ends_at);
        if ends_at.is_some_and(|ends_at| ends_at <= at) {
            self.next_period(at, Some(at));
        } else {
            self.follow(at);
        }
    }
}
