//! The engine at work: a real worker and store, and sources over a scripted site and folders.

mod answers;
mod bench;
mod crashes;
mod ends;
mod policy;
