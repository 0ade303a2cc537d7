//! The data directory: what is in it, who serves it, and what its log says.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::error::{ClusterError, io_error};

/// A log larger than this is set aside at the next start.
const LARGE_LOG: u64 = 16 * 1024 * 1024;

/// What `postmaster.pid` tells about a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: u32,
    /// With the process id it tells one server from another.
    started: String,
    /// Where its sockets are.
    pub(super) sockets: String,
    pub(super) ready: bool,
}

impl PidFile {
    pub(super) fn path(pgdata: &Path) -> PathBuf {
        pgdata.join("postmaster.pid")
    }

    pub(super) fn read(pgdata: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(Self::path(pgdata)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim);
        // A stand-alone backend writes its process id with a minus sign.
        let pid = lines.next()?.trim_start_matches('-').parse().ok()?;
        let started = lines.nth(1).unwrap_or_default().to_owned();
        let sockets = lines.nth(1).unwrap_or_default().to_owned();
        let ready = lines.nth(2) == Some("ready");
        Some(Self { pid, started, sockets, ready })
    }

    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        self.pid == other.pid && self.started == other.started
    }
}

/// What has become of the process named in a `postmaster.pid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    /// It serves this cluster.
    Live,
    /// There is no such process.
    Gone,
    /// The number belongs to another process now, or to a dead one nobody has waited for.
    Replaced,
}

pub(super) fn server_state(pid: u32, pgdata: &Path) -> Server {
    let process = PathBuf::from(format!("/proc/{pid}"));
    // Where there is no /proc this says that the server is gone; PostgreSQL then looks itself.
    let Ok(status) = fs::read_to_string(process.join("status")) else {
        return Server::Gone;
    };
    if !is_running_postgres(&status) {
        return Server::Replaced;
    }
    // Every server's working directory is its cluster.
    match (fs::metadata(process.join("cwd")), fs::metadata(pgdata)) {
        (Ok(cwd), Ok(pgdata)) if (cwd.dev(), cwd.ino()) != (pgdata.dev(), pgdata.ino()) => Server::Replaced,
        _ => Server::Live,
    }
}

/// Judges the text of `/proc/<pid>/status`.
fn is_running_postgres(status: &str) -> bool {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim).unwrap_or_default();
    matches!(field("Name"), "postgres" | "postmaster") && !field("State").starts_with(['Z', 'X'])
}

/// The line of a log that tells most about a failure.
fn telling_line(log: &str) -> String {
    let lines: Vec<&str> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let weighty = ["FATAL:", "PANIC:", "ERROR:", "error:"];
    let told = lines
        .iter()
        .find_map(|line| {
            let start = weighty.iter().filter_map(|word| line.find(word)).min()?;
            line.get(start..)
        })
        .or_else(|| lines.last().copied());
    told.unwrap_or("its log says nothing").to_owned()
}

/// Makes the directory if need be and refuses one with other things in it.
pub(super) fn prepare_directory(dir: &Path) -> Result<PathBuf, ClusterError> {
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(io_error(format!("creating the directory {}", parent.display())))?;
    }
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(io_error(format!("creating the directory {}", dir.display()))(error));
        }
        _ => {}
    }
    let dir = fs::canonicalize(dir).map_err(io_error(format!("resolving the path {}", dir.display())))?;
    let mut others = Vec::new();
    let entries = fs::read_dir(&dir).map_err(io_error(format!("reading the directory {}", dir.display())))?;
    for entry in entries {
        let entry = entry.map_err(io_error(format!("reading the directory {}", dir.display())))?;
        if entry.file_name() == "pgdata" {
            return Ok(dir);
        }
        if !is_own_name(&entry.file_name()) {
            others.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    match others.into_iter().min() {
        Some(found) => Err(ClusterError::Foreign { dir, found }),
        None => Ok(dir),
    }
}

/// Whether a name in a data directory without a cluster is left from an earlier attempt, or, in
/// the root directory of a volume, from its formatting.
fn is_own_name(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| matches!(name, "postgres.log" | "postgres.log.1" | "lost+found") || name.starts_with("pgdata.new."))
}

