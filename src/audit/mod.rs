//! Evidence that cannot be rewritten: the federation's log as a Merkle tree, signed checkpoints, and what checks them.

pub mod export;
pub mod note;
pub mod receipt;
pub mod rows;
pub mod tables;
pub mod tree;
pub mod verify;
