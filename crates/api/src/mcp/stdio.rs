//! MCP over a pipe: one client, on this machine, as the one who started us.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use rmcp::ServiceExt;
use serde_json::Value;
use store::Owner;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream,
};
use tokio::sync::{mpsc, watch};
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
/// How long requests may go on after the client has closed its end; calls that wait answer then with what there is.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Answers until the client closes its end or `stop` is cancelled. What was asked before is answered in either case.
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
    let (open, answered) = watch::channel(HashSet::new());
    let mut tasks = JoinSet::new();
    tasks.spawn(write(to_write, output));
    tasks.spawn(forward(ours_out, lines.clone(), open.clone()));
    let waits = stop.child_token();
    let handler = Handler::new(app.stopping_with(waits.clone()), tools, Some(owner));
    let reading = async {
        let mut to = ours_in;
        let read = tokio::select! {
            read = read(input, &mut to, lines, &open) => read,
            () = stop.cancelled() => Ok(()),
        };
        // The protocol drops what is under way when its input ends.
        let _ = tokio::time::timeout(LAST_ANSWERS, all_answered(answered.clone())).await;
        waits.cancel();
        let _ = tokio::time::timeout(LAST_ANSWERS, all_answered(answered)).await;
        read
    };
    let serving = async {
        match Box::pin(handler.serve((theirs_in, theirs_out))).await {
            Ok(service) => drop(service.waiting().await),
            // A client that went away before it said anything.
            Err(why) => debug!(error = %why, "no client came"),
        }
    };
    let (read, ()) = tokio::join!(reading, serving);
    // What was answered last is on its way still.
    while tasks.join_next().await.is_some() {}
    read
}

/// Ids of the requests that were handed on and are not answered, as JSON.
type Open = watch::Sender<HashSet<String>>;

async fn all_answered(mut open: watch::Receiver<HashSet<String>>) {
    // It ends with whoever answers: then nothing will be answered any more.
    let _ = open.wait_for(HashSet::is_empty).await;
}

/// Hands on each line that is a message, and answers the others.
async fn read(
    input: impl AsyncRead + Unpin,
    to: &mut DuplexStream,
    answers: mpsc::Sender<Vec<u8>>,
    open: &Open,
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
                if message.is_request {
                    let id = message.id.to_string();
                    open.send_modify(|open| {
                        open.insert(id);
                    });
                }
                if let Some(id) = message.cancelled {
                    let id = id.to_string();
                    open.send_modify(|open| {
                        open.remove(&id);
                    });
                }
                if to.write_all(&bytes).await.is_err() {
                    // Nobody will answer any more.
                    open.send_modify(HashSet::clear);
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
async fn forward(from: DuplexStream, lines: mpsc::Sender<Vec<u8>>, open: Open) {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        match from.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {
                let answered = answered_by(&line);
                if lines.send(line).await.is_err() {
                    break;
                }
                if let Some(id) = answered {
                    open.send_modify(|open| {
                        open.remove(&id);
                    });
                }
            }
        }
    }
    open.send_modify(HashSet::clear);
}

/// The id of the request that a message answers.
fn answered_by(line: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Answer {
        id: Value,
        #[serde(default)]
        method: Option<serde::de::IgnoredAny>,
    }
    let answer: Answer = serde_json::from_slice(line).ok()?;
    answer.method.is_none().then(|| answer.id.to_string())
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
    let path = rows::path_of(sent).filter(|path| path.len() < 4_000)?;
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is printed for these lines, after which the client closes its end.
    async fn printed(lines: &[Value]) -> Vec<Value> {
        let directory = tempfile::tempdir().unwrap();
        let location = store::Location::Directory(directory.path().into());
        let clock = domain::clock::Clock::new(|| domain::clock::TimeMs(0));
        let chance = domain::clock::Chance::new(|| 7);
        let store = store::Store::open(&location, clock, chance).await.unwrap();
        let app = App::new(store, std::sync::Arc::default(), "http://localhost");
        let input: String = lines.iter().map(|line| line.to_string() + "\n").collect();
        let input = std::io::Cursor::new(input.into_bytes());
        let (theirs, ours) = tokio::io::duplex(1024 * 1024);
        let stop = CancellationToken::new();
        let serving = serve(app, ToolSet::Full, Owner::LOCAL, input, theirs, stop);
        Box::pin(serving).await.unwrap();
        let mut text = String::new();
        BufReader::new(ours).read_to_string(&mut text).await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn every_request_is_answered_although_the_client_has_closed_its_end() {
        let begin = json!({"jsonrpc": "2.0", "id": "begin", "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
        let list = |id: Value| {
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
                   "params": {"name": "listTasks", "arguments": {}}})
        };
        let mut lines =
            vec![begin, json!({"jsonrpc": "2.0", "method": "notifications/initialized"})];
        lines.extend((1..=20).map(|id| list(json!(id))));
        lines.push(list(json!("last")));
        let answers = printed(&lines).await;
        for line in lines.iter().filter(|line| line.get("id").is_some()) {
            let is_its =
                |answer: &&Value| answer["id"] == line["id"] && answer.get("result").is_some();
            assert!(answers.iter().any(|answer| is_its(&answer)), "{line} in {answers:?}");
        }
    }

    #[test]
    fn only_an_answer_answers() {
        let answered = |message: Value| answered_by(message.to_string().as_bytes());
        assert_eq!(answered(json!({"jsonrpc": "2.0", "id": 7, "result": {}})), Some("7".into()));
        assert_eq!(
            answered(json!({"jsonrpc": "2.0", "id": "a", "error": {"code": 1, "message": ""}})),
            Some("\"a\"".into())
        );
        assert_eq!(answered(json!({"jsonrpc": "2.0", "id": 7, "method": "ping"})), None);
        assert_eq!(answered(json!({"jsonrpc": "2.0", "method": "notifications/progress"})), None);
    }
}
