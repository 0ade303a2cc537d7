//! Checkpoints as C2SP signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), signed with Ed25519.
//!
//! ```text
//! bangfu/018f8c2e-…            the origin: which log
//! 1234                         its size
//! CsUYapGGPo4dkMgIAUqom/Xajj…  its root, base64
//!
//! — bangfu/018f8c2e-… Az3grlgt…  who signs, and the signature
//! ```
//!
//! One key signs for every federation of a service, each under the name of its log, so that a signature for one log is none
//! for another. Whatever is read here comes from outside: anything but the exact form is refused.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::tree::Hash;
use crate::kernel::FederationId;

/// The signature algorithm's number in key hashes and encoded keys.
const ED25519: u8 = 0x01;
/// What a private key begins with, so that nobody takes it for a public one.
const PRIVATE: &str = "PRIVATE+KEY+";
/// The em dash and space before each signature.
const DASH: &str = "— ";
/// More signatures than any checkpoint has.
const MOST_SIGNATURES: usize = 100;

/// Why a note, checkpoint or key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoteError(pub &'static str);

type Result<T> = std::result::Result<T, NoteError>;

fn refuse<T>(reason: &'static str) -> Result<T> {
    Err(NoteError(reason))
}

/// The origin line of a federation's log.
#[must_use]
pub fn origin(federation: FederationId) -> String {
    format!("bangfu/{federation}")
}

/// The first four bytes of SHA-256(name || 0x0A || 0x01 || public key): tells keys of one name apart.
fn key_hash(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest: Hash = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.as_bytes()).finalize().into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

fn name_is_valid(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.chars().any(|character| character.is_whitespace() || character.is_control())
}

/// A public key with the name it signs under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

/// An encoded key taken apart: its name, its hash, and the 32 bytes of the key.
type KeyParts<'a> = (&'a str, [u8; 4], Zeroizing<[u8; 32]>);

/// Takes `name+hash+base64(0x01 || 32 bytes)` apart.
fn parse_key(text: &str) -> Result<KeyParts<'_>> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return refuse("a key is name+hash+base64");
    };
    if !name_is_valid(name) {
        return refuse("a key's name is not empty and has neither spaces nor plus signs");
    }
    if hash.len() != 8 || hash.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return refuse("a key's hash is eight lower-case hexadecimal digits");
    }
    let mut known = [0; 4];
    hex::decode_to_slice(hash, &mut known).map_err(|_| NoteError("a key's hash is eight lower-case hexadecimal digits"))?;
    let bytes = Zeroizing::new(STANDARD.decode(key).map_err(|_| NoteError("a key is standard base64"))?);
    match bytes.as_slice() {
        [ED25519, key @ ..] => match key.try_into() {
            Ok(key) => Ok((name, known, Zeroizing::new(key))),
            Err(_) => refuse("an Ed25519 key has 32 bytes"),
        },
        _ => refuse("only Ed25519 keys (0x01) are known"),
    }
}

impl Verifier {
    /// Reads a verifier key, `name+hash+base64`.
    ///
    /// # Errors
    /// [`NoteError`] for anything but the exact form, and for a hash that is not the key's.
    pub fn parse(text: &str) -> Result<Self> {
        let (name, hash, bytes) = parse_key(text)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| NoteError("not a point of the curve"))?;
        if key_hash(name, &key) != hash {
            return refuse("the hash is not this key's");
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// The name it signs under: for a federation's log its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn verifies(&self, text: &str, signature: &[u8; 64]) -> bool {
        self.key.verify_strict(text.as_bytes(), &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        write!(out, "{}+{}+{}", self.name, hex::encode(key_hash(&self.name, &self.key)), STANDARD.encode(bytes))
    }
}

/// A private key with the name it signs under. It prints its name, never itself.
#[derive(Clone)]
pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("NoteSigner").field("name", &self.name).finish_non_exhaustive()
    }
}

impl NoteSigner {
    /// A new key from the operating system's randomness.
    #[must_use]
    pub fn generate(name: &str) -> Self {
        let secret = Zeroizing::new(rand::random::<[u8; 32]>());
        Self { name: name.to_owned(), key: SigningKey::from_bytes(&secret) }
    }

    /// Reads a private key, `PRIVATE+KEY+name+hash+base64(0x01 || seed)`.
    ///
    /// # Errors
    /// [`NoteError`] for anything but the exact form, and for a hash that is not the key's.
    pub fn parse(text: &str) -> Result<Self> {
        let Some(rest) = text.strip_prefix(PRIVATE) else { return refuse("a private key begins with PRIVATE+KEY+") };
        let (name, hash, seed) = parse_key(rest)?;
        let key = SigningKey::from_bytes(&seed);
        if key_hash(name, &key.verifying_key()) != hash {
            return refuse("the hash is not this key's");
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// The private key as text: for its file and nothing else.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(vec![ED25519]);
        bytes.extend_from_slice(self.key.as_bytes());
        let hash = hex::encode(key_hash(&self.name, &self.key.verifying_key()));
        Zeroizing::new(format!("{PRIVATE}{}+{hash}+{}", self.name, STANDARD.encode(&*bytes)))
    }

    /// The same key under another name.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        Self { name: name.to_owned(), key: self.key.clone() }
    }

