/// What else is known of a request, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u16);

impl Flags {
    /// The body was produced piece by piece after the handler returned.
    pub const STREAMED: Self = Self(1);
    /// The request ended before its body did: the client left or the guard was dropped.
    pub const ABORTED: Self = Self(1 << 1);
    /// A static file, served without the app's code.
    pub const STATIC: Self = Self(1 << 2);
    /// The app's code raised.
    pub const RAISED: Self = Self(1 << 3);
    /// The thread CPU time was measured for this request.
    pub const CPU: Self = Self(1 << 4);

    /// Every flag with the name used in answers, lowest bit first.
    pub const NAMES: [(Self, &'static str); 4] = [
        (Self::STREAMED, "streamed"),
        (Self::ABORTED, "aborted"),
        (Self::STATIC, "static"),
        (Self::RAISED, "raised"),
    ];

    /// From stored bits; unknown bits are kept.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The bits as stored.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These bits and those of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The names of the set flags, lowest bit first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }
}
