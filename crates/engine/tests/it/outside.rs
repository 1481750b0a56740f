//! What leaves, and what is told of it.

use std::time::Duration;

use domain::outgoing::{Documents, Mode, Outgoing};
use domain::processor::{Caps, Processor};
use domain::run::RunState;
use domain::spec::{Input, Spec};
use egress::Policy;
use serde_json::{Map, json};
use sources::SEARXNG;
use testkit::{Database, Site, build};

use crate::bench::{Bench, ME, in_the_folder, on_the_web, text};

const TIDES: &str = "High tide comes twice a day because the moon pulls at the sea.";
const QUESTION: &str = "How often does high tide come?";

#[tokio::test]
async fn the_receipt_lists_every_host_and_every_query() {
    let site = Site::script().page("/moon", "Tides", TIDES).found("/moon").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let run = bench.submit(on_the_web(build::report()), build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    let (_, _, receipt) = bench.ended(&run).await;

    let purposes: Vec<(&str, &str)> = receipt
        .contacts
        .iter()
        .map(|contact| (contact.host.as_str(), contact.purpose.as_str()))
        .collect();
    assert_eq!(purposes, [("127.0.0.1", "page"), ("127.0.0.1", "robots"), ("127.0.0.1", "search")]);
    let searches = receipt.contacts[2].requests as usize;
    assert_eq!((searches, receipt.queries.len()), (site.times("/search"), site.times("/search")));
    assert!(receipt.contacts.iter().all(|contact| contact.bytes_out > 50), "{receipt:?}");
    assert!(receipt.contacts[0].bytes_in > 100, "{receipt:?}");
    let query = &receipt.queries[0];
    assert_eq!((query.provider.as_str(), query.hits, &query.failed), ("searxng", 1, &None));
    assert!(query.text.contains("tide"), "{query:?}");
}

#[tokio::test]
async fn the_receipt_lists_queries_in_the_order_in_which_they_were_asked() {
    let site = Site::script().page("/moon", "Tides", TIDES).found("/moon").first_search_late();
    let site = site.serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let spec = Spec { processor: build::processor("pro"), ..build::report() };
    let run = bench.submit(on_the_web(spec), build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    let (_, _, receipt) = bench.ended(&run).await;
    let asked: Vec<String> = site.queries().iter().map(|query| text_of(query)).collect();
    let told: Vec<&str> = receipt.queries.iter().map(|query| query.text.as_str()).collect();
    assert!(asked.len() > 1);
    assert_eq!(told, asked);
}

/// What was searched for with this query string.
fn text_of(query: &str) -> String {
    let url = url::Url::parse(&format!("http://a.test/?{query}")).unwrap();
    url.query_pairs().find(|(name, _)| name == "q").unwrap().1.into_owned()
}

#[tokio::test]
async fn what_is_secret_in_a_row_is_not_in_a_query() {
    let site = Site::script().page("/otter", "Otter", "Otter was founded in 1999.").found("/otter");
    let site = site.serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let row = Input::Row(Map::from_iter([
        ("company".to_owned(), json!("Otter ann.lee@otter.example")),
        ("note".to_owned(), json!("card 4111 1111 1111 1111 key sk-proj-abc123DEF456ghi789")),
    ]));
    let spec = build::fields("founded: year it was founded");
    let run = bench.submit(on_the_web(spec), row).await;
    let _worker = bench.start("ann");
    let (_, _, receipt) = bench.ended(&run).await;
    assert!(!receipt.queries.is_empty());
    let left = site.queries().join("\n");
    assert!(left.contains("Otter"), "{left}");
    for secret in ["ann.lee", "4111", "sk-proj"] {
        assert!(!left.contains(secret), "{secret} left in {left}");
    }
    let withheld = receipt.queries.iter().flat_map(|query| &query.withheld);
    assert!(withheld.into_iter().any(|kind| kind == "e-mail address"), "{:?}", receipt.queries);
}

#[tokio::test]
async fn where_documents_stay_a_run_that_reads_them_asks_nobody_and_others_do() {
    let site = Site::script().page("/moon", "Tides", TIDES).found("/moon").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    std::fs::write(bench.folder.path().join("tides.md"), TIDES).unwrap();
    let place = bench.folder.path().to_str().unwrap().to_owned();
    let place = domain::source::Place::Folder(place);
    bench.store.put_source(ME, build::name("manual"), place, Some("here".into())).await.unwrap();
    let outgoing = Outgoing { documents: Documents::Stay, ..Outgoing::default() };
    let policy = Policy { outgoing, ..Policy::default() };
    let _worker = bench.start_under("ann", Duration::ZERO, policy);

    let both = on_the_web(in_the_folder(build::report()));
    let asked = format!("{QUESTION} See {}", site.url("/moon"));
    let run = bench.submit(both, build::question(&asked)).await;
    let (row, output, receipt) = bench.ended(&run).await;
    assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
    assert!(output.unwrap().evidence().all(|evidence| evidence.address.starts_with("doc://")));
    assert_eq!(receipt.contacts, []);
    let reasons = receipt.queries.iter().map(|query| query.failed.as_deref().unwrap_or_default());
    assert!(reasons.clone().all(|why| why.contains("egress.documents_stay")), "{receipt:?}");
    assert!(reasons.count() > 0);
    assert!(receipt.unreadable[0].reason.contains("egress.documents_stay"), "{receipt:?}");
    assert_eq!(site.hits(), 0);

    // Which does not keep another run from the same page.
    let run = bench.submit(on_the_web(build::report()), build::question(&asked)).await;
    let (_, output, _) = bench.ended(&run).await;
    assert!(text(&output.unwrap()).contains("twice a day"));
    assert_eq!(site.times("/moon"), 1);
}

#[tokio::test]
async fn a_run_lets_out_no_more_than_its_creator_whoever_works_on_it() {
    let site = Site::script().page("/moon", "Tides", TIDES).found("/moon").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let _worker = bench.start("ann");
    let outgoing = Outgoing { mode: Mode::Offline, ..Outgoing::default() };
    let spec = Spec { outgoing, ..on_the_web(build::report()) };
    let asked = format!("{QUESTION} See https://example.com/tides");
    let (_, _, receipt) = bench.ended(&bench.submit(spec, build::question(&asked)).await).await;
    assert!(receipt.unreadable[0].reason.contains("egress.mode = offline"), "{receipt:?}");
    assert!(receipt.contacts.iter().all(|contact| contact.host.starts_with("127.")), "{receipt:?}");
}

#[tokio::test]
async fn a_mode_that_closes_the_web_leaves_documents_to_answer() {
    let bench = Bench::with_folder(&[("tides.md", TIDES)]).await;
    let outgoing = Outgoing { mode: Mode::Offline, ..Outgoing::default() };
    let policy = Policy { outgoing, ..Policy::default() };
    let _worker = bench.start_under("ann", Duration::ZERO, policy);
    let spec = Spec { search: vec!["searxng".into()], ..in_the_folder(build::report()) };
    let asked = format!("{QUESTION} See https://example.com/tides");
    let run = bench.submit(spec, build::question(&asked)).await;
    let (row, _, receipt) = bench.ended(&run).await;
    assert_eq!(row.run.state, RunState::Completed, "{:?}", row.run.failure);
    assert!(receipt.unreadable[0].reason.contains("egress.mode = offline"), "{receipt:?}");
    assert_eq!(receipt.contacts, []);
}

#[tokio::test]
async fn a_rows_own_website_is_read_where_it_tells_before_any_search_is_asked() {
    let site = Site::script()
        .page("/", "Otter", "Welcome.")
        .linked("/", "/about-us", "Who we are")
        .page("/about-us", "About Otter", "Otter was founded in 1999.")
        .sitemap(&["/contact", "/products/one"])
        .page("/contact", "Contact", "Otter, 1 River Road, Brennia.")
        .serve()
        .await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let row = Input::Row(Map::from_iter([
        ("company".to_owned(), json!("Otter")),
        ("website".to_owned(), json!(site.url("/"))),
    ]));
    let run = bench.submit(on_the_web(build::fields("founded: year it was founded")), row).await;
    let _worker = bench.start("ann");
    let (_, output, _) = bench.ended(&run).await;
    let founded = crate::bench::values(&output.unwrap())["founded"].to_string();
    assert!(founded.contains("1999"), "{founded}");
    let asked = site.asked();
    let first_search = asked.iter().position(|path| path == "/search").unwrap_or(asked.len());
    let mut before = asked[..first_search].to_vec();
    before.sort();
    assert_eq!(before, ["/", "/about-us", "/contact", "/sitemap.xml"]);
}

#[tokio::test]
async fn a_rows_own_website_without_links_is_asked_for_what_such_sites_have() {
    for first in ["/index.html", "/en/", "/?utm_source=crm"] {
        let site = Site::script()
            .page(first.split('?').next().unwrap(), "Otter", "Welcome.")
            .sitemap(&["/contact"])
            .page("/contact", "Contact", "Otter was founded in 1999.")
            .serve()
            .await;
        let bench = Bench::new(Database::sqlite(), &[&site]).await;
        let row = Input::Row(Map::from_iter([
            ("company".to_owned(), json!("Otter")),
            ("website".to_owned(), json!(site.url(first).replace("http:", "HTTP:"))),
        ]));
        let run =
            bench.submit(on_the_web(build::fields("founded: year it was founded")), row).await;
        let _worker = bench.start("ann");
        bench.ended(&run).await;
        let asked = site.asked();
        let at = |wanted: &str| asked.iter().position(|path| path.starts_with(wanted));
        assert!(at("/contact").is_some(), "{first}: {asked:?}");
        assert!(at("/search").is_none_or(|search| at("/contact") < Some(search)), "{asked:?}");
    }
}

#[tokio::test]
async fn providers_for_which_there_was_no_room_are_named() {
    let site = Site::script().page("/moon", "Tides", TIDES).found("/moon").serve().await;
    let bench = Bench::new(Database::sqlite(), &[&site]).await;
    let others = ["a", "b", "c", "d", "e", "f", "g", "h"].map(str::to_owned);
    let search = [SEARXNG.to_owned()].into_iter().chain(others).collect();
    let caps = Caps { searches: 2, rounds: 1, ..build::processor("lite").caps };
    let processor = Processor { caps, ..build::processor("lite") };
    let spec = Spec { search, processor, ..build::report() };
    let run = bench.submit(spec, build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    let (_, _, receipt) = bench.ended(&run).await;
    let note =
        receipt.notes.iter().find(|note| note.starts_with("Not asked: b, c, d, e, f, g, h,"));
    assert!(note.is_some(), "{:?}", receipt.notes);
}

#[tokio::test]
async fn a_run_whose_every_search_fails_says_so_and_lists_each() {
    let bench = Bench::new(Database::sqlite(), &[]).await;
    let run = bench.submit(on_the_web(build::report()), build::question(QUESTION)).await;
    let _worker = bench.start("ann");
    let (row, _, receipt) = bench.ended(&run).await;
    let failure = row.run.failure.unwrap();
    assert!(
        failure.message.starts_with("Nothing could be searched: no search provider is called"),
        "{failure:?}"
    );
    assert!(!receipt.queries.is_empty());
    assert!(receipt.queries.iter().all(|query| query.failed.is_some()), "{receipt:?}");
}
