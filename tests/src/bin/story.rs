//! Tells a story: `./dev story NAME`.

use std::process::ExitCode;

use tests::narrator::Narrator;
use tests::stories;

#[tokio::main]
async fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((_, tell)) = stories::ALL.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = stories::ALL.iter().map(|(known, _)| *known).collect();
        eprintln!("there is no story {name:?}; there are: {}", known.join(", "));
        return ExitCode::FAILURE;
    };
    tell(&mut Narrator::default()).await;
    println!("\nThe story went as it should.");
    ExitCode::SUCCESS
}
