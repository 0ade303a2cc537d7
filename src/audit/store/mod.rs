//! The only file of this module that speaks to the database, in three parts.

pub(super) mod events;
pub(super) mod rows;
pub(super) mod seals;
