//! Which keys a service starts with.

use std::path::Path;
use std::process::Command;

use bangfu::db::vault::read_file;
use bangfu::kernel::vault::Keyring;

use super::program::{Service, data_directory, said, said_by};
use crate::support::world;

fn keys_new(file: &Path, more: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
    command.env("LANG", "en_US.UTF-8").env_remove("LC_ALL").env_remove("BANGFU_KEY_FILE");
    command.args(["keys", "new", "--key-file"]).arg(file).args(more).output().unwrap()
}

#[test]
fn a_private_cluster_gets_a_key_file_at_its_first_start_and_is_refused_without_it() {
    let data = data_directory("keys-private");
    let keys = data.with_file_name("keys-private.keys");
    let mut service = Service::start(&data, &[]);
    assert!(service.lines().iter().any(|line| line.contains("keys-private.keys") && line.contains("copy of it elsewhere")));
    let ring = read_file(&keys).unwrap();
    service.stop();
    // The second start uses the same, and says nothing of it.
    let mut service = Service::start(&data, &[]);
    assert!(!service.lines().iter().any(|line| line.contains("copy of it elsewhere")));
    service.stop();
    assert_eq!(read_file(&keys).unwrap().active(), ring.active());
    let kept = std::fs::read(&keys).unwrap();
    std::fs::remove_file(&keys).unwrap();
    let refused = said(&data, &["serve"], &[]);
    assert!(refused.contains("is missing") && refused.contains(&ring.index_id().to_string()), "{refused}");
    assert!(!keys.exists(), "no new keys are made for data that was sealed with others");
    keys_new(&keys, &[]);
    let refused = said(&data, &["serve"], &[]);
    assert!(refused.contains("belong to another database"), "{refused}");
    // The right index, and not the key that values are sealed with.
    let mut other = Keyring::parse(std::str::from_utf8(&kept).unwrap()).unwrap();
    let old = other.active();
    other.renew();
    other.forget(old);
    std::fs::write(&keys, other.print().as_bytes()).unwrap();
    let refused = said(&data, &["serve"], &[]);
    assert!(refused.contains(&format!("does not have the key {old}")), "{refused}");
    std::fs::write(&keys, "bangfu-keys 1\nindex 12345678 c2VjcmV0").unwrap();
    let refused = said(&data, &["serve"], &[]);
    assert!(refused.contains("line 2 is not 32 bytes in base64") && !refused.contains("c2VjcmV0"), "{refused}");
    std::fs::write(&keys, kept).unwrap();
    Service::start(&data, &[]).stop();
}

#[test]
fn a_given_database_needs_given_keys() {
    let url = world().owner_url.clone();
    let refused = said_by(&[("DATABASE_URL", &url)], &["serve"]);
    assert!(refused.contains("bangfu keys new") && refused.contains("BANGFU_KEY_FILE"), "{refused}");
    let both = said_by(&[("DATABASE_URL", &url), ("BANGFU_KEY_FILE", "/nowhere"), ("BANGFU_KEYS", "bangfu-keys 1")], &["serve"]);
    assert!(both.contains("not both"), "{both}");
    let missing = said_by(&[("DATABASE_URL", &url), ("BANGFU_KEY_FILE", "/nowhere/keys")], &["serve"]);
    assert!(missing.contains("/nowhere/keys"), "{missing}");
    let malformed = said_by(&[("DATABASE_URL", &url), ("BANGFU_KEYS", "index")], &["serve"]);
    assert!(malformed.contains("bangfu-keys 1"), "{malformed}");
}

#[test]
fn a_key_file_is_made_once() {
    let file = data_directory("keys-new").with_file_name("keys-new.keys");
    let _ = std::fs::remove_file(&file);
    assert!(keys_new(&file, &[]).status.success());
    let ring = read_file(&file).unwrap();
    let again = keys_new(&file, &[]);
    assert!(!again.status.success());
    assert!(keys_new(&file, &["--if-missing"]).status.success());
    assert_eq!(read_file(&file).unwrap().index_id(), ring.index_id());
    let text = std::fs::read_to_string(&file).unwrap();
    let secret = text.lines().find(|line| line.starts_with("index")).unwrap().split(' ').next_back().unwrap();
    assert!(!String::from_utf8_lossy(&again.stderr).contains(secret));
}
