//! Which process shows the pages of a data directory, so that every link that was given out opens.
//!
//! One at a time holds `pages.lock` and has written into `pages.json` where it answers. When it ends, another one that
//! is still there takes its place at the same address. It gives it back to a server that was told to answer there:
//! that one holds `pages.wanted` until it does.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Between two looks at whether the place is free.
const LOOK: Duration = Duration::from_secs(1);
/// How often a port is asked for that its last holder may not have let go yet.
const TRIES: u32 = 10;

/// Where pages are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    /// Links begin with it.
    pub(crate) url: String,
    /// `HOST:PORT` of the listener.
    pub(crate) listen: String,
}

/// The place of the one who shows the pages, until it is dropped.
pub(crate) struct Place {
    _lock: File,
    directory: PathBuf,
}

impl Place {
    /// `None` while another process has it.
    pub(crate) fn try_take(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join("pages.lock");
        let lock = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let lock = lock.with_context(|| format!("cannot open {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { _lock: lock, directory: directory.to_owned() })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => {
                Err(why).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    /// Tells the others where pages are from now on.
    pub(crate) fn write(&self, address: &Address) -> Result<()> {
        let path = self.directory.join("pages.json");
        let new = self.directory.join("pages.json.new");
        std::fs::write(&new, serde_json::to_string(address)?)
            .and_then(|()| std::fs::rename(&new, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Where pages are shown, or were last.
pub(crate) fn find_address(directory: &Path) -> Option<Address> {
    let text = std::fs::read_to_string(directory.join("pages.json")).ok()?;
    serde_json::from_str(&text).ok()
}

/// Listens on this machine, where pages were last if that can be had, so that old links open again.
pub(crate) async fn listen(last: Option<&Address>) -> Result<(TcpListener, Address)> {
    let is_ours = |address: &&Address| address.listen.starts_with("127.0.0.1:");
    let listener = match last.filter(is_ours) {
        Some(last) => TcpListener::bind(&last.listen).await.ok(),
        None => None,
    };
    let listener = match listener {
        Some(listener) => listener,
        None => TcpListener::bind("127.0.0.1:0").await.context("no port is free on 127.0.0.1")?,
    };
    let bound = listener.local_addr()?;
    Ok((listener, Address { url: format!("http://{bound}"), listen: bound.to_string() }))
}

/// The wish for an address at which another process of the data directory may be standing in, until it is dropped.
pub(crate) struct Wish {
    _lock: File,
}

impl Wish {
    /// `None` where somebody has the same wish, or looks whether there is one.
    pub(crate) fn try_make(directory: &Path) -> Result<Option<Self>> {
        let lock = wanted_file(directory)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => Err(why.into()),
        }
    }
}

fn wanted_file(directory: &Path) -> Result<File> {
    let path = directory.join("pages.wanted");
    let file = File::options().create(true).truncate(false).read(true).write(true).open(&path);
    file.with_context(|| format!("cannot open {}", path.display()))
}

fn is_wanted(directory: &Path) -> bool {
    let lock = wanted_file(directory);
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Shows pages until `stop`. A server that wants the address gets it, and from then on this process stands by.
pub(crate) async fn show(
    listener: TcpListener,
    place: Place,
    directory: PathBuf,
    app: api::App,
    stop: CancellationToken,
) {
    show_until_wanted(listener, place, &directory, app.clone(), &stop).await;
    stand_by(directory, app, None, stop).await;
}

async fn show_until_wanted(
    listener: TcpListener,
    place: Place,
    directory: &Path,
    app: api::App,
    stop: &CancellationToken,
) {
    let end = stop.child_token();
    let showing = async {
        if let Err(why) = api::serve(listener, app, end.clone()).await {
            warn!(error = %why, "pages are not shown any more");
        }
        end.cancel();
    };
    let giving_way = async {
        while !is_wanted(directory) {
            if end.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
                break;
            }
        }
        drop(place);
        end.cancel();
    };
    tokio::join!(showing, giving_way);
}

/// Waits for the place of a process that shows the pages now, and answers at its address when it has ended.
pub(crate) async fn stand_by(
    directory: PathBuf,
    app: api::App,
    own: Option<Address>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let Some(place) = wait_for_place(&directory, &stop).await else { return };
        let Some(before) = find_address(&directory) else { return };
        if own.as_ref() == Some(&before) {
            return;
        }
        let Some(listener) = listen_again(&before, &stop).await else {
            warn!(
                "{} cannot be had; links that begin with {} do not open any more",
                before.listen, before.url
            );
            stop.cancelled().await;
            return;
        };
        info!("pages are shown at {} from now on", before.listen);
        show_until_wanted(listener, place, &directory, app.clone(), &stop).await;
    }
}

/// Where its last holder may not have let go yet.
async fn listen_again(at: &Address, stop: &CancellationToken) -> Option<TcpListener> {
    for _ in 0..TRIES {
        if let Ok(listener) = TcpListener::bind(&at.listen).await {
            return Some(listener);
        }
        stop.run_until_cancelled(tokio::time::sleep(LOOK)).await?;
    }
    None
}

async fn wait_for_place(directory: &Path, stop: &CancellationToken) -> Option<Place> {
    loop {
        match Place::try_take(directory) {
            Ok(Some(place)) if !is_wanted(directory) => return Some(place),
            Ok(_) => {}
            Err(why) => {
                warn!(error = %why, "pages of others will not be taken over");
                return None;
            }
        }
        stop.run_until_cancelled(tokio::time::sleep(LOOK)).await?;
    }
}
