//! The Merkle tree of RFC 9162 (the hashing of RFC 6962): roots, inclusion and consistency proofs, and their verification.
//!
//! Hashes are kept in tiles of 256 (C2SP tlog-tiles): a tile of level 0 holds the hashes of 256 leaves, a tile of level 1 the
//! roots of 256 full tiles of level 0, and so on. So a log of a million leaves is some four thousand rows, and a proof reads
//! three or four of them. Where tiles come from is the caller's matter ([`ReadTiles`]).

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// How many hashes a full tile holds.
pub const TILE: u64 = 256;
/// Levels of the tree that one level of tiles spans.
const TILE_HEIGHT: u32 = 8;

/// The hash of a leaf: SHA-256(0x00 || leaf), RFC 9162, 2.1.1.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 || left || right), RFC 9162, 2.1.1.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of an empty tree: the hash of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Where a tile lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileAt {
    /// 0 for hashes of leaves, 1 for roots of tiles of level 0, and so on.
    pub level: u8,
    /// Its place within the level.
    pub index: u64,
}

/// Why a tree cannot answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A tile is not at hand, or does not hold enough hashes. The caller may bring it and ask again.
    #[error("tile {} of level {} is missing or too short", .0.index, .0.level)]
    Missing(TileAt),
    /// No such leaf or size in the tree.
    #[error("not a leaf or size of this tree")]
    OutOfRange,
}

/// Tiles to read from.
pub trait ReadTiles {
    /// The hashes of a tile as far as there are any; `None` when it is not at hand.
    fn tile(&self, at: TileAt) -> Option<&[Hash]>;
}

/// Tiles in memory: a whole small log, or the few tiles of a large one that a proof needs.
#[derive(Debug, Clone, Default)]
pub struct Tiles {
    held: BTreeMap<TileAt, Vec<Hash>>,
    changed: BTreeSet<TileAt>,
}

impl ReadTiles for Tiles {
    fn tile(&self, at: TileAt) -> Option<&[Hash]> {
        self.held.get(&at).map(Vec::as_slice)
    }
}

impl Tiles {
    /// Puts a tile in that was read from where it is kept.
    pub fn put(&mut self, at: TileAt, hashes: Vec<Hash>) {
        self.held.insert(at, hashes);
    }

    /// Appends the hash of the next leaf to a tree of `size` leaves. The tiles of [`edge`] must be at hand.
    ///
    /// # Errors
    /// [`TreeError::Missing`] for a tile of the edge; nothing has been changed then.
    pub fn append(&mut self, size: u64, leaf: Hash) -> Result<(), TreeError> {
        for at in edge(size) {
            let held = size.checked_shr(TILE_HEIGHT * u32::from(at.level)).unwrap_or(0) % TILE;
            if u64::try_from(self.held.get(&at).map_or(0, Vec::len)) != Ok(held) {
                return Err(TreeError::Missing(at));
            }
        }
        let (mut level, mut position, mut hash) = (0_u8, size, leaf);
        loop {
            let at = TileAt { level, index: position / TILE };
            let tile = self.held.entry(at).or_default();
            tile.push(hash);
            self.changed.insert(at);
            if position % TILE + 1 < TILE {
                return Ok(());
            }
            hash = fold(tile);
            position /= TILE;
            level = level.saturating_add(1);
        }
    }

    /// The tiles changed since this was last asked, to be written.
    pub fn take_changed(&mut self) -> Vec<(TileAt, Vec<Hash>)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|at| Some((at, self.held.get(&at)?.clone()))).collect()
    }
}

/// The tiles at the right edge of a tree that are not full. They are all that appending and the root need.
#[must_use]
pub fn edge(size: u64) -> Vec<TileAt> {
    let mut tiles = Vec::new();
    let (mut level, mut rest) = (0_u8, size);
    while rest > 0 {
        if rest % TILE != 0 {
            tiles.push(TileAt { level, index: rest / TILE });
        }
        rest /= TILE;
        level = level.saturating_add(1);
    }
    tiles
}

