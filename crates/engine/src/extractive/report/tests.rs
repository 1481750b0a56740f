use super::*;
use crate::extractive::build::{page, page_of, text};
use crate::extractive::{question, rank};

fn caps() -> Caps {
    Caps {
        rounds: 2,
        searches: 4,
        pages: 20,
        findings: 16,
        ..testkit::build::processor("core").caps
    }
}

fn answer(asked: &str, pages: &[ReadPage]) -> Option<Draft> {
    let question = question::understand(asked, None);
    let findings = rank::weigh(&question, pages, &caps());
    write(&question, &findings, pages, &caps(), &[])
}

fn library() -> Vec<ReadPage> {
    let ayford = "# Ayford\nAyford is a market town on the river Sel. It has a population of 12,400 people.\n\
        ## Bridge\nThe stone bridge of Ayford was built in 1732 by Thomas Harrow. It has five arches.\n\
        ## Market\n| Product | Price |\n| Cheese of Ayford | EUR 12 per kg |";
    let survey = "# Survey of the Sel valley\nAyford had a population of 11,900 people in the last survey.\n\
        The survey counted sheep as well, and there were more of them.";
    let cooking = "# Soup\nBoil the leeks for ten minutes. Serve with bread.";
    vec![
        page(1, "ayford.test", "Ayford", ayford),
        page(2, "survey.test", "Survey of the Sel valley", survey),
        page(3, "soup.test", "Soup", cooking),
    ]
}

#[test]
fn every_reference_is_verbatim_in_its_page_and_every_number_has_one() {
    let pages = library();
    let draft =
        answer("What is the population of Ayford and when was its bridge built?", &pages).unwrap();
    for evidence in &draft.evidence {
        let page = pages.iter().find(|page| page.page == evidence.page).unwrap();
        assert_eq!(page.text.quote(&evidence.span), evidence.quote);
    }
    for number in 1..=draft.evidence.len() {
        assert!(draft.markdown.contains(&format!("[{number}]")), "{number}");
    }
    assert!(!draft.markdown.contains(&format!("[{}]", draft.evidence.len() + 1)));
    assert_eq!(draft.sentences, draft.sentences_cited);
}

#[test]
fn each_part_of_the_question_gets_its_answer() {
    let draft = answer("Who built the bridge of Ayford and what does its cheese cost?", &library())
        .unwrap();
    let answer = draft.markdown.split("## ").nth(1).unwrap();
    assert!(answer.contains("Thomas Harrow"), "{answer}");
    assert!(answer.contains("EUR 12 per kg"), "{answer}");
    assert!(draft.open.is_empty());
}

#[test]
fn a_question_whose_subject_or_name_is_on_no_page_has_no_answer() {
    for asked in [
        "What is the altitude of Ayford?",
        "What is the population of Beeford?",
        "Who is the mayor of Ayford?",
        "What does zelkova_timeout do?",
        "how do submarines navigate under ice",
    ] {
        assert_eq!(answer(asked, &library()).map(|draft| draft.markdown), None, "{asked}");
    }
}

#[test]
fn different_values_stand_side_by_side_and_lower_the_confidence() {
    let draft = answer("What is the population of Ayford?", &library()).unwrap();
    assert_eq!(draft.contradictions, 1, "{}", draft.markdown);
    let section = draft.markdown.split("## Where sources disagree").nth(1).unwrap();
    assert!(section.contains("**12,400 people**") && section.contains("**11,900 people**"));
    assert_ne!(draft.confidence, Confidence::High);
}

#[test]
fn a_sentence_that_points_back_brings_the_one_before() {
    let draft =
        answer("How many arches does the stone bridge of Ayford have?", &library()).unwrap();
    let quote = &draft.evidence[0].quote;
    assert!(quote.starts_with("The stone bridge") && quote.ends_with("five arches."), "{quote}");
}

#[test]
fn what_was_not_found_and_not_readable_is_said() {
    let pages = library();
    let question =
        question::understand("Who built the bridge of Ayford and who is its mayor?", None);
    let findings = rank::weigh(&question, &pages, &caps());
    let unreadable =
        [Unreadable { address: "https://x.test/a".into(), reason: "it sent nothing".into() }];
    let draft = write(&question, &findings, &pages, &caps(), &unreadable).unwrap();
    assert_eq!(draft.open, ["who is its mayor"]);
    assert_eq!(draft.confidence, Confidence::Low);
    assert!(draft.markdown.contains("No passage answers: who is its mayor"));
    assert!(draft.markdown.contains("mayor") && draft.markdown.contains("it sent nothing"));
    assert!(draft.advice.is_some());
}

