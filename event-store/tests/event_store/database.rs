//! What an engine refuses to start on, each in one sentence.

use event_store::{Database, Executor, Role};
use sqlx::Executor as _;
use sqlx::postgres::PgPool;
use testkit::TestDatabase;

/// Why no engine starts on a database.
async fn refusal(database: &Database) -> String {
    Executor::start(database).await.err().expect("a refusal").to_string()
}

/// A database of which its administrator has changed something.
async fn changed(statement: &str) -> TestDatabase {
    let test = TestDatabase::create().await;
    let administrator = PgPool::connect(&test.url).await.unwrap();
    administrator.execute(statement).await.unwrap();
    administrator.close().await;
    test
}

#[tokio::test]
async fn a_database_without_an_event_store_is_refused() {
    let test = changed("DROP SCHEMA es CASCADE; DROP TABLE _sqlx_migrations").await;
    assert_eq!(refusal(&test.database).await, "the database has no event store; run `tollgate migrate`");
}

#[tokio::test]
async fn a_schema_of_a_later_release_is_neither_worked_on_nor_migrated() {
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9001, 'of a later release', true, '', 0)";
    let test = changed(later).await;
    let told = refusal(&test.database).await;
    assert!(told.starts_with("the schema has migration 9001, this release knows those up to "), "{told}");
    assert!(told.ends_with("; run the release that made it"), "{told}");
    assert_eq!(test.database.migrate(1).await.unwrap_err().to_string(), told);
}

#[tokio::test]
async fn a_schema_of_an_earlier_release_is_to_be_migrated_first() {
    let test = changed("DELETE FROM _sqlx_migrations WHERE version = 4").await;
    let told = refusal(&test.database).await;
    assert_eq!(told, "the schema lacks migration 4 of this release; run `tollgate migrate`");
}

#[tokio::test]
async fn a_schema_of_another_build_is_neither_worked_on_nor_migrated() {
    let test = changed("UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 2").await;
    let told = refusal(&test.database).await;
    assert_eq!(told, "migration 2 of the schema is not that of this release; run the release that made it");
    assert_eq!(test.database.migrate(1).await.unwrap_err().to_string(), told);
}

#[tokio::test]
async fn a_read_only_database_is_neither_worked_on_nor_migrated() {
    let read_only = "DO $$ BEGIN
                       EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database());
                     END $$";
    let test = changed(read_only).await;
    let told = refusal(&test.database).await;
    assert!(told.starts_with("the database is read-only: default_transaction_read_only is on"), "{told}");
    assert_eq!(test.database.migrate(1).await.unwrap_err().to_string(), told);
}

#[tokio::test]
async fn the_roles_may_ask_for_the_version_of_the_schema() {
    let test = TestDatabase::create().await;
    for role in [Role::Engine, Role::Auditor] {
        let newest: i64 =
            sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&test.pool(role)).await.unwrap();
        assert!(newest >= 5, "{role:?}");
    }
}
