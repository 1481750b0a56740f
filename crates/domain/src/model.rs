//! Which language model plays which part in a run.

use std::collections::BTreeMap;

/// A part that a model plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Compiles the task, proposes queries, names gaps.
    Planner,
    /// Finds claims in passages. Most of a run's tokens.
    Reader,
    /// Composes sections, fields and comparisons.
    Writer,
    /// Compares sentences with the quotes behind them.
    Verifier,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Planner, Self::Reader, Self::Writer, Self::Verifier];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planner => "planner",
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Verifier => "verifier",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// The models of a run by the names they are configured under: one for every part, and others for single ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cast {
    /// `None`: no model is configured.
    pub default: Option<String>,
    pub roles: BTreeMap<Role, String>,
}

impl Cast {
    /// One model for all parts.
    pub fn of(model: impl Into<String>) -> Self {
        Self { default: Some(model.into()), roles: BTreeMap::new() }
    }

    pub fn model(&self, role: Role) -> Option<&str> {
        self.roles.get(&role).or(self.default.as_ref()).map(String::as_str)
    }

    /// Whether every part has a model.
    pub fn is_complete(&self) -> bool {
        Role::ALL.into_iter().all(|role| self.model(role).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_without_a_model_of_its_own_has_the_default() {
        let cast = Cast { roles: [(Role::Writer, "large".into())].into(), ..Cast::of("small") };
        assert_eq!(cast.model(Role::Writer), Some("large"));
        assert_eq!(cast.model(Role::Reader), Some("small"));
        assert!(cast.is_complete() && !Cast::default().is_complete());
        assert!(Role::ALL.into_iter().all(|role| Role::parse(role.as_str()) == Some(role)));
    }
}
