//! Talking to a server by its URL: to see whether our own is ready, and whether one we were given will do.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr, ServerInfo};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use super::process::Server;
use super::programs::{NATS_OLDEST, POSTGRES_OLDEST, Version};
use super::{DATABASE_URL_VARIABLE, EmbeddedError, NATS_URL_VARIABLE};

const CONNECTED_WITHIN: Duration = Duration::from_secs(5);

type Failure = Box<dyn Error + Send + Sync>;

/// Whether the server accepts a connection with the credentials of its URL.
pub(super) async fn answers(server: Server, url: &str) -> Result<(), Failure> {
    match server {
        Server::Postgres => postgres_version(&PgConnectOptions::from_str(url)?).await.map(drop),
        Server::Nats => nats_info(url).await.map(drop),
    }
}

/// Refuses a PostgreSQL that does not answer or is too old.
pub(super) async fn check_postgres(url: &str) -> Result<(), EmbeddedError> {
    let variable = DATABASE_URL_VARIABLE;
    let unreachable =
        |address: String, source| EmbeddedError::Unreachable { server: "PostgreSQL", address, variable, source };

    let options =
        PgConnectOptions::from_str(url).map_err(|error| unreachable("an unreadable URL".to_owned(), error.into()))?;
    let host = options.get_host();
    let database = options.get_database().unwrap_or(options.get_username());
    let address = format!("{host}:{}/{database}", options.get_port());
    let version = postgres_version(&options).await.map_err(|error| unreachable(address.clone(), error))?;
    if version < POSTGRES_OLDEST {
        return Err(EmbeddedError::Unfit {
            found: format!("PostgreSQL {version} answers"),
            address,
            variable,
            wanted: "15 or newer",
            advice: "name a newer server, or unset the variable to have one started",
        });
    }
    Ok(())
}

/// Refuses a NATS server that does not answer, is too old or has no JetStream.
pub(super) async fn check_nats(url: &str) -> Result<(), EmbeddedError> {
    let variable = NATS_URL_VARIABLE;
    let unreachable =
        |address: String, source| EmbeddedError::Unreachable { server: "nats-server", address, variable, source };

    let server =
        ServerAddr::from_str(url).map_err(|error| unreachable("an unreadable URL".to_owned(), error.into()))?;
    let address = format!("{}:{}", server.host(), server.port());
    let info = nats_info(url).await.map_err(|error| unreachable(address.clone(), error))?;
    if Version::parse(&info.version).is_none_or(|version| version < NATS_OLDEST) {
        return Err(EmbeddedError::Unfit {
            found: format!("nats-server {} answers", info.version),
            address,
            variable,
            wanted: "2.10 or newer",
            advice: "name a newer server, or unset the variable to have one started",
        });
    }
    if !info.jetstream {
        return Err(EmbeddedError::Unfit {
            found: "nats-server without JetStream answers".to_owned(),
            address,
            variable,
            wanted: "JetStream",
            advice: "start it with -js, or unset the variable to have one started",
        });
    }
    Ok(())
}

async fn postgres_version(options: &PgConnectOptions) -> Result<Version, Failure> {
    let connect = async {
        let mut connection = PgConnection::connect_with(options).await?;
        let number: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(number)
    };
    // 150018 is 15.18.
    let number: u32 = timeout(CONNECTED_WITHIN, connect).await??.parse()?;
    Ok(Version { major: number / 10_000, minor: number % 10_000 })
}

async fn nats_info(url: &str) -> Result<ServerInfo, Failure> {
    let server = ServerAddr::from_str(url)?;
    let mut options = ConnectOptions::new().connection_timeout(CONNECTED_WITHIN);
    // async-nats does not look at the credentials in a URL by itself.
    if let (Some(user), Some(password)) = (server.username(), server.password()) {
        options = options.user_and_password(user.to_owned(), password.to_owned());
    }
    Ok(options.connect(server).await?.server_info())
}
