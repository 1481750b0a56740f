//! Web pages: sound, escaped, and leading to the quotes.

use std::fmt::Write as _;

use serde_json::json;

use crate::world::{World, failure, fields, report};

const HOSTILE: &str = "<script>alert(1)</script>";

/// No script but our own file.
fn is_inert(page: &str) -> bool {
    page.matches("<script").count() == page.matches("<script src=\"/assets/app.js?v=").count()
        && !page.contains("javascript:")
        && !page.contains("<img")
}

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
    assert!(is_inert(&page.text), "{}", page.text);
    assert!(page.text.contains("href=\"#c1\" data-panel"), "{}", page.text);
    assert!(page.text.contains(&format!("/pages/{page_id}#s{}-{}", span.start, span.end)));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));

    let archived = world.page(&format!("/pages/{page_id}/any.html")).await;
    assert_eq!(archived.status, 200, "{}", archived.text);
    assert!(is_inert(&archived.text), "{}", archived.text);
    assert!(archived.text.contains(&format!("<a id=\"s{}-{}\"></a><mark>", span.start, span.end)));
}

#[tokio::test]
async fn a_waiting_run_refreshes_itself_and_an_ended_one_does_not() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let waiting = world.page(&format!("/runs/{run}")).await;
    assert!(waiting.text.contains("http-equiv=\"refresh\""), "without a script it looks again");
    assert!(waiting.text.contains(&format!("data-live=\"/runs/{run}/live\"")));
    world.work(failure("nothing was there to be read")).await;
    let ended = world.page(&format!("/runs/{run}")).await;
    assert!(!ended.text.contains("http-equiv=\"refresh\""));
    assert!(ended.text.contains("<b>Nothing was there to be read.</b>"), "{}", ended.text);
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
        "scope=\"col\">company<small>",
        "Acme &#60;b&#62;",
        "<span class=\"v\">Ann</span><span class=\"mk medium\">",
        "not found</span></a>",
        "1 of 2 rows finished.",
        "ceo: 1 medium, 1 to come",
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
    assert!(home.text.contains("Questions <b>0</b></a>"), "{}", home.text);
    let quote = world.archived("https://acme.test/", "Acme", "CEO: Ann", "Ann").await;
    world.work(fields("Ann", quote)).await;
    let home = world.page("/").await;
    assert!(home.text.contains("Questions <b>1</b></a>"), "{}", home.text);
    assert!(home.text.contains("Tables <b>0</b></a>") && home.text.contains("Failed <b>0</b></a>"));
    let searched = world.page("/?q=Why").await;
    assert!(searched.text.contains("Questions</a>"), "{}", searched.text);
    let style = world.get("/assets/app.css").await;
    assert!(style.header("etag").is_some());
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(style.text.contains("--accent"));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_people_too() {
    let page = World::new().await.page(&format!("/runs/trun_{}", "0".repeat(32))).await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("No run has this address."), "{}", page.text);
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

#[tokio::test]
async fn a_question_and_a_sheet_are_started_from_forms() {
    let world = World::new().await;
    let sent = world.form("/runs", "input=Why+is+it%3F&processor=core").await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let page = world.page(sent.header("location").unwrap()).await;
    assert!(page.text.contains("Why is it?") && page.text.contains("core"), "{}", page.text);

    let refused = world.form("/runs", "input=+&processor=core").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("The question is empty"), "{}", refused.text);

    let sent = world.upload("/sheets", "makers.csv", "maker,town\nAcme,Ahr\n\"=1+1\",Bonn\n").await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let sheet = sent.header("location").unwrap().to_owned();
    let page = world.page(&sheet).await;
    for part in
        ["makers.csv", "2 rows", "<th scope=\"col\">maker</th>", "<td>Bonn</td>", "2 rows × "]
    {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    let refused = world.form(&sheet, "fields=&processor=core").await;
    assert!(
        refused.status == 422 && refused.text.contains("No field is named"),
        "{}",
        refused.text
    );
    let sent = world.form(&sheet, "fields=founded%3A+year+it+was+founded&processor=noop").await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let table = sent.header("location").unwrap().to_owned();
    let again = world.form(&sheet, "fields=founded%3A+year+it+was+founded&processor=noop").await;
    assert_eq!(again.header("location"), Some(table.as_str()), "sent twice it is one table");
    let page = world.page(&table).await;
    assert!(
        page.text.contains("0 of 2 rows finished.") && page.text.contains(">founded</a>"),
        "{}",
        page.text
    );
    let csv = world.get(&format!("{table}/values.csv")).await;
    assert_eq!(csv.text, "maker,town,founded\nAcme,Ahr,\n'=1+1,Bonn,\n");

    let broken = world.upload("/sheets", "x.csv", "a,b\n1\n").await;
    assert!(broken.status == 422 && broken.text.contains("in line 2"), "{}", broken.text);
}