/// Every tile of a tree, with how many hashes it holds.
#[must_use]
pub fn tiles_of(size: u64) -> Vec<(TileAt, u64)> {
    let mut tiles = Vec::new();
    let (mut level, mut hashes) = (0_u8, size);
    while hashes > 0 {
        let full = (0..hashes / TILE).map(|index| (TileAt { level, index }, TILE));
        tiles.extend(full.chain((hashes % TILE != 0).then_some((TileAt { level, index: hashes / TILE }, hashes % TILE))));
        hashes /= TILE;
        level = level.saturating_add(1);
    }
    tiles
}

/// The root of the tree of the first `size` leaves, RFC 9162, 2.1.1.
///
/// # Errors
/// [`TreeError::Missing`] when a tile is not at hand.
pub fn root(tiles: &impl ReadTiles, size: u64) -> Result<Hash, TreeError> {
    if size == 0 { Ok(empty_root()) } else { subtree(tiles, 0, size) }
}

/// The hash of one leaf.
///
/// # Errors
/// [`TreeError::Missing`] when its tile is not at hand.
pub fn leaf(tiles: &impl ReadTiles, index: u64) -> Result<Hash, TreeError> {
    complete(tiles, index, 0)
}

/// The inclusion proof of a leaf in the tree of the first `size` leaves, RFC 9162, 2.1.3.1.
///
/// # Errors
/// [`TreeError::OutOfRange`] when there is no such leaf, [`TreeError::Missing`] when a tile is not at hand.
pub fn inclusion(tiles: &impl ReadTiles, index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
    if index >= size {
        return Err(TreeError::OutOfRange);
    }
    let mut path = Vec::new();
    include(tiles, index, 0, size, &mut path)?;
    Ok(path)
}

fn include(tiles: &impl ReadTiles, index: u64, begin: u64, end: u64, path: &mut Vec<Hash>) -> Result<(), TreeError> {
    if end - begin <= 1 {
        return Ok(());
    }
    let middle = begin + split(end - begin);
    if index < middle {
        include(tiles, index, begin, middle, path)?;
        path.push(subtree(tiles, middle, end)?);
    } else {
        include(tiles, index, middle, end, path)?;
        path.push(subtree(tiles, begin, middle)?);
    }
    Ok(())
}

/// The proof that the tree of the first `size` leaves begins with the tree of the first `old`, RFC 9162, 2.1.4.1. Empty when
/// both are the same.
///
/// # Errors
/// [`TreeError::OutOfRange`] when `old` is zero or more than `size`, [`TreeError::Missing`] when a tile is not at hand.
pub fn consistency(tiles: &impl ReadTiles, old: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
    if old == 0 || old > size {
        return Err(TreeError::OutOfRange);
    }
    let mut path = Vec::new();
    extend(tiles, old, 0, size, true, &mut path)?;
    Ok(path)
}

fn extend(tiles: &impl ReadTiles, old: u64, begin: u64, end: u64, known: bool, path: &mut Vec<Hash>) -> Result<(), TreeError> {
    if old == end {
        if !known {
            path.push(subtree(tiles, begin, end)?);
        }
        return Ok(());
    }
    let middle = begin + split(end - begin);
    if old <= middle {
        extend(tiles, old, begin, middle, known, path)?;
        path.push(subtree(tiles, middle, end)?);
    } else {
        extend(tiles, old, middle, end, false, path)?;
        path.push(subtree(tiles, begin, middle)?);
    }
    Ok(())
}

/// The largest power of two below `count`, which is at least two.
const fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// The hash over the leaves from `begin` up to and without `end`. `begin` is a multiple of the largest power of two in it.
fn subtree(tiles: &impl ReadTiles, begin: u64, end: u64) -> Result<Hash, TreeError> {
    let count = end - begin;
    if count.is_power_of_two() {
        return complete(tiles, begin, count.trailing_zeros());
    }
    let middle = begin + split(count);
    Ok(node_hash(&subtree(tiles, begin, middle)?, &subtree(tiles, middle, end)?))
}

