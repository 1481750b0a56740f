//! The `DevTools` protocol over a pipe: JSON messages, each ended by a zero byte.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStdin, ChildStdout};

/// Bytes of a message beyond what the document in it may have, escaped.
const ROOM: usize = 4 << 20;

/// Both ends of the pipe.
pub(super) struct Pipe {
    pub(super) to: ChildStdin,
    pub(super) from: ChildStdout,
}

pub(super) struct Devtools {
    pipe: Pipe,
    /// What has come of a message that is not complete.
    come: Vec<u8>,
    /// Where in it an end has not been looked for.
    looked: usize,
    last_id: u64,
    max_bytes: usize,
}

impl Devtools {
    /// `max_bytes` is what a document may have.
    pub(super) fn new(pipe: Pipe, max_bytes: usize) -> Self {
        let max_bytes = max_bytes.saturating_mul(2).saturating_add(ROOM);
        Self { pipe, come: Vec::new(), looked: 0, last_id: 0, max_bytes }
    }

    /// Sends a command to a tab, or to the browser itself where none is named; answers the number under which its result
    /// will come.
    pub(super) async fn send(
        &mut self,
        session: &str,
        method: &str,
        parameters: Value,
    ) -> Result<u64, String> {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": parameters});
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.pipe.to.write_all(&bytes).await.map_err(|_| ended())?;
        Ok(self.last_id)
    }

    /// The next message. Dropping it loses nothing.
    pub(super) async fn next(&mut self) -> Result<Value, String> {
        loop {
            if let Some(end) = self.come[self.looked..].iter().position(|byte| *byte == 0) {
                let message: Vec<u8> = self.come.drain(..=self.looked + end).collect();
                self.looked = 0;
                let message = serde_json::from_slice(&message[..message.len() - 1]);
                return message.map_err(|_| "says what is not JSON".into());
            }
            self.looked = self.come.len();
            if self.come.len() > self.max_bytes {
                return Err("shows more than is read of one page".into());
            }
            let read = self.pipe.from.read_buf(&mut self.come).await;
            if read.map_err(|_| ended())? == 0 {
                return Err(ended());
            }
        }
    }
}

fn ended() -> String {
    "ended before it had shown it".into()
}
