//! `tollgate servers`: a command with a private PostgreSQL and NATS around it.

use std::error::Error;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};

use engine::embedded::{Durability, Options, Servers};
use engine::shutdown::Shutdown;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

/// Run a command with a private PostgreSQL and NATS, for its tests
///
/// The command finds them in TOLLGATE_TEST_DATABASE_URL and TOLLGATE_TEST_NATS_URL. Servers that you use for other
/// things, named by TOLLGATE_DATABASE_URL and TOLLGATE_NATS_URL, are left alone on purpose.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folder of the servers' data
    #[arg(long, value_name = "DIR", default_value = ".tollgate/test")]
    data: PathBuf,
    /// Folder in which a nats-server lies, if none is on PATH
    #[arg(long, value_name = "DIR", default_value = ".tollgate/tools")]
    tools: PathBuf,
    /// Begin with nothing: delete what an earlier run left
    #[arg(long)]
    fresh: bool,
    /// Do not wait for the disk: faster, and a power cut loses the data
    #[arg(long)]
    relaxed: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Exits as the command does; 128 and the signal's number if a signal ended it, as a shell would.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut shutdown = Shutdown::listen()?;
    let options = Options {
        data: arguments.data,
        tools: arguments.tools,
        database_url: None,
        nats_url: None,
        durability: if arguments.relaxed { Durability::Relaxed } else { Durability::Full },
    };
    let start = async {
        if arguments.fresh {
            Servers::erase(&options.data).await?;
        }
        Servers::start(&options).await
    };
    let servers = tokio::select! {
        servers = start => servers?,
        signal = shutdown.requested() => return Ok(exit_code_of_signal(signal as i32)),
    };
    let ended = run_command(&arguments.command, &servers, &mut shutdown).await;
    servers.stop().await;
    Ok(exit_code(ended?))
}

async fn run_command(command: &[OsString], servers: &Servers, shutdown: &mut Shutdown) -> Result<ExitStatus, String> {
    let (program, arguments) = command.split_first().ok_or("a command is needed after --")?;
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .env("TOLLGATE_TEST_DATABASE_URL", servers.database_url())
        .env("TOLLGATE_TEST_NATS_URL", servers.nats_url())
        .spawn()
        .map_err(|error| format!("cannot run {}: {error}", program.to_string_lossy()))?;
    loop {
        tokio::select! {
            ended = child.wait() => return ended.map_err(|error| error.to_string()),
            // A terminal's Ctrl-C has reached the command as well; it decides when to end, and we end after it.
            signal = shutdown.requested() => {
                let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
                if let (Signal::SIGTERM, Some(pid)) = (signal, pid) {
                    let _ = signal::kill(Pid::from_raw(pid), signal);
                }
            }
        }
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    match (status.code(), status.signal()) {
        (Some(code), _) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        (None, Some(signal)) => exit_code_of_signal(signal),
        (None, None) => ExitCode::FAILURE,
    }
}

fn exit_code_of_signal(signal: i32) -> ExitCode {
    u8::try_from(128 + signal).map_or(ExitCode::FAILURE, ExitCode::from)
}
