//! Two engines on one database.

use futures::StreamExt;
use futures::stream;
use replay::laws::Log;
use tests::client::Client;
use tests::faults::load::{Sent, mix};
use tests::faults::trial::Stage;

const COMMANDS: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_that_are_asked_the_same_do_it_once() {
    let stage = Stage::set().await;
    let other = stage.system.another_engine().await;
    let (one, two) = (stage.system.client(), other.client());
    let both = async |command: Sent| {
        let ask = |client: Client| {
            let command = command.clone();
            async move { client.insist(&command.key, &command.path, &command.body).await }
        };
        let (left, right) = tokio::join!(ask(one.clone()), ask(two.clone()));
        assert!(left.status < 300, "{}", left.text);
        assert_eq!(left.text, right.text, "both give the first answer");
        assert_ne!(left.replayed, right.replayed, "one of them did it, the other found it done");
        command.key
    };
    let commands = stream::iter(mix("both", COMMANDS, &stage.world));
    let keys: Vec<String> = commands.map(both).buffered(16).collect().await;

    let log = Log::read(stage.system.database_url()).await.unwrap();
    let receipts = log.receipts_by_key();
    for key in keys {
        assert_eq!(receipts.get(key.as_str()), Some(&1), "receipts of {key}");
    }
    stage.inspect().await;
    other.kill();
    stage.inspect().await;
    stage.system.end().await;
}
