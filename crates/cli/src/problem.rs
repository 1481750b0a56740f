//! How a command ends badly: what the caller did wrong (exit 2), what went wrong (exit 1), and being stopped.

use std::fmt;
use std::process::ExitCode;

/// The caller has to change the command; nothing was made.
#[derive(Debug)]
pub(crate) struct Usage(String);

/// Stopped by Ctrl-C; what was accepted stays stored. The message says how to go on.
#[derive(Debug)]
pub(crate) struct Interrupted(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Interrupted {}

pub(crate) fn usage(sentence: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Usage(sentence.into()))
}

/// Stops a function with a [`Usage`] problem.
macro_rules! refuse {
    ($($format:tt)*) => {
        return Err($crate::problem::usage(format!($($format)*)))
    };
}
pub(crate) use refuse;

/// 130 is what shells give to a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Prints the problem as one sentence and picks the exit code.
pub(crate) fn report(problem: &anyhow::Error) -> ExitCode {
    if let Some(interrupted) = problem.downcast_ref::<Interrupted>() {
        eprintln!("\n{interrupted}");
        return ExitCode::from(INTERRUPTED);
    }
    if is_closed_pipe(problem) {
        return ExitCode::SUCCESS;
    }
    eprintln!("task-mcp: {problem:#}");
    ExitCode::from(if problem.is::<Usage>() { 2 } else { 1 })
}

/// `task-mcp list | head` is no failure.
fn is_closed_pipe(problem: &anyhow::Error) -> bool {
    problem
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
