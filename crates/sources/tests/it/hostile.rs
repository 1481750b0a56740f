//! Reading the hostile site: whatever it does, each page ends in time, as a sound text or with a reason.

use std::time::{Duration, Instant};

use egress::{Egress, Origin, Policy};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use task_mcp_sources::{Config, Failed, Page, Remedy, Sources};
use testkit::Hostile;
use testkit::documents::zip_bomb;
use testkit::hostile::PRIVATE;

use crate::site::anything;

/// One page, from connect to last byte; short, so that the tests are.
const PAGE: Duration = Duration::from_secs(4);
/// The longest that anybody may have to wait for a page: a turn, the page, and what a busy machine adds.
const PATIENCE: Duration = Duration::from_secs(35);

fn sources(site: &Hostile) -> Sources {
    let allow = [&site.origin, &site.twin()].map(|origin| Origin::parse(origin).unwrap()).into();
    let index_dir = std::env::temp_dir();
    Sources::new(Config {
        page_timeout: PAGE,
        max_page_bytes: 2_000_000,
        ..Config::new(Egress::new(Policy::allowing(allow)), index_dir)
    })
}

/// What each path comes to: the first words of its text, or why there is none. Each is read as by a reader who has not
/// been here before, `at_once` of them side by side.
async fn outcomes(site: &Hostile, paths: &[String], at_once: usize) -> Vec<String> {
    let read = |path: &String| {
        let (sources, address) = (sources(site), site.url(path));
        async move {
            let asked_at = Instant::now();
            let read = sources.read_web(&address, &anything).await;
            let waited = asked_at.elapsed();
            assert!(waited < PATIENCE, "{address} took {waited:?}");
            shown(&read).replace(&site.origin, "")
        }
    };
    stream::iter(paths.iter().map(read)).buffered(at_once).collect().await
}

fn shown(read: &Result<Page, Failed>) -> String {
    match read {
        Ok(page) => {
            assert!(page.text.is_sound(), "{}", page.address);
            let words: String = page.text.body.chars().take(40).collect();
            format!("{:?}", words.replace('\n', " "))
        }
        Err(failed) => failed.to_string(),
    }
}

/// Reads paths below `/KIND/` and compares what came with what is expected of each.
async fn expect(kind: &str, expected: &[(&str, &str)]) {
    let site = Hostile::serve().await;
    let paths: Vec<String> = expected.iter().map(|(path, _)| format!("/{kind}/{path}")).collect();
    // What is work rather than waiting takes longer the more of it there is at once.
    let at_once = if kind == "html" { 2 } else { paths.len() };
    let came = outcomes(&site, &paths, at_once).await;
    let came: Vec<(&str, &str)> =
        expected.iter().zip(&came).map(|((path, _), came)| (*path, came.as_str())).collect();
    assert_eq!(came, expected);
}

#[tokio::test]
async fn bodies_that_do_not_end_or_unpack_to_too_much_are_given_up() {
    expect(
        "body",
        &[
            ("silent", "`127.0.0.1` did not send all of it within 4s"),
            ("slow", "`127.0.0.1` did not send all of it within 4s"),
            ("endless", "`/body/endless` has more than 2000000 bytes"),
            ("endless-chunks", "`/body/endless-chunks` has more than 2000000 bytes"),
            ("tiny-chunks", "`127.0.0.1` did not send all of it within 4s"),
            ("bad-chunks", "`127.0.0.1` cannot be reached: Invalid chunk size line: missing size digit"),
            ("huge-chunk", "`127.0.0.1` did not send all of it within 4s"),
            ("cut", "`127.0.0.1` cannot be reached: end of file before message length reached"),
            ("lying-length", "`/body/lying-length` has more than 2000000 bytes"),
            ("gzip", "`/body/gzip` has more than 2000000 bytes"),
            ("gzip-twice", "`127.0.0.1` cannot be reached: it is packed as `gzip, gzip`, which was not asked for"),
            ("gzip-members", "`/body/gzip-members` has more than 2000000 bytes"),
            ("gzip-cut", "`127.0.0.1` cannot be reached: incomplete deflate stream"),
            ("brotli", "`/body/brotli` has more than 2000000 bytes"),
            ("zstd", "`127.0.0.1` cannot be reached: it is packed as `zstd`, which was not asked for"),
        ],
    )
    .await;
}

