//! What every aggregate is: a state folded from events, and a decision over it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::refusal::Refusal;

/// A consistency boundary: commands on one instance are decided one after another.
pub trait Aggregate: Default + Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of its streams in the log.
    const TYPE: &'static str;
    /// The version of its state's shape and meaning: a snapshot of another version is not read. Raised whenever
    /// `evolve` or the state changes; `domain/states` has the state as it is now.
    const STATE_VERSION: i32;
    /// What may be asked of it.
    type Command;
    /// What may have happened to it.
    type Event: cqrs_es::DomainEvent;
    /// Why it may say no.
    type Rejection: Refusal;
    /// What the caller is told about the state right after the decision.
    type Answer: Serialize + DeserializeOwned;

    /// Decides a command. No events mean "already so".
    fn decide(&self, command: &Self::Command, context: &Context) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Takes in what happened. Total: an event that was written is never refused.
    fn evolve(&mut self, event: &Self::Event);

    /// What the caller of a command is told after the `events` it came to were evolved; also where it was already so.
    fn answer(&self, command: &Self::Command, events: &[Self::Event], context: &Context) -> Self::Answer;

    /// About how many bytes the state takes in memory: who keeps many states keeps within a bound by it. Told from what
    /// can be counted at once; a state that holds many of something says so.
    fn weight(&self) -> usize {
        size_of::<Self>() + TEXTS_BYTES
    }
}

/// What the texts of a state without lists take: ids, codes, names.
pub(crate) const TEXTS_BYTES: usize = 512;

/// Lets cqrs-es's own framework and repositories drive an aggregate: a thin adapter over `decide` and `evolve`.
macro_rules! cqrs_aggregate {
    ($aggregate:ty) => {
        impl cqrs_es::Aggregate for $aggregate {
            const TYPE: &'static str = <Self as $crate::aggregate::Aggregate>::TYPE;
            type Command = (<Self as $crate::aggregate::Aggregate>::Command, $crate::context::Context);
            type Event = <Self as $crate::aggregate::Aggregate>::Event;
            type Error = <Self as $crate::aggregate::Aggregate>::Rejection;
            type Services = ();

            async fn handle(
                &mut self,
                (command, context): Self::Command,
                _services: &(),
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), Self::Error> {
                for event in $crate::aggregate::Aggregate::decide(self, &command, &context)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                $crate::aggregate::Aggregate::evolve(self, &event);
            }
        }
    };
}
pub(crate) use cqrs_aggregate;

/// Reads the payload of an event that an earlier release wrote as the next version of the same type.
#[derive(Debug, Clone, Copy)]
pub struct Upcaster {
    /// The event's type.
    pub event_type: &'static str,
    /// The version it was written in.
    pub from: &'static str,
    /// The version it reads as.
    pub to: &'static str,
    /// Changes the payload. What it cannot make sense of it leaves as it is: the reader then says what is wrong.
    pub upcast: fn(serde_json::Value) -> serde_json::Value,
}

/// Names an event type and its version for the log, and how earlier versions are read.
macro_rules! domain_event {
    (
        $event:ty { $($variant:ident => $version:literal),+ $(,)? }
        $(upcast { $($old:ident $from:literal => $to:literal by $upcast:path),+ $(,)? })?
    ) => {
        impl cqrs_es::DomainEvent for $event {
            fn event_type(&self) -> String {
                match self {
                    $(Self::$variant { .. } => stringify!($variant).to_owned(),)+
                }
            }

            fn event_version(&self) -> String {
                match self {
                    $(Self::$variant { .. } => $version.to_owned(),)+
                }
            }
        }

        impl $event {
            /// Every event type with the version that is written today.
            pub const VERSIONS: &'static [(&'static str, &'static str)] =
                &[$((stringify!($variant), $version)),+];

            /// One for every version that was written before.
            pub const UPCASTERS: &'static [$crate::aggregate::Upcaster] = &[$($($crate::aggregate::Upcaster {
                event_type: stringify!($old),
                from: $from,
                to: $to,
                upcast: $upcast,
            }),+)?];
        }
    };
}
pub(crate) use domain_event;

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use crate::catalog::{self, Catalog, Command};
    use crate::scenario::{agencia, id, surroundings};

    fn published(version: u32) -> catalog::Event {
        catalog::Event::CatalogPublished { version, definition: Box::new(agencia().definition.clone()) }
    }

    #[test]
    fn the_framework_of_cqrs_es_decides_what_the_aggregate_decides() {
        let publish = Command::Publish { definition: Box::new(agencia().definition.clone()) };
        TestFramework::<Catalog>::with(())
            .given_no_previous_events()
            .when((publish, surroundings()))
            .then_expect_events(vec![published(1)]);
    }

    #[test]
    fn the_framework_of_cqrs_es_refuses_what_the_aggregate_refuses() {
        let mut smaller = agencia().definition.clone();
        smaller.plans.pop();
        TestFramework::<Catalog>::with(())
            .given(vec![published(1)])
            .when((Command::Publish { definition: Box::new(smaller) }, surroundings()))
            .then_expect_error(catalog::Rejection::PlanRemoved { plan: id("partner"), version: 1 });
    }
}
