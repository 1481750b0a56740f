//! What tests of several crates share: hand-set time, seeded chance, throw-away databases, a scripted site, a
//! scripted model, and a small web for both.
//!
//! Everything here panics when it cannot do as asked: a test that cannot be set up has failed.
#![expect(clippy::missing_panics_doc, reason = "see above")]

pub mod analyst;
pub mod browser;
pub mod build;
pub mod canary;
pub mod clock;
pub mod corpus;
pub mod database;
pub mod documents;
pub mod hostile;
pub mod model_server;
mod postgres;
pub mod site;

pub use analyst::Analyst;
pub use canary::Canary;
pub use clock::HandClock;
pub use database::Database;
pub use hostile::Hostile;
pub use model_server::ModelServer;
pub use site::Site;
