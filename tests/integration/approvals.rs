//! The approval chain: policies, steps in order, one duty a person, publicity, and what needs an approval of its own.

mod chain;
mod duties;
mod policies;
mod publicity;
mod races;
mod specials;
