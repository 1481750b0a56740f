//! MCP: the tools, prompts and resources of chat clients, over streamable HTTP and over stdio.
//!
//! `rmcp` speaks the protocol, in both of its eras. What is behind it is what REST has: a tool stores a run and
//! answers, or looks into the store.

mod arguments;
mod call;
mod cancel;
mod completions;
mod create;
mod definitions;
mod envelope;
mod expected;
#[cfg(feature = "conformance-fixtures")]
mod fixtures;
mod found;
mod http;
mod kept;
mod listing;
mod markdown;
mod prompts;
mod resources;
mod results;
mod rows;
mod sessions;
mod simple;
mod status;
mod stdio;
mod subscriptions;
mod tasks;
mod toolset;
mod wanted;
mod web;

use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
    CompleteResult, CustomRequest, CustomResult, GetPromptRequestParams, GetPromptResponse,
    GetTaskParams, GetTaskResult, Implementation, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, SubscribeRequestParams,
    SubscriptionFilter, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, RoleServer, SubscriptionContext};
use store::Owner;

use crate::App;
use crate::gate::Caller;
use crate::mcp::call::Call;
use crate::mcp::subscriptions::Subscriptions;
use crate::sharing::Signer;

pub(crate) use envelope::refusal;
pub(crate) use http::routes;
pub(crate) use kept::Answers;
pub(crate) use status::LastTold;
pub use stdio::serve as serve_stdio;
pub use toolset::ToolSet;

/// How long a client may keep the lists of tools, prompts and templates: they change with the program only.
const FIXED_LIST_MS: u64 = 60 * 60 * 1000;
/// How long it may keep what its work changes.
const LIVE_LIST_MS: u64 = 2_000;

/// One server for one request (2026-07-28), one session (before it) or one pipe.
///
/// What answers is in boxes: `rmcp` holds the futures of all methods in one, which it moves several times for each request.
#[derive(Clone)]
pub(crate) struct Handler {
    app: App,
    tools: ToolSet,
    /// Whoever is at the other end of the pipe; over HTTP each request says it anew.
    at_pipe: Option<Owner>,
    subscriptions: Subscriptions,
}

impl Handler {
    fn new(app: App, tools: ToolSet, at_pipe: Option<Owner>) -> Self {
        Self { app, tools, at_pipe, subscriptions: Subscriptions::default() }
    }

    async fn call(&self, context: RequestContext<RoleServer>) -> Result<Call, ErrorData> {
        let parts = context.extensions.get::<axum::http::request::Parts>();
        let over_http = parts.and_then(|parts| parts.extensions.get::<Caller>()).copied();
        let caller = self.at_pipe.map(|owner| Caller { owner }).or(over_http);
        // Missing only where a route was laid outside of the gate, which must not let anybody in.
        let caller = caller.ok_or_else(|| ErrorData::internal_error("no caller", None))?;
        let app = self.app.clone();
        let signer = Signer::of(&app).await;
        let signer = signer.map_err(|why| ErrorData::internal_error(why.message, None))?;
        Ok(Call {
            app,
            caller,
            tools: self.tools,
            is_pipe: self.at_pipe.is_some(),
            signer,
            context,
        })
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let can = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_completions()
            .enable_tasks()
            .build();
        let name = Implementation::new("task-mcp", env!("CARGO_PKG_VERSION"))
            .with_title("Task MCP: research and enrichment with quotes");
        ServerConfig::new(can)
            .with_server_info(name)
            .with_instructions(self.tools.instructions(self.app.wait_note.as_deref()))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        only_page(request)?;
        let mut list = ListToolsResult::with_all_items(definitions::all(self.tools));
        (list.ttl_ms, list.cache_scope) = (Some(FIXED_LIST_MS), Some(CacheScope::Public));
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        toolset::call(&self.call(context).await?, request).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        Box::pin(tasks::get(&self.call(context).await?, &request.task_id)).await
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Box::pin(tasks::update(&self.call(context).await?, &request.task_id)).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Box::pin(tasks::cancel(&self.call(context).await?, &request.task_id)).await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        only_page(request)?;
        let mut list = ListPromptsResult::with_all_items(prompts::all());
        (list.ttl_ms, list.cache_scope) = (Some(FIXED_LIST_MS), Some(CacheScope::Public));
        Ok(list)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&request, self.tools)
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let cursor = request.and_then(|request| request.cursor);
        Box::pin(resources::list(&self.call(context).await?, cursor)).await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        only_page(request)?;
        let mut list = ListResourceTemplatesResult::with_all_items(resources::templates());
        (list.ttl_ms, list.cache_scope) = (Some(FIXED_LIST_MS), Some(CacheScope::Public));
        Ok(list)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Box::pin(resources::read(&self.call(context).await?, &request.uri)).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Box::pin(completions::complete(&self.call(context).await?, &request)).await
    }

    /// Only results can be subscribed to; the lists change with the program.
    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let uris = requested.resource_subscriptions.clone().unwrap_or_default();
        let mut accepted = SubscriptionFilter::new();
        accepted.resource_subscriptions = subscriptions::accepted(uris);
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let call = self.call(context.request_context().clone()).await?;
        Box::pin(subscriptions::listen(&call, &context)).await
    }

    /// How clients of the era before 2026-07-28 subscribe.
    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Box::pin(self.subscriptions.add(self.call(context).await?, &request.uri)).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscriptions.remove(&request.uri);
        Ok(())
    }

    /// What `rmcp` could not read as the method that it names, or knows no method for.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(envelope::unread(&request, is_stateless(&context)))
    }
}

/// Whether a request is of the era that began with 2026-07-28.
fn is_stateless(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version.as_str() >= "2026-07-28")
}

/// Lists that fit one page have no cursor that a client could have got from us.
fn only_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        None => Ok(()),
        Some(cursor) => Err(unknown_cursor(&cursor)),
    }
}

fn unknown_cursor(cursor: &str) -> ErrorData {
    let shown: String = cursor.chars().take(60).collect();
    let message = format!("`cursor` is `{shown}`, which no answer of this list gave; leave it out");
    ErrorData::invalid_params(message, None)
}
