//! Answering on a listener until told to stop.

use std::future::IntoFuture;
use std::io;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::patience::Patient;
use crate::{App, router};

/// How long open requests may take to end after `stop`; waiting ones end at once.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long what waited may take to write its last words.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Serves until `stop` is cancelled and open requests have ended, at most a few seconds more.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) -> io::Result<()> {
    let is_on_loopback = listener.local_addr()?.ip().is_loopback();
    let ending = CancellationToken::new();
    let app = app.with(|parts| {
        parts.is_on_loopback = is_on_loopback;
        parts.stop = stop.clone();
        parts.ending = ending.clone();
    });
    let listener = listener.tap_io(|stream| {
        if let Err(why) = stream.set_nodelay(true) {
            warn!(error = %why, "a connection keeps its delay");
        }
    });
    let listener = Patient { listener, patience: app.patience };
    // Made once: a bare router is made anew for each connection, at 100 kB each.
    let service = router(app).into_make_service();
    let serving =
        axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
        ending.cancel();
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended,
        () = patience => {
            warn!("some requests were still open {PATIENCE:?} after the stop and were dropped");
            Ok(())
        }
    }
}