#[tokio::test]
async fn failed_rows_are_tried_again_from_the_table_and_over_rest() {
    let world = World::new().await;
    let group = world.group().await;
    let rows = json!({"inputs": [{"input": "a"}, {"input": "b"}]});
    world.post(&format!("/v1/tasks/groups/{group}/runs"), &rows).await;
    world.work(failure("nothing was read")).await;
    let page = world.page(&format!("/groups/{group}?show=failed")).await;
    assert!(
        page.text.contains("Retry 1 failed") && page.text.contains("Nothing was read."),
        "{}",
        page.text
    );
    let sent = world.form(&format!("/groups/{group}/retry"), "").await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    world.work(failure("nothing was read")).await;
    let answer = world.post(&format!("/v1/tasks/groups/{group}/retry"), &json!({})).await.json();
    assert_eq!(answer["status"]["task_run_status_counts"], json!({"queued": 2}));
    let none = world.page(&format!("/groups/{group}?show=conflict")).await;
    assert!(none.text.contains("No cell is in conflict."), "{}", none.text);
    let none = world.page(&format!("/groups/{group}?show=low&column=%3Cb%3E")).await;
    assert!(none.text.contains("No cell of &#60;b&#62; is of low confidence."), "{}", none.text);
    assert_eq!(world.page(&format!("/groups/{group}?show=other")).await.status, 422);
}

#[tokio::test]
async fn a_downloaded_report_proves_itself_and_what_is_changed_is_found_out() {
    let world = World::new().await;
    let run = world.submit("How often?").await;
    let body = "Before it. </script> High tide comes twice a day. <b>After</b> it.";
    let quote =
        world.archived("https://tides.test/", "Tides", body, "High tide comes twice a day.").await;
    world.work(report("It comes *twice* a day [1] & so.", vec![quote])).await;
    let file = world.get(&format!("/runs/{run}/report.html")).await;
    assert_eq!(file.status, 200, "{}", file.text);
    assert!(file.header("content-disposition").unwrap().contains(&format!("{run}.html")));
    let checked = task_mcp_api::proof::check(&file.text).unwrap();
    assert_eq!(checked.faults, Vec::<String>::new());
    assert_eq!(checked.proof.citations[0].quote, "High tide comes twice a day.");
    let changed = file.text.replace("<em>twice</em>", "<em>thrice</em>");
    assert_ne!(changed, file.text);
    assert_eq!(task_mcp_api::proof::check(&changed).unwrap().faults.len(), 1);
    let changed = file.text.replace("<body>", "<body><p>Never.</p>");
    assert_eq!(task_mcp_api::proof::check(&changed).unwrap().faults.len(), 1);
    let markdown = world.get(&format!("/runs/{run}/report.md")).await;
    assert!(markdown.text.starts_with("It comes *twice*"), "{}", markdown.text);
    let json = world.get(&format!("/runs/{run}/result.json")).await.json();
    assert_eq!(json["run"]["run_id"], run.to_string());
}

