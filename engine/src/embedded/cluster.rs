//! The folder of the embedded PostgreSQL: where it is, how it is made, what an earlier run left in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rand::Rng;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::process::{self, Leftover, Server};
use super::unprivileged::User;
use super::{Durability, EmbeddedError, folder};

/// Where a database goes that its user could not reach inside the data folder.
const ELSEWHERE: &str = "/var/lib/tollgate";

/// A folder made by `initdb`, or to be made by it.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) folder: PathBuf,
    /// Whose it is, if not ours.
    pub(super) user: Option<User>,
}

impl Cluster {
    /// A folder of its own under `/var/lib/tollgate` for a new database whose user cannot reach the data folder; `None`
    /// when it can.
    pub(super) fn elsewhere(data: &Path, user: Option<User>) -> Option<PathBuf> {
        if user?.can_reach(data) {
            return None;
        }
        let place = Path::new(ELSEWHERE).join(format!("{:016x}", rand::rng().random::<u64>()));
        tracing::warn!(
            place = %place.display(),
            "PostgreSQL's user cannot reach the data folder, so the database goes elsewhere"
        );
        Some(place)
    }

    /// The major version that made it; `None` when it is yet to be made.
    pub(super) fn made_by(&self) -> Option<u32> {
        fs::read_to_string(self.folder.join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// Makes the database system with one role and one database, both called `name`. It is made beside its final place
    /// and then renamed, so that a kill half way leaves no half a database.
    pub(super) async fn create(
        &self,
        postgres: &Path,
        name: &str,
        password: &str,
        durability: Durability,
    ) -> Result<(), EmbeddedError> {
        if let Some(parent) = self.folder.parent() {
            folder::create(parent)?;
        }
        let draft = folder::create(&self.new_draft())?;
        let password_file = self.folder.with_extension("password");
        folder::write_private(&password_file, password.as_bytes())?;
        if let Some(user) = self.user {
            user.own(&draft)?;
            user.own(&password_file)?;
        }

        let mut initdb = Command::new(postgres.with_file_name("initdb"));
        initdb.arg("--pgdata").arg(&draft).arg("--pwfile").arg(&password_file);
        initdb.args(["--username", name, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"]);
        initdb.args((durability == Durability::Relaxed).then_some("--no-sync"));
        self.run(initdb, &draft, "").await?;
        folder::remove(&password_file)?;

        let mut single_user = Command::new(postgres);
        single_user.arg("--single").arg("-D").arg(&draft).args(["-c", "exit_on_error=on"]);
        single_user.args((durability == Durability::Relaxed).then_some(["-c", "fsync=off"]).into_iter().flatten());
        single_user.arg("postgres");
        self.run(single_user, &draft, &format!("CREATE DATABASE {name};\n")).await?;

        fs::rename(&draft, &self.folder).map_err(EmbeddedError::io("rename", &draft))
    }

    /// A name no other draft had: an `initdb` whose parent was killed may still be writing to its own. Those are deleted
    /// as far as that works.
    fn new_draft(&self) -> PathBuf {
        for old in self.folder.parent().and_then(|parent| fs::read_dir(parent).ok()).into_iter().flatten().flatten() {
            if old.file_name().to_string_lossy().starts_with("postgres.new-") {
                fs::remove_dir_all(old.path()).ok();
            }
        }
        self.folder.with_extension(format!("new-{:08x}", rand::rng().random::<u32>()))
    }

    /// Runs a program to its end in `draft`, as the owner of the database.
    async fn run(&self, mut command: Command, draft: &Path, input: &str) -> Result<(), EmbeddedError> {
        let program = PathBuf::from(command.as_std().get_program());
        command.env("LC_ALL", "C").current_dir(draft).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(user) = self.user {
            command.uid(user.uid).gid(user.gid);
        }
        let run = async {
            let mut child = command.spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(input.as_bytes()).await?;
            }
            child.wait_with_output().await
        };
        let output = run.await.map_err(EmbeddedError::io("run", &program))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
        Err(EmbeddedError::CreateDatabase { program, folder: draft.to_owned(), status: output.status, output: said })
    }

    /// Ends a PostgreSQL that an earlier run left on this folder.
    pub(super) async fn end_leftover(&self) -> Result<(), EmbeddedError> {
        let pid_file = self.folder.join("postmaster.pid");
        match process::end_leftover(Server::Postgres, &pid_file, &self.folder).await? {
            Leftover::Gone => Ok(()),
            // PostgreSQL would take the foreign process for itself and refuse to start, as happens in containers, where
            // the same few numbers come back. In every other case the file stays: it is PostgreSQL's own guard.
            Leftover::Foreign => folder::remove(&pid_file),
        }
    }
}
