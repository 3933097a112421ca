"""A small table of countries in MaxMind's format, of our own data: country_table.py FILE.

The networks are made up but for their shape: two are of documentation (RFC 5737, RFC 3849), so
that no provider's table is copied. `crates/haechi-server/src/countries/small.mmdb` was written
by it, and is under the licence of this repository as all of it is.
"""

import sys
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

COUNTRIES = {
    "KR": ["203.0.113.0/24", "2001:db8:82::/48"],
    "DE": ["198.51.100.0/25", "2001:db8:49::/48"],
    "FR": ["198.51.100.128/25"],
}
# in the table, but in no country
NOWHERE = ["192.0.2.0/24"]


def write(path, countries=COUNTRIES, kind="Test-Country") -> Path:
    """Writes the table; `countries` are networks by ISO code."""
    made = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind, languages=["en"])
    for code, networks in countries.items():
        of = {"iso_code": code, "names": {"en": code.title()}}
        made.insert_network(IPSet(networks), {"country": of, "registered_country": of})
    made.insert_network(IPSet(NOWHERE), {"registered_country": {"iso_code": "US"}})
    made.to_db_file(str(path))
    return Path(path)


if __name__ == "__main__":
    write(sys.argv[1])
