//! What the domain decides and what the auditor reckons of its own mind are the same; what is forged is told.

use domain::calendar::Interval;
use replay::connect;
use replay::laws::{self, Log, Work, reading};
use testkit::{TestDatabase, of, send};

use super::history::History;
use super::simulate::lives::{catalog, lives_on};
use super::simulate::town::start;

/// Everything that is wrong with a log, read at once and read in chunks.
async fn wrong(test: &TestDatabase) -> Vec<String> {
    let log = Log::read(&test.url).await.unwrap();
    let at_once = laws::check(&log, Work::Open).into_iter().map(|violation| violation.to_string());
    // A town appends without receipts, and those who read in chunks have seen them before.
    let at_once: Vec<String> = at_once.filter(|text| !text.starts_with("keys: ")).collect();
    let audit = connect::open_at(&test.url).await.unwrap();
    let verdicts = reading::check(&audit.pool).await.unwrap();
    let in_chunks: Vec<String> = verdicts.iter().flat_map(|it| &it.violations).map(ToString::to_string).collect();
    assert_eq!(at_once, in_chunks);
    at_once
}

/// Months and years in pesos with the tax in the price, reckoned by the day, and calls that go on the invoice.
fn pesos() -> String {
    let seller = "[seller]\ncountry = \"CL\"\nname = \"Kiosk\"\n\n";
    let tax =
        "[[taxes]]\ncountry = \"CL\"\nname = \"IVA\"\nrate = \"0.19\"\nprices = \"inclusive\"\nfrom = 2003-10-01\n\n";
    catalog()
        .replace("currency = \"USD\"", "currency = \"CLP\"\nproration = \"day\"")
        .replace("per_unit = { USD = \"1\" }", "per_unit = { CLP = \"0.001\" }")
        .replace("month = \"10\"", "month = \"9990\", year = \"99900\"")
        .replace("month = \"30\"", "month = \"19990\", year = \"199990\"")
        .replace("overage = { credits = \"0.5\" }", "overage = { invoice = { unit = \"150\" } }")
        .replace("overage = { credits = \"0.25\" }", "overage = { invoice = { unit = \"75\" } }")
        .replace("[referrals]\n", &format!("{seller}{tax}[referrals]\n"))
}

/// Dollars with the tax on top of the price, by the second, and calls on the invoice.
fn taxed() -> String {
    let tax =
        "[[taxes]]\ncountry = \"CO\"\nname = \"IVA\"\nrate = \"0.19\"\nprices = \"exclusive\"\nfrom = 2017-01-01\n\n";
    catalog()
        .replace("month = \"30\"", "month = \"29.99\", year = \"299\"")
        .replace("month = \"10\"", "month = \"9.95\", year = \"99\"")
        .replace("overage = { credits = \"0.5\" }", "overage = { invoice = { unit = \"0.15\" } }")
        .replace("[referrals]\n", &format!("[seller]\ncountry = \"CO\"\nname = \"Kiosk\"\n\n{tax}[referrals]\n"))
}

#[tokio::test]
async fn whatever_life_a_subscription_has_every_law_holds() {
    let (month, both) = ([Interval::Month].as_slice(), [Interval::Month, Interval::Year]);
    let cases = [
        (catalog(), "UTC", month),
        (pesos(), "America/Santiago", both.as_slice()),
        (taxed(), "America/Bogota", both.as_slice()),
        (taxed().replacen("currency", "proration = \"none\"\ncurrency", 1), "Asia/Kolkata", both.as_slice()),
    ];
    for (catalog, zone, intervals) in cases {
        for seed in [2, 31, 444] {
            let town = lives_on(&catalog, zone, intervals, seed).await;
            assert_eq!(wrong(&town.test).await, [""; 0], "{zone} {seed}");
        }
    }
}

#[tokio::test]
async fn an_invoice_that_was_changed_under_a_chain_made_anew_is_told_with_both_amounts() {
    let history = History::of_one_partition().await;
    send(&history.executor, of("pedro"), start("starter")).await.unwrap();
    let issued = history.head().await;
    let (code, told) = verify(&history.test);
    assert!(code == Some(0) && told.contains("law invoices: 1 documents and 0 payments reckoned again"), "{told}");
    let cheaper = format!(
        "UPDATE es.events SET payload = replace(payload::text, '15.00', '1.00')::json WHERE position = {issued}"
    );
    history.as_owner(&cheaper).await;
    history.cover_up(issued).await;
    history.verify(&[]).await.expect("its hashes are right");
    let (code, told) = verify(&history.test);
    assert_eq!(code, Some(1), "{told}");
    let line = format!("invoices: position {issued} of partition 0: a period is billed at 1.00, it was sold for 15.00");
    assert!(told.contains(&line), "{told}");
}

/// The exit code of the auditor's own binary, and what it printed.
fn verify(test: &TestDatabase) -> (Option<i32>, String) {
    let binary = env!("CARGO_BIN_EXE_tollgate-replay");
    let run = std::process::Command::new(binary).args(["--database-url", &test.url, "verify"]).output().unwrap();
    let told = [run.stdout, run.stderr].concat();
    (run.status.code(), String::from_utf8(told).unwrap())
}
