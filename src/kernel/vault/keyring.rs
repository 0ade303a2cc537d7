//! The keys, and what is done with them.

use std::fmt;
use std::str::FromStr;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Indexed, Place, Secret};
use crate::kernel::FederationId;

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;
/// The one format there is, so that another can be told from it.
const FORMAT: u8 = 1;
const ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;
const SALT_BYTES: usize = 16;

/// What tells keys apart: four bytes of a hash of the key, eight hexadecimal digits in print. It is no secret, and a key
/// mistyped in the file does not have the id that stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; ID_BYTES]);

impl KeyId {
    /// The id as it stands in sealed values.
    #[must_use]
    pub const fn bytes(self) -> [u8; ID_BYTES] {
        self.0
    }

    /// The id of the key a sealed value needs; `None` when it is no sealed value.
    #[must_use]
    pub fn of_sealed(sealed: &[u8]) -> Option<Self> {
        Parts::of(sealed).map(|parts| parts.key)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl FromStr for KeyId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut id = [0; ID_BYTES];
        hex::decode_to_slice(text, &mut id).map_err(|_| ())?;
        Ok(Self(id))
    }
}

/// What a key is for; part of its id, so that no key can stand in for one of another purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Index,
    Data,
}

impl Purpose {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Data => "data",
        }
    }
}

/// One key. Neither printed nor cloned; wiped when dropped.
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl Key {
    pub(super) fn new(purpose: Purpose, bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let hash = Sha256::new().chain_update("bangfu.key.v1").chain_update(purpose.name()).chain_update(&bytes[..]).finalize();
        let mut id = [0; ID_BYTES];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Self { id: KeyId(id), bytes }
    }

    fn generate(purpose: Purpose) -> Self {
        Self::new(purpose, Zeroizing::new(rand::random()))
    }
}

/// Why a value cannot be sealed or opened. Never holds anything of the value or of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Too short, or of another format.
    #[error("not a sealed value")]
    Malformed,
    /// The keyring does not hold its key.
    #[error("the key {0} is not in the key file")]
    KeyUnknown(KeyId),
    /// Altered, or moved here from another place.
    #[error("the value was altered, or sealed for another place")]
    NotAuthentic,
}

/// A value that was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// For the column `_sealed`.
    pub bytes: Vec<u8>,
    /// For the column `_commitment`, where there is one.
    pub commitment: Vec<u8>,
}

/// A value that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The value.
    pub value: Secret,
    /// What its commitment must be.
    pub commitment: Vec<u8>,
}

/// One key for the index, and data keys of which one seals what is new; the others open what was sealed with them.
pub struct Keyring {
    pub(super) index: Key,
    /// Never empty; in the order of the file.
    pub(super) data: Vec<Key>,
    pub(super) active: KeyId,
}

/// Names the keys, and shows none.
impl fmt::Debug for Keyring {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data: Vec<String> = self.data_ids().map(|id| id.to_string()).collect();
        write!(out, "Keyring(index {}, data {}, active {})", self.index.id, data.join(" "), self.active)
    }
}

/// A sealed value taken apart.
struct Parts<'a> {
    key: KeyId,
    nonce: [u8; NONCE_BYTES],
    ciphertext: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8]) -> Option<Self> {
        let (format, rest) = sealed.split_first()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        (*format == FORMAT).then_some(Self { key: KeyId(*key), nonce: *nonce, ciphertext })
    }
}

impl Keyring {
    /// Fresh keys: one for the index, one data key.
    #[must_use]
    pub fn generate() -> Self {
        let data = Key::generate(Purpose::Data);
        Self { index: Key::generate(Purpose::Index), active: data.id, data: vec![data] }
    }

    /// Adds a fresh data key, which seals from now on. Its id is given back.
    pub fn renew(&mut self) -> KeyId {
        let key = Key::generate(Purpose::Data);
        self.active = key.id;
        self.data.push(key);
        self.active
    }

    /// Takes out a data key that nothing is sealed with any more. The active key stays.
    pub fn forget(&mut self, id: KeyId) {
        let active = self.active;
        self.data.retain(|key| key.id == active || key.id != id);
    }

    /// The id of the key that seals.
    #[must_use]
    pub const fn active(&self) -> KeyId {
        self.active
    }

    /// The id of the key of the index. Another one finds nothing of what was written with this one.
    #[must_use]
    pub const fn index_id(&self) -> KeyId {
        self.index.id
    }

    /// The ids of all data keys.
    pub fn data_ids(&self) -> impl Iterator<Item = KeyId> {
        self.data.iter().map(|key| key.id)
    }

