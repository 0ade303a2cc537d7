//! A PostgreSQL cluster of the program's own.
//!
//! The service needs PostgreSQL, but trying it out, running its tests or operating a small
//! single-machine installation should not need a database administrator. [`PrivateCluster`]
//! therefore runs the installed PostgreSQL binaries as a child: nobody can reach the server over
//! the network, it lives exactly as long as the process that started it, and everything it keeps
//! is in one directory:
//!
//! ```text
//! <data_dir>/pgdata          the cluster itself
//! <data_dir>/postgres.log    what initdb and the server say
//! <data_dir>/postgres.log.1  the previous log, once the current one has grown large
//! ```
//!
//! Between this process and the server sits a small `sh` supervisor. It blocks on a pipe whose
//! only write end is in this process, so it notices every kind of death of its parent, `SIGKILL`
//! included, and then shuts the server down in order. The supervisor is the server's own parent,
//! hence the process id it signals can never have been given to somebody else meanwhile.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStdin};
use tokio::time::{Instant, sleep, timeout};

/// Oldest and newest PostgreSQL major versions the service is known to work with.
const SUPPORTED: std::ops::RangeInclusive<u32> = 14..=18;
/// A directory counts as PostgreSQL's binary directory only if it has all of these.
const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];
/// The account that runs PostgreSQL when this process is root, which PostgreSQL itself refuses.
const ACCOUNT: &str = "postgres";
/// Only part of the socket's file name here, for nothing listens on TCP.
const PORT: &str = "5432";
/// `sun_path` has 108 bytes; what is left beside `/.s.PGSQL.5432` and the closing zero.
const LONGEST_SOCKET_DIRECTORY: usize = 92;
/// Crash recovery of a large ledger on a slow disk is the slow case.
const START_LIMIT: Duration = Duration::from_secs(180);
/// A fast shutdown writes one checkpoint.
const STOP_LIMIT: Duration = Duration::from_secs(120);
/// How long a server whose owner has died may take to go before the directory counts as taken.
const HANDOVER_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
/// A log larger than this is set aside at the next start.
const LARGE_LOG: u64 = 16 * 1024 * 1024;

const EXIT_DIRECTORY: i32 = 70;
const EXIT_SOCKETS: i32 = 71;
const EXIT_INITDB: i32 = 72;

/// The supervisor; see the module's documentation for why it is there.
///
/// It gets the lifeline pipe as standard input and a handle of the data directory as standard
/// output. The handle serves when the account that runs PostgreSQL may not traverse the
/// directory's ancestors (root's home, say): `/proc/self/fd/4` leads to the directory without
/// passing through them, so nobody's permissions need be widened.
///
/// `initdb` works in a directory of another name which is renamed when complete; an interrupted
/// initialisation is thus never taken for a cluster.
const SUPERVISOR: &str = r#"
umask 077
trap '' HUP INT TERM
dir=$1 sockets=$2 bin=$3 remove=$4 sync=$5
shift 5
exec 3<&0 4<&1 </dev/null >/dev/null

cleanup() {
    cd /
    rm -rf -- "$sockets"
    if [ "$remove" = yes ]; then rm -rf -- "$dir"; fi
}

# Runs a command until it ends or the lifeline breaks. The signal is repeated because one that
# arrives before the command has set up its handlers is lost.
guard() {
    "$@" 3<&- &
    child=$!
    (
        read -r _ <&3
        while kill -INT "$child" 2>/dev/null; do sleep 1 3<&-; done
    ) &
    watcher=$!
    wait "$child"
    status=$?
    kill -KILL "$watcher" 2>/dev/null
    wait "$watcher" 2>/dev/null
    return "$status"
}

if cd "$dir" 2>/dev/null; then
    base=$dir
    exec 4<&-
    cd /
else
    base=/proc/self/fd/4
fi
if ! true 2>>"$base/postgres.log"; then
    cleanup
    exit 70
