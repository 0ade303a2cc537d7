//! Why the private cluster could not be found, started or stopped.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use super::account::ACCOUNT;
use super::binaries::SUPPORTED;
use super::{START_LIMIT, STOP_LIMIT};

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
pub(super) fn io_error(doing: impl Into<String>) -> impl FnOnce(io::Error) -> ClusterError {
    let doing = doing.into();
    move |source| ClusterError::Io { doing, source }
}