    fn cipher(&self, id: KeyId) -> Result<Aes256GcmSiv, VaultError> {
        let key = self.data.iter().find(|key| key.id == id).ok_or(VaultError::KeyUnknown(id))?;
        Ok(Aes256GcmSiv::new(&(*key.bytes).into()))
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// None in practice: the active key is in the ring, and values are short.
    pub fn seal(&self, place: &Place, value: &str) -> Result<Sealed, VaultError> {
        let salt: [u8; SALT_BYTES] = rand::random();
        let plain = Zeroizing::new([salt.as_slice(), value.as_bytes()].concat());
        Ok(Sealed { bytes: self.encrypt(place, &plain)?, commitment: commitment(&plain) })
    }

    fn encrypt(&self, place: &Place, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: plain, aad: &associated(place) };
        let ciphertext = self.cipher(self.active)?.encrypt(&Nonce::from(nonce), payload).map_err(|_| VaultError::NotAuthentic)?;
        Ok([&[FORMAT], self.active.0.as_slice(), &nonce, &ciphertext].concat())
    }

    fn decrypt(&self, place: &Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let parts = Parts::of(sealed).ok_or(VaultError::Malformed)?;
        let payload = Payload { msg: parts.ciphertext, aad: &associated(place) };
        let plain = self.cipher(parts.key)?.decrypt(&Nonce::from(parts.nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| VaultError::NotAuthentic)
    }

    /// Opens a value sealed for this place.
    ///
    /// # Errors
    /// [`VaultError`]: not sealed, by a key that is not here, altered, or sealed for another place.
    pub fn open(&self, place: &Place, sealed: &[u8]) -> Result<Opened, VaultError> {
        let plain = self.decrypt(place, sealed)?;
        let value = plain.get(SALT_BYTES..).and_then(|value| std::str::from_utf8(value).ok()).ok_or(VaultError::Malformed)?;
        Ok(Opened { value: Secret::new(value.to_owned()), commitment: commitment(&plain) })
    }

    /// The same value sealed by the active key, with the same salt, so that its commitment stays; `None` when it is sealed
    /// by the active key already.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn reseal(&self, place: &Place, sealed: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        if KeyId::of_sealed(sealed) == Some(self.active) {
            return Ok(None);
        }
        let plain = self.decrypt(place, sealed)?;
        self.encrypt(place, &plain).map(Some)
    }

    /// The keyed hash of a value: equal for equal values of one kind in one federation.
    #[must_use]
    pub fn index(&self, kind: Indexed, federation: FederationId, value: &str) -> Vec<u8> {
        // HMAC fills a key shorter than its block of 64 bytes up with zeros (RFC 2104), so this is the key as it is.
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.index.bytes.iter()).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new(&(*block).into());
        for part in ["bangfu.index.v1".as_bytes(), kind.name().as_bytes(), federation.0.as_bytes(), value.as_bytes()] {
            mac.update(&length(part));
            mac.update(part);
        }
        mac.finalize().into_bytes().to_vec()
    }
}

fn commitment(salted: &[u8]) -> Vec<u8> {
    Sha256::digest(salted).to_vec()
}

fn length(part: &[u8]) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}