    /// The public key that goes with it.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// The text, which ends with a line break, with its signature.
    fn signed(&self, text: &str) -> String {
        let mut bytes = key_hash(&self.name, &self.key.verifying_key()).to_vec();
        bytes.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n{DASH}{} {}\n", self.name, STANDARD.encode(bytes))
    }
}

/// What a checkpoint says: the log of `origin` had this root when it had `size` leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The signed note of this checkpoint, signed under the origin's name.
    #[must_use]
    pub fn sign(&self, signer: &NoteSigner) -> String {
        signer.named(&self.origin).signed(&self.text())
    }

    /// Whether a signed note says what this checkpoint says. Who signed it is another question.
    #[must_use]
    pub fn prints(&self, note: &str) -> bool {
        split(note).and_then(|(text, _)| Self::parse(text)).is_ok_and(|said| said == *self)
    }

    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Reads a signed note and accepts it only with a valid signature of `verifier`, which must be named after the origin.
    /// Signatures of others, such as witnesses, are left alone.
    ///
    /// # Errors
    /// [`NoteError`] with the reason.
    pub fn open(note: &str, verifier: &Verifier) -> Result<Self> {
        let (text, signatures) = split(note)?;
        let checkpoint = Self::parse(text)?;
        if verifier.name != checkpoint.origin {
            return refuse("the key is not named after this log");
        }
        let own = key_hash(&verifier.name, &verifier.key);
        let mut found = false;
        for (name, hash, signature) in signatures {
            if name != verifier.name || hash != own {
                continue;
            }
            let Ok(signature) = <[u8; 64]>::try_from(signature.as_slice()) else { return refuse("an Ed25519 signature has 64 bytes") };
            if found || !verifier.verifies(text, &signature) {
                return refuse("the signature is not valid");
            }
            found = true;
        }
        if found { Ok(checkpoint) } else { refuse("not signed with this key") }
    }

    /// Reads the text of a checkpoint without its signatures.
    fn parse(text: &str) -> Result<Self> {
        let mut lines = text.split_terminator('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return refuse("a checkpoint has three lines: origin, size and root");
        };
        if !name_is_valid(origin) {
            return refuse("the origin is not a name");
        }
        if lines.next().is_some() {
            return refuse("this log's checkpoints have no extension lines");
        }
        let digits = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
        let size = match size.parse() {
            Ok(size) if digits => size,
            _ => return refuse("the size is a decimal number without leading zeros"),
        };
        let root = STANDARD.decode(root).ok().and_then(|bytes| Hash::try_from(bytes).ok());
        let Some(root) = root else { return refuse("the root is 32 bytes in standard base64") };
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

type SignatureLine<'a> = (&'a str, [u8; 4], Vec<u8>);

