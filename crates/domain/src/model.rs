//! Language models in a run: the roles that they play, who plays which, and what they cost.

/// A part of the work that is asked of a model. Each may be played by another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Takes the task apart, words queries, names what is still missing. Sees no text of the web.
    Planner,
    /// Finds what passages say. Sees text of the web, and has no tools.
    Reader,
    /// Writes sections and values from evidence.
    Writer,
    /// Judges whether evidence carries a sentence, and which of several values holds.
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

/// Which configured model plays which role, by the models' names in the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    pub planner: String,
    pub reader: String,
    pub writer: String,
    pub verifier: String,
}

impl Cast {
    /// One model for everything.
    pub fn all(model: &str) -> Self {
        let model = || model.to_owned();
        Self { planner: model(), reader: model(), writer: model(), verifier: model() }
    }

    pub fn of(&self, role: Role) -> &str {
        match role {
            Role::Planner => &self.planner,
            Role::Reader => &self.reader,
            Role::Writer => &self.writer,
            Role::Verifier => &self.verifier,
        }
    }

    pub fn set(&mut self, role: Role, model: &str) {
        let place = match role {
            Role::Planner => &mut self.planner,
            Role::Reader => &mut self.reader,
            Role::Writer => &mut self.writer,
            Role::Verifier => &mut self.verifier,
        };
        model.clone_into(place);
    }

    /// Each model once, in the order of the roles.
    pub fn models(&self) -> Vec<&str> {
        let mut models: Vec<&str> = Vec::new();
        for role in Role::ALL {
            if !models.contains(&self.of(role)) {
                models.push(self.of(role));
            }
        }
        models
    }
}
