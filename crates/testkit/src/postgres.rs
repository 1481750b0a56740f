//! A throw-away PostgreSQL cluster, shared by all test processes of this machine.
//!
//! nextest runs each test in a process of its own, so the cluster belongs to none of them: the first that needs
//! it starts it, each holds a shared lock on `users` while it lives, and a watchdog stops the cluster when nobody
//! has held that lock for a while. Data that nobody needs tomorrow is not synced to the disk.

use std::fs::File;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const MISSING: &str = "these tests need PostgreSQL's server programs (initdb, pg_ctl, psql), and found none in \
                       /usr/lib/postgresql/*/bin or PATH; install them, for example with \
                       `apt-get install postgresql`";

/// Stops the cluster after three looks at which nobody used it. `$1` directory, the rest: the command that stops.
const WATCHDOG: &str = r#"
    directory="$1"; shift; idle=0
    while [ "$idle" -lt 3 ]; do
        sleep 4
        if flock -n -x "$directory/users" true; then idle=$((idle + 1)); else idle=0; fi
    done
    export directory
    exec flock -x "$directory/users" sh -c 'rm -f "$directory/port"; "$@"; rm -rf "$directory/data"' sh "$@"
"#;

/// A running cluster. The lock says that somebody uses it.
pub(crate) struct Cluster {
    programs: PathBuf,
    port: u16,
    _in_use: File,
}

/// The cluster of this machine, started when it does not run.
pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let programs = find_programs().expect(MISSING);
        let account = account();
        let directory =
            std::env::temp_dir().join(format!("task-mcp-test-postgres-{}", account.uid));
        std::fs::create_dir_all(&directory).expect("a directory for the test cluster");
        let starting = open(&directory.join("starting"));
        starting.lock().expect("the lock on starting the test cluster");
        let in_use = open(&directory.join("users"));
        in_use.lock_shared().expect("the lock on using the test cluster");
        let port = running_port(&programs, &directory)
            .unwrap_or_else(|| start(&programs, &directory, &account));
        drop(starting);
        Cluster { programs, port, _in_use: in_use }
    })
}

impl Cluster {
    /// A new, empty database: its address.
    pub(crate) fn create_database(&self, name: &str) -> String {
        // Process numbers come round again while the cluster stays.
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        let done = psql(&self.programs, self.port, &[&drop, &create]);
        let why = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "no database could be made for this test: {why}");
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }
}

/// Who runs the server: never root, which PostgreSQL refuses.
struct Account {
    uid: u32,
    /// To be changed to, because the tests run as root.
    name: Option<&'static str>,
}

impl Account {
    fn command(&self, program: &Path) -> Command {
        match self.name {
            None => Command::new(program),
            Some(name) => {
                let mut command = Command::new("runuser");
                command.args(["-u", name, "--"]).arg(program);
                command
            }
        }
    }
}

fn account() -> Account {
    let uid = std::fs::metadata("/proc/self").map_or(1, |me| me.uid());
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let exists = |name: &&str| known.lines().any(|line| line.starts_with(&format!("{name}:")));
    let name = if uid == 0 { ["postgres", "nobody"].into_iter().find(exists) } else { None };
    Account { uid, name }
}

/// The newest installed version, else what `PATH` has.
fn find_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    installed.sort();
    let newest = installed.pop().map(|(_, programs)| programs);
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest.or_else(|| std::env::split_paths(&path).find(|folder| folder.join("initdb").exists()))
}

fn open(path: &Path) -> File {
    let file = File::options().create(true).truncate(false).read(true).write(true).open(path);
    file.expect("a file of the test cluster")
}

fn psql(programs: &Path, port: u16, statements: &[&str]) -> std::process::Output {
    let mut command = Command::new(programs.join("psql"));
    command.args(["-X", "-q", "-h", "127.0.0.1", "-U", "postgres", "-d", "postgres"]);
    command.args(["-p", &port.to_string()]).stdin(Stdio::null());
    for statement in statements {
        command.args(["-c", statement]);
    }
    command.output().expect("psql")
}

fn running_port(programs: &Path, directory: &Path) -> Option<u16> {
    let mut port = String::new();
    File::open(directory.join("port")).ok()?.read_to_string(&mut port).ok()?;
    let port = port.trim().parse().ok()?;
    psql(programs, port, &["SELECT 1"]).status.success().then_some(port)
}

fn start(programs: &Path, directory: &Path, account: &Account) -> u16 {
    let data = directory.join("data");
    let _ = std::fs::remove_dir_all(&data);
    std::fs::create_dir_all(&data).expect("a directory for the data of the test cluster");
    if let Some(name) = account.name {
        run(Command::new("chown").arg(name).arg(&data));
    }
    let mut initdb = account.command(&programs.join("initdb"));
    initdb.args(["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"]);
    run(initdb.arg(&data));
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map(|at| at.port());
    let port = port.expect("a free port on loopback");
    let settings = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
         -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB"
    );
    let mut pg_ctl = account.command(&programs.join("pg_ctl"));
    pg_ctl.arg("start").arg("-w").arg("-D").arg(&data).arg("-l").arg(data.join("log"));
    run(pg_ctl.arg("-o").arg(settings));
    std::fs::write(directory.join("port"), port.to_string()).expect("the port of the test cluster");
    let stop = account.command(&programs.join("pg_ctl"));
    let mut watchdog = Command::new("setsid");
    watchdog.args(["sh", "-c", WATCHDOG, "sh"]).arg(directory);
    watchdog.arg(stop.get_program()).args(stop.get_args());
    watchdog.args(["stop", "-m", "immediate", "-D"]).arg(&data).current_dir("/");
    watchdog.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // It outlives this process on purpose, as a child of nobody.
    #[expect(clippy::zombie_processes, reason = "it waits for us, not we for it")]
    let _watchdog = watchdog.spawn().expect("the watchdog of the test cluster");
    port
}

/// The server inherits what its starter has open: it gets nothing, or a caller who reads our output would wait
/// for the server to end.
fn run(command: &mut Command) {
    let status = command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_fine = status.as_ref().is_ok_and(std::process::ExitStatus::success);
    assert!(is_fine, "the test cluster could not be started: {command:?} ended with {status:?}");
}
