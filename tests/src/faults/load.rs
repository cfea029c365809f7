//! A bounded load of commands, each under a key of its own, and the memory of what was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};

use super::world::{World, message, registration};
use crate::client::{Answer, Client};
use replay::laws::Log;

/// Commands that are on their way at the same time.
const CONCURRENT: usize = 8;

/// A command as a caller keeps it, so that it can send it again.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its key.
    pub key: String,
    /// Where it goes.
    pub path: String,
    /// What it says.
    pub body: Value,
}

impl Sent {
    /// One message of ana's, who pays for it.
    #[must_use]
    pub fn message(key: String) -> Self {
        Self { key, path: "/v1/organizations/ana/usage".to_owned(), body: message() }
    }
}

/// A mix of what customers do; every key begins with `name`.
#[must_use]
pub fn mix(name: &str, count: usize, world: &World) -> Vec<Sent> {
    let command = |index: usize| {
        let of = |organization: &str, what: &str| format!("/v1/organizations/{organization}/{what}");
        let (path, body) = match index % 10 {
            1 => (of("luis", "payments"), json!({ "amount": "0.05", "currency": "USD" })),
            3 => (of("pedro", "credits"), json!({ "amount": "2.5" })),
            5 => ("/v1/organizations".to_owned(), registration(&format!("{name}-{index}"), Some(&world.code))),
            0 | 2 | 4 => (of("ana", "usage"), message()),
            6 | 8 => (of("maria", "usage"), message()),
            _ => (of("pedro", "usage"), message()),
        };
        Sent { key: format!("{name}-{index}"), path, body }
    };
    (0..count).map(command).collect()
}

/// Commands that were sent once, and what came back.
#[derive(Debug)]
pub struct Load {
    commands: Vec<Sent>,
    acknowledged: Arc<AtomicUsize>,
    sending: tokio::task::JoinHandle<Vec<Option<Answer>>>,
}

/// What came back to whoever sent everything twice.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    /// Acknowledged at first.
    pub acknowledged: usize,
    /// Not acknowledged at first, and applied all the same.
    pub applied_unheard: usize,
    /// Not acknowledged at first, and not applied either.
    pub lost_on_the_way: usize,
}

impl Load {
    /// Begins to send each command once.
    #[must_use]
    pub fn begin(client: &Client, commands: Vec<Sent>) -> Self {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let (client, counter, sent) = (client.clone(), acknowledged.clone(), commands.clone());
        let sending = tokio::spawn(async move {
            let send = |command: Sent| {
                let (client, counter) = (&client, &counter);
                async move {
                    let answer = client.post_as(&command.key, &command.path, command.body).await.ok();
                    let answer = answer.filter(|answer| answer.status < 300);
                    counter.fetch_add(usize::from(answer.is_some()), Ordering::SeqCst);
                    answer
                }
            };
            stream::iter(sent).map(send).buffered(CONCURRENT).collect().await
        });
        Self { commands, acknowledged, sending }
    }

    /// How many were acknowledged so far.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Is nothing more being sent?
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.sending.is_finished()
    }

    /// Waits for the end of the load, sends every command again, and asks that each has one answer and one receipt.
    pub async fn settle(self, client: &Client, database_url: &str) -> Tally {
        let first = self.sending.await.expect("the load ends by itself");
        let again = |command: Sent| async move { client.insist(&command.key, &command.path, &command.body).await };
        let again: Vec<Answer> = stream::iter(self.commands.clone()).map(again).buffered(CONCURRENT).collect().await;
        let mut tally = Tally::default();
        for (first, again) in first.iter().zip(&again) {
            assert!(again.status < 300, "{}", again.text);
            match first {
                Some(first) => {
                    assert_eq!((&first.text, true), (&again.text, again.replayed), "an answer is given for ever");
                    tally.acknowledged += 1;
                }
                None if again.replayed => tally.applied_unheard += 1,
                None => tally.lost_on_the_way += 1,
            }
        }
        let log = Log::read(database_url).await.expect("the log");
        let receipts = log.receipts_by_key();
        for Sent { key, .. } in &self.commands {
            assert_eq!(receipts.get(key.as_str()), Some(&1), "receipts of {key}");
        }
        tally
    }
}
