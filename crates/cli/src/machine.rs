//! The machine as values: its clock, its randomness, its name, its usual folders. Nothing else asks for them.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::clock::{Chance, Clock, TimeMs};

pub(crate) fn clock() -> Clock {
    Clock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "this is the machine's clock")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        TimeMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

/// # Panics
///
/// When the system has no randomness to give: an id that can be guessed would be worse.
pub(crate) fn chance() -> Chance {
    Chance::new(|| {
        let mut bytes = [0; 16];
        #[expect(clippy::expect_used, reason = "see the doc comment")]
        getrandom::fill(&mut bytes).expect("the system's random numbers");
        u128::from_ne_bytes(bytes)
    })
}

/// The name of this machine, which decides who can read a local folder.
pub(crate) fn host() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|name| name.trim().to_owned())
        .chain(variable("HOSTNAME"))
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".into())
}

/// Where runs are kept unless the settings say otherwise.
pub(crate) fn data_dir() -> PathBuf {
    folder("XDG_DATA_HOME", ".local/share")
}

/// Where the settings file of this user lies.
pub(crate) fn config_dir() -> PathBuf {
    folder("XDG_CONFIG_HOME", ".config")
}

pub(crate) fn home() -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from)
}

/// This program, to be started again. On Linux by a name that leads to it even after it was replaced.
pub(crate) fn program() -> Option<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { Some(own) } else { std::env::current_exe().ok() }
}

/// The first of these programs that is on the `PATH`.
pub(crate) fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = variable("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}

/// Whether this process may do everything on its machine.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Of two processes on one machine, each has its own, and a restarted one another.
pub(crate) fn process_name(chance: &Chance) -> String {
    format!("{}-{}-{:08x}", host(), std::process::id(), chance.next() >> 96)
}

/// Where programs of this user keep their settings.
pub(crate) fn settings_dir() -> PathBuf {
    usual("XDG_CONFIG_HOME", ".config")
}

fn folder(variable_name: &str, below_home: &str) -> PathBuf {
    usual(variable_name, below_home).join("task-mcp")
}

fn usual(variable_name: &str, below_home: &str) -> PathBuf {
    variable(variable_name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| home().map(|home| home.join(below_home)))
        .unwrap_or_else(|| PathBuf::from("."))
}

pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "usual folders and names of the machine")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
