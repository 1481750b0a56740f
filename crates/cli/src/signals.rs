//! Ctrl-C and SIGTERM: the first asks to stop in order, the second stops at once.

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// What shells report for a command that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Cancels `stop` at the first signal. The listening ends when the returned set is dropped.
pub(crate) fn watch(stop: CancellationToken) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let interrupted = stop.clone();
    tasks.spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            asked(&interrupted);
        }
    });
    #[cfg(unix)]
    tasks.spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => {
                while terminated.recv().await.is_some() {
                    asked(&stop);
                }
            }
            Err(why) => warn!(%why, "SIGTERM cannot be heard; it will end this process at once"),
        }
    });
    tasks
}

fn asked(stop: &CancellationToken) {
    if stop.is_cancelled() {
        std::process::exit(INTERRUPTED);
    }
    stop.cancel();
}
