//! Bearer tokens: random, shown once, kept as a hash.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::store;
use crate::db::{Db, Result};

/// The tokens that are accepted, by hash, with the name each acts under.
#[derive(Debug, Clone)]
pub struct Tokens(Arc<Vec<(String, String)>>);

/// The name the one token acts under until there are users.
const OPERATOR: &str = "operator";

/// A token has 256 random bits, so one round of SHA-256 is enough: there is no dictionary to try.
fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

impl Tokens {
    /// Accepts exactly this token (`BANGFU_TOKEN`); tokens in the database are then not accepted.
    #[must_use]
    pub fn only(token: &str) -> Self {
        Self(Arc::new(vec![(hash(token), OPERATOR.to_owned())]))
    }

    /// Who a token belongs to. Hashes are compared, so the time taken says nothing about a token.
    #[must_use]
    pub fn name_of(&self, token: &str) -> Option<String> {
        let presented = hash(token);
        self.0.iter().find(|(known, _)| *known == presented).map(|(_, name)| name.clone())
    }
}

/// The tokens kept in the database. Makes the first one when there is none, and returns it in clear, once.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn first_token(db: &Db) -> Result<(Tokens, Option<String>)> {
    let mut connection = db.connection().await?;
    let known = store::token_hashes(&mut connection).await?;
    if !known.is_empty() {
        return Ok((Tokens(Arc::new(known)), None));
    }
    let secret: [u8; 32] = rand::random();
    let token = format!("bangfu_{}", hex::encode(secret));
    store::insert_token(&mut connection, OPERATOR, &hash(&token), db.clock().now()).await?;
    Ok((Tokens(Arc::new(vec![(hash(&token), OPERATOR.to_owned())])), Some(token)))
}
