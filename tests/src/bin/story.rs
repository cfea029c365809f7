//! Tells a story: `./dev story NAME`.

use std::process::ExitCode;

use tests::narrator::Narrator;
use tests::stories;

#[tokio::main]
async fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let mut narrator = Narrator::default();
    match name.as_str() {
        "agencia" => stories::agencia::tell(&mut narrator).await,
        other => {
            eprintln!("there is no story {other:?}; there is: agencia");
            return ExitCode::FAILURE;
        }
    }
    println!("\nThe story went as it should.");
    ExitCode::SUCCESS
}