#[tokio::test]
async fn what_is_refused_is_told_to_people_in_their_words() {
    let world = World::new().await;
    let group = world.group().await;
    for (path, status, said) in [
        ("/nowhere".to_owned(), 404, "No page has this address."),
        (format!("/groups/{group}?show=nonsense"), 422, "There is no such filter."),
        ("/sign-out".to_owned(), 405, "This address only takes what a form sends."),
    ] {
        let page = world.page(&path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text.contains(said) && !page.text.contains('`'), "{}", page.text);
    }
    let long = world.form("/runs", &format!("input={}", "a".repeat(200_000))).await;
    assert_eq!(long.status, 422);
    assert!(long.text.contains("The question has 200000 characters"), "{}", long.text);
    assert!(!long.text.contains("`input`"));
}

#[tokio::test]
async fn a_follow_up_that_is_refused_is_typed_again_on_the_same_page() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    world.work(report("So.", vec![])).await;
    let long = "so ".repeat(60_000);
    let refused = world.form("/runs", &format!("input={long}&previous={run}")).await;
    assert_eq!(refused.status, 422);
    for part in ["<h1>Why?</h1>", "id=\"follow-why\"", "The question has", "so so so"] {
        assert!(refused.text.contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_run_without_an_answer_says_what_became_of_it_and_nothing_of_an_answer() {
    let world = World::new().await;
    let cancelled = world.submit("Why?").await;
    assert_eq!(world.form(&format!("/runs/{cancelled}/cancel"), "").await.status, 303);
    let page = world.page(&format!("/runs/{cancelled}")).await.text;
    assert!(page.contains("Stopped before it began."), "{page}");
    for wrong in ["Receipt", "Answered without", "class=\"report\"", "How it was done"] {
        assert!(!page.contains(wrong), "{wrong} in {page}");
    }
    let failed = world.submit("Why?").await;
    world.work(failure("nothing was read: set `search.searxng.url`")).await;
    let page = world.page(&format!("/runs/{failed}")).await.text;
    assert!(page.contains("Nothing was read: set “search.searxng.url”."), "{page}");
    assert!(!page.contains("Answered without") && !page.contains('`'), "{page}");
}

#[tokio::test]
async fn text_that_turns_what_stands_around_it_does_not_reach_a_page() {
    let world = World::new().await;
    let run = world.submit("Why \u{202e}?yhw").await;
    let body = "Before. Tides \u{2067}turn\u{2069} twice.";
    let quote = world.archived("https://tides.test/", "T\u{202e}ides", body, "twice").await;
    let archived = format!("/pages/{}", quote.page);
    world.work(report("So \u{202d}it is [1].", vec![quote])).await;
    let sent = world.upload("/sheets", "a\u{202e}vsc.csv", "maker\u{202e}\nAcme\n").await;
    let sheet = sent.header("location").unwrap().to_owned();
    for path in [
        "/".to_owned(),
        format!("/runs/{run}"),
        format!("/runs/{run}/report.html"),
        archived,
        sheet,
    ] {
        let page = world.page(&path).await;
        let turning = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(page.status == 200 && !page.text.contains(turning), "{path}");
    }
}

#[tokio::test]
async fn a_table_is_filtered_by_the_cells_of_one_column() {
    let world = World::new().await;
    let group = world.group().await;
    let rows = json!({"inputs": [{"input": {"company": "Acme"}}, {"input": {"company": "Beta"}}]});
    world.post(&format!("/v1/tasks/groups/{group}/runs"), &rows).await;
    let quote = world.archived("https://acme.test/", "Acme", "CEO: Ann", "Ann").await;
    world.work(fields("Ann", quote)).await;
    let (of_ceo, of_staff) = (
        world.page(&format!("/groups/{group}?show=medium&column=ceo")).await,
        world.page(&format!("/groups/{group}?show=medium&column=staff")).await,
    );
    assert!(of_ceo.text.contains(">Ann</span>") && !of_ceo.text.contains(">Beta<"));
    assert!(of_ceo.text.contains("<option value=\"ceo\" selected>"), "{}", of_ceo.text);
    assert!(of_staff.text.contains("No cell of staff is of medium confidence."));
}

#[tokio::test]
async fn what_an_older_reading_was_quoted_for_is_marked_there_and_the_newest_says_so() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let old = world.archived("https://tides.test/", "Tides", "High tide twice.", "twice").await;
    let (page, place) = (old.page, format!("s{}-{}", old.span.start, old.span.end));
    world.work(report("It is so [1].", vec![old])).await;
    let link = format!("/pages/{page}#{place}");
    assert!(world.page(&format!("/runs/{run}")).await.text.contains(&link));
    world.read_better("https://tides.test/", "High tide twice.", "All: high tide twice.").await;

    let newest = world.page(&format!("/pages/{page}")).await.text;
    assert!(newest.contains("All: high tide twice.") && newest.contains("1 more quote was taken"));
    assert!(newest.contains(&format!("href=\"/pages/{page}?reading=1\"")), "{newest}");
    let older = world.page(&format!("/pages/{page}?reading=1")).await.text;
    assert!(older.contains(&format!("<a id=\"{place}\"></a><mark>twice</mark>")), "{older}");
    assert!(older.contains("reading 1 of 2") && older.contains("This is an earlier reading"));
    let link = format!("/pages/{page}?reading=1#{place}");
    assert!(world.page(&format!("/runs/{run}")).await.text.contains(&link));
    assert_eq!(world.page(&format!("/pages/{page}?reading=3")).await.status, 404);
}

#[tokio::test]
async fn a_long_text_comes_in_parts_and_a_quote_leads_into_its_own() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let body = format!("{}High tide twice.\n{}", "so\n".repeat(40_000), "on\n".repeat(20_000));
    let quote = world.archived("https://tides.test/", "Tides", &body, "High tide twice.").await;
    let (page, place) = (quote.page, format!("s{}-{}", quote.span.start, quote.span.end));
    world.work(report("It is so [1].", vec![quote])).await;
    let link = format!("/pages/{page}?part=3#{place}");
    assert!(world.page(&format!("/runs/{run}")).await.text.contains(&link), "{link}");
    let first = world.page(&format!("/pages/{page}")).await.text;
    assert!(first.len() < 60_000 && first.contains("Part 1 of 4") && !first.contains("<mark>"));
    assert!(first.contains(&format!("href=\"{link}\"")), "the list of quotes leads to it");
    let third = world.page(&format!("/pages/{page}?part=3")).await.text;
    assert!(third.contains(&format!("<a id=\"{place}\"></a><mark>High tide twice.</mark>")));
    assert!(third.contains("rel=\"prev\"") && third.contains("rel=\"next\""));
    let last = world.page(&format!("/pages/{page}?part=99")).await.text;
    assert!(last.contains("Part 4 of 4") && !last.contains("rel=\"next\""));
}

