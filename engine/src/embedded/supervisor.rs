//! Keeps a server running: when it ends without being asked to, it is started again on its port.

use std::time::{Duration, Instant};

use tokio::sync::{broadcast, oneshot, watch};
use tokio::task::JoinHandle;

use super::folder::Lock;
use super::process::{Process, Server};

const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A server that ran this long was well; its next end is treated as a first one.
const WELL_AFTER: Duration = Duration::from_secs(10);

/// A server ended although nobody had asked it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Which one.
    pub server: Server,
    /// Exit status or signal, as the system words it.
    pub how: String,
}

#[derive(Debug)]
pub(super) struct Supervisor {
    stop: oneshot::Sender<()>,
    pid: watch::Receiver<Option<u32>>,
    task: JoinHandle<()>,
}

impl Supervisor {
    pub(super) fn keep(process: Process, lock: Lock, endings: broadcast::Sender<Ending>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (pid_sender, pid) = watch::channel(process.pid());
        let watch = Watch { process, pid: pid_sender, endings, _lock: lock };
        Self { stop, pid, task: tokio::spawn(watch.run(stopped)) }
    }

    pub(super) fn pid(&self) -> Option<u32> {
        *self.pid.borrow()
    }

    pub(super) async fn stop(self) {
        // A dropped sender says the same.
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a supervisor failed");
        }
    }
}

struct Watch {
    process: Process,
    pid: watch::Sender<Option<u32>>,
    endings: broadcast::Sender<Ending>,
    _lock: Lock,
}

impl Watch {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        tokio::select! {
            _ = &mut stopped => {}
            never = self.keep_alive() => match never {},
        }
        self.process.stop().await;
    }

    async fn keep_alive(&mut self) -> std::convert::Infallible {
        let server = self.process.server();
        let mut pause = PAUSE_FIRST;
        let mut started = Instant::now();
        loop {
            let how = self.process.ended().await;
            self.pid.send_replace(None);
            tracing::warn!(%server, how, "ended unexpectedly, starting it again");
            // Nobody need listen.
            let _ = self.endings.send(Ending { server, how });

            if started.elapsed() > WELL_AFTER {
                pause = PAUSE_FIRST;
            }
            loop {
                tokio::time::sleep(pause).await;
                pause = PAUSE_MAX.min(pause * 2);
                match self.process.restart().await {
                    Ok(()) => break,
                    Err(error) => tracing::error!(%server, %error, "could not be started again"),
                }
            }
            started = Instant::now();
            self.pid.send_replace(self.process.pid());
            tracing::info!(%server, "runs again");
        }
    }
}
