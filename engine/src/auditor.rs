//! The auditor's own login on the embedded PostgreSQL: it may read the log and the projections, and nothing else.

use std::str::FromStr;

use rand::Rng;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};

/// Makes the login, or gives it a new password, and answers the address to use it with.
pub async fn login(database_url: &str) -> Result<String, sqlx::Error> {
    let password = format!("a{:032x}", rand::rng().random::<u128>());
    let mut connection = PgConnection::connect(database_url).await?;
    let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tollgate_audit')")
        .fetch_one(&mut connection)
        .await?;
    // Postgres takes no parameters here; the password is letters and digits of our own making.
    let statement = match known {
        true => format!("ALTER ROLE tollgate_audit PASSWORD '{password}'"),
        false => format!("CREATE ROLE tollgate_audit LOGIN PASSWORD '{password}' IN ROLE tollgate_auditor"),
    };
    connection.execute(statement.as_str()).await?;
    let server = PgConnectOptions::from_str(database_url)?;
    let database = server.get_database().unwrap_or("tollgate");
    Ok(format!("postgres://tollgate_audit:{password}@{}:{}/{database}", server.get_host(), server.get_port()))
}