fi
exec 2>>"$base/postgres.log"
if ! mkdir "$sockets"; then
    cleanup
    exit 71
fi

if [ ! -e "$base/pgdata" ]; then
    rm -rf -- "$base"/pgdata.new.*
    new=$base/pgdata.new.$$
    option=
    if [ "$sync" = no ]; then option=--no-sync; fi
    if guard "$bin/initdb" -D "$new" -U postgres --encoding=UTF8 --locale=C \
        --auth-local=trust --auth-host=reject --no-instructions $option >&2 &&
        mv -- "$new" "$base/pgdata"
    then
        # The renaming has to survive a power cut as well.
        if [ "$sync" = yes ]; then sync "$base" || :; fi
    else
        rm -rf -- "$new"
        cleanup
        exit 72
    fi
fi

guard "$bin/postgres" -D "$base/pgdata" -k "$sockets" "$@" >&2
status=$?
cleanup
exit "$status"
"#;

/// How much of a crash the data must outlive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Every committed transaction outlives a crash of the machine: what `serve` uses.
    Full,
    /// Nothing is forced to disk (`fsync`, `synchronous_commit` and `full_page_writes` are off):
    /// for throw-away clusters of tests and demonstrations.
    None,
}

/// Why the private cluster could not be found, started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No directory holds a usable set of PostgreSQL's programs.
    #[error(
        "no PostgreSQL {}-{} binaries found ({looked}): run `make postgres`, or set POSTGRES_BIN_DIR \
         to the directory that holds initdb, postgres and pg_ctl",
        SUPPORTED.start(), SUPPORTED.end()
    )]
    NoBinaries {
        /// The places looked at and what was wrong with each.
        looked: String,
    },
    /// The directory somebody named on purpose is unusable, so that no other is taken silently.
    #[error(
        "POSTGRES_BIN_DIR is {}, which is not usable ({reason}): correct it, or unset it to have \
         the usual places searched",
        dir.display()
    )]
    BinDir {
        /// The directory named by the variable.
        dir: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// This process is root and there is no account PostgreSQL could run as.
    #[error(
        "PostgreSQL refuses to run as root and there is no `{ACCOUNT}` account: run as another \
         user, or create the account with `useradd --system {ACCOUNT}`"
    )]
    NoAccount,
    /// The directory holds files, but not a cluster.
    #[error(
        "{} is neither empty nor a data directory of this program ({found} is in it): name \
         another directory",
        dir.display()
    )]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// One of the things in it that do not belong there.
        found: String,
    },
    /// A live server works on the directory.
    #[error(
        "{} is already served by PostgreSQL process {pid}: stop the program that started it, or \
         use another data directory",
        dir.display()
    )]
    Running {
        /// The directory.
        dir: PathBuf,
        /// The server's process id.
        pid: u32,
    },
    /// Another process holds the directory but has no server yet, or no longer.
    #[error(
        "{} is just being started or stopped by another process: try again in a moment, or use \
         another data directory",
        dir.display()
    )]
    Busy {
        /// The directory.
        dir: PathBuf,
    },
    /// The data was written by another major version of PostgreSQL.
    #[error(
        "{} was written by PostgreSQL {data} but the binaries found are of version {binaries}: set \
         POSTGRES_BIN_DIR to the binaries of version {data}",
        dir.display()
    )]
    Version {
        /// The directory.
        dir: PathBuf,
        /// Major version that wrote the data.
        data: String,
        /// Major version of the binaries.
        binaries: u32,
    },
    /// The account that runs PostgreSQL cannot use the data directory.
    #[error(
        "the account that runs PostgreSQL cannot write to {}: check the permissions of that \
         directory, or use another data directory",
        dir.display()
    )]
    Unusable {
        /// The directory.
        dir: PathBuf,
    },
    /// No place for the Unix socket.
    #[error(
        "found no directory for the database's Unix socket ({looked}): set TMPDIR to a short path \
         that the account running PostgreSQL can write to"
    )]
    Sockets {
        /// The places looked at.
        looked: String,
    },
    /// `initdb` failed.
    #[error("initialising the database in {} failed ({reason}): correct that and start again", dir.display())]
    Init {
        /// The directory.
        dir: PathBuf,
        /// The line of the log that tells most.
        reason: String,
    },
    /// The server ended instead of accepting connections.
    #[error(
        "PostgreSQL did not start on {} ({reason}): see postgres.log in that directory",
        dir.display()
    )]
    Start {
        /// The directory.
        dir: PathBuf,
        /// The line of the log that tells most.
        reason: String,
    },
    /// The server runs but does not get ready, for instance in a very long crash recovery.
    #[error(
        "PostgreSQL on {} was not ready within {} seconds: see postgres.log in that directory, \
         then start again",
        dir.display(), START_LIMIT.as_secs()
    )]
    StartTimeout {
        /// The directory.
        dir: PathBuf,
    },
    /// The server had not ended when the time for that was up; it goes on shutting down.
    #[error(
        "PostgreSQL on {} had not stopped after {} seconds: see postgres.log in that directory \
         before starting again",
        dir.display(), STOP_LIMIT.as_secs()
    )]
    StopTimeout {
        /// The directory.
        dir: PathBuf,
    },
    /// The server had not been running any more or did not shut down in order.
    #[error(
        "PostgreSQL on {} did not shut down in order ({status}): see postgres.log in that \
         directory; the next start recovers the data",
        dir.display()
    )]
    Crashed {
        /// The directory.
        dir: PathBuf,
        /// How the supervisor ended, which is how the server did.
        status: ExitStatus,
    },
    /// The operating system refused something.
    #[error("{doing} failed ({source}): correct that and start again")]
    Io {
        /// What was being done, as a noun phrase.
        doing: String,
        /// The operating system's reason.
        source: io::Error,
    },
}

