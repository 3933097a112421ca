/// What a piece of a request's time was spent on.
///
/// The numbers stand in files: they are never given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Part {
    /// Anything that was timed and is none of the others.
    #[default]
    Other = 0,
    /// A database: statements, fetching, commit.
    Db = 1,
    /// Reading and compiling a template.
    TemplateParse = 2,
    /// Filling a template in.
    TemplateRender = 3,
    /// Waiting for the session, such as web2py's lock on its file.
    SessionWait = 4,
    /// Waiting for another HTTP server.
    HttpClient = 5,
    /// A cache.
    Cache = 6,
    /// Model files, such as web2py's.
    Model = 7,
    /// The handler itself.
    Controller = 8,
    /// Pauses of the garbage collector.
    Gc = 9,
    /// Waiting for the interpreter's lock.
    Gil = 10,
    /// Waiting for a worker, *before* the request began: not part of its
    /// duration.
    Queue = 11,
    /// Holding up other tasks of the same thread.
    Blocked = 12,
}

impl Part {
    /// How many there are.
    pub const COUNT: usize = 13;

    /// All, by their numbers.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Other,
        Self::Db,
        Self::TemplateParse,
        Self::TemplateRender,
        Self::SessionWait,
        Self::HttpClient,
        Self::Cache,
        Self::Model,
        Self::Controller,
        Self::Gc,
        Self::Gil,
        Self::Queue,
        Self::Blocked,
    ];

    /// The number it has in files.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The part of this number; one that is not known, as a newer version may
    /// write it, is [`Self::Other`].
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }

    /// The name used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Db => "db",
            Self::TemplateParse => "template_parse",
            Self::TemplateRender => "template_render",
            Self::SessionWait => "session_wait",
            Self::HttpClient => "http_client",
            Self::Cache => "cache",
            Self::Model => "model",
            Self::Controller => "controller",
            Self::Gc => "gc",
            Self::Gil => "gil",
            Self::Queue => "queue",
            Self::Blocked => "blocked",
        }
    }

    /// The part of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// Whether its time lies within the request's duration.
    #[must_use]
    pub const fn is_within(self) -> bool {
        !matches!(self, Self::Queue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back_to_their_part() {
        for (number, part) in (0..).zip(Part::ALL) {
            assert_eq!((part.number(), Part::from_number(number)), (number, part));
            assert_eq!(Part::parse(part.name()), Some(part));
        }
        assert_eq!((Part::from_number(200), Part::parse("cpu")), (Part::Other, None));
    }
}
