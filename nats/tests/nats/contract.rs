//! The public contract, kept by its reference page.

use std::collections::BTreeSet;
use std::fmt::Write;

use domain::stream::{Owner, StreamId};
use domain::{Event, Kind, samples};
use event_store::Recorded;
use expect_test::expect_file;
use nats::Topology;
use nats::contract::{CloudEvent, meaning, subject_tokens};
use serde_json::Value;

const INTRODUCTION: &str = "\
# Public events

Generated from `nats/src/contract.rs`; a test fails when it drifts.

Every event is one NATS message: a [CloudEvents 1.0](https://github.com/cloudevents/spec) object in structured JSON,
with the header `Content-Type: application/cloudevents+json`. The subject is
`tollgate.<product>.<organization>.<aggregate>.<event>`; where there is no organization, its token is `_`. So
`tollgate.agencia.maria.>` is everything about Maria, `tollgate.*.*.credit_ledger.thresholds_crossed` every alert.

* **Repeats.** A message may come more than once; `id` is the event's and tells. `partition` and `position` number the
  events without a gap, as texts, because the standard's integers end at 32 bits.
* **Stability.** Within `….v1` fields are added, never renamed or removed. Ids, credits, quantities and rates are
  strings, money is an amount with its currency, instants are UTC in RFC 3339. A field that says nothing is absent.
* **Automations** read with the durable consumer `automation` of stream `TOLLGATE_<partition>` and acknowledge each
  message after it was handled. After five deliveries a message is not sent again. If NATS loses its store, the
  consumer hears the last 24 hours again.
* **Plain subscribers** (MQTT too) hear the same subjects live, without any memory.
";

/// An event as it would be read from the log, on a fixed day.
fn recorded(position: i64, event: Event) -> Recorded {
    let maria = testkit::organization("maria");
    let (kind, is_products) = match &event {
        Event::Organization(_) => (Kind::Organization, false),
        Event::Subscription(_) => (Kind::Subscription, false),
        Event::CreditLedger(_) => (Kind::CreditLedger, false),
        Event::ReferralTree(_) => (Kind::ReferralTree, true),
        Event::Catalog(_) => (Kind::Catalog, true),
        Event::InvoiceBook(_) => (Kind::InvoiceBook, true),
        Event::DiscountBook(_) => (Kind::DiscountBook, true),
    };
    let owner = if is_products { testkit::product("agencia") } else { Owner::Organization(maria.clone()) };
    let metadata = [("product", "agencia"), ("request", "req_01jd5zq8"), ("caller", "admin")];
    Recorded {
        partition: 0,
        position,
        event_id: format!("019a9d3c-7c00-7000-8000-{position:012}").parse().unwrap(),
        recorded_at: "2026-11-21T09:30:00.123456Z".parse().unwrap(),
        organization: (!is_products).then_some(maria),
        stream: StreamId { kind, owner },
        sequence: 1,
        event,
        metadata: metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect(),
    }
}

fn examples() -> Vec<Recorded> {
    (1..).zip(samples::events()).map(|(position, event)| recorded(position, event)).collect()
}

#[test]
fn the_reference_page_has_an_example_of_every_event() {
    let topology = Topology::default();
    let mut page = INTRODUCTION.to_owned();
    for recorded in examples() {
        let event = CloudEvent::of(&recorded);
        let json = serde_json::to_string_pretty(&event).unwrap();
        let subject = topology.subject(&subject_tokens(&recorded));
        let meaning = meaning(&recorded.event);
        write!(page, "\n## {}\n\n{meaning}\n\nSubject: `{subject}`\n\n```json\n{json}\n```\n", event.kind).unwrap();
    }
    expect_file!["../../../docs/reference/events.md"].assert_eq(&page);
}

#[test]
fn every_stored_event_type_has_a_public_one_of_its_own() {
    let stored: BTreeSet<String> = Kind::ALL
        .iter()
        .flat_map(|kind| kind.event_versions().iter().map(|(name, _)| format!("{}.{name}", kind.as_str())))
        .collect();
    let examples = examples();
    let shown = |event: &Recorded| format!("{}.{}", event.stream.kind.as_str(), event.event.event_type());
    assert_eq!(examples.iter().map(shown).collect::<BTreeSet<_>>(), stored);
    let public: BTreeSet<String> = examples.iter().map(|event| CloudEvent::of(event).kind).collect();
    assert_eq!(public.len(), stored.len());
}

#[test]
fn every_message_is_a_cloud_event_that_outsiders_can_read() {
    for recorded in examples() {
        let json = CloudEvent::of(&recorded).to_json().unwrap();
        assert_eq!((json.first(), json.last()), (Some(&b'{'), Some(&b'}')), "n8n takes anything else for a text");
        let event: Value = serde_json::from_slice(&json).unwrap();
        for required in ["specversion", "id", "source", "type", "time", "data"] {
            assert!(event.get(required).is_some(), "{required} of {event}");
        }
        for name in event.as_object().unwrap().keys() {
            let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            assert!(is_name && (1..=20).contains(&name.len()), "{name}");
        }
        assert_plain(&event);
        assert_eq!(subject_tokens(&recorded).split('.').filter(|token| !token.is_empty()).count(), 4);
    }
}

/// No nulls, and no number that a reader could round.
fn assert_plain(value: &Value) {
    match value {
        Value::Null => panic!("null says nothing"),
        Value::Number(number) => assert!(number.as_u64().is_some_and(|number| number < 1 << 31), "{number}"),
        Value::Bool(_) | Value::String(_) => {}
        Value::Array(values) => values.iter().for_each(assert_plain),
        Value::Object(members) => members.values().for_each(assert_plain),
    }
}
