//! The keyring of a running service: where it comes from, and how a changed key file is noticed.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

use super::{Error, Result};
use crate::kernel::FederationId;
use crate::kernel::vault::{Indexed, KeyFileError, Keyring, Opened, Place, Sealed, VaultError};

/// Bytes of a key file at most; far more than any has.
const LONGEST_FILE: u64 = 64 * 1024;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeySourceError {
    /// The file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// What it holds is no key file.
    #[error(transparent)]
    Content(#[from] KeyFileError),
}

/// The keys of a service. Clones share one keyring. With a file, a file that was changed is read again: what was sealed with
/// a key made meanwhile opens, and what is sealed from then on is sealed with it.
#[derive(Debug, Clone)]
pub struct Vault(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: Option<PathBuf>,
    held: RwLock<Held>,
}

#[derive(Debug)]
struct Held {
    ring: Arc<Keyring>,
    mark: Option<Mark>,
}

/// What tells one version of a file from another: a file is replaced as a whole, so its inode changes too.
type Mark = (u64, i64, i64, u64);

fn mark(path: &Path) -> Option<Mark> {
    fs::metadata(path).ok().map(|of| (of.ino(), of.mtime(), of.mtime_nsec(), of.size()))
}

impl Vault {
    /// Keys that stay as they are: of a variable, a test, a demonstration.
    #[must_use]
    pub fn of(ring: Keyring) -> Self {
        Self(Arc::new(Shared { file: None, held: RwLock::new(Held { ring: Arc::new(ring), mark: None }) }))
    }

    /// The keys of a file, which is watched.
    ///
    /// # Errors
    /// [`KeySourceError`] when it cannot be read or is no key file.
    pub fn from_file(path: &Path) -> std::result::Result<Self, KeySourceError> {
        // The mark first: a change between the two is noticed later, not missed.
        let mark = mark(path);
        let ring = Arc::new(read_file(path)?);
        Ok(Self(Arc::new(Shared { file: Some(path.to_owned()), held: RwLock::new(Held { ring, mark }) })))
    }

    /// The file the keys are from, if they are.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.0.file.as_deref()
    }

    /// The keys as they are now. A look at the file's date costs about a microsecond.
    #[must_use]
    pub fn ring(&self) -> Arc<Keyring> {
        let (ring, known) = {
            let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
            (held.ring.clone(), held.mark)
        };
        match &self.0.file {
            Some(path) if mark(path) != known => self.read_again(path),
            _ => ring,
        }
    }

    fn read_again(&self, path: &Path) -> Arc<Keyring> {
        let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
        let mark = mark(path);
        if held.mark != mark {
            match read_file(path) {
                Ok(ring) if ring.index_id() == held.ring.index_id() => {
                    tracing::info!(active = %ring.active(), "the key file was changed and read again");
                    held.ring = Arc::new(ring);
                }
                // With another index nothing would be found any more, and everybody could be registered a second time.
                Ok(_) => tracing::error!("the key file was changed and has another index key; going on with the keys known"),
                Err(error) => tracing::error!(%error, "the key file was changed and cannot be read; going on with the keys known"),
            }
            held.mark = mark;
        }
        held.ring.clone()
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal(&self, place: &Place, value: &str) -> Result<Sealed> {
        self.ring().seal(place, value).map_err(|error| failure(place, error))
    }

    /// Opens a value sealed for this place.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when its key is missing, [`Error::Internal`] when the value is not what was sealed.
    pub fn open(&self, place: &Place, sealed: &[u8]) -> Result<Opened> {
        self.ring().open(place, sealed).map_err(|error| failure(place, error))
    }

    /// The keyed hash of a value.
    #[must_use]
    pub fn index(&self, kind: Indexed, federation: FederationId, value: &str) -> Vec<u8> {
        self.ring().index(kind, federation, value)
    }
}

/// Names the place, which is no secret, and nothing of the value.
fn failure(place: &Place, error: VaultError) -> Error {
    let said = format!("{} of {}: {error}", place.column, place.row);
    match error {
        VaultError::KeyUnknown(_) => Error::Unavailable(said),
        VaultError::Malformed | VaultError::NotAuthentic => Error::Internal(said),
    }
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> KeySourceError {
    let path = path.to_owned();
    move |error| KeySourceError::File { path, error }
}

/// Reads a key file.
///
/// # Errors
/// [`KeySourceError`].
pub fn read_file(path: &Path) -> std::result::Result<Keyring, KeySourceError> {
    let metadata = fs::metadata(path).map_err(at(path))?;
    if metadata.len() > LONGEST_FILE {
        return Err(KeyFileError::Header.into());
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others than its owner may read the key file");
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(at(path))?);
    let text = std::str::from_utf8(&bytes).map_err(|_| KeyFileError::Header)?;
    Ok(Keyring::parse(text)?)
}

/// Writes a key file that only its owner can read, and makes sure that it is on the disk. With `replace` it takes the place
/// of one that is there, as a whole: whoever reads it meanwhile sees the one or the other.
///
/// # Errors
/// [`KeySourceError::File`], also when there is one and it is not to be replaced.
pub fn write_file(path: &Path, ring: &Keyring, replace: bool) -> std::result::Result<(), KeySourceError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.new"));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let _ = fs::remove_file(&beside);
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&beside).map_err(at(&beside))?;
    let written = file
        .write_all(ring.print().as_bytes())
        .and_then(|()| fs::set_permissions(&beside, Permissions::from_mode(0o600)))
        .and_then(|()| file.sync_all())
        // A hard link is not made over a file that is there; renaming is.
        .and_then(|()| if replace { fs::rename(&beside, path) } else { fs::hard_link(&beside, path) });
    if !replace || written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.map_err(at(path))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { column: "person.phone", federation: FederationId::generate(), row: uuid::Uuid::nil() }
    }

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("bangfu-keys-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    fn a_key_file_is_its_owners_alone_and_never_written_over_unasked() {
        let folder = folder();
        let path = folder.join("keys");
        let ring = Keyring::generate();
        write_file(&path, &ring, false).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write_file(&path, &Keyring::generate(), false).is_err());
        assert_eq!(read_file(&path).unwrap().index_id(), ring.index_id());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_changed_key_file_is_read_again_and_a_broken_or_foreign_one_is_not_taken() {
        let folder = folder();
        let path = folder.join("keys");
        let mut ring = Keyring::generate();
        write_file(&path, &ring, false).unwrap();
        let vault = Vault::from_file(&path).unwrap();
        let place = place();
        let before = vault.seal(&place, "19900002835").unwrap();
        let renewed = ring.renew();
        write_file(&path, &ring, true).unwrap();
        assert_eq!(vault.ring().active(), renewed);
        let elsewhere = ring.seal(&place, "19900002835").unwrap();
        for sealed in [&before, &elsewhere] {
            assert_eq!(vault.open(&place, &sealed.bytes).unwrap().value.expose(), "19900002835");
        }
        for text in ["rubbish".to_owned(), Keyring::generate().print().to_string()] {
            fs::write(&path, text).unwrap();
            assert_eq!(vault.ring().active(), renewed);
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(vault.ring().active(), renewed);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_cannot_be_opened_is_named_by_its_place() {
        let place = place();
        let sealed = Vault::of(Keyring::generate()).seal(&place, "19900002835").unwrap();
        let error = Vault::of(Keyring::generate()).open(&place, &sealed.bytes).unwrap_err();
        assert!(matches!(&error, Error::Unavailable(said) if said.contains("person.phone") && said.contains("key file")), "{error}");
        let vault = Vault::of(Keyring::generate());
        assert!(matches!(vault.open(&place, b"19900002835"), Err(Error::Internal(_))));
    }
}
