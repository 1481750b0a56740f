//! The smoke run: each fuzz target's function over damaged examples of everything, for a few seconds.

use testkit::clock::Numbers;
use testkit::documents::{docx, epub, pdf, pptx, xlsx};

use super::*;

/// Damaged copies of each example.
const COPIES: usize = 60;

fn documents() -> Vec<Vec<u8>> {
    let cell = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Port</t></is></c><c r=\"B1\"><v>7</v></c></row>";
    vec![
        pdf(&["High tide comes twice a day.", "Low tide follows."]),
        docx(
            "<w:p><w:r><w:t>High tide.</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>",
        ),
        pptx(&["<p:sld><p:sp><a:p><a:r><a:t>The moon</a:t></a:r></a:p></p:sp></p:sld>"]),
        xlsx(&[("Heights", "visible", cell)]),
        epub(&["<html><body><h1>One</h1><p>High tide.</p></body></html>"]),
    ]
}

fn pages() -> Vec<Vec<u8>> {
    [
        "<rss><channel><title>News</title><item><title>Storm</title><link>https://a.test/</link><description>&lt;p&gt;high</description></item></channel></rss>",
        "<urlset><url><loc>https://a.test/b</loc><lastmod>2024-05-06</lastmod></url></urlset>",
        "<!doctype html><style>.a{display:none}</style><main><h1>T</h1><h3>u</h3><table><tr><th>k<th>l<tr><td rowspan=2>a<td>b<tr><td>c</table><dl><dt>c<dd>d</dl><p><b>Term:</b> text<pre>\n a\n</pre><script type='application/ld+json'>{\"a\":{\"b\":1}}</script></main>",
        "<?xml version='1.0'?><!DOCTYPE harbours [<!ENTITY b 'Brennia'>]><harbours xmlns:t='urn:t'><harbour t:no='7'><name>&b;</name><!-- x --><tide><![CDATA[twice < a day]]></tide></harbour><harbour/></harbours>",
        "<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN' 'x.dtd'><html xmlns='http://www.w3.org/1999/xhtml' xml:lang='en'><head><title/><script src='a'/></head><body><p>High<br/>tide</p><math xmlns='http://www.w3.org/1998/Math/MathML'><mn>2</mn></math></body></html>",
        "---\nkey: value\n---\n# Tides\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- x\n  - **T**: y\n\n> q\n\n```\n  code\n```\n",
        "{\"a\": [1, {\"b\": \"c: d\"}], \"@id\": true}",
        "a;b\n\"1\n;2\n;\n",
        "TIDES\n=====\n\nKey: value\nOther: more\n\n  - item\n  1. one\n\n    code\n",
        "\u{feff}Zoe\u{308} says: \u{202e}desrever\u{202c}",
    ]
    .map(|page| page.as_bytes().to_vec())
    .into()
}

fn others() -> Vec<Vec<u8>> {
    [
        "User-agent: *\nDisallow: /*a*b$\nCrawl-delay: 1e9\nUser-agent: task-mcp\nAllow: /a%2f\n",
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "{\"query\": {\"search\": [{\"title\": \"Tide\", \"snippet\": \"<b>&amp;#1;\"}]}, \"error\": {\"code\": \"maxlag\"}}",
        "{\"results\": [{\"url\": \"https://a.test/\", \"title\": \"t\", \"content\": \"c\", \"publishedDate\": \"2024-05-06\"}], \"web\": {\"results\": []}}",
        "{\"message\": {\"items\": [{\"DOI\": \"10.1/x\", \"title\": [\"t\"], \"issued\": {\"date-parts\": [[2024, 5]]}}]}}",
        "<feed><entry><id>http://arxiv.org/abs/1</id><title>t</title><summary>s</summary><published>2024</published></entry></feed>",
    ]
    .map(|other| other.as_bytes().to_vec())
    .into()
}

/// Changes an example at a few places: bytes, cuts, repeats.
fn damaged(example: &[u8], chance: &Numbers) -> Vec<u8> {
    let mut bytes = example.to_vec();
    for _ in 0..=chance.below(6) {
        let at = chance.below(bytes.len().max(1)).min(bytes.len());
        let end = (at + chance.below(40)).min(bytes.len());
        match chance.below(4) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(chance.below(256)).unwrap(),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].repeat(1 + chance.below(20));
                bytes.splice(end..end, piece);
            }
            _ => bytes.truncate(bytes.len() - bytes.len() / 8),
        }
    }
    bytes
}

/// Gives damaged copies of the examples to a target, each after all the first bytes that mean something.
fn smoke(target: fn(&[u8]), choices: usize, examples: &[Vec<u8>]) {
    let chance = Numbers::new(11);
    for example in examples {
        for copy in 0..COPIES {
            let bytes = if copy == 0 { example.clone() } else { damaged(example, &chance) };
            let first = u8::try_from(copy % choices).unwrap();
            target(&[&[first], bytes.as_slice()].concat());
        }
    }
    target(b"");
}

#[test]
fn any_page_gives_a_well_made_text_or_a_reason() {
    smoke(page, 9, &[documents(), pages(), others()].concat());
}

#[test]
fn any_document_is_read_or_refused() {
    for document in documents() {
        assert!(read_bytes(&document, "a", None).is_ok());
    }
    smoke(document, 5, &[documents(), pages()].concat());
}

#[test]
fn any_robots_txt_is_rules_within_limits() {
    let whole = |bytes: &[u8]| robots(bytes.get(1..).unwrap_or_default());
    smoke(whole, 1, &[others(), pages()].concat());
}

#[test]
fn any_answer_of_a_provider_is_hits_of_the_web_or_a_fault() {
    smoke(answer, ALL.len(), &[others(), pages()].concat());
}

#[test]
fn a_text_that_is_not_well_made_is_told() {
    let sound = read_bytes(b"# One\n\nKey: value\n\nOther: 7\n", "a.md", None).unwrap();
    assert_eq!(flaw(&sound), None);
    let broken = |change: fn(&mut Text)| {
        let mut text = sound.clone();
        change(&mut text);
        flaw(&text)
    };
    assert!(broken(|text| text.body.push('x')).is_some());
    assert!(broken(|text| text.blocks[0].span.end -= 1).is_some());
    assert!(broken(|text| text.blocks[1].under = vec![1]).is_some());
    assert!(broken(|text| text.blocks.clear()).is_some());
}
