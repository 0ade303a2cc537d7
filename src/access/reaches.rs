//! What lies under an organisation, kept in memory until an organisation of the federation changes.
//!
//! Gathering it anew with every request cost two milliseconds for three hundred organisations; and what a role reaches must
//! still follow a move at once, so each request learns with its user's roles whether the tree is the one that is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::store;
use crate::db::{Db, Result};
use crate::kernel::{FederationId, OrganisationId};

/// Organisations whose descent is kept at most; then all are forgotten.
const MOST: usize = 10_000;

/// An organisation with all under it.
type Below = Arc<BTreeSet<OrganisationId>>;

/// Descents by federation and organisation, each with the tree it was read of.
type Kept = HashMap<(FederationId, OrganisationId), (String, Below)>;

/// The descents kept.
#[derive(Debug, Clone, Default)]
pub struct Reaches(Arc<Mutex<Kept>>);

impl Reaches {
    /// What lies under each of some organisations, in the tree of that stamp.
    pub(super) async fn below(
        &self,
        db: &Db,
        federation: FederationId,
        tree: &str,
        roots: &[OrganisationId],
    ) -> Result<BTreeMap<OrganisationId, Below>> {
        let (mut found, missing) = self.kept(federation, tree, roots);
        if !missing.is_empty() {
            let mut connection = db.connection().await?;
            let mut read: BTreeMap<OrganisationId, BTreeSet<OrganisationId>> =
                missing.iter().map(|root| (*root, BTreeSet::new())).collect();
            for (root, id) in store::below(&mut connection, federation, &missing).await? {
                read.entry(root).or_default().insert(id);
            }
            let read: Vec<(OrganisationId, Below)> = read.into_iter().map(|(root, below)| (root, Arc::new(below))).collect();
            self.keep(federation, tree, &read);
            found.extend(read);
        }
        Ok(found)
    }

    fn kept(
        &self,
        federation: FederationId,
        tree: &str,
        roots: &[OrganisationId],
    ) -> (BTreeMap<OrganisationId, Below>, Vec<OrganisationId>) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
        for root in roots {
            match kept.get(&(federation, *root)) {
                Some((of, below)) if of == tree => {
                    found.insert(*root, below.clone());
                }
                _ => missing.push(*root),
            }
        }
        (found, missing)
    }

    fn keep(&self, federation: FederationId, tree: &str, read: &[(OrganisationId, Below)]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.extend(read.iter().map(|(root, below)| ((federation, *root), (tree.to_owned(), below.clone()))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descent_is_kept_for_its_tree_and_federation_only() {
        let reaches = Reaches::default();
        let (federation, root) = (FederationId::generate(), OrganisationId::generate());
        let below: Below = Arc::new([root, OrganisationId::generate()].into());
        reaches.keep(federation, "2:2", &[(root, below.clone())]);
        assert_eq!(reaches.kept(federation, "2:2", &[root]), ([(root, below)].into(), vec![]));
        assert_eq!(reaches.kept(federation, "2:3", &[root]), (BTreeMap::new(), vec![root]));
        assert_eq!(reaches.kept(FederationId::generate(), "2:2", &[root]), (BTreeMap::new(), vec![root]));
    }
}