/// Puts what was being done in front of an I/O error.
fn io_error(doing: impl Into<String>) -> impl FnOnce(io::Error) -> ClusterError {
    let doing = doing.into();
    move |source| ClusterError::Io { doing, source }
}

/// A running PostgreSQL server that belongs to this process alone.
///
/// Dropping it, like the death of the process, shuts the server down in order too, but without
/// waiting for it; [`stop`](Self::stop) waits.
#[derive(Debug)]
pub struct PrivateCluster {
    dir: PathBuf,
    sockets: PathBuf,
    temporary: bool,
    supervisor: Child,
    lifeline: ChildStdin,
    /// Held as long as the directory is in use here.
    lock: File,
}

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

fn find_binaries_and_version() -> Result<(PathBuf, u32), ClusterError> {
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

/// Whom PostgreSQL runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Account {
    /// The user of this process.
    Own,
    /// Another one, which only root can switch to.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// Whoever owns the cluster's files if there are some already, else the `postgres` account.
    fn choose(pgdata: &Path) -> Result<Self, ClusterError> {
        let own = id(&["-u"]).ok_or_else(|| ClusterError::Io {
            doing: "finding out this process's user with `id -u`".to_owned(),
            source: io::ErrorKind::NotFound.into(),
        })?;
        if own != 0 {
            return Ok(Self::Own);
        }
        if let Ok(metadata) = fs::metadata(pgdata)
            && metadata.uid() != 0
        {
            return Ok(Self::Other { uid: metadata.uid(), gid: metadata.gid() });
        }
        match (id(&["-u", ACCOUNT]), id(&["-g", ACCOUNT])) {
            (Some(uid), Some(gid)) => Ok(Self::Other { uid, gid }),
            _ => Err(ClusterError::NoAccount),
        }
    }

    /// A command that runs as this account, apart from the signals of this process's terminal and
    /// from settings of its environment which PostgreSQL's programs would take up.
    fn shell(self) -> Command {
        let mut command = Command::new("/bin/sh");
        if let Self::Other { uid, gid } = self {
            // Setting the user also drops root's supplementary groups.
            command.uid(uid).gid(gid);
        }
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        // Messages are searched for English words.
        command.env("LC_ALL", "C").env_remove("LANGUAGE");
        // Ctrl-C goes to the whole group, but this process still needs the server to finish what
        // it is doing.
        command.process_group(0);
        command.current_dir("/");
        command
    }

    fn give(self, path: &Path) -> Result<(), ClusterError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid))
                .map_err(io_error(format!("giving {} to the account that runs PostgreSQL", path.display()))),
        }
    }

    fn can_write(self, dir: &Path) -> bool {
        self.shell()
            .args(["-c", r#"cd "$1" && [ -w . ]"#, "sh"])
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// A directory for temporary files, with a short and plain path and open to the account.
    fn temporary_root(self) -> Result<PathBuf, ClusterError> {
        let candidates = [env::temp_dir(), PathBuf::from("/tmp")];
        candidates
            .iter()
            .find(|dir| is_short_and_plain(dir) && self.can_write(dir))
            .cloned()
            .ok_or_else(|| ClusterError::Sockets { looked: candidates.map(|dir| dir.display().to_string()).join(", ") })
    }
}

/// Asks `id`, since the standard library has no safe call for it.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// Whether a socket in a directory below this one fits the operating system's limit, and whether
/// the path needs no quoting in a list of directories.
fn is_short_and_plain(dir: &Path) -> bool {
    let private = dir.join(unique_name());
    private.is_absolute()
        && private.as_os_str().len() <= LONGEST_SOCKET_DIRECTORY
        && private.to_str().is_some_and(|path| path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)))
}

