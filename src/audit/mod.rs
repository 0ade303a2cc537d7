//! Evidence that cannot be rewritten: the federation's log as a Merkle tree, signed checkpoints, and what checks them.

pub mod note;
pub mod tree;
