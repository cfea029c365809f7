//! Finding a PostgreSQL and a nats-server on this machine that are new enough.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;

/// Major and minor number; the rest decides nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) major: u32,
    pub(super) minor: u32,
}

pub(super) const POSTGRES_OLDEST: Version = Version { major: 15, minor: 0 };
/// 2.9 ignores `filter_subjects` without a word, so consumers would receive everything.
pub(super) const NATS_OLDEST: Version = Version { major: 2, minor: 10 };

impl Version {
    /// The first number of a text such as `postgres (PostgreSQL) 15.18 (Debian 15.18-0)` or `nats-server: v2.15.1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = text.split_whitespace().find_map(|word| {
            let word = word.strip_prefix('v').unwrap_or(word);
            word.starts_with(|c: char| c.is_ascii_digit()).then_some(word)
        })?;
        let mut parts = number.split(|c: char| !c.is_ascii_digit());
        let major = parts.next()?.parse().ok()?;
        // A development version has no minor number: `18beta1`, `19devel`.
        let minor = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        Some(Self { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A program and the version it says it has; `None` when it would not say.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) version: Option<Version>,
}

impl Program {
    fn ask(path: PathBuf) -> Self {
        let output = Command::new(&path).arg("--version").output().ok();
        let version = output.and_then(|output| Version::parse(&String::from_utf8_lossy(&output.stdout)));
        Self { path, version }
    }
}

/// The `postgres` to run. A folder made by one major version can only be read by that one, so when there is a folder,
/// `made_by` asks for exactly its version.
pub(super) fn find_postgres(made_by: Option<u32>) -> Result<PathBuf, EmbeddedError> {
    choose_postgres(postgres_candidates().into_iter().map(Program::ask).collect(), made_by)
}

fn choose_postgres(found: Vec<Program>, made_by: Option<u32>) -> Result<PathBuf, EmbeddedError> {
    let fits = |version: Version| made_by.map_or(version >= POSTGRES_OLDEST, |major| version.major == major);
    if let Some(program) = found.iter().find(|program| program.version.is_some_and(fits)) {
        return Ok(program.path.clone());
    }
    Err(EmbeddedError::NoProgram {
        program: "postgres",
        wanted: match made_by {
            Some(major) => format!("{major}, which made this data folder,"),
            None => format!("{} or newer", POSTGRES_OLDEST.major),
        },
        found: describe(&found, "none is on PATH, in /usr/lib/postgresql or in Homebrew's folders"),
        advice: "run ./dev, install the package postgresql (Debian, Ubuntu) or postgresql@17 (Homebrew), \
                 or set TOLLGATE_DATABASE_URL to a server",
    })
}

/// The nats-server to run: the machine's own if it will do, else the one `dev` unpacked.
pub(super) fn find_nats(tools: &Path) -> Result<PathBuf, EmbeddedError> {
    let mut candidates = on_path("nats-server");
    // Servers run in the data folder: a path relative to here would lead nowhere from there.
    let unpacked = std::path::absolute(tools.join("nats-server")).ok();
    candidates.extend(unpacked.filter(|path| path.is_file()));
    choose_nats(candidates.into_iter().map(Program::ask).collect(), tools)
}

fn choose_nats(found: Vec<Program>, tools: &Path) -> Result<PathBuf, EmbeddedError> {
    let fits = |version: Version| version >= NATS_OLDEST;
    if let Some(program) = found.iter().find(|program| program.version.is_some_and(fits)) {
        return Ok(program.path.clone());
    }
    Err(EmbeddedError::NoProgram {
        program: "nats-server",
        wanted: format!("{NATS_OLDEST} or newer"),
        found: describe(&found, &format!("none is on PATH or in {}", tools.display())),
        advice: "run ./dev, which fetches one, or set TOLLGATE_NATS_URL to a server",
    })
}

