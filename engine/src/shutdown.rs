//! Being asked to end: Ctrl-C, or SIGTERM from whoever runs us.

use std::io;

use nix::sys::signal::Signal;
use tokio::signal::unix;

/// Listens from its creation on; from then neither signal ends the process by itself.
#[derive(Debug)]
pub struct Shutdown {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Shutdown {
    /// Starts to listen. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the system refuses the signal handlers.
    pub fn listen() -> io::Result<Self> {
        let interrupt = unix::signal(unix::SignalKind::interrupt())?;
        let terminate = unix::signal(unix::SignalKind::terminate())?;
        Ok(Self { interrupt, terminate })
    }

    /// Waits for the next request to end, and says which signal it was. Safe to cancel.
    pub async fn requested(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::SIGINT,
            _ = self.terminate.recv() => Signal::SIGTERM,
        }
    }
}
