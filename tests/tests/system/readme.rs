//! The README's tour prints what the README says it prints.

use std::process::Command;

use jiff::Timestamp;
use testkit::partitions;
use tests::system::{System, top};

use crate::places;

/// A step of the tour: what is typed, and what it prints.
struct Step {
    typed: String,
    printed: String,
}

/// The `sh` blocks of the tour, each with the `text` block behind it, if there is one.
fn tour(readme: &str) -> Vec<Step> {
    let (_, tour) = readme.split_once("## A tour").expect("the README has a tour");
    let (tour, _) = tour.split_once("\n## ").expect("and goes on behind it");
    let mut steps = Vec::new();
    let mut rest = tour;
    while let Some((_, behind)) = rest.split_once("```sh\n") {
        let (typed, behind) = behind.split_once("```\n").expect("a closed block");
        let (printed, behind) = match behind.strip_prefix("```text\n") {
            Some(block) => block.split_once("```").expect("a closed block"),
            None => ("", behind),
        };
        steps.push(Step { typed: typed.to_owned(), printed: printed.to_owned() });
        rest = behind;
    }
    steps
}

/// What differs from run to run, replaced by what it is.
fn masked(text: &str) -> String {
    let masked = |word: &str| -> String {
        let is_code = word.len() == 10 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        match word {
            _ if word.parse::<Timestamp>().is_ok() => "<instant>".to_owned(),
            _ if word.starts_with("lot_") => "<lot>".to_owned(),
            _ if word.starts_with("alert_") => "<alert>".to_owned(),
            _ if is_code => "<code>".to_owned(),
            _ => word.to_owned(),
        }
    };
    // An id ends at the end of its line or at a quote.
    let lines = text.lines().map(|line| {
        let quoted: Vec<String> = line.split('"').map(masked).collect();
        let line = quoted.join("\"");
        line.split(' ').map(masked).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_prints_what_the_readme_says() {
    let path = top().join("README.md");
    let mut readme = std::fs::read_to_string(&path).unwrap();
    let system = System::start().await;
    // All of them, in the order of their names, as `tollgate up` does.
    let mut catalogs: Vec<_> =
        std::fs::read_dir(top().join("catalogs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    catalogs.sort();
    for path in catalogs {
        let catalog = std::fs::read_to_string(path).unwrap();
        system.client().post_text("/v1/catalogs", "application/toml", catalog).await.expect(201);
    }

    let steps = tour(&readme);
    assert!(steps.len() >= 6, "the whole tour was read");
    let (mut shorthands, mut so_far) = (String::new(), String::new());
    for step in steps {
        if step.printed.is_empty() && step.typed.contains("env.sh") {
            shorthands = step.typed;
            continue;
        }
        let typed = if partitions() == 1 { step.typed.clone() } else { places::retyped(&step.typed, &so_far) };
        let script = format!("{shorthands}\n{typed}").replace(".tollgate/data/env.sh", &system.environment());
        let script = script.replace("target/debug/tollgate-replay", &system.replay_command());
        // A reader types slowly; projections have caught up by then.
        system.client().until("/v1/health", |health| system.has_settled(health)).await;
        let output = Command::new("bash").args(["-euc", &script]).current_dir(top()).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}\n{printed}{}", step.typed, String::from_utf8_lossy(&output.stderr));
        so_far.push_str(&printed);
        if partitions() != 1 {
            let (printed, told) = (places::without(&printed), places::without(&step.printed));
            assert_eq!(masked(&printed), masked(&told), "{}", step.typed);
        } else if std::env::var_os("UPDATE_EXPECT").is_some() {
            let (old, new) = (format!("{}```\n```text\n{}```", step.typed, step.printed), &step.typed);
            readme = readme.replace(&old, &format!("{new}```\n```text\n{}\n```", printed.trim_end()));
        } else {
            assert_eq!(masked(&printed), masked(&step.printed), "{}\nUPDATE_EXPECT=1 accepts", step.typed);
        }
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() && partitions() == 1 {
        std::fs::write(&path, readme).unwrap();
    }
    system.end().await;
}
