//! What the official conformance suite calls by name, beside what the product has. Debug builds with the feature
//! `conformance-fixtures` only.
//!
//! The fixtures wrap the product's [`Handler`] and are served by the same stack: gate, envelope, sessions, lists,
//! tasks and errors that the suite looks at are those of the product. Tasks are runs in the product's store, told and
//! cancelled by its own code. **Only here**, and no claim about the product: asking the client's model or user,
//! roots, a log for the client, changed lists, input that a call needs before it can go on, and what a task asks while
//! it runs. The product asks nothing of its clients.

#[cfg(not(debug_assertions))]
compile_error!("the fixtures of the conformance suite belong into no release: build without them");

mod asking;
mod constant;
mod notices;
mod rounds;
mod seal;
mod tasks;

use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams,
    CompleteRequestParams, CompleteResult, ContentBlock, CustomRequest, CustomResult,
    GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerConfig, SubscribeRequestParams,
    SubscriptionFilter, Tool, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, RoleServer, SubscriptionContext};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::App;
use crate::mcp::fixtures::constant::Constant;
use crate::mcp::fixtures::notices::Notices;
use crate::mcp::fixtures::seal::Seal;
use crate::mcp::fixtures::tasks::Beside;
use crate::mcp::{FIXED_LIST_MS, Handler};

/// The product's handler with the fixtures around it.
pub(super) fn with(
    app: &App,
    product: impl Fn() -> Handler + Send + Sync + 'static,
) -> impl Fn() -> Fixtures + Send + Sync + 'static {
    let shared = Arc::new(Shared {
        constant: Constant::read(),
        notices: Notices::new(),
        seal: Seal::new(app.store.chance()),
        beside: Beside::default(),
    });
    move || Fixtures { product: product(), shared: Arc::clone(&shared) }
}

/// What lives longer than one request.
struct Shared {
    constant: Constant,
    notices: Notices,
    seal: Seal,
    beside: Beside,
}

pub(super) struct Fixtures {
    product: Handler,
    shared: Arc<Shared>,
}

fn text(text: impl Into<String>) -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text(text)]).into()
}

/// What is written as JSON here as what the protocol has.
fn read<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value).map_err(|why| ErrorData::internal_error(why.to_string(), None))
}

/// An argument that is text.
fn argument<'a>(request: &'a CallToolRequestParams, name: &str) -> Option<&'a str> {
    request.arguments.as_ref()?.get(name)?.as_str()
}

impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        let mut info = self.product.get_info();
        let can = &mut info.capabilities;
        can.logging = Some(serde_json::Map::new());
        if let Some(tools) = &mut can.tools {
            tools.list_changed = Some(true);
        }
        if let Some(prompts) = &mut can.prompts {
            prompts.list_changed = Some(true);
        }
        info
    }

    /// The one tool whose argument is repeated in a header, which is checked before the call.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shared.constant.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut list = self.product.list_tools(request, context).await?;
        list.tools.extend(self.shared.constant.tools.iter().cloned());
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Some(answer) = self.shared.constant.answer(&request.name) {
            return Ok(answer.into());
        }
        let call = self.product.call(context).await?;
        if let Some(answer) = rounds::call(&self.shared, &call, &request)? {
            return Ok(answer);
        }
        if let Some(answer) = notices::call(&self.shared, &call, &request).await? {
            return Ok(answer);
        }
        if let Some(answer) = asking::call(&self.shared, &call, &request).await? {
            return Ok(answer);
        }
        if let Some(answer) = tasks::call(&self.shared, &call, &request).await? {
            return Ok(answer);
        }
        self.product.call_tool(request, call.context).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let mut told = self.product.get_task(request, context).await?;
        self.shared.beside.put_into(&mut told.task);
        Ok(told)
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.product.update_task(request.clone(), context).await?;
        self.shared.beside.answer(&request);
        Ok(())
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.product.cancel_task(request, context).await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let mut list = self.product.list_prompts(request, context).await?;
        list.prompts.extend(self.shared.constant.prompts.iter().cloned());
        Ok(list)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if let Some(messages) = self.shared.constant.messages(&request)? {
            return Ok(messages.into());
        }
        match rounds::prompt(&self.shared, &request) {
            Some(answer) => Ok(answer),
            None => self.product.get_prompt(request, context).await,
        }
    }

    /// The fixtures come after the last of the product's.
    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let mut list = self.product.list_resources(request, context).await?;
        if list.next_cursor.is_none() {
            list.resources.extend(self.shared.constant.resources.iter().cloned());
        }
        Ok(list)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let mut list = self.product.list_resource_templates(request, context).await?;
        list.resource_templates.extend(self.shared.constant.templates.iter().cloned());
        Ok(list)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match self.shared.constant.resource(&request.uri)? {
            Some(mut found) => {
                (found.ttl_ms, found.cache_scope) = (Some(FIXED_LIST_MS), Some(CacheScope::Public));
                Ok(found.into())
            }
            None => self.product.read_resource(request, context).await,
        }
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.product.complete(request, context).await
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let mut accepted = self.product.accepted_subscription_filter(requested)?;
        accepted.tools_list_changed = requested.tools_list_changed;
        accepted.prompts_list_changed = requested.prompts_list_changed;
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let sink = context.sink().clone();
        tokio::select! {
            ended = self.product.listen(context) => ended,
            () = self.shared.notices.pass_on(&sink) => Ok(()),
        }
    }

    #[expect(deprecated, reason = "clients of the older era subscribe so")]
    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        match self.shared.constant.resource(&request.uri)? {
            // It never changes, so there is nothing to remember.
            Some(_) => Ok(()),
            None => self.product.subscribe(request, context).await,
        }
    }

    #[expect(deprecated, reason = "clients of the older era subscribe so")]
    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.product.unsubscribe(request, context).await
    }

    #[expect(deprecated, reason = "the suite asks for it in the older era")]
    async fn set_level(
        &self,
        _: rmcp::model::SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        self.product.on_custom_request(request, context).await
    }
}
