//! What was written to a log stays readable: for every event type a JSON Schema in `domain/schemas` and a sample in
//! `domain/samples`, checked in. A change of an event's shape shows here as a difference in a file.
//!
//! A new field or type: `UPDATE_EXPECT=1 cargo test -p domain golden`. A changed meaning: a new version with an
//! upcaster, and the files of the old version stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::money::Currency;
use crate::refusal::sample;
use crate::stream::{Event, Kind, State};
use crate::{catalog, credit_ledger, discount_book, invoice_book, organization, referral_tree, samples, subscription};

/// `credit_ledger.CreditsGranted.v1`.
fn name(kind: Kind, event_type: &str, event_version: &str) -> String {
    format!("{}.{event_type}.v{event_version}", kind.as_str())
}

fn kind_of(event: &Event) -> Kind {
    match event {
        Event::Organization(_) => Kind::Organization,
        Event::Subscription(_) => Kind::Subscription,
        Event::CreditLedger(_) => Kind::CreditLedger,
        Event::ReferralTree(_) => Kind::ReferralTree,
        Event::Catalog(_) => Kind::Catalog,
        Event::InvoiceBook(_) => Kind::InvoiceBook,
        Event::DiscountBook(_) => Kind::DiscountBook,
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The checked-in files of a folder, by the name of their event.
fn files(folder_name: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder(folder_name)).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().strip_suffix(".json").unwrap().to_owned();
        (name, fs::read_to_string(&path).unwrap())
    });
    named.collect()
}

/// Every event type with the version written today.
fn written_today() -> BTreeSet<String> {
    let types = Kind::ALL.iter().flat_map(|kind| kind.event_versions().iter().map(move |known| (*kind, known)));
    types.map(|(kind, (event_type, version))| name(kind, event_type, version)).collect()
}

#[test]
fn every_event_type_has_one_sample_value() {
    let samples = samples::events();
    let names: BTreeSet<String> =
        samples.iter().map(|event| name(kind_of(event), &event.event_type(), &event.event_version())).collect();
    assert_eq!(names, written_today());
    assert_eq!(samples.len(), names.len(), "one of each");
}

#[test]
fn samples_are_written_as_they_were_when_checked_in() {
    for event in samples::events() {
        let name = name(kind_of(&event), &event.event_type(), &event.event_version());
        let payload: Value = serde_json::from_str(&event.payload().unwrap()).unwrap();
        expect_file![folder("samples").join(format!("{name}.json"))].assert_eq(&pretty(&payload));
    }
}

#[test]
fn every_sample_ever_checked_in_can_be_read() {
    for (name, payload) in files("samples") {
        let parts: Vec<&str> = name.split('.').collect();
        let &[aggregate, event_type, version] = parts.as_slice() else { panic!("{name}") };
        let kind = Kind::from_name(aggregate).unwrap();
        let version = version.strip_prefix('v').unwrap();
        let event = Event::decode(kind, event_type, version, &payload).unwrap();
        assert_eq!(event.event_type(), event_type);
    }
}

