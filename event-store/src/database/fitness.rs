//! Can this release work with that server and that schema? Asked before anything begins.

use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;

use super::DatabaseError;

/// The oldest Postgres that is supported, as `server_version_num`.
const SERVER_VERSION_MIN: i32 = 150_000;

/// The schema of this release.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// A migration that was run, with the hash of its text.
type Applied = (i64, Vec<u8>);

/// What a server says about itself.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Server {
    version_number: i32,
    version: String,
    is_standby: bool,
    is_read_only: bool,
}

/// Refuses a server that is too old or takes no writes.
pub(super) async fn check_server(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    let server: Server = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int AS version_number,
                current_setting('server_version') AS version,
                pg_is_in_recovery() AS is_standby,
                current_setting('transaction_read_only')::boolean AS is_read_only",
    )
    .fetch_one(connection)
    .await?;
    server.check()
}

impl Server {
    fn check(self) -> Result<(), DatabaseError> {
        if self.version_number < SERVER_VERSION_MIN {
            return Err(DatabaseError::TooOld { found: self.version });
        }
        // A standby is read-only too, but no setting changes that.
        if self.is_standby {
            return Err(DatabaseError::Standby);
        }
        if self.is_read_only {
            return Err(DatabaseError::ReadOnly);
        }
        Ok(())
    }
}

/// The migrations that were run, oldest first; none where nobody ran any.
pub(super) async fn applied(connection: &mut PgConnection) -> Result<Vec<Applied>, DatabaseError> {
    let any: bool =
        sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&mut *connection).await?;
    if !any {
        return Ok(Vec::new());
    }
    let found = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version");
    Ok(found.fetch_all(connection).await?)
}

/// Refuses a schema with a migration this release does not have, or has otherwise.
pub(super) fn check_known(applied: &[Applied]) -> Result<(), DatabaseError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    if let Some((newest, _)) = applied.last().filter(|(newest, _)| *newest > known) {
        return Err(DatabaseError::SchemaNewer { found: *newest, known });
    }
    for (version, checksum) in applied {
        let is_ours = MIGRATIONS.iter().any(|ours| ours.version == *version && *ours.checksum == **checksum);
        if !is_ours {
            return Err(DatabaseError::SchemaDiffers { version: *version });
        }
    }
    Ok(())
}

/// Refuses a schema without a migration that this release has.
pub(super) fn check_complete(applied: &[Applied]) -> Result<(), DatabaseError> {
    let lacks = |version: &i64| !applied.iter().any(|(applied, _)| applied == version);
    match MIGRATIONS.iter().map(|migration| migration.version).find(lacks) {
        Some(missing) => Err(DatabaseError::SchemaOlder { missing }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIT: Server =
        Server { version_number: 150_004, version: String::new(), is_standby: false, is_read_only: false };

    #[test]
    fn a_server_is_refused_for_its_age_then_as_a_standby_then_for_a_setting() {
        let old = Server { version_number: 140_009, version: "14.9".to_owned(), is_standby: true, ..FIT };
        let standby = Server { is_standby: true, is_read_only: true, ..FIT };
        let read_only = Server { is_read_only: true, ..FIT };
        for (server, expected) in [
            (old, "postgres 14.9 is older than version 15; move the database to a newer server"),
            (standby, "postgres is a standby and takes no writes; name its primary"),
            (
                read_only,
                "the database is read-only: default_transaction_read_only is on for it, for the login or for the \
                 server; turn it off",
            ),
        ] {
            assert_eq!(server.check().unwrap_err().to_string(), expected);
        }
        FIT.check().unwrap();
    }
}
