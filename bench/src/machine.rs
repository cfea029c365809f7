//! What this machine is, how busy it was, and how much memory this process took.

use std::fs;
use std::process::Command;

use serde::Serialize;

/// What the numbers were measured on.
#[derive(Debug, Serialize)]
pub struct Machine {
    cores: usize,
    memory_gib: Option<u64>,
}

/// How much memory this process took: engine and load together, without Postgres and NATS.
#[derive(Debug, Default, Serialize)]
pub struct Memory {
    mib: Option<u64>,
    of: &'static str,
}

impl std::fmt::Display for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.mib {
            Some(mib) => write!(f, "{mib} MiB, {}", self.of),
            None => f.write_str("unknown"),
        }
    }
}

/// Looks at the machine.
pub fn look() -> Machine {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kib = line_of("/proc/meminfo", "MemTotal:");
    let bytes = || sysctl("hw.memsize")?.trim().parse::<u64>().ok();
    // A machine sold with 24 GiB tells a little less.
    let gib = |bytes: u64| bytes.div_ceil(1 << 30);
    Machine { cores, memory_gib: kib.map(|kib| kib << 10).or_else(bytes).map(gib) }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.memory_gib {
            Some(gib) => write!(f, "{} cores, {gib} GiB", self.cores),
            None => write!(f, "{} cores", self.cores),
        }
    }
}

/// Programs that wanted to run in the last minute; what others do on the machine disturbs the numbers.
pub fn load_average() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok().or_else(|| sysctl("vm.loadavg"))?;
    text.trim_start_matches(['{', ' ']).split_whitespace().next()?.parse().ok()
}

/// Forgets the peak so far; says whether the system let it.
pub fn reset_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The most memory that was in use since the reset.
pub fn peak(was_reset: bool) -> Memory {
    let of = if was_reset { "the peak of this bench" } else { "the peak of this process" };
    match line_of("/proc/self/status", "VmHWM:") {
        Some(kib) => Memory { mib: Some(kib >> 10), of },
        None => Memory { mib: resident_mib(), of: "after the bench" },
    }
}

/// The memory this process has now.
pub fn resident_mib() -> Option<u64> {
    Some(line_of("/proc/self/status", "VmRSS:").or_else(resident_by_ps)? >> 10)
}

fn resident_by_ps() -> Option<u64> {
    let pid = std::process::id().to_string();
    let output = Command::new("ps").args(["-o", "rss=", "-p", &pid]).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// The number behind a name in a file of `/proc`.
fn line_of(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn sysctl(name: &str) -> Option<String> {
    let output = Command::new("sysctl").args(["-n", name]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