#[test]
fn a_catalog_of_one_currency_is_read_as_one_of_several() {
    let payload = &files("samples")["catalog.CatalogPublished.v1"];
    let Event::Catalog(catalog::Event::CatalogPublished { definition, .. }) =
        Event::decode(Kind::Catalog, "CatalogPublished", "1", payload).unwrap()
    else {
        panic!("another event")
    };
    let usd: Currency = sample("USD");
    let prices = definition.plans[0].prices.values().map(|prices| format!("{prices:?}"));
    assert_eq!(prices.collect::<Vec<_>>(), [r#"{Currency(USD): 15.00}"#, r#"{Currency(USD): 150.00}"#]);
    assert_eq!(definition.referrals.unwrap().credits_per_unit, BTreeMap::from([(usd, 1.into())]));
}

/// An event of the ledger as it is read today.
fn ledger_event(event_type: &str, version: &str, payload: &str) -> credit_ledger::Event {
    match Event::decode(Kind::CreditLedger, event_type, version, payload).unwrap() {
        Event::CreditLedger(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_first_release_wrote_of_ledgers_means_the_same_today() {
    let files = files("samples");
    let read = |name: &str| ledger_event(name, "1", &files[&format!("credit_ledger.{name}.v1")]);
    let credit_ledger::Event::CreditsGranted { effective_from, expires_at, .. } = read("CreditsGranted") else {
        panic!("another event")
    };
    assert_eq!((effective_from, expires_at), (jiff::Timestamp::UNIX_EPOCH, None));
    let credit_ledger::Event::FeatureConsumed { overage: Some(overage), waived, .. } = read("FeatureConsumed") else {
        panic!("another event")
    };
    assert_eq!((overage.credits().unwrap().charge.to_string(), waived.is_zero()), ("0.50".to_owned(), true));
    let credit_ledger::Event::ThresholdsCrossed { alert, .. } = read("ThresholdsCrossed") else {
        panic!("another event")
    };
    assert_eq!(alert.as_str(), "alert_whatsapp_messages-20260131140000-95");
}

#[test]
fn a_payload_that_is_not_what_its_old_version_says_is_told_as_the_reader_of_today_sees_it() {
    for payload in ["{}", "[]", r#"{"CatalogPublished": {"version": 1, "definition": {"plans": [1]}}}"#, "{"] {
        let refusal = Event::decode(Kind::Catalog, "CatalogPublished", "1", payload).unwrap_err().to_string();
        let expected = "the payload of event CatalogPublished version 1 cannot be read: ";
        assert!(refusal.starts_with(expected), "{refusal}");
    }
}

#[test]
fn every_version_written_before_leads_to_the_one_written_today() {
    for kind in Kind::ALL {
        for upcaster in kind.upcasters() {
            let known_today = kind.event_versions().contains(&(upcaster.event_type, upcaster.to));
            let goes_on =
                kind.upcasters().iter().any(|next| (next.event_type, next.from) == (upcaster.event_type, upcaster.to));
            assert!(known_today || goes_on, "{upcaster:?}");
            let name = name(*kind, upcaster.event_type, upcaster.from);
            assert!(files("samples").contains_key(&name), "{name} has no sample");
        }
    }
}

#[test]
fn every_event_type_has_a_checked_in_schema_and_sample() {
    for files in [files("samples"), files("schemas")] {
        let names: BTreeSet<String> = files.into_keys().collect();
        assert!(names.is_superset(&written_today()), "{:?}", written_today().difference(&names));
    }
}

#[test]
fn schemas_are_as_they_were_when_checked_in() {
    for kind in Kind::ALL {
        let whole = schema_of(*kind);
        for (event_type, version) in kind.event_versions() {
            let name = name(*kind, event_type, version);
            let schema = schema_of_type(&whole, event_type, &name);
            expect_file![folder("schemas").join(format!("{name}.json"))].assert_eq(&pretty(&schema));
        }
    }
}

#[test]
fn an_event_of_another_release_is_not_guessed_at() {
    let refusal = Event::decode(Kind::CreditLedger, "CreditsGranted", "9", "{}").unwrap_err();
    assert_eq!(refusal.to_string(), "event CreditsGranted version 9 of a credit_ledger is unknown to this release");
    let refusal = Event::decode(Kind::CreditLedger, "CreditsGranted", "1", "{}").unwrap_err();
    assert!(refusal.to_string().starts_with("the payload of event CreditsGranted version 1 cannot be read: "));
}

fn schema_of(kind: Kind) -> Value {
    let schema = match kind {
        Kind::Organization => schemars::schema_for!(organization::Event),
        Kind::Subscription => schemars::schema_for!(subscription::Event),
        Kind::CreditLedger => schemars::schema_for!(credit_ledger::Event),
        Kind::ReferralTree => schemars::schema_for!(referral_tree::Event),
        Kind::Catalog => schemars::schema_for!(catalog::Event),
        Kind::InvoiceBook => schemars::schema_for!(invoice_book::Event),
        Kind::DiscountBook => schemars::schema_for!(discount_book::Event),
    };
    schema.to_value()
}

/// The schema of one event type: its alternative of the whole enum, with the definitions it leads to.
fn schema_of_type(whole: &Value, event_type: &str, title: &str) -> Value {
    let alternatives = whole["oneOf"].as_array().unwrap();
    let alternative = alternatives.iter().find(|one| one["properties"].get(event_type).is_some()).unwrap();
    let mut schema = alternative.clone();
    schema["$schema"] = whole["$schema"].clone();
    schema["title"] = json!(title);
    let mut definitions = BTreeMap::new();
    gather(alternative, &whole["$defs"], &mut definitions);
    if !definitions.is_empty() {
        schema["$defs"] = json!(definitions);
    }
    schema
}

/// Adds the definitions that `schema` refers to, and those they refer to.
fn gather(schema: &Value, all: &Value, found: &mut BTreeMap<String, Value>) {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/"));
    if let Some(name) = name.filter(|name| !found.contains_key(*name)) {
        found.insert(name.to_owned(), all[name].clone());
        gather(&all[name], all, found);
    }
    match schema {
        Value::Object(members) => members.values().for_each(|member| gather(member, all, found)),
        Value::Array(items) => items.iter().for_each(|item| gather(item, all, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_state_after_all_samples_is_the_one_its_version_stands_for() {
    for kind in Kind::ALL {
        let mut state = State::initial(*kind);
        samples::events().iter().filter(|event| kind_of(event) == *kind).for_each(|event| state.evolve(event));
        let snapshot = state.snapshot().unwrap();
        let file = folder("states").join(format!("{}.v{}.json", kind.as_str(), kind.state_version()));
        // It differs? Raise the aggregate's STATE_VERSION, then accept: snapshots of the old version are not read again.
        expect_file![file].assert_eq(&pretty(&serde_json::from_str(&snapshot).unwrap()));

        let restored = State::restore(*kind, &snapshot).unwrap();
        assert_eq!(restored.snapshot().unwrap(), snapshot);
    }
}
