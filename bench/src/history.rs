//! A log with a past: what a thousand customers did, decided by the domain and appended in large batches.
//!
//! It is a log like any other, with one difference: there are no receipts for it, because nobody will send these
//! commands again, and readers of the log do not look at receipts.

use domain::credit_ledger::Consume;
use domain::stream::{Owner, StreamId};
use domain::{Command, Context, Credits, FeatureCode, Kind, Quantity, State, credit_ledger};
use event_store::append::{Appended, Batch, NewEvent, append};
use event_store::log::Metadata;
use event_store::{Log, Role};
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::customers::{context, settle};
use crate::ground::Ground;
use crate::measure::Fault;

/// Events a batch: as many as the executor writes at once under load.
const BATCH_EVENTS: i64 = 1_000;

/// One command in so many buys credits; the others use messages.
const TOP_UP_EVERY: usize = 10;

/// A ledger being written.
struct Ledger {
    owner: Owner,
    state: State,
    sequence: i64,
}

/// Registers so many customers and has them act until the log has about so many events; gives its head.
///
/// Every customer uses 500 messages at a time and has 50,000 a month, so after a hundred times it has crossed all
/// thresholds and pays with credits.
pub async fn write(ground: &Ground, customers: usize, events: i64) -> Result<i64, Fault> {
    let executor = ground.executor().await?;
    let owners = settle(&executor, customers).await?;
    drop(executor);
    let fresh = |owner: &Owner| Ledger { owner: owner.clone(), state: State::initial(Kind::CreditLedger), sequence: 0 };
    let mut ledgers: Vec<Ledger> = owners.iter().map(fresh).collect();
    let mut connection = ground.database.connect(Role::Engine).await?;
    let mut head = Log::new(ground.pool()).head(0).await?.position;
    let (surroundings, mut turn) = (context()?, 0);
    while head < events {
        let mut batch = Batch::behind(0, head);
        while batch.len() < BATCH_EVENTS {
            let number = turn % ledgers.len();
            let ledger = ledgers.get_mut(number).ok_or("there is no ledger")?;
            let context = Context { now: now()?, seed: Uuid::now_v7(), ..surroundings.clone() };
            ledger.act(turn / owners.len(), &context, &mut batch)?;
            turn += 1;
        }
        match append(&mut connection, batch, now()?).await? {
            Appended::Done { position } => head = position,
            Appended::Stale => return Err("somebody else writes this log".into()),
        }
    }
    Ok(head)
}

impl Ledger {
    fn act(&mut self, time: usize, context: &Context, batch: &mut Batch) -> Result<(), Fault> {
        let decision = self.state.execute(&Command::from(command(time)?), context)?;
        let stream = StreamId { kind: Kind::CreditLedger, owner: self.owner.clone() };
        let metadata = metadata();
        for event in &decision.events {
            self.sequence += 1;
            let (sequence, event_id, recorded_at) = (self.sequence, Uuid::now_v7(), context.now);
            batch.push(&[NewEvent {
                stream: &stream,
                sequence,
                event_id,
                recorded_at,
                event,
                metadata: metadata.as_str(),
            }])?;
        }
        Ok(())
    }
}

/// Postgres keeps microseconds.
fn now() -> Result<Timestamp, Fault> {
    Ok(Timestamp::from_microsecond(Timestamp::now().as_microsecond())?)
}

fn command(time: usize) -> Result<credit_ledger::Command, Fault> {
    if time.is_multiple_of(TOP_UP_EVERY) {
        let amount = Credits::positive(Decimal::ONE_THOUSAND)?;
        return Ok(credit_ledger::Command::TopUp { amount, reference: None });
    }
    let feature = FeatureCode::new("whatsapp_messages")?;
    Ok(Consume::of(feature, Quantity::positive(Decimal::from(500))?).into())
}

/// The same entries, of the same lengths, as those the executor writes.
fn metadata() -> Metadata {
    let entries = [
        ("caller", "admin:bench".to_owned()),
        ("catalog_version", "1".to_owned()),
        ("command", Uuid::now_v7().to_string()),
        ("product", "agencia".to_owned()),
        ("request", Uuid::now_v7().to_string()),
    ];
    entries.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}
