//! Workers that die at random moments: every answer is bought once, what is asked again is the same to the byte, and the
//! ledgers add up.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::tools::ToolServer as Named;
use llm::Profile;
use store::{Amount, RunRow};
use testkit::analyst::Habit;
use testkit::clock::Numbers;
use testkit::corpus::{self, QUESTION};
use testkit::model_server::Fault;
use testkit::tool_server::{Manner, Record};
use testkit::{Database, ToolServer, build};
use tokio::time::sleep;

use crate::models::{Desk, profile, reasoning, report};

/// Half on each kind of database.
const KILLS: usize = 50;
/// Journal entries between two kills, at most. Each attempt gets somewhere, as it has to.
const LONGEST: usize = 9;
/// Calls that one run has under way at once: eight for each of the parts side by side.
const UNDER_WAY: usize = 24;

/// A tier whose caps do not bind: what is lost in fifty crashes would use them up.
fn spec() -> domain::spec::Spec {
    let mut spec = report("pro");
    spec.processor.caps.calls = 100_000;
    spec.processor.caps.input_tokens = 1_000_000_000;
    spec.processor.caps.cost_micro_usd = 1_000_000_000;
    spec
}

/// What one attempt asked of the model, and how many answers it had in its journal when it ended.
struct Attempt {
    number: i64,
    asked: Vec<Vec<u8>>,
    answered: usize,
}

impl Desk {
    /// Answers that an attempt of the newest run paid for and kept.
    async fn answers_of(&self, attempt: i64) -> usize {
        let raw = self.bench.database.raw().await;
        let count = format!(
            "SELECT COUNT(*) FROM ledger WHERE entry = 'spent' AND attempt = {attempt}
             AND run_seq = (SELECT MAX(seq) FROM runs)"
        );
        usize::try_from(raw.number(&count).await).unwrap()
    }

    async fn attempt_of_the_newest(&self) -> i64 {
        let raw = self.bench.database.raw().await;
        raw.number("SELECT attempt FROM runs WHERE seq = (SELECT MAX(seq) FROM runs)").await
    }

