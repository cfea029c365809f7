//! Letting a subscription rest. No time is given back: what is left of the period goes by meanwhile.

use jiff::Timestamp;

use super::change::check_goes_on;
use super::course::Course;
use super::rejection::life;
use super::stage::{Running, Stage};
use super::{Effective, Event, Rejection, Scheduled};

impl Course<'_> {
    pub(super) fn pause(&mut self, when: Effective, resumes_at: Option<Timestamp>) -> Result<(), Rejection> {
        let started = self.started()?;
        check_goes_on(started)?;
        let begins_at = match &started.stage {
            Stage::Trialing { ends_at, .. } => {
                return Err(life::Rejection::Trialing { ends_at: *ends_at }.into());
            }
            // Whoever has to pay may not put it off by a rest.
            Stage::Running(Running { dunning: Some(overdue), .. }) => {
                return Err(life::Rejection::PastDue { since: overdue.since }.into());
            }
            Stage::Running(running) => match when {
                Effective::Now => self.context.now,
                Effective::PeriodEnd => running.period.end,
            },
            Stage::Awaiting(_) | Stage::Paused { .. } | Stage::Canceled { .. } => {
                return Err(life::Rejection::AwaitingPayment { plan: started.plan.clone() }.into());
            }
        };
        if let Some(resumes_at) = resumes_at.filter(|resumes_at| *resumes_at <= begins_at) {
            return Err(life::Rejection::ResumesTooEarly { resumes_at, begins_at }.into());
        }
        if when == Effective::PeriodEnd {
            return self.schedule(Scheduled::Pause { resumes_at });
        }

        // Past this line nothing may fail.
        self.happen(Event::SubscriptionPaused { since: begins_at, resumes_at });
        Ok(())
    }

    pub(super) fn resume(&mut self) -> Result<(), Rejection> {
        let started = self.started()?;
        if !matches!(started.stage, Stage::Paused { .. }) {
            return Err(life::Rejection::NotPaused { plan: started.plan.clone() }.into());
        }

        // Past this line nothing may fail.
        self.go_on(self.context.now);
        Ok(())
    }
}
