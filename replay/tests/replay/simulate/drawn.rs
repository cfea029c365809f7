//! The table, the lines and the drawing.

use expect_test::expect;

use super::months;
use super::town::{KIOSK, Town};

async fn report() -> (Town, replay::simulate::Report) {
    let town = months().await;
    let other =
        KIOSK.replace("month = \"10\"", "month = \"12.50\"").replace("notes = { limit = 5 }", "notes = { limit = 3 }");
    let report = town.simulate(&other, "02-01", "04-01").await;
    (town, report)
}

#[tokio::test]
async fn a_report_is_a_table_by_plan_and_organization() {
    let (_town, report) = report().await;
    expect![[r#"
        kiosk from 2026-02-01T12:00:00Z to 2026-04-01T12:00:00Z, as recorded and under other.toml
        self check: 20 of 20 recorded decisions come out as recorded

        plan                   figure                   recorded      simulated     difference
        no plan                credits spent                   0              0              0
                               alerts                          0              0              0
                               commissions                     7              8             +1
                               refusals                        0              0              0
        basic                  invoiced USD                20.00          25.00          +5.00
                               credits spent                   0              0              0
                               alerts                          4              2             -2
                               commissions                    12             12              0
                               refusals                        0              2             +2
        pro                    invoiced USD                60.00          60.00           0.00
                               credits spent                   0              0              0
                               alerts                          0              0              0
                               commissions                     0              0              0
                               refusals                        0              0              0
        all                    invoiced USD                80.00          85.00          +5.00
                               credits spent                   0              0              0
                               alerts                          4              2             -2
                               commissions                    19             20             +1
                               refusals                        0              2             +2

        organization           figure                   recorded      simulated     difference
        ana                    invoiced USD                20.00          25.00          +5.00
                               credits spent                   0              0              0
                               alerts                          4              2             -2
                               commissions                    12             12              0
                               refusals                        0              2             +2
        juan                   credits spent                   0              0              0
                               alerts                          0              0              0
                               commissions                     7              8             +1
                               refusals                        0              0              0
        and 1 that come out the same

        refusals that appear
               2 times 429 QUOTA_EXCEEDED for notes, 10 in all

        refusals that vanish
          not told: the log keeps no refusals. Hand them in with --refusals; what vanishes is bounded by the room below

        left of allowances after their last use in each window
          ana notes              0              6
    "#]]
    .assert_eq(&report.to_string());
}

#[tokio::test]
async fn every_figure_is_a_line_of_the_csv() {
    let (_town, report) = report().await;
    expect![[r#"
        scope,organization,plan,figure,feature,unit,recorded,simulated,difference
        product,,,invoiced_net,,USD,80.00,85.00,5.00
        product,,,credits_spent,,credits,0,0,0
        product,,,alerts,,alerts,4,2,-2
        product,,,commissions,,credits,19,20,1
        product,,,refusals_appearing,notes,429 QUOTA_EXCEEDED,0,2,2
        plan,,,credits_spent,,credits,0,0,0
        plan,,,alerts,,alerts,0,0,0
        plan,,,commissions,,credits,7,8,1
        plan,,basic,invoiced_net,,USD,20.00,25.00,5.00
        plan,,basic,credits_spent,,credits,0,0,0
        plan,,basic,alerts,,alerts,4,2,-2
        plan,,basic,commissions,,credits,12,12,0
        plan,,basic,refusals_appearing,notes,429 QUOTA_EXCEEDED,0,2,2
        plan,,pro,invoiced_net,,USD,60.00,60.00,0.00
        plan,,pro,credits_spent,,credits,0,0,0
        plan,,pro,alerts,,alerts,0,0,0
        plan,,pro,commissions,,credits,0,0,0
        organization,ana,,invoiced_net,,USD,20.00,25.00,5.00
        organization,ana,,credits_spent,,credits,0,0,0
        organization,ana,,alerts,,alerts,4,2,-2
        organization,ana,,commissions,,credits,12,12,0
        organization,ana,,refusals_appearing,notes,429 QUOTA_EXCEEDED,0,2,2
        organization,eva,,invoiced_net,,USD,60.00,60.00,0.00
        organization,eva,,credits_spent,,credits,0,0,0
        organization,eva,,alerts,,alerts,0,0,0
        organization,eva,,commissions,,credits,0,0,0
        organization,juan,,credits_spent,,credits,0,0,0
        organization,juan,,alerts,,alerts,0,0,0
        organization,juan,,commissions,,credits,7,8,1
    "#]]
    .assert_eq(&report.csv());
}

#[tokio::test]
async fn a_drawing_has_a_title_axes_a_legend_and_nothing_that_runs() {
    let (_town, report) = report().await;
    let svg = report.chart();
    for said in [
        "<title>kiosk under other.toml</title>",
        "Revenue by plan, invoiced without taxes, USD",
        ">Refusals by plan (those that vanish are not in the log)<",
        ">recorded<",
        ">simulated<",
        ">basic<",
        ">plan<",
        ">25<",
    ] {
        assert!(svg.contains(said), "{said}: {svg}");
    }
    assert!(!svg.contains("<script") && !svg.contains("href"), "{svg}");
    // Every element is closed by itself, by its end on the line, or by the last one.
    for line in svg.lines().skip(1).filter(|line| *line != "</svg>") {
        let closes = line.ends_with("/>") || line.ends_with("</text>") || line.ends_with("</title>");
        assert!(line.starts_with('<') && closes, "{line}");
    }
    assert!(svg.ends_with("</svg>\n"), "{svg}");
    if let Some(path) = std::env::var_os("SIMULATE_CHART") {
        std::fs::write(path, svg).unwrap();
    }
}

#[tokio::test]
async fn a_report_in_json_lists_its_refusals() {
    let (_town, report) = report().await;
    let told = serde_json::to_value(&report).unwrap();
    let refusal = &told["total"]["appearing"][0];
    assert_eq!((&refusal["feature"], &refusal["status"], &refusal["times"]), (&"notes".into(), &429.into(), &2.into()));
    assert_eq!(told["total"]["recorded"]["invoiced"]["USD"], "80.00");
    assert_eq!(told["refusals"], serde_json::Value::Null);
}
