//! The scripted model and the server of tools, to try a server by hand without any model:
//!
//! ```sh
//! cargo run -p task-mcp-testkit --example analyst
//! ```
//!
//! prints the settings that make `task-mcp serve` ask it, and serves until it is stopped.

use task_mcp_testkit::analyst::Habit;
use task_mcp_testkit::tool_server::{Manner, Record};
use task_mcp_testkit::{Analyst, ModelServer, ToolServer};

#[tokio::main]
async fn main() {
    let analyst = Analyst::new(Habit::Careful);
    let model = ModelServer::start(move |asked| analyst.answer(asked)).await;
    let text = "The plant of Sorrel Reach was insured for EUR 3.5 million in 2020.".to_owned();
    let records = vec![Record { name: "Sorrel Reach", id: "R7", text }];
    let tools = ToolServer::start(Manner::Json, records).await;
    println!("[models.scripted]\nprovider = \"openai\"\nbase_url = \"{}/v1\"", model.origin);
    println!("model = \"scripted\"\nkey = \"any\"\nprice_in = 0.1\nprice_out = 0.4\n");
    println!("[tools]\nallow = [\"{}\"]", tools.origin);
    println!("\n# mcp_servers: [{{\"name\": \"register\", \"url\": \"{}\"}}]", tools.url());
    std::future::pending::<()>().await;
}