#[tokio::test]
async fn heads_that_flood_or_lie_are_given_up() {
    expect(
        "head",
        &[
            ("many", "`127.0.0.1` cannot be reached: message head is too large"),
            ("large", "`127.0.0.1` cannot be reached: message head is too large"),
            ("endless", "`127.0.0.1` did not send all of it within 4s"),
            ("slow", "`127.0.0.1` did not send all of it within 4s"),
            ("folded", "`127.0.0.1` cannot be reached: invalid HTTP header parsed"),
            ("twice", "`127.0.0.1` cannot be reached: invalid content-length parsed"),
            ("smuggled", "`/head/smuggled` holds no text: the host sent no bytes"),
            ("status", "`127.0.0.1` answered with status 999"),
            ("informal", "`127.0.0.1` did not send all of it within 4s"),
            ("nonsense", "`127.0.0.1` cannot be reached: invalid HTTP version parsed"),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_the_bytes_are_counts_and_not_what_the_label_says() {
    expect(
        "type",
        &[
            ("png-as-html", "`/type/png-as-html` is image/png, which is not read as text"),
            ("html-as-png", "\"html  High tide comes twice a day, says \""),
            ("html-as-pdf", "\"html  High tide comes twice a day, says \""),
            ("html-as-nothing", "\"html  High tide comes twice a day, says \""),
            (
                "elf-as-text",
                "`/type/elf-as-text` is application/x-executable, which is not read as text",
            ),
            (
                "zeros-as-text",
                "`/type/zeros-as-text` is application/octet-stream, which is not read as text",
            ),
            ("utf16-as-utf8", "\"High tide comes twice a day at the café.\""),
            ("latin-as-utf8", "\"High tide comes twice a day at the café.\""),
            ("no-such-charset", "\"High tide comes twice a day at the café.\""),
        ],
    )
    .await;
}

#[tokio::test]
async fn malformed_pages_are_read_as_far_as_they_go() {
    expect(
        "html",
        &[
            ("deep", "\"word\""),
            ("deep-lists", "\"word\""),
            ("deep-tables", "\"word\""),
            ("formatting", "\"x  x  x  x  x  x  x  x  x  x  x  x  x  x\""),
            ("attributes", "\"word\""),
            ("wide-table", "\"1 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | \""),
            ("long-table", "\"1 | 2 | 3 1 | 2 | 3 1 | 2 | 3 1 | 2 | 3 \""),
            ("spans", "\"x |  |  |  |  |  |  |  |  |  |  |  |  | \""),
            ("entities", "\"&🌊&nosuch;��&🌊&nosuch;��&🌊&nosuch;��&🌊&n\""),
            ("comment", "\"word\""),
            ("script", "\"word\""),
            ("links", "\"wordxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\""),
            ("base", "\"wordyz\""),
            ("data", "\"word\""),
            ("frames", "`/html/frames` holds no text: it is a frame set"),
            ("brackets", "\"<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\""),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_stands_in_front_of_a_page_is_no_page() {
    expect(
        "wall",
        &[
            ("check", "`/wall/check` holds no text: the host asks for a browser check"),
            ("login", "`/wall/login` holds no text: it asks for a login"),
            ("absent", "`/wall/absent` holds no text: it says that there is no such page, with status 200"),
            ("shell", "`/wall/shell` holds no text: its text is put there by scripts, which are not run"),
            ("scripts", "`/wall/scripts` holds no text: its text is put there by scripts, which are not run"),
            ("pay", "`/wall/pay` holds no text: it is for subscribers"),
            ("blank", "`/wall/blank` holds no text: the host sent no bytes"),
            ("hidden", "`/wall/hidden` holds no text: there are no words in it"),
        ],
    )
    .await;
}

#[tokio::test]
async fn redirects_in_circles_and_without_an_end_are_given_up() {
    expect(
        "lead",
        &[
            ("self", "`127.0.0.1` cannot be reached: it redirects more than 10 times"),
            ("ping", "`127.0.0.1` cannot be reached: it redirects more than 10 times"),
            ("on/0", "`127.0.0.1` cannot be reached: it redirects more than 10 times"),
            ("nowhere", "`127.0.0.1` cannot be reached: it redirects to what is no address"),
            ("broken", "`127.0.0.1` cannot be reached: it redirects to what is no address"),
            ("refresh", "\"refreshed  High tide comes twice a day, \""),
            ("refresh-self", "`/lead/refresh-self` holds no text: it only leads to another page"),
            ("refresh-ping", "`/lead/refresh-pong` holds no text: it only leads to another page"),
            ("refresh-on/0", "`/lead/refresh-on/3` holds no text: it only leads to another page"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_host_that_is_busy_for_a_moment_is_asked_again_and_one_that_is_busy_for_long_is_left() {
    expect(
        "busy",
        &[
            ("seconds", "\"seconds  High tide comes twice a day, sa\""),
            ("date", "\"date  High tide comes twice a day, says \""),
            ("past", "\"past  High tide comes twice a day, says \""),
            ("fault", "\"fault  High tide comes twice a day, says\""),
            ("reset", "\"reset  High tide comes twice a day, says\""),
            ("hour", "`127.0.0.1` answered with status 429: too many requests"),
            ("hour-by-date", "`127.0.0.1` answered with status 429: too many requests"),
            ("absurd", "`127.0.0.1` answered with status 429: too many requests"),
            ("soon", "`127.0.0.1` answered with status 429: too many requests"),
        ],
    )
    .await;
}

#[tokio::test]
async fn nothing_leads_into_the_private_network() {
    let site = Hostile::serve().await;
    let ways = ["private", "refresh-private"];
    let to = |way| (0..PRIVATE.len()).map(move |n| format!("/lead/{way}/{n}"));
    let paths: Vec<String> = ways.into_iter().flat_map(to).collect();
    let sources: Vec<_> = paths.iter().map(|_| sources(&site)).collect();
    let addresses: Vec<String> = paths.iter().map(|path| site.url(path)).collect();
    let read = sources
        .iter()
        .zip(&addresses)
        .map(|(sources, address)| sources.read_web(address, &anything));
    for (read, target) in join_all(read).await.into_iter().zip(PRIVATE.repeat(2)) {
        let refused = read.expect_err(target);
        let is_refused = matches!(refused, Failed::Refused { .. } | Failed::NotAnAddress { .. });
        assert!(is_refused, "{target}: {refused}");
        assert_eq!(refused.remedy(), Remedy::Skip, "{target}");
    }
}

#[tokio::test]
async fn what_robots_txt_forbids_is_never_asked() {
    let site = Hostile::serve().await;
    let sources = sources(&site);
    for path in [
        "/forbidden",
        "/forbidden/a",
        "/forbidden/%61",
        "/good/../forbidden/b",
        "/lead/forbidden",
        "/lead/refresh-forbidden",
        "/calendar/2?session=1",
    ] {
        let refused = sources.read_web(&site.url(path), &anything).await;
        assert!(matches!(refused, Err(Failed::Forbidden { .. })), "{path}: {refused:?}");
    }
    assert_eq!(site.asked(), ["/robots.txt", "/lead/forbidden", "/lead/refresh-forbidden"]);
}

#[tokio::test]
async fn a_calendar_without_an_end_is_pages_like_others() {
    let site = Hostile::serve().await;
    let sources = sources(&site);
    let mut address = site.url("/calendar/1");
    for day in 1..=30 {
        let page = sources.read_web(&address, &anything).await.unwrap();
        assert_eq!(page.text.title, format!("Day {day}"));
        address = page.text.links[0].address.clone();
    }
}

#[tokio::test]
async fn other_hosts_are_read_while_one_hangs() {
    let site = Hostile::serve().await;
    let sources = sources(&site);
    let hung: Vec<String> = (0..4).map(|_| site.url("/body/silent")).collect();
    let good: Vec<String> = (0..20).map(|n| format!("{}/good/{n}", site.twin())).collect();
    let asked_at = Instant::now();
    let hanging = join_all(hung.iter().map(|address| sources.read_web(address, &anything)));
    let reading = async {
        let read = join_all(good.iter().map(|address| sources.read_web(address, &anything))).await;
        (read, asked_at.elapsed())
    };
    let (hung, (good, elapsed)) = tokio::join!(hanging, reading);
    assert!(good.iter().all(Result::is_ok), "{good:?}");
    assert!(hung.iter().all(Result::is_err));
    assert!(elapsed < PAGE, "{elapsed:?}");
    assert!(asked_at.elapsed() < PATIENCE);
}

#[tokio::test]
async fn documents_that_unpack_to_too_much_are_given_up() {
    let files = [
        ("word/document.xml", "<w:document>"),
        ("ppt/presentation.xml", "<p:presentation>"),
        ("xl/workbook.xml", "<workbook>"),
        ("META-INF/container.xml", "<container>"),
    ];
    let bombs = files.iter().enumerate().map(|(number, (name, head))| {
        (format!("/bomb/{number}"), "text/html".to_owned(), zip_bomb(name, head, 400))
    });
    let table =
        format!("<rss><channel>{}</channel></rss>", "<item><title>x</title></item>".repeat(60_000));
    let feed = ("/bomb/feed".to_owned(), "text/html".to_owned(), table.into_bytes());
    let site = Hostile::with_files(bombs.chain([feed]).collect()).await;
    let paths = ["/bomb/0", "/bomb/1", "/bomb/2", "/bomb/3", "/bomb/feed"].map(str::to_owned);
    let came = outcomes(&site, &paths, paths.len()).await;
    assert_eq!(
        came,
        [
            "`/bomb/0` cannot be read: it unpacks to more than 64 MB",
            "`/bomb/1` cannot be read: it unpacks to more than 64 MB",
            "`/bomb/2` cannot be read: it unpacks to more than 160 MB",
            "`/bomb/3` cannot be read: it unpacks to more than 64 MB",
            "`/bomb/feed` cannot be read: it has more than 50000 entries",
        ]
    );
}

#[tokio::test]
async fn a_visit_to_the_hostile_site_takes_little_memory() {
    let site = Hostile::serve().await;
    let paths = [
        "html/deep",
        "html/spans",
        "html/wide-table",
        "html/attributes",
        "body/gzip",
        "body/brotli",
        "head/large",
        "lead/self",
    ];
    outcomes(&site, &paths.map(|path| format!("/{path}")), paths.len()).await;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak_kb =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    let peak_kb: u64 = peak_kb.and_then(|number| number.trim().parse().ok()).unwrap_or(0);
    assert!(peak_kb < 400_000, "{peak_kb} kB");
}
