use crate::RequestId;

/// The two numbers of a W3C `traceparent` header (version 00 and compatible
/// later ones): who the request belongs to and which span sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traceparent {
    /// 16 bytes, never all zero.
    pub trace_id: [u8; 16],
    /// 8 bytes, never all zero.
    pub parent_span_id: [u8; 8],
}

impl Traceparent {
    /// Reads a header value; `None` for anything the specification calls
    /// invalid (<https://www.w3.org/TR/trace-context/#traceparent-header>).
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let bytes = value.as_bytes();
        if bytes.len() < 55 || bytes[2] != b'-' || bytes[35] != b'-' || bytes[52] != b'-' {
            return None;
        }
        let version = hex::<1>(&bytes[..2])?[0];
        let longer_is_allowed = version > 0 && bytes.get(55) == Some(&b'-');
        if version == 0xff || (bytes.len() > 55 && !longer_is_allowed) {
            return None;
        }
        hex::<1>(&bytes[53..55])?;
        let found = Self { trace_id: hex(&bytes[3..35])?, parent_span_id: hex(&bytes[36..52])? };
        (found.trace_id != [0; 16] && found.parent_span_id != [0; 8]).then_some(found)
    }
}

/// The trace id of a request that came without one: made from its id, so that
/// nothing more needs storing. The mixing step is splitmix64's finaliser.
#[must_use]
pub fn generated_trace_id(id: RequestId) -> [u8; 16] {
    let mut mixed = id.as_u64().wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let mut out = [0; 16];
    out[..8].copy_from_slice(&mixed.to_be_bytes());
    out[8..].copy_from_slice(&id.as_u64().to_be_bytes());
    out
}

fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(out)
}

/// Lower case only: the specification forbids upper case.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_valid_header_gives_both_ids() {
        let found = Traceparent::parse(GOOD).unwrap();
        assert_eq!(found.trace_id[0], 0x0a);
        assert_eq!(found.parent_span_id[7], 0x31);
        assert!(Traceparent::parse(&format!("01{}-more", &GOOD[2..])).is_some());
    }

    #[test]
    fn what_the_specification_forbids_is_ignored() {
        let zero_trace = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
        let zero_span = "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01";
        let upper = GOOD.to_uppercase();
        let longer = format!("{GOOD}-x");
        let version_ff = GOOD.replacen("00", "ff", 1);
        for bad in ["", "00", zero_trace, zero_span, &upper, &longer, &version_ff, &"é".repeat(40)]
        {
            assert_eq!(Traceparent::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn generated_ids_differ_for_neighbouring_requests() {
        let a = generated_trace_id(RequestId::from_u64(1));
        let b = generated_trace_id(RequestId::from_u64(2));
        assert_ne!(a[..8], b[..8]);
    }
}
