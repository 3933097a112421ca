//! Which country a request comes from, by its client's address.

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a request of this machine or of a private network counts for.
pub const LOCAL: &str = "local";
/// What one counts for whose country nobody knows.
pub const UNKNOWN: &str = "unknown";

/// A table of addresses, asked with every batch.
pub trait Countries: Debug + Send + Sync {
    /// The country of an address as two capital letters (ISO 3166-1); `None` if
    /// the table does not say.
    fn code_of(&self, address: IpAddr) -> Option<[u8; 2]>;
}

/// The code, [`LOCAL`] or [`UNKNOWN`] of a client.
pub(crate) fn country_of(countries: &dyn Countries, client: &str) -> &'static str {
    // an address that is only good on one interface may name it
    let address = client.split_once('%').map_or(client, |(address, _)| address);
    let Ok(address) = address.parse::<IpAddr>() else { return UNKNOWN };
    let address = address.to_canonical();
    if is_local(address) {
        return LOCAL;
    }
    countries.code_of(address).and_then(text_of).unwrap_or(UNKNOWN)
}

fn is_local(address: IpAddr) -> bool {
    /// Shared between a provider and its customers (RFC 6598).
    const fn is_shared(address: Ipv4Addr) -> bool {
        let [first, second, ..] = address.octets();
        first == 100 && second & 0xc0 == 64
    }
    const fn is_local_6(address: Ipv6Addr) -> bool {
        address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
    }
    match address {
        IpAddr::V4(address) => {
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || is_shared(address)
        }
        IpAddr::V6(address) => is_local_6(address),
    }
}

/// All codes there can be, one after the other: a code's text needs no memory.
static CODES: [u8; 2 * 26 * 26] = codes();

const fn codes() -> [u8; 2 * 26 * 26] {
    let mut codes = [0; 2 * 26 * 26];
    let mut at = 0;
    while at < 26 * 26 {
        codes[2 * at] = b'A' + (at / 26) as u8;
        codes[2 * at + 1] = b'A' + (at % 26) as u8;
        at += 1;
    }
    codes
}

fn text_of([first, second]: [u8; 2]) -> Option<&'static str> {
    let place = |letter: u8| letter.is_ascii_uppercase().then(|| usize::from(letter - b'A'));
    let at = 2 * (26 * place(first)? + place(second)?);
    std::str::from_utf8(&CODES[at..at + 2]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says what stands in the address.
    #[derive(Debug)]
    struct Said;

    impl Countries for Said {
        fn code_of(&self, address: IpAddr) -> Option<[u8; 2]> {
            match address {
                IpAddr::V4(address) => Some([address.octets()[2], address.octets()[3]]),
                IpAddr::V6(address) => (address.segments()[7] == 1).then_some(*b"DE"),
            }
        }
    }

    #[test]
    fn a_client_counts_for_its_country_if_the_table_says_one() {
        for (client, country) in [
            ("8.8.75.82", "KR"),
            ("::ffff:8.8.75.82", "KR"),
            ("8.8.65.65", "AA"),
            ("8.8.90.90", "ZZ"),
            ("2a02::1", "DE"),
            ("2a02::2", UNKNOWN),
            // no two capital letters
            ("8.8.107.114", UNKNOWN),
            ("8.8.64.91", UNKNOWN),
            ("127.0.75.82", LOCAL),
            ("10.0.75.82", LOCAL),
            ("::ffff:192.168.75.82", LOCAL),
            ("169.254.75.82", LOCAL),
            ("100.64.75.82", LOCAL),
            ("100.127.75.82", LOCAL),
            ("100.128.75.82", "KR"),
            ("::1", LOCAL),
            ("fd00::1", LOCAL),
            ("fe80::1%eth0", LOCAL),
            ("", UNKNOWN),
            ("unix:", UNKNOWN),
            ("8.8.75.82, 1.1.1.1", UNKNOWN),
        ] {
            assert_eq!(country_of(&Said, client), country, "{client}");
        }
    }
}
