/// What else is known of a request, one bit each; the upper byte is how a gRPC
/// call ended: its status and one, 0 of a request that is none.
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

    const GRPC_SHIFT: u32 = 8;
    /// The names of gRPC's statuses, 0 to 16, as answers show them.
    const GRPC: [&'static str; 17] = [
        "grpc:ok",
        "grpc:cancelled",
        "grpc:unknown",
        "grpc:invalid_argument",
        "grpc:deadline_exceeded",
        "grpc:not_found",
        "grpc:already_exists",
        "grpc:permission_denied",
        "grpc:resource_exhausted",
        "grpc:failed_precondition",
        "grpc:aborted",
        "grpc:out_of_range",
        "grpc:unimplemented",
        "grpc:internal",
        "grpc:unavailable",
        "grpc:data_loss",
        "grpc:unauthenticated",
    ];

    /// These and the status (`rpc.grpc.status_code`) that a gRPC call ended with;
    /// one that gRPC does not know counts as 2, `UNKNOWN`.
    #[must_use]
    pub const fn with_grpc_status(self, status: u16) -> Self {
        let known = if (status as usize) < Self::GRPC.len() { status } else { 2 };
        Self(self.0 & 0xff | (known + 1) << Self::GRPC_SHIFT)
    }

    /// How a gRPC call ended, if it is one.
    #[must_use]
    pub const fn grpc_status(self) -> Option<u16> {
        (self.0 >> Self::GRPC_SHIFT).checked_sub(1)
    }

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

    /// The names of the set flags, lowest bit first, then that of a gRPC status.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let set = Self::NAMES.into_iter().filter(move |(flag, _)| self.contains(*flag));
        let grpc = self.grpc_status().and_then(|status| Self::GRPC.get(usize::from(status)));
        set.map(|(_, name)| name).chain(grpc.copied())
    }
}

#[cfg(test)]
mod tests {
    use super::Flags;

    #[test]
    fn a_grpc_status_stands_beside_the_flags_and_the_last_one_counts() {
        let flags = Flags::RAISED.with(Flags::CPU);
        assert_eq!(flags.grpc_status(), None);
        for status in 0..=16 {
            let ended = flags.with_grpc_status(3).with_grpc_status(status);
            assert_eq!(ended.grpc_status(), Some(status));
            assert_eq!(Flags::from_bits(ended.bits()), ended);
            assert!(ended.contains(Flags::RAISED) && !ended.contains(Flags::ABORTED));
            assert_eq!(ended.names().count(), 2);
        }
        assert_eq!(flags.with_grpc_status(99).names().last(), Some("grpc:unknown"));
        assert_eq!(Flags::from_bits(u16::MAX).names().count(), 4, "damage has no name");
    }
}
