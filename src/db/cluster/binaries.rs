//! Where PostgreSQL's programs are.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::ClusterError;

/// Oldest and newest PostgreSQL major versions the service is known to work with.
pub(super) const SUPPORTED: std::ops::RangeInclusive<u32> = 14..=18;
/// A directory counts as PostgreSQL's binary directory only if it has all of these.
const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// Finds the directory with PostgreSQL's programs.
///
/// Looks at `POSTGRES_BIN_DIR`, what `pg_config --bindir` says, every directory of `PATH`, and
/// `/usr/lib/postgresql/*/bin` from the newest version down. A directory counts if it has
/// `initdb`, `postgres` and `pg_ctl` of a supported major version. Takes some milliseconds, as it
/// runs `pg_config` and `postgres --version`.
///
/// # Errors
///
/// [`ClusterError::BinDir`] when `POSTGRES_BIN_DIR` is set but names no usable directory, for
/// taking another one then would hide the mistake; [`ClusterError::NoBinaries`] when no place has
/// usable programs.
pub fn find_binaries() -> Result<PathBuf, ClusterError> {
    find_binaries_and_version().map(|(dir, _)| dir)
}

pub(super) fn find_binaries_and_version() -> Result<(PathBuf, u32), ClusterError> {
    if let Some(dir) = env::var_os("POSTGRES_BIN_DIR").filter(|dir| !dir.is_empty()) {
        let dir = PathBuf::from(dir);
        return match check_binaries(&dir) {
            Ok(version) => Ok((dir, version)),
            Err(reason) => Err(ClusterError::BinDir { dir, reason }),
        };
    }

    let mut looked = vec!["POSTGRES_BIN_DIR: not set".to_owned()];
    match bindir_of_pg_config() {
        Ok(dir) => match check_binaries(&dir) {
            Ok(version) => return Ok((dir, version)),
            Err(reason) => looked.push(format!("pg_config's {}: {reason}", dir.display())),
        },
        Err(reason) => looked.push(format!("pg_config: {reason}")),
    }

    // Nearly every directory of PATH lacks the programs; only what has some of them is news.
    let mut on_path = "PATH: no initdb, postgres and pg_ctl".to_owned();
    for dir in env::split_paths(&env::var_os("PATH").unwrap_or_default()) {
        if dir.join("postgres").is_file() && dir.is_absolute() {
            match check_binaries(&dir) {
                Ok(version) => return Ok((dir, version)),
                Err(reason) => on_path = format!("PATH's {}: {reason}", dir.display()),
            }
        }
    }
    looked.push(on_path);

    let installed = installed_versions(Path::new("/usr/lib/postgresql"));
    if installed.is_empty() {
        looked.push("/usr/lib/postgresql/*/bin: nothing there".to_owned());
    }
    for dir in installed {
        match check_binaries(&dir) {
            Ok(version) => return Ok((dir, version)),
            Err(reason) => looked.push(format!("{}: {reason}", dir.display())),
        }
    }
    Err(ClusterError::NoBinaries { looked: looked.join("; ") })
}

fn bindir_of_pg_config() -> Result<PathBuf, String> {
    let output = Command::new("pg_config")
        .arg("--bindir")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|_| "not installed".to_owned())?;
    match String::from_utf8_lossy(&output.stdout).trim() {
        "" => Err("names no directory".to_owned()),
        dir => Ok(PathBuf::from(dir)),
    }
}

/// The `bin` directories below Debian's directory of PostgreSQL versions, newest first.
fn installed_versions(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root) else {
        return Vec::new();
    };
    let versions: BTreeSet<u32> = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.into_iter().rev().map(|version| root.join(version.to_string()).join("bin")).collect()
}

/// The major version of the programs in a directory, or what makes them unusable.
fn check_binaries(dir: &Path) -> Result<u32, String> {
    if let Some(missing) = PROGRAMS.iter().find(|program| !dir.join(program).is_file()) {
        return Err(format!("no {missing}"));
    }
    let output = Command::new(dir.join("postgres"))
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| format!("postgres cannot be run, {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    match major_version(&said) {
        None => Err("postgres does not tell its version".to_owned()),
        Some(version) if SUPPORTED.contains(&version) => Ok(version),
        Some(version) => Err(format!("version {version}")),
    }
}

/// Reads the major version out of what `postgres --version` prints.
fn major_version(said: &str) -> Option<u32> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    let end = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_versions_are_read() {
        let read = |said| major_version(said);
        assert_eq!(read("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(read("postgres (PostgreSQL) 18beta2\n"), Some(18));
        assert_eq!(read("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(read("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(read("postgres (PostgreSQL) devel"), None);
        assert_eq!(read(""), None);
    }
}