/// The part of the log that one start has written.
pub(super) struct LogOfStart {
    file: PathBuf,
    from: u64,
    /// Outlives the removal of a temporary directory.
    pub(super) handle: Option<File>,
}

impl LogOfStart {
    pub(super) fn new(dir: &Path, handle: Option<File>) -> Self {
        let file = dir.join("postgres.log");
        let size = |file: &Path| fs::symlink_metadata(file).map_or(0, |metadata| metadata.len());
        if size(&file) > LARGE_LOG
            && let Err(error) = fs::rename(&file, dir.join("postgres.log.1"))
        {
            tracing::warn!(%error, log = %file.display(), "could not set the large log aside");
        }
        let from = size(&file);
        Self { file, from, handle }
    }

    pub(super) fn telling_line(&mut self) -> String {
        let mut text = Vec::new();
        let mut read = |file: &mut File| {
            file.seek(SeekFrom::Start(self.from))?;
            file.take(1024 * 1024).read_to_end(&mut text)
        };
        let done = match (&mut self.handle, File::open(&self.file)) {
            (Some(file), _) => read(file),
            (None, Ok(mut file)) => read(&mut file),
            (None, Err(error)) => Err(error),
        };
        match done {
            Ok(_) => telling_line(&String::from_utf8_lossy(&text)),
            Err(error) => format!("its log cannot be read, {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pid_files_are_read() {
        let text = "4711\n/srv/data/pgdata\n1700000000\n5432\n/tmp/bangfu-1\n\n  123  456\nready   \n";
        let ready = PidFile::parse(text);
        let expected = PidFile { pid: 4711, started: "1700000000".to_owned(), sockets: "/tmp/bangfu-1".to_owned(), ready: true };
        assert_eq!(ready, Some(expected.clone()));

        let starting = PidFile::parse(&text.replace("ready   ", "starting"));
        assert_eq!(starting, Some(PidFile { ready: false, ..expected.clone() }));
        // The server writes the file line by line.
        let early = PidFile::parse("4711\n/srv/data/pgdata\n1700000000\n");
        assert_eq!(early, Some(PidFile { ready: false, sockets: String::new(), ..expected.clone() }));
        assert_eq!(PidFile::parse("-4711\n").map(|file| file.pid), Some(4711));
        assert_eq!(PidFile::parse(""), None);
        assert_eq!(PidFile::parse("rubbish\n"), None);

        let later = PidFile { started: "1700000001".to_owned(), ..expected.clone() };
        assert!(expected.is_same_server(&expected));
        assert!(!expected.is_same_server(&later));
    }

    #[test]
    fn only_live_servers_count_as_running() {
        assert!(is_running_postgres("Name:\tpostgres\nUmask:\t0077\nState:\tS (sleeping)\n"));
        assert!(!is_running_postgres("Name:\tpostgres\nState:\tZ (zombie)\n"));
        assert!(!is_running_postgres("Name:\tbash\nState:\tS (sleeping)\n"));
        assert!(!is_running_postgres(""));
    }

    #[test]
    fn the_first_grave_line_of_a_log_is_told() {
        let log = "2026-01-01 00:00:00.000 UTC [1] LOG:  starting\n\
                   2026-01-01 00:00:00.000 UTC [1] FATAL:  could not map memory\n\
                   2026-01-01 00:00:00.000 UTC [1] LOG:  database system is shut down\n";
        assert_eq!(telling_line(log), "FATAL:  could not map memory");
        assert_eq!(telling_line("initdb: error: no space\n"), "error: no space");
        assert_eq!(telling_line("one\n\ntwo\n\n"), "two");
        assert_eq!(telling_line("\n"), "its log says nothing");
    }

    #[test]
    fn leftovers_are_told_from_strangers() {
        for own in ["postgres.log", "postgres.log.1", "lost+found", "pgdata.new.17"] {
            assert!(is_own_name(OsStr::new(own)), "{own}");
        }
        for other in ["PG_VERSION", "passwd", ""] {
            assert!(!is_own_name(OsStr::new(other)), "{other}");
        }
    }
}