/// A name nobody can guess, so that nobody can have prepared something under it in a directory
/// open to all.
fn unique_name() -> String {
    format!("bangfu-{:016x}", RandomState::new().build_hasher().finish())
}

/// What `postmaster.pid` tells about a server.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PidFile {
    pid: u32,
    /// With the process id it tells one server from another.
    started: String,
    ready: bool,
}

impl PidFile {
    fn path(pgdata: &Path) -> PathBuf {
        pgdata.join("postmaster.pid")
    }

    fn read(pgdata: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(Self::path(pgdata)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim);
        // A stand-alone backend writes its process id with a minus sign.
        let pid = lines.next()?.trim_start_matches('-').parse().ok()?;
        let started = lines.nth(1).unwrap_or_default().to_owned();
        let ready = lines.nth(4) == Some("ready");
        Some(Self { pid, started, ready })
    }

    fn is_same_server(&self, other: &Self) -> bool {
        self.pid == other.pid && self.started == other.started
    }
}

/// What has become of the process named in a `postmaster.pid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    /// It serves this cluster.
    Live,
    /// There is no such process.
    Gone,
    /// The number belongs to another process now, or to a dead one nobody has waited for.
    Replaced,
}

fn server_state(pid: u32, pgdata: &Path) -> Server {
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

/// A name or path as part of a URL.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// What the server is told on its command line, where it overrides the cluster's own files.
fn server_options(durability: Durability) -> Vec<&'static str> {
    let mut options = vec![
        "-p",
        PORT,
        // The only way in is the socket, in a directory only the server's account can enter.
        "-clisten_addresses=",
        "-cunix_socket_permissions=0700",
        "-cmax_connections=100",
        "-clogging_collector=off",
        "-clog_destination=stderr",
        // Days must begin at the same moment whatever machine this is.
        "-ctimezone=UTC",
        "-clog_timezone=UTC",
    ];
    match durability {
        // Said all the same: a leftover setting in the cluster's files must not weaken it.
        Durability::Full => {
            options.extend(["-cfsync=on", "-csynchronous_commit=on", "-cfull_page_writes=on"]);
        }
        Durability::None => options.extend([
            "-cfsync=off",
            "-csynchronous_commit=off",
            "-cfull_page_writes=off",
            // Several of these may run side by side.
            "-cshared_buffers=32MB",
        ]),
    }
    options
}