/// The text of a note with its last line break, and its signatures.
fn split(note: &str) -> Result<(&str, Vec<SignatureLine<'_>>)> {
    if note.chars().any(|character| character.is_control() && character != '\n') {
        return refuse("a note has no control characters");
    }
    let Some(at) = note.rfind("\n\n") else { return refuse("a note has an empty line before its signatures") };
    let (Some(text), Some(rest)) = (note.get(..=at), note.get(at + 2..)) else { return refuse("a note has signatures") };
    if rest.is_empty() || !rest.ends_with('\n') {
        return refuse("the signatures end with a line break");
    }
    let mut signatures = Vec::new();
    for line in rest.split_terminator('\n') {
        let Some((name, encoded)) = line.strip_prefix(DASH).and_then(|line| line.split_once(' ')) else {
            return refuse("a signature is an em dash, a name and base64");
        };
        let bytes = STANDARD.decode(encoded).map_err(|_| NoteError("a signature is standard base64"))?;
        let (hash, signature) = match bytes.split_first_chunk::<4>() {
            Some((hash, signature)) if name_is_valid(name) && !signature.is_empty() => (*hash, signature.to_vec()),
            _ => return refuse("a signature has a name, a key hash and more"),
        };
        signatures.push((name, hash, signature));
        if signatures.len() > MOST_SIGNATURES {
            return refuse("too many signatures");
        }
    }
    Ok((text, signatures))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A verifier key in public use, that of the Go checksum database.
    const PUBLIC_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

    fn signer() -> NoteSigner {
        NoteSigner { name: "bangfu".to_owned(), key: SigningKey::from_bytes(&[7; 32]) }
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "bangfu/018f8c2e-0000-7000-8000-000000000001".to_owned(), size: 42, root: [9; 32] }
    }

    fn verifier() -> Verifier {
        signer().named(&checkpoint().origin).verifier()
    }

    #[test]
    fn a_signed_checkpoint_opens_with_its_key_and_reads_the_same() {
        let note = checkpoint().sign(&signer());
        assert_eq!(Checkpoint::open(&note, &verifier()), Ok(checkpoint()));
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(lines[..4], [checkpoint().origin.as_str(), "42", &STANDARD.encode([9; 32]), ""]);
        assert!(lines[4].starts_with("— bangfu/018f8c2e-"));
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn keys_print_and_read_the_same() {
        let text = verifier().to_string();
        assert_eq!(Verifier::parse(&text), Ok(verifier()));
        assert_eq!(Verifier::parse(PUBLIC_KEY).unwrap().to_string(), PUBLIC_KEY);
        let secret = signer().secret();
        assert!(secret.starts_with("PRIVATE+KEY+bangfu+"));
        assert_eq!(NoteSigner::parse(&secret).unwrap().verifier(), signer().verifier());
        assert!(!format!("{:?}", signer()).contains(&hex::encode([7; 32])) && !format!("{:?}", signer()).contains("7, 7"));
        assert_ne!(NoteSigner::generate("x").verifier(), NoteSigner::generate("x").verifier());
    }

    #[test]
    fn malformed_keys_are_refused_with_the_reason() {
        let good = verifier().to_string();
        for bad in [
            "",
            "a+b",
            "+00000000+AQ==",
            "a b+00000000+AQ==",
            &good.replace("AQ", "AR").replace('+', " "),
            &good[..good.len() - 4],
            &good.to_uppercase(),
            PUBLIC_KEY.replace("033de0ae", "033de0af").as_str(),
            &format!("{good}\n"),
        ] {
            assert!(Verifier::parse(bad).is_err(), "{bad:?}");
        }
        assert!(NoteSigner::parse(&good).is_err());
        assert!(NoteSigner::parse(&signer().secret().replace("bangfu+", "bangfv+")).is_err());
    }

    #[test]
    fn malformed_notes_are_refused() {
        let good = checkpoint().sign(&signer());
        let swapped = |from: &str, to: &str| good.replacen(from, to, 1);
        for bad in [
            String::new(),
            good.trim_end().to_owned(),
            format!("{good}\n"),
            swapped("— ", "- "),
            swapped("\n42\n", "\n042\n"),
            swapped("\n42\n", "\n-42\n"),
            swapped("\n42\n", "\n+42\n"),
            swapped("\n42\n", "\n43\n"),
            swapped("\n42\n", "\n42\r\n"),
            swapped("\n\n", "\nextension\n\n"),
            swapped("=\n\n", "\n\n"),
            swapped("\n\n", "\n"),
            swapped("bangfu/018f8c2e", "bangfu/018f8c2f"),
            swapped("bangfu/", "bangfu\u{7}/"),
            format!("{}{}", good, good.lines().last().unwrap()),
            format!("{}{}\n", good, good.lines().last().unwrap()),
        ] {
            assert!(Checkpoint::open(&bad, &verifier()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_of_another_log_or_another_key_does_not_open_it() {
        let note = checkpoint().sign(&signer());
        let other = NoteSigner { name: checkpoint().origin, key: SigningKey::from_bytes(&[8; 32]) };
        assert_eq!(Checkpoint::open(&note, &other.verifier()), Err(NoteError("not signed with this key")));
        assert_eq!(Checkpoint::open(&note, &signer().verifier()), Err(NoteError("the key is not named after this log")));
    }

    #[test]
    fn a_signature_of_a_witness_beside_ours_changes_nothing() {
        let note = checkpoint().sign(&signer());
        let witness = NoteSigner { name: "witness".to_owned(), key: SigningKey::from_bytes(&[8; 32]) };
        let cosigned = format!("{note}{}\n", witness.signed(&checkpoint().text()).lines().last().unwrap());
        assert_eq!(Checkpoint::open(&cosigned, &verifier()), Ok(checkpoint()));
    }

    proptest! {
        #[test]
        fn no_changed_byte_of_a_checkpoint_is_accepted(at in 0usize..400, with in 0u8..=255) {
            let note = checkpoint().sign(&signer());
            let mut bytes = note.clone().into_bytes();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != with);
            bytes[at] = with;
            if let Ok(text) = String::from_utf8(bytes) {
                prop_assert!(Checkpoint::open(&text, &verifier()).is_err(), "{text:?}");
            }
        }

        #[test]
        fn whatever_is_read_is_read_or_refused(text in ".{0,300}") {
            let _ = Checkpoint::open(&text, &verifier());
            let _ = Verifier::parse(&text);
            let _ = NoteSigner::parse(&text);
        }
    }
}
