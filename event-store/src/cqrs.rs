//! cqrs-es's own framework on this log: [`CqrsStore`] is its `EventStore`.
//!
//! It appends with the same statement as the executor, so both may work on one database. It knows neither receipts nor
//! the catalog: products use the executor; this is for those who bring code written against cqrs-es.

use std::collections::HashMap;

use cqrs_es::{Aggregate, AggregateContext, AggregateError, EventEnvelope, EventStore};
use domain::Event;
use domain::stream::StreamId;
use jiff::Timestamp;
use sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::append::{Appended, Batch, NewEvent, append};
use crate::executor::partition_of;
use crate::log::{LogError, Metadata, Recorded, read_head, read_stream, stream_id};

/// The log as an event store of cqrs-es.
#[derive(Debug, Clone)]
pub struct CqrsStore {
    pool: PgPool,
    partitions: i32,
}

/// An aggregate as it was loaded.
#[derive(Debug)]
pub struct CqrsContext<A> {
    stream: StreamId,
    aggregate: A,
    sequence: i64,
}

impl<A: Aggregate> AggregateContext<A> for CqrsContext<A> {
    fn aggregate(&mut self) -> &mut A {
        &mut self.aggregate
    }
}

impl CqrsStore {
    /// Works through a pool of role `Engine`, on a log with so many partitions.
    #[must_use]
    pub fn new(pool: PgPool, partitions: i32) -> Self {
        Self { pool, partitions }
    }

    async fn read(&self, stream: &StreamId) -> Result<Vec<Recorded>, LogError> {
        let mut connection = self.pool.acquire().await?;
        let partition = partition_of(&stream.owner, self.partitions);
        read_stream(&mut connection, partition, stream).await
    }

    /// Appends behind whatever the head is, as long as the stream itself has not grown.
    async fn append(&self, stream: &StreamId, sequence: i64, events: &[NewEvent<'_>]) -> Result<Grown, CqrsFault> {
        let partition = partition_of(&stream.owner, self.partitions);
        let mut connection = self.pool.acquire().await?;
        loop {
            let head = read_head(&mut connection, partition).await?;
            let mut batch = Batch::behind(partition, head.position);
            batch.push(events)?;
            match append(&mut connection, batch, head.recorded_at).await? {
                Appended::Done { .. } => return Ok(Grown::Here),
                Appended::Stale => {
                    let newest: Option<i64> = sqlx::query_scalar(
                        "SELECT max(sequence) FROM es.events
                          WHERE partition = $1 AND aggregate_type = $2 AND aggregate_id = $3",
                    )
                    .bind(partition)
                    .bind(stream.kind.as_str())
                    .bind(stream.owner.as_str())
                    .fetch_one(&mut *connection)
                    .await?;
                    if newest.unwrap_or_default() > sequence {
                        return Ok(Grown::Elsewhere);
                    }
                }
            }
        }
    }
}

/// Who has added to a stream.
enum Grown {
    Here,
    Elsewhere,
}

#[derive(Debug, thiserror::Error)]
enum CqrsFault {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("an event cannot be encoded")]
    Unencodable(#[from] serde_json::Error),
    #[error(transparent)]
    Postgres(#[from] sqlx::Error),
    #[error("stream {0} is not of this aggregate")]
    OtherAggregate(String),
}

impl<E: std::error::Error> From<CqrsFault> for AggregateError<E> {
    fn from(fault: CqrsFault) -> Self {
        match fault {
            CqrsFault::Log(LogError::Unavailable(_)) | CqrsFault::Postgres(_) => {
                Self::DatabaseConnectionError(Box::new(fault))
            }
            CqrsFault::Log(LogError::Corrupt { .. }) | CqrsFault::Unencodable(_) | CqrsFault::OtherAggregate(_) => {
                Self::DeserializationError(Box::new(fault))
            }
        }
    }
}

fn stream_of<A: Aggregate>(aggregate_id: &str) -> Result<StreamId, CqrsFault> {
    stream_id(0, A::TYPE, aggregate_id).map_err(|_| CqrsFault::OtherAggregate(aggregate_id.to_owned()))
}

fn envelope<A>(recorded: Recorded) -> Result<EventEnvelope<A>, CqrsFault>
where
    A: Aggregate,
    A::Event: TryFrom<Event>,
{
    let aggregate_id = recorded.stream.owner.as_str().to_owned();
    let payload = A::Event::try_from(recorded.event).map_err(|_| CqrsFault::OtherAggregate(aggregate_id.clone()))?;
    Ok(EventEnvelope {
        aggregate_id,
        sequence: usize::try_from(recorded.sequence).unwrap_or_default(),
        payload,
        metadata: recorded.metadata.entries().into_iter().collect(),
    })
}

impl<A> EventStore<A> for CqrsStore
where
    A: Aggregate,
    A::Event: TryFrom<Event> + Into<Event>,
{
    type AC = CqrsContext<A>;

    async fn load_events(&self, aggregate_id: &str) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let stream = stream_of::<A>(aggregate_id)?;
        let recorded = self.read(&stream).await.map_err(CqrsFault::from)?;
        Ok(recorded.into_iter().map(envelope).collect::<Result<_, _>>()?)
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<CqrsContext<A>, AggregateError<A::Error>> {
        let stream = stream_of::<A>(aggregate_id)?;
        let (mut aggregate, mut sequence) = (A::default(), 0);
        for recorded in self.read(&stream).await.map_err(CqrsFault::from)? {
            sequence = recorded.sequence;
            aggregate.apply(envelope::<A>(recorded)?.payload);
        }
        Ok(CqrsContext { stream, aggregate, sequence })
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: CqrsContext<A>,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let CqrsContext { stream, sequence, .. } = context;
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let now = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or_default();
        let described: Metadata = metadata.clone().into_iter().collect();
        let decided: Vec<Event> = events.iter().cloned().map(Into::into).collect();
        let new = (sequence + 1..).zip(&decided).map(|(sequence, event)| NewEvent {
            stream: &stream,
            sequence,
            event_id: Uuid::now_v7(),
            recorded_at: now,
            event,
            metadata: described.as_str(),
        });
        let new: Vec<NewEvent<'_>> = new.collect();
        match self.append(&stream, sequence, &new).await? {
            Grown::Elsewhere => Err(AggregateError::AggregateConflict),
            Grown::Here => Ok((sequence + 1..)
                .zip(events)
                .map(|(sequence, payload)| EventEnvelope {
                    aggregate_id: stream.owner.as_str().to_owned(),
                    sequence: usize::try_from(sequence).unwrap_or_default(),
                    payload,
                    metadata: metadata.clone(),
                })
                .collect()),
        }
    }
}