#[test]
fn markup_in_a_page_stays_text() {
    let evil = text(
        "Ayford",
        "The mayor of Ayford is ![x](https://evil.test/p) <script>a</script> [Bob](https://evil.test).",
    );
    let draft = answer("Who is the mayor of Ayford?", &[page_of(1, "a.test", evil)]).unwrap();
    assert!(!draft.markdown.contains("[Bob](") && !draft.markdown.contains("![x]"));
    assert!(!draft.markdown.contains(" <script>"));
}

#[test]
fn the_same_pages_give_the_same_report() {
    let pages = library();
    let asked = "What is known about the bridge, the market and the population of Ayford?";
    assert_eq!(answer(asked, &pages), answer(asked, &pages));
}

#[test]
fn only_direct_answers_that_others_repeat_are_of_high_confidence() {
    let one =
        page(1, "a.test", "Ayford", "The bridge of Ayford was built in 1732 by Thomas Harrow.");
    let same = page(2, "b.test", "Bridges", "Thomas Harrow built the bridge of Ayford in 1732.");
    let other = page(
        3,
        "c.test",
        "Bridges",
        "The bridge of Ayford is loved by painters such as Ada Brook.",
    );
    let asked = "When was the bridge of Ayford built?";
    let confidence = |pages: &[ReadPage]| answer(asked, pages).map(|draft| draft.confidence);
    assert_eq!(confidence(std::slice::from_ref(&one)), Some(Confidence::Medium));
    assert_eq!(confidence(&[one.clone(), other.clone()]), Some(Confidence::Medium));
    assert_eq!(confidence(&[one, same]), Some(Confidence::High));
    assert_eq!(
        answer("Who invented the bridge of Ayford?", &[other]).map(|draft| draft.markdown),
        None
    );
}

#[test]
fn a_correction_leads_the_answer_and_names_what_it_corrects() {
    let study = "Our study found a fish mortality of 3.8 % at Ayford weir.";
    let notice = "We reported a fish mortality of 3.8 % at Ayford weir. The corrected fish mortality is 2.6 %.";
    let pages = [
        page(1, "a.test", "Fish mortality at Ayford weir", study),
        page(2, "b.test", "Notice on Ayford weir", notice),
    ];
    let report = answer("What is the fish mortality at Ayford weir?", &pages).unwrap().markdown;
    let lead = report.find("> ").map(|at| &report[at..]).unwrap();
    assert!(lead.starts_with("> We reported a fish mortality of 3.8 %"), "{report}");
}

#[test]
fn one_passage_that_answers_two_parts_is_quoted_once() {
    let lines = "The bridge of Ayford was built in 1732. Thomas Harrow founded Ayford in 1732.";
    let asked = "When was the bridge of Ayford built, and who founded Ayford?";
    let report = answer(asked, &[page(1, "a.test", "Ayford", lines)]).unwrap().markdown;
    let answer = &report[..report.find("## Sources").unwrap()];
    assert_eq!(answer.matches("Thomas Harrow").count(), 1, "{report}");
    assert!(answer.contains("The passage quoted above answers this too."), "{report}");
}

#[test]
fn one_passage_may_answer_two_parts_and_nothing_worse_stands_in_for_it() {
    let settings = "# Settings\n## wal_level (enum)\nThe default value of wal_level is replica, and other values are minimal and logical.\n\
        ## status_interval (integer)\nThe default value is 10 seconds.";
    let asked = "What values can wal_level have, and which is the default?";
    let draft = answer(asked, &[page(1, "pg.test", "Settings", settings)]).unwrap();
    let answer = draft.markdown.split("## Findings").next().unwrap();
    let second = answer.split("**Default**").nth(1).unwrap_or_else(|| panic!("{answer}"));
    assert!(second.contains("The passage quoted above answers this too."), "{answer}");
    assert!(!second.contains("10 seconds"), "{answer}");
}
