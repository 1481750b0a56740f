//! What the MCP door costs: calls per CPU-second beside a server that has nothing but `rmcp`, and sessions that their
//! clients have left.
//!
//! `cargo bench -p task-mcp --bench mcp` prints each figure beside its goal. Linux only.

#[expect(dead_code, reason = "plain requests are for the other benches")]
mod served;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use axum::serve::ListenerExt;
use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};

use crate::served::{Http, Server, mb};

/// Calls of one tool on one server, in turn with the other server's.
const CALLS: u32 = 2_000;
const TURNS: u32 = 5;
const SESSIONS: usize = 3_000;
/// How this program is asked to be the bare server; the file with its answers follows.
const BARE: &str = "--bare-server";
const TOOLS: [&str; 2] = ["getStatus", "listTasks"];

fn main() {
    if let Some(file) = std::env::args().skip_while(|argument| argument != BARE).nth(1) {
        return bare_server(&file);
    }
    let directory = tempfile::tempdir().expect("a temporary folder");
    let place = directory.path().display().to_string();
    let ours = Server::start(&["--data", &place]);
    let mut http = Http::connect(&ours.address);
    let id = some_work(&mut http);
    let arguments = [json!({"taskRunOrGroupId": id}), json!({})];
    // The bare server answers with the same bytes, so that only the work behind them differs.
    let answers = TOOLS
        .iter()
        .zip(&arguments)
        .map(|(tool, arguments)| ((*tool).to_owned(), call(&mut http, tool, arguments)));
    let answers = Value::Object(answers.collect());
    let file = directory.path().join("answers.json");
    std::fs::write(&file, answers.to_string()).expect("a file");
    let program = std::env::current_exe().expect("our own path");
    let bare = Server::of(Command::new(program).arg(BARE).arg(file));
    calls(&ours, &bare, &arguments);
    abandoned_sessions(&ours);
}

/// A group of five rows and ten reports, finished; the id of the group.
fn some_work(http: &mut Http) -> String {
    let rows: Vec<Value> = (0..5).map(|row| json!({"row": row})).collect();
    let group = json!({"inputs": rows, "output": "a; b", "processor": "noop"});
    let group = call(http, "createTaskGroup", &group);
    for _ in 0..10 {
        call(http, "createDeepResearch", &json!({"input": "What is it?", "processor": "noop"}));
    }
    sleep(Duration::from_secs(2));
    group["structuredContent"]["id"].as_str().expect("an id").to_owned()
}

/// Each tool asked again and again, as clients do that wait, and asked by ever new clients, for whom nothing can be kept.
fn calls(ours: &Server, bare: &Server, arguments: &[Value; 2]) {
    let (mut at_ours, mut at_bare) = (Http::connect(&ours.address), Http::connect(&bare.address));
    for (how, is_new) in [("asked again", false), ("asked anew", true)] {
        let mut sum = 0.0;
        for (tool, arguments) in TOOLS.iter().zip(arguments) {
            let (mut spent_ours, mut spent_bare) = (0.0, 0.0);
            for turn in 0..TURNS {
                let client = |call: u32| if is_new { turn * CALLS + call } else { 0 };
                let ask = |http: &mut Http, at| drop(call_of(http, client(at), tool, arguments));
                spent_ours += spent(ours, |at| ask(&mut at_ours, at));
                spent_bare += spent(bare, |at| ask(&mut at_bare, at));
            }
            let rate = |spent: f64| f64::from(CALLS * TURNS) / spent;
            let ratio = rate(spent_ours) / rate(spent_bare);
            println!(
                "{tool} {how}: {:.0} calls per CPU-second, {:.0} on a bare server of rmcp; ratio {ratio:.2}",
                rate(spent_ours),
                rate(spent_bare)
            );
            sum += ratio;
        }
        println!("  mean ratio {:.2}, goal 0.7", sum / 2.0);
    }
}

fn spent(server: &Server, one: impl FnMut(u32)) -> f64 {
    let before = server.cpu_seconds();
    (0..CALLS).for_each(one);
    server.cpu_seconds() - before
}

fn call(http: &mut Http, tool: &str, arguments: &Value) -> Value {
    call_of(http, 0, tool, arguments)
}

/// One call in the era of 2026-07-28, of the client with this number; its result.
fn call_of(http: &mut Http, client: u32, tool: &str, arguments: &Value) -> Value {
    let client = format!("1.{client}");
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": client},
    });
    let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let headers = format!(
        "accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\n\
         mcp-name: {tool}\r\n"
    );
    let mut answer = http.post_with(&headers, "/mcp", &message);
    answer["result"].take()
}

/// Clients that say hello in the older era, and never come back.
fn abandoned_sessions(server: &Server) {
    let before = server.memory_kib("VmRSS:");
    let hello = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}},
    })
    .to_string();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\naccept: application/json, text/event-stream\r\ncontent-type: \
         application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{hello}",
        server.address,
        hello.len()
    );
    for _ in 0..SESSIONS {
        let mut stream = TcpStream::connect(&server.address).expect("the server listens");
        stream.write_all(request.as_bytes()).expect("the request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(
            answer.contains("mcp-session-id") && answer.contains("protocolVersion"),
            "{answer}"
        );
    }
    sleep(Duration::from_secs(2));
    let grown = mb(server.memory_kib("VmRSS:") - before);
    println!("{SESSIONS} abandoned sessions cost {grown:.1} MB, goal 20");
}

/// Has one answer for each tool, and does nothing else.
#[derive(Clone)]
struct Bare(Arc<Value>);

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let answer = &self.0[request.name.as_ref()];
        let text = answer["content"][0]["text"].as_str().unwrap_or_default();
        let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
        result.structured_content = Some(answer["structuredContent"].clone());
        Ok(result.into())
    }
}

fn bare_server(answers: &str) {
    let answers = std::fs::read_to_string(answers).expect("the answers");
    let bare = Bare(Arc::new(serde_json::from_str(&answers).expect("JSON")));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(async {
        let config = StreamableHttpServerConfig::default()
            .with_json_response(true)
            .with_legacy_session_mode(false);
        let sessions = Arc::new(NeverSessionManager::default());
        let service = StreamableHttpService::new(move || Ok(bare.clone()), sessions, config);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("listening on http://{}", listener.local_addr().expect("an address"));
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let router = axum::Router::new().route_service("/mcp", service);
        axum::serve(listener, router.into_make_service()).await.expect("it answers");
    });
}
