//! The contract of the store. Each test runs on both databases: `sentence::on_sqlite`, `sentence::on_postgres`.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

/// Tests that get an empty store of either kind.
macro_rules! on_both {
    ($($name:ident($bench:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn test($bench: Bench) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                test(Bench::new(Database::sqlite()).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                test(Bench::new(Database::postgres().await).await).await;
            }
        }
    )+};
}

mod bench;
mod cancel;
mod changes;
mod dispatch;
mod events;
mod finish;
mod journal;
mod keys;
mod ledger;
mod listing;
mod opening;
mod pages;
mod random;
mod rows;
mod submit;
mod webhooks;
