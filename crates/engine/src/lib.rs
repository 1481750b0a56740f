//! The work itself: takes due runs from the store, researches, and stores answers with their evidence.

pub mod extractive;
mod reading;

pub use reading::ReadPage;
