//! Whatever customers did comes out as it was recorded when it is decided again.

use jiff::Timestamp;
use replay::simulate::{self, Question};
use testkit::{product, send};

use crate::why::business::{Business, STUDIO, publish};
use crate::why::larger;

async fn question(business: &Business, catalog: &str, from: Timestamp) -> simulate::Report {
    let definition = domain::catalog::source::read("studio.toml", catalog).unwrap();
    let (catalog, to) = ("studio.toml".to_owned(), Timestamp::now());
    let asked = Question { catalog, definition, from, to, refusals: Vec::new(), has_refusals: false };
    let audit = replay::connect::open_at(&business.test.url).await.unwrap();
    simulate::ask(&audit, &asked).await.unwrap()
}

#[tokio::test]
async fn a_random_history_comes_out_as_recorded_whatever_the_file_says() {
    for seed in [11, 400, 9_000] {
        let begun = Timestamp::now();
        let mut business = Business::begin(seed).await;
        let mut middle = begun;
        for step in 0..150 {
            match step {
                60 => middle = Timestamp::now(),
                90 => drop(send(&business.executor, product("studio"), publish(&larger())).await.unwrap()),
                _ => {}
            }
            business.step().await;
        }
        for from in [begun, middle] {
            let lower = STUDIO.replace("tokens = { limit = 20", "tokens = { limit = 2");
            let report = question(&business, &lower, from).await;
            assert!(report.reproduced.decided > 20, "{seed}: {report}");
            assert_eq!(report.reproduced.as_recorded, report.reproduced.decided, "{seed}: {report}");
        }
    }
}

#[tokio::test]
async fn a_random_history_is_the_same_under_the_same_catalog() {
    for seed in [5, 77, 1_234] {
        let begun = Timestamp::now();
        let mut business = Business::begin(seed).await;
        let mut middle = begun;
        for step in 0..120 {
            if step == 50 {
                middle = Timestamp::now();
            }
            business.step().await;
        }
        for from in [begun, middle] {
            let report = question(&business, STUDIO, from).await;
            assert_eq!(report.reproduced.as_recorded, report.reproduced.decided, "{seed}: {report}");
            let differing = report.organizations.iter().filter(|told| told.row.differs()).count();
            assert_eq!((differing, report.unlike.len(), report.room.len()), (0, 0, 0), "{seed}: {report}");
        }
    }
}
