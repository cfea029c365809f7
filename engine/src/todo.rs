//! `tollgate todo`: what an operator does about to-dos that have failed.

use std::error::Error;
use std::process::ExitCode;

use engine::address::Addresses;
use event_store::{Database, Role};
use processors::Failed;
use sqlx::postgres::PgPool;
use uuid::Uuid;

/// Look at to-dos that have failed, and have them tried again
#[derive(Debug, clap::Subcommand)]
pub enum Todo {
    /// Name every to-do that has failed, and why
    List,
    /// Have failed to-dos tried again, once the cause is gone; what was applied before is not applied again
    Retry {
        /// Ids of the events that asked for them, as `list` prints them
        #[arg(value_name = "EVENT", required_unless_present = "all", conflicts_with = "all")]
        events: Vec<Uuid>,
        /// All of them
        #[arg(long)]
        all: bool,
    },
}

pub async fn run(command: Todo, addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let database = Database::at(&addresses.database()?)?;
    // Says what is wrong with a server or a schema that an engine could not work with either.
    database.partitions().await?;
    let pool = database.pool(Role::Engine, 1);
    match command {
        Todo::List => list(&pool).await,
        Todo::Retry { events, .. } => retry(&pool, &events).await,
    }
}

async fn list(pool: &PgPool) -> Result<ExitCode, Box<dyn Error>> {
    let failed = processors::failed(pool).await?;
    for todo in &failed {
        println!("{}", line(todo));
    }
    if failed.is_empty() {
        println!("no to-do has failed");
    }
    Ok(ExitCode::SUCCESS)
}

/// All of it or nothing: an id that was mistyped must not look done.
async fn retry(pool: &PgPool, events: &[Uuid]) -> Result<ExitCode, Box<dyn Error>> {
    let mut todos = processors::failed(pool).await?;
    if let Some(unknown) = events.iter().find(|event| !todos.iter().any(|todo| todo.event_id == **event)) {
        return Err(
            format!("no to-do of event {unknown} has failed; `tollgate todo list` names those that have").into()
        );
    }
    todos.retain(|todo| events.is_empty() || events.contains(&todo.event_id));
    match processors::retry(pool, &todos).await? {
        1 => println!("1 to-do is tried again"),
        count => println!("{count} to-dos are tried again"),
    }
    Ok(ExitCode::SUCCESS)
}

fn line(todo: &Failed) -> String {
    let Failed { processor, event_id, partition, position, organization, task, attempts, last_error } = todo;
    let organization = organization.as_deref().unwrap_or("-");
    let tried = if *attempts == 1 { "tried once".to_owned() } else { format!("tried {attempts} times") };
    format!("{event_id}  {partition}:{position}  {organization}  {processor} {task}, {tried}: {last_error}")
}
