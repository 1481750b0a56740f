//! MCP over a pipe: one client, on this machine, as the one who started us.

use std::path::PathBuf;

use rmcp::ServiceExt;
use serde_json::Value;
use store::Owner;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::App;
use crate::mcp::call::Call;
use crate::mcp::envelope::{self, INVALID_REQUEST, MAX_MESSAGE};
use crate::mcp::rows::{self, Table};
use crate::mcp::{Handler, ToolSet};

/// What is under way between the pipe and the protocol, in bytes.
const BUFFER: usize = 64 * 1024;

/// Answers until the client closes its end or `stop` is cancelled.
pub async fn serve(
    app: App,
    tools: ToolSet,
    owner: Owner,
    input: impl AsyncRead + Unpin + Send + 'static,
    output: impl AsyncWrite + Unpin + Send + 'static,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let (lines, to_write) = mpsc::channel(16);
    let (ours_in, theirs_in) = tokio::io::duplex(BUFFER);
    let (theirs_out, ours_out) = tokio::io::duplex(BUFFER);
    let mut tasks = JoinSet::new();
    tasks.spawn(write(to_write, output));
    tasks.spawn(forward(ours_out, lines.clone()));
    let reading = read(input, ours_in, lines);
    let handler = Handler::new(app, tools, Some(owner));
    let serving = async {
        match Box::pin(handler.serve((theirs_in, theirs_out))).await {
            Ok(service) => drop(service.waiting().await),
            // A client that went away before it said anything.
            Err(why) => debug!(error = %why, "no client came"),
        }
    };
    tokio::select! {
        read = async { tokio::join!(reading, serving).0 } => read?,
        () = stop.cancelled() => {}
    }
    // What was answered last is on its way still.
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Hands on each line that is a message, and answers the others.
async fn read(
    input: impl AsyncRead + Unpin,
    mut to: DuplexStream,
    answers: mpsc::Sender<Vec<u8>>,
) -> std::io::Result<()> {
    let mut input = BufReader::new(input);
    loop {
        let mut line = Vec::new();
        let limit = MAX_MESSAGE as u64 + 1;
        if (&mut input).take(limit).read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = if line.len() > MAX_MESSAGE {
            skip_line(&mut input).await?;
            let rule = format!("the message is larger than {} MiB", MAX_MESSAGE / 1024 / 1024);
            Err(envelope::error(&Value::Null, INVALID_REQUEST, &rule))
        } else {
            envelope::read(line.into())
        };
        match answer {
            Ok(message) => {
                let mut bytes = message.bytes.trim_ascii_end().to_vec();
                bytes.push(b'\n');
                if to.write_all(&bytes).await.is_err() {
                    return Ok(());
                }
            }
            Err(answer) => {
                let _ = answers.send(format!("{answer}\n").into_bytes()).await;
            }
        }
    }
}

async fn skip_line(input: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf().await?;
        let (used, is_end) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if is_end {
            return Ok(());
        }
    }
}

/// Whole lines only, so that answers of both kinds never mix.
async fn forward(from: DuplexStream, lines: mpsc::Sender<Vec<u8>>) {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        match from.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if lines.send(line).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn write(mut lines: mpsc::Receiver<Vec<u8>>, mut output: impl AsyncWrite + Unpin) {
    while let Some(line) = lines.recv().await {
        let is_written = output.write_all(&line).await.is_ok() && output.flush().await.is_ok();
        if !is_written {
            return;
        }
    }
}

/// Kinds of files that rows are read from.
const FILES: [&str; 4] = [".csv", ".tsv", ".json", ".jsonl"];
/// Largest file of rows.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// The rows of a file, where a client on this machine gives a path instead of rows.
pub(super) async fn rows_of_file(call: &Call, sent: &Value) -> Option<Result<Table, String>> {
    let path =
        sent.as_str().map(str::trim).filter(|path| !path.contains('\n') && path.len() < 4_000)?;
    let path = path.strip_prefix("file://").unwrap_or(path);
    let is_file = call.is_pipe && FILES.iter().any(|ending| path.to_lowercase().ends_with(ending));
    if !is_file {
        return None;
    }
    Some(read_file(path).await.map_err(|why| format!("`inputs` is the file `{path}`: {why}")))
}

async fn read_file(path: &str) -> Result<Table, String> {
    let path = PathBuf::from(path);
    if !path.is_absolute() {
        return Err("give its whole path, which begins with /".into());
    }
    let size = tokio::fs::metadata(&path).await.map_err(|why| why.to_string())?.len();
    if size > MAX_FILE {
        return Err(format!("it is larger than {} MiB", MAX_FILE / 1024 / 1024));
    }
    let bytes = tokio::fs::read(&path).await.map_err(|why| why.to_string())?;
    let is_json = path.extension().is_some_and(|ending| ending == "json" || ending == "jsonl");
    let table = if is_json {
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        rows::read(text.into())?
    } else {
        rows::from_csv(&bytes)?
    };
    Ok(Table {
        note: Some(format!("{} rows were read from `{}`", table.rows.len(), path.display())),
        ..table
    })
}
