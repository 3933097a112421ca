use super::*;
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};
use tempfile::TempDir;

/// Made by `tests/country_table.py`, which says what is in it.
const SMALL: &[u8] = include_bytes!("small.mmdb");

fn table(bytes: &[u8]) -> (TempDir, CountryTable) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("some.mmdb");
    std::fs::write(&path, bytes).unwrap();
    (dir, CountryTable::open(&path))
}

fn code(table: &CountryTable, address: &str) -> Option<String> {
    table.code_of(address.parse().unwrap()).map(|code| String::from_utf8(code.to_vec()).unwrap())
}

#[test]
fn a_table_tells_the_countries_of_both_kinds_of_addresses() {
    let (_dir, table) = table(SMALL);
    for (address, country) in [
        ("203.0.113.9", Some("KR")),
        ("198.51.100.0", Some("DE")),
        ("198.51.100.127", Some("DE")),
        ("198.51.100.128", Some("FR")),
        ("2001:db8:82::1", Some("KR")),
        ("2001:db8:49:ffff::", Some("DE")),
        ("2001:db8:50::1", None),
        ("203.0.114.0", None),
        ("0.0.0.0", None),
        // registered in a country, but in none
        ("192.0.2.1", None),
    ] {
        assert_eq!(code(&table, address).as_deref(), country, "{address}");
    }
    let facts = table.facts().unwrap();
    assert_eq!((&*facts.kind, facts.bytes), ("Test-Country", SMALL.len() as u64));
    assert_eq!(table.trouble(), None);
}

#[test]
fn what_is_no_table_of_countries_names_the_file_and_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    // the same table, of something else than countries
    let at = SMALL.windows(8).position(|part| part == b"iso_code").unwrap();
    let mut other = SMALL.to_vec();
    other[at..at + 8].copy_from_slice(b"iso_cake");
    for (name, bytes, why) in [
        ("missing.mmdb", None, "No such file"),
        ("empty.mmdb", Some(&b""[..]), "damaged"),
        ("text.mmdb", Some(b"<html>not found</html>"), "damaged"),
        ("cut.mmdb", Some(&SMALL[..SMALL.len() / 2]), "damaged"),
        ("other.mmdb", Some(&other), "no countries"),
    ] {
        let path = dir.path().join(name);
        bytes.into_iter().for_each(|bytes| std::fs::write(&path, bytes).unwrap());
        let table = CountryTable::open(&path);
        let trouble = table.trouble().unwrap();
        for part in [why, name, "haechi.toml", "[traffic]"] {
            assert!(trouble.contains(part), "{trouble}");
        }
        assert_eq!((table.facts(), code(&table, "203.0.113.9")), (None, None));
    }
    let table = CountryTable::open(dir.path());
    assert!(table.trouble().unwrap().contains("no file"));
}

#[test]
fn a_table_that_is_replaced_is_read_again_and_a_damaged_one_leaves_the_last() {
    let (_dir, table) = table(SMALL);
    assert!(!table.refresh(), "nothing changed");
    std::fs::write(table.path(), b"damaged").unwrap();
    assert!(table.refresh());
    assert!(table.trouble().is_some());
    assert_eq!(code(&table, "203.0.113.9").as_deref(), Some("KR"));
    assert_eq!(table.facts().unwrap().bytes, SMALL.len() as u64);
    assert!(!table.refresh(), "the same trouble is told once");
    std::fs::remove_file(table.path()).unwrap();
    assert!(table.refresh());
    let at = SMALL.windows(2).position(|part| part == b"KR").unwrap();
    let mut newer = SMALL.to_vec();
    newer[at..at + 2].copy_from_slice(b"KP");
    let beside = table.path().with_extension("new");
    std::fs::write(&beside, newer).unwrap();
    std::fs::rename(&beside, table.path()).unwrap();
    assert!(table.refresh());
    assert_eq!((table.trouble(), code(&table, "203.0.113.9").as_deref()), (None, Some("KP")));
}

proptest! {
    #[test]
    fn a_damaged_table_is_refused_or_knows_less_and_harms_nothing(
        damage in prop::collection::vec((0..SMALL.len(), any::<u8>()), 1..20),
        cut in prop::option::of(0..SMALL.len()),
        addresses in prop::collection::vec((any::<u32>(), any::<u128>()), 20),
    ) {
        let mut bytes = SMALL.to_vec();
        damage.into_iter().for_each(|(at, byte)| bytes[at] = byte);
        bytes.truncate(cut.unwrap_or(bytes.len()));
        let (_dir, table) = table(&bytes);
        prop_assert!(table.facts().is_some() != table.trouble().is_some());
        let known = [0xcb00_7109, 0xc633_6401, 0xc633_64ff];
        for (v4, v6) in addresses.into_iter().chain(known.map(|v4| (v4, 0x2001_0db8_0082 << 80))) {
            let _ = table.code_of(IpAddr::V4(Ipv4Addr::from(v4)));
            let _ = table.code_of(IpAddr::V6(Ipv6Addr::from(v6)));
        }
    }
}
