//! A server as a child process: started until it accepts connections, stopped in order, or found again after its parent
//! was killed.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::EmbeddedError;
use super::external;
use super::unprivileged::User;

/// A first start of PostgreSQL on a slow disk takes seconds, the recovery of a large log longer.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// PostgreSQL writes a checkpoint before it ends.
const STOPPED_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
const POLL_MAX: Duration = Duration::from_millis(250);
/// A log longer than this is set aside at the next start; only the last one set aside is kept.
const LOG_BYTES_MAX: u64 = 16 << 20;

/// Which of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The database.
    Postgres,
    /// The broker.
    Nats,
}

impl Server {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Nats => "nats-server",
        }
    }

    /// What makes it end by itself, losing nothing: PostgreSQL's fast shutdown does not wait for its clients.
    fn polite(self) -> Signal {
        match self {
            Self::Postgres => Signal::SIGINT,
            Self::Nats => Signal::SIGTERM,
        }
    }

    /// What is left when it does not: PostgreSQL's immediate shutdown takes its own children along.
    fn rude(self) -> Signal {
        match self {
            Self::Postgres => Signal::SIGQUIT,
            Self::Nats => Signal::SIGKILL,
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Everything there is to know to start a server, again and again.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) server: Server,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(&'static str, String)>,
    /// Where it runs; must exist.
    pub(super) folder: PathBuf,
    /// Whom to run it as, if not as ourselves.
    pub(super) user: Option<User>,
    pub(super) log: PathBuf,
    /// Where it answers when it is ready.
    pub(super) url: String,
}

impl Launch {
    fn spawn(&self) -> Result<Child, EmbeddedError> {
        let log = open_log(&self.log)?;
        let also_log = log.try_clone().map_err(EmbeddedError::io("open", &self.log))?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            // Nothing of ours may steer it: PGPORT, PGDATA and their like would.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("LC_ALL", "C")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(also_log)
            // A terminal's Ctrl-C reaches us alone, and we stop our children in order.
            .process_group(0);
        if let Some(user) = &self.user {
            command.uid(user.uid).gid(user.gid);
        }
        command.spawn().map_err(EmbeddedError::io("run", &self.program))
    }

    fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let tail = String::from_utf8_lossy(&log[log.len().saturating_sub(4096)..]).into_owned();
        tail.lines().next_back().unwrap_or_default().trim().to_owned()
    }
}

fn open_log(path: &Path) -> Result<File, EmbeddedError> {
    if fs::metadata(path).is_ok_and(|log| log.len() > LOG_BYTES_MAX) {
        fs::rename(path, path.with_extension("log.old")).map_err(EmbeddedError::io("set aside", path))?;
    }
    OpenOptions::new().create(true).append(true).open(path).map_err(EmbeddedError::io("open", path))
}

/// A server that runs, or ran. Dropped, it is told to stop but not waited for.
#[derive(Debug)]
pub(super) struct Process {
    launch: Launch,
    child: Child,
}

impl Process {
    /// Returns when the server accepts connections.
    pub(super) async fn start(launch: Launch) -> Result<Self, EmbeddedError> {
        let child = launch.spawn()?;
        let mut process = Self { launch, child };
        process.ready().await?;
        Ok(process)
    }

    /// Starts it again on the same port. Safe to cancel: what was started by then is stopped like any other.
    pub(super) async fn restart(&mut self) -> Result<(), EmbeddedError> {
        if self.child.id().is_none() {
            self.child = self.launch.spawn()?;
        }
        self.ready().await
    }

    async fn ready(&mut self) -> Result<(), EmbeddedError> {
        let server = self.launch.server.name();
        let deadline = Instant::now() + READY_WITHIN;
        let mut pause = POLL;
        loop {
            let ended = self.child.try_wait().map_err(EmbeddedError::io("wait for", &self.launch.program))?;
            if let Some(status) = ended {
                let (last_words, log) = (self.launch.last_words(), self.launch.log.clone());
                return Err(EmbeddedError::Ended { server, status, last_words, log });
            }
            match external::answers(self.launch.server, &self.launch.url).await {
                Ok(()) => return Ok(()),
                Err(reason) if Instant::now() > deadline => {
                    let (seconds, log) = (READY_WITHIN.as_secs(), self.launch.log.clone());
                    return Err(EmbeddedError::NotReady { server, seconds, reason: reason.to_string(), log });
                }
                Err(_) => sleep(pause).await,
            }
            pause = POLL_MAX.min(pause * 2);
        }
    }

    pub(super) fn server(&self) -> Server {
        self.launch.server
    }

    pub(super) fn url(&self) -> &str {
        &self.launch.url
    }

    /// `None` once it has ended and that was noticed.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for it to end, and says how it did.
    pub(super) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// Lets it end in its own time, and ends it by force when that takes too long.
    pub(super) async fn stop(mut self) {
        self.signal(self.launch.server.polite());
        if timeout(STOPPED_WITHIN, self.ended()).await.is_err() {
            tracing::warn!(server = %self.launch.server, "does not stop when asked, ending it by force");
            self.signal(self.launch.server.rude());
            self.ended().await;
        }
    }

    /// `kill -9`, and waits for the end.
    pub(super) async fn kill(mut self) {
        self.signal(Signal::SIGKILL);
        self.ended().await;
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            // It fails when the process has ended meanwhile, which is what was wanted.
            let _ = signal::kill(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(self.launch.server.polite());
    }
}

/// What became of the process an earlier run has noted in a pid file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leftover {
    /// There is none, or none any more.
    Gone,
    /// Its number now belongs to a process that is not ours, and that was left alone.
    Foreign,
}

/// Ends the server an earlier run left behind. `mark`, a path of this data folder, must appear in its command line, so
/// that a number which was given away meanwhile hurts nobody.
pub(super) async fn end_leftover(server: Server, pid_file: &Path, mark: &Path) -> Result<Leftover, EmbeddedError> {
    let pid_of = |text: String| text.lines().next().and_then(|line| line.trim().parse::<i32>().ok());
    let Some(pid) = fs::read_to_string(pid_file).ok().and_then(pid_of).filter(|pid| *pid > 1) else {
        return Ok(Leftover::Gone);
    };
    let is_ours = || command_line(pid).is_some_and(|line| line.contains(&*mark.to_string_lossy()));
    if !is_ours() {
        let number_is_in_use = signal::kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH);
        return Ok(if number_is_in_use { Leftover::Foreign } else { Leftover::Gone });
    }

    tracing::info!(%server, pid, "ending what an earlier run left behind");
    for signal in [server.polite(), server.rude()] {
        signal::kill(Pid::from_raw(pid), signal).ok();
        let deadline = Instant::now() + STOPPED_WITHIN;
        while Instant::now() < deadline {
            if !is_ours() {
                return Ok(Leftover::Gone);
            }
            sleep(POLL).await;
        }
    }
    Err(EmbeddedError::Undying { server: server.name(), pid })
}

/// The program and arguments of a process. A zombie has none, and so counts as ended.
fn command_line(pid: i32) -> Option<String> {
    if Path::new("/proc/self").exists() {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).into_owned());
    }
    let output = std::process::Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