/// The hash of a complete subtree of 2^height leaves from `begin`: folded from the hashes of one tile.
fn complete(tiles: &impl ReadTiles, begin: u64, height: u32) -> Result<Hash, TreeError> {
    let tile_level = height / TILE_HEIGHT;
    let first = begin >> (TILE_HEIGHT * tile_level);
    let at = TileAt { level: u8::try_from(tile_level).unwrap_or(u8::MAX), index: first / TILE };
    let offset = usize::try_from(first % TILE).unwrap_or(usize::MAX);
    let count = 1_usize << (height % TILE_HEIGHT);
    let hashes = tiles.tile(at).and_then(|tile| tile.get(offset..offset + count)).ok_or(TreeError::Missing(at))?;
    Ok(fold(hashes))
}

/// The root over a power of two of hashes.
fn fold(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [only] => *only,
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            node_hash(&fold(left), &fold(right))
        }
    }
}

/// The root over a whole list of leaf hashes: for small trees such as the rows of one leaf.
#[must_use]
pub fn root_of(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [only] => *only,
        many => {
            let (left, right) = many.split_at(split_at(many.len()));
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// The inclusion proof of one hash in a whole list; `None` when there is no such place.
#[must_use]
pub fn path_of(hashes: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= hashes.len() {
        return None;
    }
    if hashes.len() == 1 {
        return Some(Vec::new());
    }
    let middle = split_at(hashes.len());
    let (left, right) = hashes.split_at(middle);
    let (mut path, other) =
        if index < middle { (path_of(left, index)?, root_of(right)) } else { (path_of(right, index - middle)?, root_of(left)) };
    path.push(other);
    Some(path)
}

fn split_at(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// Whether a leaf's hash is at `index` of the tree with this size and root. Exactly RFC 9162, 2.1.3.2.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    root_of_path(leaf, index, size, path).is_some_and(|found| found == *root)
}

/// The root that an inclusion path leads to: RFC 9162, 2.1.3.2, up to its last comparison. `None` when the path is not one of
/// that place and size.
#[must_use]
pub fn root_of_path(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut fnode, mut snode, mut hash) = (index, size - 1, *leaf);
    for part in path {
        if snode == 0 {
            return None;
        }
        if fnode & 1 == 1 || fnode == snode {
            hash = node_hash(part, &hash);
            while fnode & 1 == 0 && fnode != 0 {
                fnode >>= 1;
                snode >>= 1;
            }
        } else {
            hash = node_hash(&hash, part);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    (snode == 0).then_some(hash)
}

/// Whether the tree of size `new` and root `new_root` begins with the tree of size `old` and root `old_root`. Exactly
/// RFC 9162, 2.1.4.2; of two equal sizes the roots must be equal and the path empty.
#[must_use]
pub fn verify_consistency(old: u64, new: u64, path: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if path.is_empty() {
        return false;
    }
    let mut parts = old.is_power_of_two().then_some(old_root).into_iter().chain(path);
    let (mut fnode, mut snode) = (old - 1, new - 1);
    while fnode & 1 == 1 {
        fnode >>= 1;
        snode >>= 1;
    }
    let Some(first) = parts.next() else { return false };
    let (mut of_old, mut of_new) = (*first, *first);
    for part in parts {
        if snode == 0 {
            return false;
        }
        if fnode & 1 == 1 || fnode == snode {
            of_old = node_hash(part, &of_old);
            of_new = node_hash(part, &of_new);
            while fnode & 1 == 0 && fnode != 0 {
                fnode >>= 1;
                snode >>= 1;
            }
        } else {
            of_new = node_hash(&of_new, part);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    of_old == *old_root && of_new == *new_root && snode == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The leaves of the known-answer tests of RFC 6962's reference implementation, and the root after each.
    const KNOWN: [(&str, &str); 8] = [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ];

    fn hash(hex_text: &str) -> Hash {
        hex::decode(hex_text).unwrap().try_into().unwrap()
    }

    fn known() -> Tiles {
        let mut tiles = Tiles::default();
        for (size, (leaf, _)) in (0..).zip(KNOWN) {
            tiles.append(size, leaf_hash(&hex::decode(leaf).unwrap())).unwrap();
        }
        tiles
    }

    fn tree(size: u64) -> Tiles {
        let mut tiles = Tiles::default();
        for index in 0..size {
            tiles.append(index, leaf_hash(&index.to_be_bytes())).unwrap();
        }
        tiles
    }

    #[test]
    fn an_empty_tree_has_the_hash_of_nothing() {
        assert_eq!(root(&Tiles::default(), 0).unwrap(), hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    }

    #[test]
    fn roots_are_those_of_the_known_answers() {
        let tiles = known();
        let mut hashes = Vec::new();
        for (size, (leaf, expected)) in (1..).zip(KNOWN) {
            hashes.push(leaf_hash(&hex::decode(leaf).unwrap()));
            assert_eq!(hex::encode(root(&tiles, size).unwrap()), expected);
            assert_eq!(root_of(&hashes), hash(expected));
        }
    }

    #[test]
    fn inclusion_proofs_are_those_of_the_known_answers() {
        let (a, b, c) = (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        );
        let (d, e) = (
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        );
        for (index, size, expected) in [
            (0, 1, vec![]),
            (0, 8, vec![a, b, c]),
            (5, 8, vec![d, e, KNOWN[3].1]),
            (2, 3, vec![KNOWN[1].1]),
            (1, 5, vec![KNOWN[0].1, b, d]),
        ] {
            let path = inclusion(&known(), index, size).unwrap();
            assert_eq!(path.iter().map(hex::encode).collect::<Vec<_>>(), expected, "{index} of {size}");
        }
        assert_eq!(inclusion(&known(), 8, 8), Err(TreeError::OutOfRange));
        assert_eq!(inclusion(&known(), 0, 0), Err(TreeError::OutOfRange));
    }

    #[test]
    fn consistency_proofs_are_those_of_the_known_answers() {
        let (a, b, c) = (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        );
        let d = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
        let e = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
        let f = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
        for (old, new, expected) in [(1, 1, vec![]), (1, 8, vec![a, b, c]), (6, 8, vec![f, e, KNOWN[3].1]), (2, 5, vec![b, d])] {
            let path = consistency(&known(), old, new).unwrap();
            assert_eq!(path.iter().map(hex::encode).collect::<Vec<_>>(), expected, "{old} to {new}");
        }
        assert_eq!(consistency(&known(), 0, 8), Err(TreeError::OutOfRange));
        assert_eq!(consistency(&known(), 9, 8), Err(TreeError::OutOfRange));
    }

    #[test]
    fn a_tree_over_several_levels_of_tiles_has_the_root_of_its_leaves() {
        let size = 70_000;
        let tiles = tree(size);
        let hashes: Vec<Hash> = (0..size).map(|index| leaf_hash(&index.to_be_bytes())).collect();
        for size in [255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, 70_000_usize] {
            let expected = root_of(&hashes[..size]);
            let size = u64::try_from(size).unwrap();
            assert_eq!(root(&tiles, size).unwrap(), expected, "{size}");
            for index in [0, 254, size - 1, size / 2, size / 3] {
                let path = inclusion(&tiles, index, size).unwrap();
                assert!(verify_inclusion(&leaf(&tiles, index).unwrap(), index, size, &path, &expected), "{index} of {size}");
            }
        }
    }

    #[test]
    fn appending_needs_the_edge_and_nothing_else() {
        let all = tree(66_000);
        for size in [0, 1, 255, 256, 300, 65_535, 65_536, 65_999] {
            let mut few = Tiles::default();
            for at in edge(size) {
                let held = usize::try_from((size >> (8 * u32::from(at.level))) % TILE).unwrap();
                few.put(at, all.tile(at).unwrap()[..held].to_vec());
                assert!(tiles_of(size).contains(&(at, u64::try_from(held).unwrap())));
            }
            assert_eq!(root(&few, size).unwrap(), root(&all, size).unwrap());
            few.append(size, leaf_hash(&size.to_be_bytes())).unwrap();
            for (at, hashes) in few.take_changed() {
                assert_eq!(all.tile(at).unwrap()[..hashes.len()], hashes, "{at:?} after {size}");
            }
            if let Some(at) = edge(size).first() {
                assert_eq!(Tiles::default().append(size, [0; 32]), Err(TreeError::Missing(*at)));
            }
        }
    }

    #[test]
    fn a_missing_tile_is_named() {
        assert_eq!(root(&Tiles::default(), 3), Err(TreeError::Missing(TileAt { level: 0, index: 0 })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_inclusion_proof_verifies_and_none_that_was_changed(
            size in 1u64..600, index in 0u64..600, bit in 0usize..4096, other in 0u64..700
        ) {
            let index = index % size;
            let tiles = tree(size);
            let (root, path, hash) = (root(&tiles, size).unwrap(), inclusion(&tiles, index, size).unwrap(), leaf(&tiles, index).unwrap());
            prop_assert!(verify_inclusion(&hash, index, size, &path, &root));
            let mut changed = path.clone();
            if !changed.is_empty() {
                let at = bit / 256 % changed.len();
                changed[at][bit % 256 / 8] ^= 1 << (bit % 8);
                prop_assert!(!verify_inclusion(&hash, index, size, &changed, &root));
                prop_assert!(!verify_inclusion(&hash, index, size, &path[1..], &root));
            }
            let mut leaf = hash;
            leaf[bit % 256 / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_inclusion(&leaf, index, size, &path, &root));
            let longer = [path.as_slice(), &[[7; 32]]].concat();
            prop_assert!(!verify_inclusion(&hash, index, size, &longer, &root));
            if other != index {
                prop_assert!(!verify_inclusion(&hash, other, size, &path, &root));
            }
            prop_assert!(!verify_inclusion(&hash, index, index, &path, &root));
        }

        #[test]
        fn every_consistency_proof_verifies_and_none_that_was_changed(new in 1u64..600, old in 0u64..600, bit in 0usize..4096) {
            let old = old % new + 1;
            let tiles = tree(new);
            let (old_root, new_root) = (root(&tiles, old).unwrap(), root(&tiles, new).unwrap());
            let path = consistency(&tiles, old, new).unwrap();
            prop_assert!(verify_consistency(old, new, &path, &old_root, &new_root));
            let mut changed = path.clone();
            if !changed.is_empty() {
                let at = bit / 256 % changed.len();
                changed[at][bit % 256 / 8] ^= 1 << (bit % 8);
                prop_assert!(!verify_consistency(old, new, &changed, &old_root, &new_root));
                prop_assert!(!verify_consistency(old, new, &path[1..], &old_root, &new_root));
            }
            let mut root = old_root;
            root[bit % 256 / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_consistency(old, new, &path, &root, &new_root));
            prop_assert!(!verify_consistency(old, new, &path, &old_root, &root));
            let longer = [path.as_slice(), &[[7; 32]]].concat();
            prop_assert!(!verify_consistency(old, new, &longer, &old_root, &new_root));
            prop_assert!(!verify_consistency(0, new, &path, &old_root, &new_root));
        }

        #[test]
        fn paths_of_a_list_are_those_of_its_tree(size in 1usize..40, index in 0usize..40) {
            let hashes: Vec<Hash> = (0..size).map(|index| leaf_hash(&index.to_be_bytes())).collect();
            let path = path_of(&hashes, index);
            prop_assert_eq!(path.is_some(), index < size);
            if let Some(path) = path {
                let (index, size) = (u64::try_from(index).unwrap(), u64::try_from(size).unwrap());
                prop_assert!(verify_inclusion(&hashes[usize::try_from(index).unwrap()], index, size, &path, &root_of(&hashes)));
            }
        }
    }
}
