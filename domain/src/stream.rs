//! The seven aggregates named together: which streams there are, what may be asked of them and what they say.
//!
//! The executor and the readers of the log work on these; adding an aggregate means one line in `aggregates!`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aggregate::{Aggregate, Upcaster};
use crate::context::Context;
use crate::id::{OrganizationId, ProductCode};
use crate::refusal::{Refusal, RefusalClass};
use crate::{catalog, credit_ledger, discount_book, invoice_book, organization, referral_tree, subscription};

/// An event of the log that this build cannot read: stop and page a human.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// The type and version were never written by any release up to this one.
    #[error("event {event_type} version {event_version} of a {aggregate_type} is unknown to this release")]
    UnknownType {
        /// The stream's aggregate.
        aggregate_type: String,
        /// The event's type.
        event_type: String,
        /// The event's version.
        event_version: String,
    },
    /// The payload is not what its type and version say.
    #[error("the payload of event {event_type} version {event_version} cannot be read: {fault}")]
    BadPayload {
        /// The event's type.
        event_type: String,
        /// The event's version.
        event_version: String,
        /// What is wrong with it.
        fault: String,
    },
}

macro_rules! aggregates {
    ($($name:ident => $module:ident::$aggregate:ident),+ $(,)?) => {
        /// Which aggregate a stream belongs to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $(#[doc = concat!("See [`", stringify!($module), "`](crate::", stringify!($module), ").")] $name,)+
        }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in the log's `aggregate_type`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $module::$aggregate::TYPE,)+
                }
            }

            /// The version of its state's shape and meaning.
            #[must_use]
            pub fn state_version(self) -> i32 {
                match self {
                    $(Self::$name => $module::$aggregate::STATE_VERSION,)+
                }
            }

            /// The kind of a log row's `aggregate_type`.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
            }

            /// The event types of this aggregate, each with the version written today.
            #[must_use]
            pub fn event_versions(self) -> &'static [(&'static str, &'static str)] {
                match self {
                    $(Self::$name => $module::Event::VERSIONS,)+
                }
            }

            /// How events of earlier versions are read.
            #[must_use]
            pub fn upcasters(self) -> &'static [Upcaster] {
                match self {
                    $(Self::$name => $module::Event::UPCASTERS,)+
                }
            }
        }

        /// A command to any aggregate.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Command {
            $(#[doc = concat!("To a ", stringify!($module), ".")] $name($module::Command),)+
        }

        impl Command {
            /// Which aggregate it is for.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(_) => Kind::$name,)+
                }
            }
        }

        $(impl From<$module::Command> for Command {
            fn from(command: $module::Command) -> Self {
                Self::$name(command)
            }
        })+

        /// An event of any aggregate.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $(#[doc = concat!("Of a ", stringify!($module), ".")] $name($module::Event),)+
        }

        $(impl From<$module::Event> for Event {
            fn from(event: $module::Event) -> Self {
                Self::$name(event)
            }
        }

        impl TryFrom<Event> for $module::Event {
            /// The event is of another aggregate.
            type Error = Event;

            fn try_from(event: Event) -> Result<Self, Event> {
                match event {
                    Event::$name(event) => Ok(event),
                    other => Err(other),
                }
            }
        })+

        impl Event {
            /// The type's name in the log.
            #[must_use]
            pub fn event_type(&self) -> String {
                match self {
                    $(Self::$name(event) => cqrs_es::DomainEvent::event_type(event),)+
                }
            }

            /// The version of its shape.
            #[must_use]
            pub fn event_version(&self) -> String {
                match self {
                    $(Self::$name(event) => cqrs_es::DomainEvent::event_version(event),)+
                }
            }

            /// The payload as the log keeps it.
            pub fn payload(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$name(event) => serde_json::to_string(event),)+
                }
            }

            /// Reads an event of the log. Fails on a type or version this build does not know.
            pub fn decode(kind: Kind, event_type: &str, event_version: &str, payload: &str) -> Result<Self, Undecodable> {
                let read_as_today;
                let payload = if kind.event_versions().contains(&(event_type, event_version)) {
                    payload
                } else {
                    read_as_today = upcast(kind, event_type, event_version, payload)?;
                    &read_as_today
                };
                let decoded = match kind {
                    $(Kind::$name => serde_json::from_str(payload).map(Self::$name),)+
                };
                decoded.map_err(|fault| bad_payload(event_type, event_version, &fault))
            }
        }

        /// The state of any aggregate.
        #[derive(Debug, Clone)]
        pub enum State {
            $(#[doc = concat!("Of a ", stringify!($module), ".")] $name($module::$aggregate),)+
        }

        impl State {
            /// The state before anything happened.
            #[must_use]
            pub fn initial(kind: Kind) -> Self {
                match kind {
                    $(Kind::$name => Self::$name($module::$aggregate::default()),)+
                }
            }

            /// Decides a command and takes in what was decided; a refused command changes nothing.
            ///
            /// # Panics
            /// If the command is for another kind of aggregate: a stream id is made from the command's kind.
            pub fn execute(&mut self, command: &Command, context: &Context) -> Result<Decision, Rejection> {
                match (self, command) {
                    $((Self::$name(state), Command::$name(command)) => {
                        let events = state.decide(command, context).map_err(Rejection::$name)?;
                        events.iter().for_each(|event| state.evolve(event));
                        let answer = serde_json::to_string(&state.answer(command, &events, context)).unwrap_or_default();
                        Ok(Decision { events: events.into_iter().map(Event::$name).collect(), answer })
                    })+
                    (state, command) => panic!("a {:?} command reached {state:?}", command.kind()),
                }
            }

            /// About how many bytes it takes in memory.
            #[must_use]
            pub fn weight(&self) -> usize {
                match self {
                    $(Self::$name(state) => state.weight(),)+
                }
            }

            /// The state as a snapshot keeps it.
            pub fn snapshot(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$name(state) => serde_json::to_string(state),)+
                }
            }

            /// The state a snapshot of today's [`Kind::state_version`] has kept.
            pub fn restore(kind: Kind, snapshot: &str) -> Result<Self, serde_json::Error> {
                match kind {
                    $(Kind::$name => serde_json::from_str(snapshot).map(Self::$name),)+
                }
            }

            /// Takes in an event of the stream. An event of another aggregate changes nothing.
            pub fn evolve(&mut self, event: &Event) {
                match (self, event) {
                    $((Self::$name(state), Event::$name(event)) => state.evolve(event),)+
                    (state, event) => debug_assert!(false, "{event:?} reached {state:?}"),
                }
            }
        }

        /// A refusal of any aggregate.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Rejection {
            $(#[doc = concat!("Of a ", stringify!($module), ".")] #[error(transparent)] $name($module::Rejection),)+
        }

        impl Refusal for Rejection {
            fn code(&self) -> &'static str {
                match self { $(Self::$name(rejection) => rejection.code(),)+ }
            }

            fn class(&self) -> RefusalClass {
                match self { $(Self::$name(rejection) => rejection.class(),)+ }
            }

            fn hint(&self) -> String {
                match self { $(Self::$name(rejection) => rejection.hint(),)+ }
            }

            fn members(&self) -> Vec<(&'static str, Value)> {
                match self { $(Self::$name(rejection) => rejection.members(),)+ }
            }

            fn samples() -> Vec<Self> {
                let mut samples = Vec::new();
                $(samples.extend($module::Rejection::samples().into_iter().map(Self::$name));)+
                samples
            }
        }
    };
}