/// Makes the directory if need be and refuses one with other things in it.
fn prepare_directory(dir: &Path) -> Result<PathBuf, ClusterError> {
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
struct LogOfStart {
    file: PathBuf,
    from: u64,
    /// Outlives the removal of a temporary directory.
    handle: Option<File>,
}

impl LogOfStart {
    fn new(dir: &Path, handle: Option<File>) -> Self {
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

    fn telling_line(&mut self) -> String {
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

impl PrivateCluster {
    /// Starts the cluster in a directory, initialising it first if there is none yet, and waits
    /// until it accepts connections.
    ///
    /// The superuser is `postgres`; connections need no password, since only the account that
    /// runs the server and root can reach its socket. When this process is root, the server runs
    /// as the `postgres` account, or as whoever owns an existing cluster, and the directory is
    /// given to that account. A server left over from a process that has just died is waited for.
    ///
    /// # Errors
    ///
    /// - No usable programs: [`ClusterError::NoBinaries`], [`ClusterError::BinDir`], or
    ///   [`ClusterError::Version`] when the data is of another major version.
    /// - No suitable account or place: [`ClusterError::NoAccount`], [`ClusterError::Unusable`],
    ///   [`ClusterError::Sockets`], [`ClusterError::Foreign`] when the directory holds other
    ///   things, [`ClusterError::Io`] for everything else the operating system refuses.
    /// - The directory is in use: [`ClusterError::Running`], [`ClusterError::Busy`].
    /// - PostgreSQL fails: [`ClusterError::Init`], [`ClusterError::Start`],
    ///   [`ClusterError::StartTimeout`].
    pub async fn start(data_dir: &Path, durability: Durability) -> Result<Self, ClusterError> {
        let (bin, version) = find_binaries_and_version()?;
        let dir = prepare_directory(data_dir)?;
        let account = Account::choose(&dir.join("pgdata"))?;
        account.give(&dir)?;
        launch(Launch { dir, bin, version, account, durability, log: None }).await
    }

    /// Starts an empty cluster with [`Durability::None`] in a directory of its own, which is
    /// removed on [`stop`](Self::stop), on drop, and when this process dies.
    ///
    /// # Errors
    ///
    /// The same as [`start`](Self::start), except those about existing data.
    pub async fn start_temporary() -> Result<Self, ClusterError> {
        let (bin, version) = find_binaries_and_version()?;
        let account = Account::choose(Path::new(""))?;
        let dir = account.temporary_root()?.join(unique_name());
        let dir = prepare_directory(&dir)?;
        let launched = async {
            let log = File::options()
                .read(true)
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(dir.join("postgres.log"))
                .map_err(io_error("creating the log of a temporary database"))?;
            account.give(&dir.join("postgres.log"))?;
            account.give(&dir)?;
            let dir = dir.clone();
            let durability = Durability::None;
            launch(Launch { dir, bin, version, account, durability, log: Some(log) }).await
        };
        let launched = launched.await;
        if launched.is_err() {
            remove_temporary(&dir);
        }
        launched
    }

    /// Where to connect, for any client that understands PostgreSQL's URLs with a Unix socket
    /// (libpq, `tokio-postgres`).
    ///
    /// The user and the database need not exist yet; `postgres` is both from the beginning.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!(
            "postgresql://{}@{}:{PORT}/{}",
            percent_encode(user),
            percent_encode(&self.sockets.to_string_lossy()),
            percent_encode(database),
        )
    }

    /// Shuts the server down (open transactions are rolled back, everything committed is
    /// written out) and waits until it is gone.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Crashed`] when the server had died before or did not end in order,
    /// [`ClusterError::StopTimeout`] when it takes too long, [`ClusterError::Io`] when it cannot
    /// be waited for.
    pub async fn stop(self) -> Result<(), ClusterError> {
        let Self { dir, temporary, mut supervisor, lifeline, lock, .. } = self;
        // Closing the lifeline is the signal to stop.
        drop(lifeline);
        let status = timeout(STOP_LIMIT, supervisor.wait())
            .await
            .map_err(|_| ClusterError::StopTimeout { dir: dir.clone() })?
            .map_err(io_error("waiting for PostgreSQL to stop"))?;
        drop(lock);
        if temporary {
            remove_temporary(&dir);
        }
        if status.success() {
            tracing::debug!(dir = %dir.display(), "private PostgreSQL stopped");
            Ok(())
        } else {
            Err(ClusterError::Crashed { dir, status })
        }
    }
}

/// The supervisor does this as well; where it could not, this process may be able to.
fn remove_temporary(dir: &Path) {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, dir = %dir.display(), "could not remove a temporary database");
        }
        _ => {}
    }
}