#[tokio::test]
async fn the_panels_of_a_long_report_are_asked_for_one_by_one() {
    let world = World::new().await;
    let run = world.submit("Why?").await;
    let mut quotes = Vec::new();
    let mut markdown = String::new();
    for number in 1..=60 {
        let body = format!("Before. Tide number {number} comes. After.");
        let quote = format!("Tide number {number} comes.");
        let address = format!("https://tides.test/{number}");
        quotes.push(world.archived(&address, "Tides", &body, &quote).await);
        let _ = write!(markdown, "It comes [{number}]. ");
    }
    world.work(report(&markdown, quotes)).await;
    let page = world.page(&format!("/runs/{run}")).await.text;
    assert_eq!(page.matches("class=\"panel\"").count(), 1, "one for all");
    assert!(page.contains("<li id=\"c60\">"), "without a script a marker leads to its source");
    let alone = world.page(&format!("/runs/{run}/quote?n=60")).await.text;
    assert!(alone.contains("<mark>Tide number 60 comes.</mark>") && alone.contains("Before."));
    assert!(alone.contains(&format!("/runs/{run}/quote?n=1#c1")), "the last leads to the first");
    for wrong in ["0", "61", "x", ""] {
        let answer = world.page(&format!("/runs/{run}/quote?n={wrong}")).await;
        assert_eq!(answer.status, 404, "{wrong}");
    }
}