    /// Whether a run gets so many more answers into its journal before it ends.
    async fn lives_until(&self, run: &RunRow, answers: i64) -> bool {
        loop {
            if self.bench.store.calls_of(run.seq).await.unwrap().0 >= answers {
                return true;
            }
            let state = self.bench.store.state_of(run.seq).await.unwrap();
            if state.is_none_or(|state| !state.is_active()) {
                return false;
            }
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Executes one run, killing its workers up to so often; answers its attempts.
    async fn harassed(&self, run: &RunRow, chance: &Numbers, kills: usize) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        loop {
            let asked_before = self.server.hits();
            let kept = self.bench.store.calls_of(run.seq).await.unwrap().0;
            let more = i64::try_from(1 + chance.below(LONGEST)).unwrap();
            let more = if attempts.len() < kills { more } else { i64::MAX - kept };
            let worker = self.bench.start(&format!("w{}", attempts.len()));
            let is_alive = self.lives_until(run, kept + more).await;
            for _ in 0..chance.below(40) {
                tokio::task::yield_now().await;
            }
            worker.kill().await;
            self.bench.clock.advance(Duration::from_secs(31));
            let asked = self.server.asked().split_off(asked_before);
            let asked = asked.iter().map(|asked| asked.bytes.to_vec()).collect();
            let number = self.attempt_of_the_newest().await;
            attempts.push(Attempt { number, asked, answered: 0 });
            if !is_alive {
                break;
            }
        }
        // Counted at the end: what was under way to the disk when a worker died arrives there.
        for attempt in &mut attempts {
            attempt.answered = self.answers_of(attempt.number).await;
        }
        // A worker that died before it took the run up asked nothing.
        attempts.dedup_by(|next, last| next.number == last.number && next.asked.is_empty());
        attempts
    }
}

async fn nothing_answered_is_bought_twice(database: Database) {
    let calm = Desk::new(Habit::Careful).await;
    let undisturbed = calm.done(spec(), QUESTION).await;
    let expected: BTreeSet<Vec<u8>> =
        calm.server.asked().iter().map(|asked| asked.bytes.to_vec()).collect();
    assert_eq!(expected.len(), undisturbed.hits);

    let Desk { web, .. } = calm;
    let desk = Desk::over(web, Habit::Careful, database).await;
    let chance = Numbers::new(11);
    let mut kills = 0;
    while kills < KILLS {
        let run = desk.bench.submit(spec(), build::question(QUESTION)).await;
        let attempts = desk.harassed(&run, &chance, KILLS - kills).await;
        kills += attempts.len() - 1;
        let all: BTreeSet<&Vec<u8>> = attempts.iter().flat_map(|attempt| &attempt.asked).collect();
        assert_eq!(all, expected.iter().collect(), "a resumed run asks for the same, to the byte");
        for (number, attempt) in attempts.iter().enumerate() {
            let own: BTreeSet<&Vec<u8>> = attempt.asked.iter().collect();
            assert_eq!(own.len(), attempt.asked.len(), "asked twice within one attempt");
            let later = attempts[number + 1..].iter().flat_map(|attempt| &attempt.asked);
            let later: BTreeSet<&Vec<u8>> = later.collect();
            let again = own.intersection(&later).count();
            let under_way = attempt.asked.len() - attempt.answered;
            assert!(again <= under_way, "{again} were asked again, {under_way} were unanswered");
            assert!(under_way <= UNDER_WAY, "{under_way} under way");
        }
        let done = desk.end_of(&run).await;
        desk.assert_signed(&done).await;
        assert_eq!(done.text, undisturbed.text);
        let lost = attempts.iter().map(|one| one.asked.len() - one.answered).sum::<usize>();
        assert!(done.spending().lost as usize >= lost, "{lost} lost, {:?}", done.spending());
        assert_eq!(done.spending().calls as usize, undisturbed.hits);
    }
    let raw = desk.bench.database.raw().await;
    let open = "SELECT COUNT(*) FROM (SELECT run_seq FROM ledger GROUP BY run_seq HAVING SUM(tokens) <> 0 OR SUM(micro_usd) <> 0) AS open";
    assert_eq!(raw.number(open).await, 0);
}

#[tokio::test]
async fn after_fifty_random_kills_nothing_answered_is_bought_twice_on_sqlite() {
    nothing_answered_is_bought_twice(Database::sqlite()).await;
}

#[tokio::test]
async fn after_fifty_random_kills_nothing_answered_is_bought_twice_on_postgres() {
    nothing_answered_is_bought_twice(Database::postgres().await).await;
}

#[tokio::test]
async fn what_crashes_lose_counts_against_the_caps_of_the_run() {
    let desk = Desk::over(corpus::web().await, Habit::Careful, Database::sqlite()).await;
    let mut spec = report("base");
    spec.processor.caps.calls = 9;
    let run = desk.bench.submit(spec, build::question(QUESTION)).await;
    desk.server.next([None, Some(Fault::Hang)]);
    let worker = desk.bench.start("ann");
    desk.server.until_asked(2).await;
    worker.kill().await;
    let _worker = desk.bench.start("bob");
    let done = desk.end_of(&run).await;
    desk.assert_signed(&done).await;
    assert!(done.spending().lost >= 1, "{:?}", done.spending());
    assert!(desk.server.hits() <= 9, "{} calls", desk.server.hits());
    assert_eq!(desk.bench.store.ledger_balance(run.seq).await.unwrap(), Amount::default());
}

#[tokio::test]
async fn what_only_waited_for_a_place_is_not_lost() {
    let mut desk = Desk::over(corpus::web().await, Habit::Careful, Database::sqlite()).await;
    let one_at_a_time = Profile { concurrency: 1, ..profile(&desk.server) };
    desk.bench.reasoning = Some(reasoning(&desk.bench, vec![one_at_a_time]));
    let run = desk.bench.submit(spec(), build::question(QUESTION)).await;
    desk.server.next([None, Some(Fault::Hang)]);
    let worker = desk.bench.start("ann");
    desk.server.until_asked(2).await;
    // Time for the others to come to the door.
    sleep(Duration::from_millis(200)).await;
    worker.kill().await;
    desk.bench.clock.advance(Duration::from_secs(31));
    let _worker = desk.bench.start("bob");
    let done = desk.end_of(&run).await;
    desk.assert_signed(&done).await;
    assert_eq!(done.spending().lost, 1, "{:?}", done.spending());
}

#[tokio::test]
async fn what_a_tool_has_answered_is_not_asked_of_it_again() {
    let text = "The plant of Sorrel Reach was insured for EUR 3.5 million in 2020.";
    let records = || vec![Record { name: "Sorrel Reach", id: "R7", text: text.into() }];
    let question = "What was the plant of Sorrel Reach insured for?";
    let mut seen = BTreeSet::new();
    for answers in 1..=9 {
        let server = ToolServer::start(Manner::Json, records()).await;
        let mut desk = Desk::over(corpus::web().await, Habit::Careful, Database::sqlite()).await;
        desk.bench.allow(&server.origin);
        let (name, headers) = ("register".to_owned(), Vec::new());
        let named = Named { name, url: server.url(), headers, allowed: None };
        let spec = domain::spec::Spec { tools: vec![named], ..spec() };
        let run = desk.bench.submit(spec, build::question(question)).await;
        let worker = desk.bench.start("ann");
        desk.lives_until(&run, answers).await;
        worker.kill().await;
        // What was under way to the disk arrives there.
        sleep(Duration::from_millis(50)).await;
        let raw = desk.bench.database.raw().await;
        let answered = raw.number("SELECT COUNT(*) FROM journal WHERE kind = 'tool'").await;
        let before = server.calls().len();
        desk.bench.clock.advance(Duration::from_secs(31));
        let worker = desk.bench.start("bob");
        let done = desk.end_of(&run).await;
        worker.stop().await;
        desk.assert_signed(&done).await;
        assert!(done.text.contains("EUR 3.5 million"), "{}", done.text);
        let tools = |calls: &[(String, serde_json::Value)]| -> Vec<String> {
            calls.iter().map(|(tool, _)| tool.clone()).collect()
        };
        let expected = &["find", "get"][usize::try_from(answered).unwrap()..];
        assert_eq!(tools(&server.calls()[before..]), expected, "killed after {answers} answers");
        seen.insert(answered);
    }
    assert!(seen.len() > 1, "kills before and after a call");
}
