//! Whom PostgreSQL runs as, and where that account may put its sockets.

use std::env;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::{ClusterError, io_error};

/// The account that runs PostgreSQL when this process is root, which PostgreSQL itself refuses.
pub(super) const ACCOUNT: &str = "postgres";
/// `sun_path` has 108 bytes; what is left beside `/.s.PGSQL.5432` and the closing zero.
const LONGEST_SOCKET_DIRECTORY: usize = 92;

/// Whom PostgreSQL runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The user of this process.
    Own,
    /// Another one, which only root can switch to.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// Whoever owns the cluster's files if there are some already, else the `postgres` account.
    pub(super) fn choose(pgdata: &Path) -> Result<Self, ClusterError> {
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
    pub(super) fn shell(self) -> Command {
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

    pub(super) fn give(self, path: &Path) -> Result<(), ClusterError> {
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
    pub(super) fn temporary_root(self) -> Result<PathBuf, ClusterError> {
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
pub(super) fn unique_name() -> String {
    format!("bangfu-{:016x}", RandomState::new().build_hasher().finish())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
