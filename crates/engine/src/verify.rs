//! The last check: every quote is found again in the archived text before it is delivered.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::evidence::{Evidence, TextRef};
use domain::output::{Basis, Content, Missing, Output};
use domain::receipt::Receipt;
use serde_json::Value;

use crate::Failed;
use crate::world::World;

/// Drops what cannot be found again, and counts both. A field whose quotes are all gone becomes null.
pub(crate) async fn quotes(
    world: &World,
    mut output: Output,
    receipt: &mut Receipt,
) -> Result<Output, Failed> {
    let mut bodies: HashMap<TextRef, Option<String>> = HashMap::new();
    for evidence in output.evidence() {
        if let Entry::Vacant(place) = bodies.entry(evidence.text) {
            place.insert(world.archived(evidence.text).await?);
        }
    }
    let stands = |evidence: &Evidence| {
        let body = bodies.get(&evidence.text).and_then(Option::as_deref);
        !evidence.quote.trim().is_empty()
            && body.and_then(|body| body.get(evidence.span.clone())) == Some(&evidence.quote)
    };
    let (standing, all) = output.evidence().fold((0, 0), |(standing, all), evidence| {
        (standing + u32::from(stands(evidence)), all + 1)
    });
    receipt.quotes_verified = standing;
    receipt.quotes_dropped = all - standing;
    if receipt.quotes_dropped > 0 {
        drop_unfounded(&mut output, stands);
    }
    Ok(output)
}

fn drop_unfounded(output: &mut Output, stands: impl Fn(&Evidence) -> bool) {
    let mut unfounded = Vec::new();
    for basis in &mut output.basis {
        let had_evidence = !basis.evidence.is_empty();
        // A report numbers its evidence; taking one out would shift the others, so it falls as a whole.
        if matches!(output.content, Content::Text(_)) {
            if !basis.evidence.iter().all(&stands) {
                unfounded.push(basis.field.clone());
            }
            continue;
        }
        basis.evidence.retain(&stands);
        basis.conflicts.retain_mut(|candidate| {
            candidate.evidence.retain(&stands);
            !candidate.evidence.is_empty()
        });
        if had_evidence && basis.evidence.is_empty() {
            unfounded.push(basis.field.clone());
            *basis = missing(basis);
        }
    }
    match &mut output.content {
        Content::Text(text) if !unfounded.is_empty() => text.clear(),
        Content::Text(_) => {}
        Content::Fields { values, .. } => {
            for field in unfounded {
                if let Some(value) = values.get_mut(&field) {
                    *value = Value::Null;
                }
            }
        }
    }
}

fn missing(basis: &Basis) -> Basis {
    Basis {
        field: basis.field.clone(),
        reasoning: "The quote could not be found again in the archived page.".into(),
        confidence: None,
        evidence: Vec::new(),
        missing: Some(Missing::NotFound),
        conflicts: Vec::new(),
        kind: basis.kind,
    }
}