aggregates! {
    Organization => organization::Organization,
    Subscription => subscription::Subscription,
    CreditLedger => credit_ledger::CreditLedger,
    ReferralTree => referral_tree::ReferralTree,
    Catalog => catalog::Catalog,
    InvoiceBook => invoice_book::InvoiceBook,
    DiscountBook => discount_book::DiscountBook,
}

/// The payload of an event of an earlier release as today's version has it, upcast version by version.
fn upcast(kind: Kind, event_type: &str, event_version: &str, payload: &str) -> Result<String, Undecodable> {
    let after = |version: &str| kind.upcasters().iter().find(|up| up.event_type == event_type && up.from == version);
    let first = after(event_version).ok_or_else(|| Undecodable::UnknownType {
        aggregate_type: kind.as_str().to_owned(),
        event_type: event_type.to_owned(),
        event_version: event_version.to_owned(),
    })?;
    let value: Value = serde_json::from_str(payload).map_err(|fault| bad_payload(event_type, event_version, &fault))?;
    let steps = std::iter::successors(Some(first), |step| after(step.to));
    Ok(steps.fold(value, |value, step| (step.upcast)(value)).to_string())
}

fn bad_payload(event_type: &str, event_version: &str, fault: &serde_json::Error) -> Undecodable {
    Undecodable::BadPayload {
        event_type: event_type.to_owned(),
        event_version: event_version.to_owned(),
        fault: fault.to_string(),
    }
}

/// What was decided.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The events to append; none mean "already so".
    pub events: Vec<Event>,
    /// What the caller is told, as JSON.
    pub answer: String,
}

/// Whose streams a command touches: an organization's, or a product's. It selects the partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The organization, ledger and subscription streams.
    Organization(OrganizationId),
    /// The catalog, the referral tree, the invoice book and the discount book.
    Product(ProductCode),
}

impl Owner {
    /// The id of the owner's streams.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Organization(organization) => organization.as_str(),
            Self::Product(product) => product.as_str(),
        }
    }
}

/// One stream of the log: an aggregate instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// The aggregate.
    pub kind: Kind,
    /// The organization or product it belongs to.
    pub owner: Owner,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Interval;
    use crate::samples;
    use crate::scenario::{id, surroundings};

    #[test]
    fn a_kind_is_found_by_its_name_in_the_log() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.as_str()), Some(*kind));
        }
        assert_eq!(Kind::from_name("invoice"), None);
    }

    #[test]
    fn an_event_is_handed_to_its_own_aggregate_only() {
        for event in samples::events() {
            let is_ledgers = matches!(event, Event::CreditLedger(_));
            let back = credit_ledger::Event::try_from(event.clone());
            assert_eq!(back.is_ok(), is_ledgers);
            assert_eq!(back.map_or_else(|event| event, Event::from), event);
        }
    }

    #[test]
    fn a_decision_is_taken_in_and_answered_and_a_refusal_changes_nothing() {
        let command = Command::from(subscription::Command::Start { plan: id("gratis"), interval: Interval::Month });
        let mut state = State::initial(command.kind());
        let decision = state.execute(&command, &surroundings()).unwrap();
        assert_eq!(decision.events.len(), 2);
        assert!(decision.answer.contains("\"standing\":\"active\""), "{}", decision.answer);

        let before = format!("{state:?}");
        let refusal = state.execute(&command, &surroundings()).unwrap_err();
        assert_eq!(refusal.code(), "subscription.already_started");
        assert_eq!(format!("{state:?}"), before);
    }

    #[test]
    fn replaying_what_was_decided_gives_the_state_it_was_decided_to() {
        let command = Command::from(subscription::Command::Start { plan: id("gratis"), interval: Interval::Month });
        let (mut decided, mut replayed) = (State::initial(command.kind()), State::initial(command.kind()));
        for event in decided.execute(&command, &surroundings()).unwrap().events {
            replayed.evolve(&event);
        }
        assert_eq!(format!("{decided:?}"), format!("{replayed:?}"));
    }
}
