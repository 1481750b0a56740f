//! Web pages: sound, escaped, and leading to the quotes.

use serde_json::json;

use crate::world::{World, failure, fields, report};

const HOSTILE: &str = "<script>alert(1)</script>";

#[tokio::test]
async fn a_report_shows_its_quotes_and_escapes_what_is_hostile() {
    let world = World::new().await;
    let run = world.submit(&format!("Why {HOSTILE}?")).await;
    let body = format!("Before. {HOSTILE} After.");
    let quote = world.archived("https://evil.test/\"><script>", HOSTILE, &body, HOSTILE).await;
    let (page_id, span) = (quote.page, quote.span.clone());
    let markdown = format!("It is so [1]. {HOSTILE} [x](javascript:alert(1))");
    world.work(report(&markdown, vec![quote])).await;
    let page = world.page(&format!("/runs/{run}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(!page.text.contains("<script") && !page.text.contains("javascript:"), "{}", page.text);
    assert!(page.text.contains("<a href=\"#c1\">1</a>"), "{}", page.text);
    assert!(page.text.contains(&format!("/pages/{page_id}#s{}-{}", span.start, span.end)));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));

    let archived = world.page(&format!("/pages/{page_id}/any.html")).await;
    assert_eq!(archived.status, 200, "{}", archived.text);
    assert!(!archived.text.contains("<script"), "{}", archived.text);
    assert!(archived.text.contains(&format!("<a id=\"s{}-{}\"></a><mark>", span.start, span.end)));
}

#[tokio::test]
async fn a_waiting_run_refreshes_itself_and_an_ended_one_does_not() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let waiting = world.page(&format!("/runs/{run}")).await;
    assert!(waiting.text.contains("http-equiv=\"refresh\""));
    world.work(failure("nothing was there to be read")).await;
    let ended = world.page(&format!("/runs/{run}")).await;
    assert!(!ended.text.contains("http-equiv=\"refresh\""));
    assert!(ended.text.contains("nothing was there to be read"));
}

#[tokio::test]
async fn a_group_is_a_table_of_what_was_asked_and_found() {
    let world = World::new().await;
    let group = world.group().await;
    let rows =
        json!({"inputs": [{"input": {"company": "Acme <b>"}}, {"input": {"company": "Beta"}}]});
    world.post(&format!("/v1/tasks/groups/{group}/runs"), &rows).await;
    let quote = world.archived("https://acme.test/", "Acme", "CEO: Ann", "Ann").await;
    world.work(fields("Ann", quote)).await;
    let page = world.page(&format!("/groups/{group}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for part in [
        "<th>company</th><th>ceo</th><th>staff</th>",
        "Acme &#60;b&#62;",
        "Ann <span class=\"medium\">medium</span>",
        "none of them states it",
        "1 queued, 1 completed",
    ] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
}

#[tokio::test]
async fn the_first_page_lists_what_is_there_and_the_style_is_served() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let home = world.page("/").await;
    assert!(home.text.contains(&format!("/runs/{run}")), "{}", home.text);
    let style = world.get("/assets/app.css").await;
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(style.text.contains("--accent"));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_people_too() {
    let page = World::new().await.page(&format!("/runs/trun_{}", "0".repeat(32))).await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("there is no run"), "{}", page.text);
    assert!(page.text.contains("<html"));
}

#[tokio::test]
async fn below_a_path_prefix_everything_answers_and_links_carry_it() {
    let world = World::new().await.reached_at("https://tasks.test/research/");
    let run = world.submit("Why?").await;
    for path in ["/", "/research", "/research/"] {
        let home = world.page(path).await;
        assert_eq!(home.status, 200, "{path}");
        assert!(home.text.contains(&format!("href=\"/research/runs/{run}\"")), "{}", home.text);
    }
    assert_eq!(world.get("/research/assets/app.css").await.status, 200);
    assert_eq!(world.get(&format!("/research/v1/tasks/runs/{run}")).await.status, 200);
    assert_eq!(
        world.get("/research/v1/nowhere").await.message(),
        "there is nothing at `GET /research/v1/nowhere`; the API begins at /v1/tasks/runs"
    );
}