fn describe(found: &[Program], nothing: &str) -> String {
    let list: Vec<String> = found
        .iter()
        .map(|program| match program.version {
            Some(version) => format!("{} is {version}", program.path.display()),
            None => format!("{} does not tell its version", program.path.display()),
        })
        .collect();
    if list.is_empty() { nothing.to_owned() } else { list.join(" and ") }
}

/// Every `postgres` in the usual places, the most deliberate choice first: PATH, then the newest installed.
fn postgres_candidates() -> Vec<PathBuf> {
    let mut candidates = on_path("postgres");
    let mut installed: Vec<(Reverse<u32>, PathBuf)> = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"]
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let name = name.to_str()?;
            let major = name.strip_prefix("postgresql@").unwrap_or(name).parse().ok()?;
            Some((Reverse(major), entry.path().join("bin/postgres")))
        })
        .filter(|(_, path)| path.is_file())
        .collect();
    installed.sort();
    for (_, path) in installed {
        if !candidates.contains(&path) {
            candidates.push(path);
        }
    }
    candidates
}

fn on_path(name: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH");
    let mut programs: Vec<PathBuf> = std::env::split_paths(path.as_deref().unwrap_or(OsStr::new("")))
        .map(|folder| folder.join(name))
        .filter(|program| program.is_file())
        // A link is followed so that `initdb` is found beside the real program.
        .filter_map(|program| program.canonicalize().ok())
        .collect();
    programs.dedup();
    programs
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn program(path: &str, version: &str) -> Program {
        Program { path: path.into(), version: Version::parse(version) }
    }

    #[test]
    fn a_version_is_read_from_what_programs_print() {
        let cases = [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
            ("postgres (PostgreSQL) 18beta1", "18.0"),
            ("nats-server: v2.15.1", "2.15"),
            ("nats-server: v2.9.10", "2.9"),
            ("2.10.0-beta.3", "2.10"),
        ];
        for (printed, version) in cases {
            assert_eq!(Version::parse(printed).unwrap().to_string(), version, "{printed}");
        }
        assert_eq!(Version::parse("command not found"), None);
    }

    #[test]
    fn the_first_postgres_that_is_new_enough_is_taken() {
        let found = vec![program("/usr/bin/postgres", "14.2"), program("/lib/17/postgres", "17.1")];
        assert_eq!(choose_postgres(found, None).unwrap(), Path::new("/lib/17/postgres"));
    }

    #[test]
    fn too_old_a_postgres_is_named_with_its_place_and_a_way_out() {
        let error = choose_postgres(vec![program("/usr/bin/postgres", "13.4")], None).unwrap_err();
        expect!["postgres 15 or newer is needed, but /usr/bin/postgres is 13.4; run ./dev, install the package postgresql (Debian, Ubuntu) or postgresql@17 (Homebrew), or set TOLLGATE_DATABASE_URL to a server"].assert_eq(&error.to_string());
    }

    #[test]
    fn a_folder_is_only_opened_by_the_version_that_made_it() {
        let found = vec![program("/lib/17/postgres", "17.1"), program("/lib/15/postgres", "15.3")];
        assert_eq!(choose_postgres(found.clone(), Some(15)).unwrap(), Path::new("/lib/15/postgres"));

        let error = choose_postgres(found, Some(16)).unwrap_err();
        expect!["postgres 16, which made this data folder, is needed, but /lib/17/postgres is 17.1 and /lib/15/postgres is 15.3; run ./dev, install the package postgresql (Debian, Ubuntu) or postgresql@17 (Homebrew), or set TOLLGATE_DATABASE_URL to a server"].assert_eq(&error.to_string());
    }

    #[test]
    fn a_missing_nats_server_says_where_it_was_looked_for() {
        let error = choose_nats(vec![], Path::new(".tollgate/tools")).unwrap_err();
        expect!["nats-server 2.10 or newer is needed, but none is on PATH or in .tollgate/tools; run ./dev, which fetches one, or set TOLLGATE_NATS_URL to a server"].assert_eq(&error.to_string());
    }
}
