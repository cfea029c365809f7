//! What cannot be simulated, and that nothing is written.

use std::fs;
use std::path::Path;

use replay::simulate::{self, Question, Unanswered};
use sqlx::PgPool;

use super::months;
use super::town::{KIOSK, at, question};

#[tokio::test]
async fn a_time_that_is_none_or_not_over_is_refused() {
    let town = months().await;
    let audit = town.audit().await;
    let backwards = simulate::ask(&audit, &question(KIOSK, "04-01", "02-01")).await.unwrap_err();
    assert_eq!(
        backwards.to_string(),
        "the time from 2026-04-01T12:00:00Z to 2026-02-01T12:00:00Z is none: it ends before it begins"
    );
    let mut ahead = question(KIOSK, "02-01", "04-01");
    ahead.to = "2999-01-01T00:00:00Z".parse().unwrap();
    let ahead = simulate::ask(&audit, &ahead).await.unwrap_err();
    assert!(ahead.to_string().starts_with("2999-01-01T00:00:00Z is in the future, it is "), "{ahead}");
}

#[tokio::test]
async fn a_file_of_a_product_nobody_published_is_refused() {
    let town = months().await;
    let other = question(&KIOSK.replace("product = \"kiosk\"", "product = \"newsstand\""), "02-01", "04-01");
    let refused = simulate::ask(&town.audit().await, &other).await.unwrap_err();
    assert_eq!(refused.to_string(), "the log knows no product newsstand before 2026-04-01T12:00:00Z; it knows kiosk");
}

#[test]
fn files_that_are_of_no_use_are_named_with_all_their_faults() {
    let folder = std::env::temp_dir().join(testkit::unique("simulate"));
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let read = |catalog: &Path, refusals: Option<&Path>| {
        Question::read(catalog, at("02-01"), at("04-01"), refusals).unwrap_err()
    };
    let broken = write("broken.toml", "product = \"kiosk\"\ncurrency = \"XXX1\"\nplans = 3\n");
    let faults = read(&broken, None);
    assert!(matches!(&faults, Unanswered::NotACatalog(faults) if faults.faults.len() >= 2), "{faults}");
    assert!(faults.to_string().contains("broken.toml:2: currency"), "{faults}");
    let missing = read(&folder.join("missing.toml"), None);
    assert!(missing.to_string().contains("missing.toml cannot be read"), "{missing}");
    let sound = write("sound.toml", KIOSK);
    let lines = write("refusals.csv", "organization,feature,quantity,instant\nana,notes\n");
    let bad = read(&sound, Some(&lines));
    assert!(bad.to_string().ends_with("refusals.csv: line 2: 2 fields instead of 4"), "{bad}");
    fs::remove_dir_all(&folder).unwrap();
}

/// All tables that hold something true or shown, as one text.
async fn everything(pool: &PgPool) -> String {
    let tables: Vec<(String,)> = sqlx::query_as(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
          WHERE schemaname IN ('es', 'read', 'proc', 'auth') ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut all = String::new();
    for (table,) in tables {
        let hash =
            format!("SELECT '{table} ' || md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {table} t");
        let (hash,): (String,) = sqlx::query_as(&hash).fetch_one(pool).await.unwrap();
        all.push_str(&hash);
        all.push('\n');
    }
    all
}

#[tokio::test]
async fn nothing_is_written_and_an_auditor_may_ask() {
    let town = months().await;
    let owner = PgPool::connect(&town.test.url).await.unwrap();
    let before = everything(&owner).await;
    let audit = town.audit().await;
    let (role, read_only): (String, String) =
        sqlx::query_as("SELECT current_user::text, current_setting('transaction_read_only')")
            .fetch_one(&audit.pool)
            .await
            .unwrap();
    assert_eq!((role.as_str(), read_only.as_str()), ("tollgate_auditor", "on"));
    let dearer = KIOSK.replace("month = \"10\"", "month = \"12.50\"");
    simulate::ask(&audit, &question(&dearer, "02-01", "04-01")).await.unwrap();
    assert_eq!(everything(&owner).await, before);
}

#[tokio::test]
async fn nothing_is_said_on_a_log_that_is_not_what_was_appended() {
    let town = months().await;
    let owner = PgPool::connect(&town.test.url).await.unwrap();
    let touched = "SET session_replication_role = replica;
        UPDATE es.events SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = 1";
    sqlx::raw_sql(touched).execute(&owner).await.unwrap();
    let refused = simulate::ask(&town.audit().await, &question(KIOSK, "02-01", "04-01")).await.unwrap_err();
    assert!(refused.to_string().contains("do not match their Merkle root"), "{refused}");
}
