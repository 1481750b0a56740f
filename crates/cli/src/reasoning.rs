//! What answers are reasoned out with beside the rules: the configured models, who plays which part, and the words in which
//! they are asked.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use domain::estimate::{Offer, Prices};
use domain::model::Cast;
use domain::processor::{Engine, MODEL_WALL};
use engine::{Prompts, Reasoning};
use llm::{Models, Price, Profile};

use crate::problem::usage;
use crate::settings::Settings;

/// Models that can be asked; without any, everything is left to the rules.
pub(crate) struct Thinking {
    pub(crate) cast: Option<Cast>,
    pub(crate) reasoning: Option<Arc<Reasoning>>,
    pub(crate) offer: Offer,
}

impl Thinking {
    /// Asks the machine which models there are, and has them serve the processors that nobody gave to another engine.
    pub(crate) async fn prepare(settings: &mut Settings) -> Result<Self> {
        let models = settings.models().await;
        let cast = settings.cast(&models);
        let per_group = u32::try_from(settings.worker.per_group()).unwrap_or(1).max(1);
        let Some(cast) = cast else {
            let offer = Offer { at_once: per_group, prices: Prices::Free, is_local: false };
            return Ok(Self { cast: None, reasoning: None, offer });
        };
        serve_by_models(settings);
        let profiles: Vec<_> =
            cast.models().iter().filter_map(|name| models.profile(name)).collect();
        let prices = prices(&profiles);
        let is_local = profiles.iter().any(|profile| profile.is_local);
        let local = profiles.iter().filter(|profile| profile.is_local);
        let places = local.filter_map(|profile| models.places(&profile.name)).min();
        let prompts = Arc::new(prompts(settings.research.prompts.as_deref())?);
        // A model on one's own machine may take one row at a time.
        let at_once = places.unwrap_or(per_group).clamp(1, per_group);
        let reasoning = Some(Arc::new(Reasoning { models, prompts }));
        Ok(Self { cast: Some(cast), reasoning, offer: Offer { at_once, prices, is_local } })
    }
}

impl Thinking {
    /// Who answers, and where that is asked.
    pub(crate) fn in_words(&self) -> String {
        let (Some(cast), Some(reasoning)) = (&self.cast, &self.reasoning) else {
            return "extractive, verbatim quotes only; no model is used (`task-mcp doctor` says how to add one)".into();
        };
        let asked: Vec<String> = cast
            .models()
            .into_iter()
            .filter_map(|name| reasoning.models.profile(name))
            .map(|profile| {
                let host = profile.base_url.host_str().unwrap_or("nowhere");
                format!("{} ({} at {host})", profile.name, profile.model)
            })
            .collect();
        format!(
            "by models: {}; they are sent questions, rows and passages of what was read, and every quote is checked",
            asked.join(", ")
        )
    }
}

fn prices(profiles: &[&Profile]) -> Prices {
    let is_free = |price: &Price| price.input == 0 && price.output == 0;
    match profiles.iter().map(|profile| profile.price.as_ref()).collect::<Option<Vec<_>>>() {
        None => Prices::Unknown,
        Some(prices) if prices.iter().all(|price| is_free(price)) => Prices::Free,
        Some(_) => Prices::Known,
    }
}

/// Names of the configured models, for lists.
pub(crate) fn names(models: &Models) -> Vec<&str> {
    models.profiles().map(|profile| profile.name.as_str()).collect()
}

/// Processors whose engine nobody set are served by models, and their wall times bind only where somebody set them.
fn serve_by_models(settings: &mut Settings) {
    for processor in &mut settings.processors.0 {
        let is_set = |key: &str| {
            settings.origins.contains_key(&format!("processors.{}.{key}", processor.name))
        };
        if processor.engine == Engine::Extractive && !is_set("engine") {
            processor.engine = Engine::Model;
        }
        if processor.engine == Engine::Model && !is_set("wall") {
            processor.caps.wall = MODEL_WALL;
        }
    }
}

/// The prompts, with those of a folder in the place of the built-in ones.
fn prompts(folder: Option<&Path>) -> Result<Prompts> {
    let Some(folder) = folder else { return Ok(Prompts::default()) };
    let shown = folder.display();
    let unreadable = |why: std::io::Error| {
        usage(format!("the folder of prompts `{shown}` (`research.prompts`) cannot be read: {why}"))
    };
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_prompt = path.extension().is_some_and(|extension| extension == "md");
        if let (true, Some(name)) = (is_prompt, path.file_stem()) {
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            texts.push((name.to_string_lossy().into_owned(), text));
        }
    }
    texts.sort();
    Prompts::replaced(texts).map_err(|why| usage(format!("`research.prompts` ({shown}): {why}")))
}