/// Every part after its length, so that no two places have the same bytes.
fn associated(place: &Place) -> Vec<u8> {
    let parts = ["bangfu.vault.v1".as_bytes(), place.column.as_bytes(), place.federation.0.as_bytes(), place.row.as_bytes()];
    parts.iter().flat_map(|part| length(part).into_iter().chain(part.iter().copied())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const NUMBER: &str = "510599199001010017";

    fn place() -> Place {
        Place { column: "person.identity_number", federation: FederationId(Uuid::from_u128(1)), row: Uuid::from_u128(2) }
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_and_in_no_other() {
        let ring = Keyring::generate();
        let sealed = ring.seal(&place(), NUMBER).unwrap();
        let opened = ring.open(&place(), &sealed.bytes).unwrap();
        assert_eq!((opened.value.expose(), &opened.commitment), (NUMBER, &sealed.commitment));
        for other in [
            Place { column: "person.phone", ..place() },
            Place { federation: FederationId(Uuid::from_u128(3)), ..place() },
            Place { row: Uuid::from_u128(3), ..place() },
        ] {
            assert_eq!(ring.open(&other, &sealed.bytes), Err(VaultError::NotAuthentic), "{other:?}");
        }
    }

    #[test]
    fn a_value_is_sealed_differently_each_time() {
        let ring = Keyring::generate();
        let (one, two) = (ring.seal(&place(), NUMBER).unwrap(), ring.seal(&place(), NUMBER).unwrap());
        assert_ne!(one.bytes, two.bytes);
        assert_ne!(one.commitment, two.commitment, "nor do commitments tell that two values are equal");
        assert!(!one.bytes.windows(4).any(|window| window == &NUMBER.as_bytes()[..4]));
    }

    #[test]
    fn a_key_that_is_not_there_is_named() {
        let sealed = Keyring::generate().seal(&place(), NUMBER).unwrap().bytes;
        let id = KeyId::of_sealed(&sealed).unwrap();
        assert_eq!(Keyring::generate().open(&place(), &sealed), Err(VaultError::KeyUnknown(id)));
        assert_eq!(VaultError::KeyUnknown(id).to_string(), format!("the key {id} is not in the key file"));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("1234567".parse::<KeyId>().is_err() && "1234567g".parse::<KeyId>().is_err());
    }

    #[test]
    fn what_is_no_sealed_value_is_refused() {
        let ring = Keyring::generate();
        let sealed = ring.seal(&place(), NUMBER).unwrap().bytes;
        for bytes in [&[][..], &[1], &sealed[..16], &[&[2], &sealed[1..]].concat()] {
            assert_eq!(ring.open(&place(), bytes), Err(VaultError::Malformed), "{bytes:?}");
        }
        assert_eq!(ring.open(&place(), &sealed[..sealed.len() - 1]), Err(VaultError::NotAuthentic));
        assert_eq!(ring.open(&place(), &sealed[..20]), Err(VaultError::NotAuthentic));
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens() {
        let mut ring = Keyring::generate();
        let sealed = ring.seal(&place(), NUMBER).unwrap();
        assert_eq!(ring.reseal(&place(), &sealed.bytes), Ok(None));
        let (old, new) = (ring.active(), ring.renew());
        assert_eq!(ring.open(&place(), &sealed.bytes).unwrap().value.expose(), NUMBER);
        let again = ring.reseal(&place(), &sealed.bytes).unwrap().unwrap();
        assert_eq!((KeyId::of_sealed(&sealed.bytes), KeyId::of_sealed(&again)), (Some(old), Some(new)));
        ring.forget(old);
        ring.forget(new);
        let opened = ring.open(&place(), &again).unwrap();
        assert_eq!((opened.value.expose(), opened.commitment), (NUMBER, sealed.commitment), "the commitment stays");
        assert_eq!(ring.open(&place(), &sealed.bytes), Err(VaultError::KeyUnknown(old)));
    }

    #[test]
    fn the_index_is_equal_for_equal_values_of_one_kind_and_federation_only() {
        let ring = Keyring::generate();
        let (here, there) = (FederationId(Uuid::from_u128(1)), FederationId(Uuid::from_u128(2)));
        let index = ring.index(Indexed::IdentityNumber, here, NUMBER);
        assert_eq!(index, ring.index(Indexed::IdentityNumber, here, NUMBER));
        assert_eq!(index.len(), 32);
        assert_ne!(index, ring.index(Indexed::IdentityNumber, there, NUMBER));
        assert_ne!(index, ring.index(Indexed::AccountNumber, here, NUMBER));
        assert_ne!(index, Keyring::generate().index(Indexed::IdentityNumber, here, NUMBER));
    }

    #[test]
    fn nothing_prints_a_key_or_a_value() {
        let ring = Keyring::generate();
        let opened = ring.open(&place(), &ring.seal(&place(), NUMBER).unwrap().bytes).unwrap();
        let printed = format!("{ring:?} {opened:?} {:#?}", opened.value);
        assert!(!printed.contains(NUMBER) && printed.contains("Secret(***)"), "{printed}");
        for key in [&ring.index, &ring.data[0]] {
            assert!(!printed.contains(&hex::encode(&key.bytes[..])) && printed.contains(&key.id.to_string()), "{printed}");
        }
    }

    proptest! {
        #[test]
        fn every_value_comes_back(value in "\\PC{0,80}") {
            let ring = Keyring::generate();
            let sealed = ring.seal(&place(), &value).unwrap();
            let opened = ring.open(&place(), &sealed.bytes).unwrap();
            prop_assert_eq!(opened.value.expose(), &value);
            prop_assert_eq!(opened.commitment, sealed.commitment);
        }

        #[test]
        fn every_flipped_bit_is_noticed(value in "[0-9]{1,20}", byte in 0_usize..200, bit in 0_u8..8) {
            let ring = Keyring::generate();
            let mut bytes = ring.seal(&place(), &value).unwrap().bytes;
            let at = byte % bytes.len();
            bytes[at] ^= 1 << bit;
            prop_assert!(ring.open(&place(), &bytes).is_err());
        }

        #[test]
        fn any_bytes_are_judged_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(Keyring::generate().open(&place(), &bytes).is_err());
        }
    }
}
