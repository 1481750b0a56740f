//! The OpenAPI document, put together from the routes and the types of `wire`.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::State;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{self, Server};
use utoipa::{Modify, OpenApi};

use crate::wire::ErrorEnvelope;
use crate::wire::documented::{Refusals, RunStatusOrNone};
use crate::{App, rest};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "task-mcp",
        description = "Takes research questions and rows to enrich, works on them durably, and gives answers with \
                       their evidence.\n\nEverything under `/v1/tasks` answers under `/v1beta/tasks` as well, for \
                       older clients. A key is needed once the first one was made; until then everybody may come \
                       in. Every refusal has the same envelope, and a `ref_id` under which the server's log has \
                       more.",
    ),
    components(schemas(ErrorEnvelope, RunStatusOrNone)),
    security(("api_key" = []), ("bearer" = [])),
    tags(
        (name = "runs", description = "Single pieces of work."),
        (name = "groups", description = "Runs for the rows of a table."),
        (name = "helpers", description = "Suggestions by rules."),
        (name = "webhooks", description = "What is told to addresses of callers."),
        (name = "server", description = "The server itself; needs no key."),
    ),
    modifiers(&Keys),
)]
struct Document;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let key = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("x-api-key")));
        components.add_security_scheme("api_key", key);
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("bearer", bearer);
    }
}

/// Without the address of a server.
static DOCUMENT: LazyLock<openapi::OpenApi> = LazyLock::new(|| {
    let mut document = Document::openapi();
    document.merge(rest::documented().into_openapi());
    document
});

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "get_openapi",
    tag = "server",
    security(()),
    responses((status = 200, description = "The document.", body = Object), Refusals),
)]
pub(crate) async fn show(State(app): State<App>) -> Json<openapi::OpenApi> {
    let mut document = DOCUMENT.clone();
    document.servers = Some(vec![Server::new(app.public_url.as_ref())]);
    Json(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cargo nextest run -p task-mcp-api openapi` rewrites it.
    #[test]
    fn the_committed_document_is_up_to_date() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let now = format!("{}\n", DOCUMENT.to_pretty_json().unwrap());
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        std::fs::write(file, &now).unwrap();
        assert!(committed == now, "docs/openapi.json was rewritten; commit it");
    }

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        let text = DOCUMENT.to_json().unwrap();
        let schemas = &DOCUMENT.components.as_ref().unwrap().schemas;
        let names = text.split("\"#/components/schemas/").skip(1);
        let mut names = names.map(|rest| rest.split('"').next().unwrap());
        assert_eq!(names.find(|name| !schemas.contains_key(*name)), None);
    }
}
