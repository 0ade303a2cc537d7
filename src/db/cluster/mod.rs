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

mod account;
mod binaries;
mod directory;
mod error;

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, ChildStdin};
use tokio::time::{Instant, sleep, timeout};

use account::{Account, unique_name};
pub use binaries::find_binaries;
use binaries::find_binaries_and_version;
use directory::{LogOfStart, PidFile, Server, prepare_directory, server_state};
pub use error::ClusterError;
use error::io_error;

/// Only part of the socket's file name here, for nothing listens on TCP.
const PORT: &str = "5432";
/// Crash recovery of a large ledger on a slow disk is the slow case.
const START_LIMIT: Duration = Duration::from_secs(180);
/// A fast shutdown writes one checkpoint.
const STOP_LIMIT: Duration = Duration::from_secs(120);
/// How long a server whose owner has died may take to go before the directory counts as taken.
const HANDOVER_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

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

    /// Where to connect to the cluster of a data directory that another process serves now; `None` when nobody does.
    #[must_use]
    pub fn served_by_another(data_dir: &Path, user: &str, database: &str) -> Option<String> {
        let pgdata = data_dir.join("pgdata");
        let server = PidFile::read(&pgdata).filter(|server| server.ready && server_state(server.pid, &pgdata) == Server::Live)?;
        Some(socket_url(&server.sockets, user, database))
    }

    /// Where to connect, for any client that understands PostgreSQL's URLs with a Unix socket
    /// (libpq, `tokio-postgres`).
    ///
    /// The user and the database need not exist yet; `postgres` is both from the beginning.
    pub fn url(&self, user: &str, database: &str) -> String {
        socket_url(&self.sockets.to_string_lossy(), user, database)
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

fn socket_url(sockets: &str, user: &str, database: &str) -> String {
    format!("postgresql://{}@{}:{PORT}/{}", percent_encode(user), percent_encode(sockets), percent_encode(database))
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
    fn urls_are_encoded() {
        assert_eq!(percent_encode("/tmp/bangfu-1a"), "%2Ftmp%2Fbangfu-1a");
        assert_eq!(percent_encode("a@b:c d"), "a%40b%3Ac%20d");
        assert_eq!(percent_encode("帮"), "%E5%B8%AE");
    }

    #[test]
    fn durability_is_said_either_way() {
        assert!(server_options(Durability::Full).contains(&"-cfsync=on"));
        assert!(server_options(Durability::None).contains(&"-cfsync=off"));
    }
}