/// What a launch needs to know.
struct Launch {
    dir: PathBuf,
    bin: PathBuf,
    version: u32,
    account: Account,
    durability: Durability,
    /// The log's handle; there is one if the directory is temporary.
    log: Option<File>,
}

async fn launch(launch: Launch) -> Result<PrivateCluster, ClusterError> {
    let Launch { dir, bin, version, account, durability, log } = launch;
    let pgdata = dir.join("pgdata");
    let temporary = log.is_some();
    let lock = lock(&dir, &pgdata)?;
    let stale = wait_for_predecessor(&dir, &pgdata).await?;
    if let Ok(data) = fs::read_to_string(pgdata.join("PG_VERSION"))
        && data.trim() != version.to_string()
    {
        return Err(ClusterError::Version { dir, data: data.trim().to_owned(), binaries: version });
    }
    let sockets = account.temporary_root()?.join(unique_name());
    let mut log = LogOfStart::new(&dir, log);

    let deadline = Instant::now() + START_LIMIT;
    let retry_until = Instant::now() + HANDOVER_LIMIT;
    loop {
        // Opened anew: the lock belongs to the handle and must not live on in the supervisor.
        let handle = File::open(&dir).map_err(io_error(format!("opening the directory {}", dir.display())))?;
        let mut command = account.shell();
        command
            .args(["-c", SUPERVISOR, "bangfu-postgres"])
            .args([&dir, &sockets, &bin])
            .arg(if temporary { "yes" } else { "no" })
            .arg(if durability == Durability::Full { "yes" } else { "no" })
            .args(server_options(durability))
            .stdin(Stdio::piped())
            .stdout(handle)
            .stderr(Stdio::null());
        let mut supervisor =
            tokio::process::Command::from(command).spawn().map_err(io_error("starting PostgreSQL's supervisor with /bin/sh"))?;
        let Some(lifeline) = supervisor.stdin.take() else {
            return Err(io_error("opening a pipe to PostgreSQL's supervisor")(io::ErrorKind::BrokenPipe.into()));
        };

        let ended = loop {
            if let Some(status) = supervisor.try_wait().map_err(io_error("waiting for PostgreSQL to start"))? {
                break status;
            }
            if let Some(server) = PidFile::read(&pgdata)
                && server.ready
                && !stale.as_ref().is_some_and(|stale| stale.is_same_server(&server))
            {
                tracing::debug!(dir = %dir.display(), pid = server.pid, "private PostgreSQL ready");
                return Ok(PrivateCluster { dir, sockets, temporary, supervisor, lifeline, lock });
            }
            if Instant::now() > deadline {
                return Err(ClusterError::StartTimeout { dir });
            }
            sleep(POLL).await;
        };

        let reason = log.telling_line();
        // Sessions of a server that was killed go by themselves, but not in the same moment.
        if reason.contains("shared memory block") && Instant::now() < retry_until {
            sleep(POLL * 10).await;
            log = LogOfStart::new(&dir, log.handle);
            continue;
        }
        return Err(match ended.code() {
            Some(EXIT_DIRECTORY) => ClusterError::Unusable { dir },
            Some(EXIT_SOCKETS) => ClusterError::Sockets { looked: sockets.display().to_string() },
            Some(EXIT_INITDB) => ClusterError::Init { dir, reason },
            _ => ClusterError::Start { dir, reason },
        });
    }
}

/// Claims the directory for this process; the claim ends with it, however it ends.
fn lock(dir: &Path, pgdata: &Path) -> Result<File, ClusterError> {
    let handle = File::open(dir).map_err(io_error(format!("opening the directory {}", dir.display())))?;
    match handle.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let dir = dir.to_owned();
            return Err(match PidFile::read(pgdata) {
                Some(PidFile { pid, .. }) if server_state(pid, pgdata) == Server::Live => ClusterError::Running { dir, pid },
                _ => ClusterError::Busy { dir },
            });
        }
        // Some network file systems cannot lock; PostgreSQL's own check remains.
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, dir = %dir.display(), "cannot lock the data directory");
        }
    }
    Ok(handle)
}

/// Sees to it that no server works on the cluster, and returns what a crashed one has left.
async fn wait_for_predecessor(dir: &Path, pgdata: &Path) -> Result<Option<PidFile>, ClusterError> {
    let deadline = Instant::now() + HANDOVER_LIMIT;
    loop {
        let Some(server) = PidFile::read(pgdata) else {
            return Ok(None);
        };
        match server_state(server.pid, pgdata) {
            Server::Gone => return Ok(Some(server)),
            // PostgreSQL would take the other process for a server and refuse to start.
            Server::Replaced => {
                let file = PidFile::path(pgdata);
                fs::remove_file(&file).map_err(io_error(format!("removing the stale {}", file.display())))?;
                return Ok(None);
            }
            // The lock is ours, so the process this server belonged to is dead and the server is
            // on its way out, unless somebody has started it by hand.
            Server::Live if Instant::now() > deadline => {
                return Err(ClusterError::Running { dir: dir.to_owned(), pid: server.pid });
            }
            Server::Live => sleep(POLL).await,
        }
    }
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

    #[test]
    fn pid_files_are_read() {
        let text = "4711\n/srv/data/pgdata\n1700000000\n5432\n/tmp/bangfu-1\n\n  123  456\nready   \n";
        let ready = PidFile::parse(text);
        let expected = PidFile { pid: 4711, started: "1700000000".to_owned(), ready: true };
        assert_eq!(ready, Some(expected.clone()));

        let starting = PidFile::parse(&text.replace("ready   ", "starting"));
        assert_eq!(starting, Some(PidFile { ready: false, ..expected.clone() }));
        // The server writes the file line by line.
        let early = PidFile::parse("4711\n/srv/data/pgdata\n1700000000\n");
        assert_eq!(early, Some(PidFile { ready: false, ..expected.clone() }));
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
    fn urls_are_encoded() {
        assert_eq!(percent_encode("/tmp/bangfu-1a"), "%2Ftmp%2Fbangfu-1a");
        assert_eq!(percent_encode("a@b:c d"), "a%40b%3Ac%20d");
        assert_eq!(percent_encode("帮"), "%E5%B8%AE");
    }

    #[test]
    fn socket_directories_are_short_and_plain() {
        assert!(is_short_and_plain(Path::new("/tmp")));
        assert!(!is_short_and_plain(Path::new("tmp")));
        assert!(!is_short_and_plain(Path::new("/tmp/a,b")));
        assert!(!is_short_and_plain(&Path::new("/").join("x".repeat(80))));
    }

    #[test]
    fn unique_names_differ() {
        assert_ne!(unique_name(), unique_name());
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

    #[test]
    fn durability_is_said_either_way() {
        assert!(server_options(Durability::Full).contains(&"-cfsync=on"));
        assert!(server_options(Durability::None).contains(&"-cfsync=off"));
    }
}
