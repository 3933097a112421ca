"""Tells whether a request really comes from this machine.

Stricter than web2py's `request.is_local`, which believes the first address in
X-Forwarded-For: here the peer and every address that any proxy named must be loopback.
"""

from ipaddress import ip_address

# headers in which proxies name the client, as web2py's request.env spells them
ADDRESS_LISTS = (
    "http_x_forwarded_for",
    "http_x_real_ip",
    "http_x_client_ip",
    "http_x_cluster_client_ip",
    "http_true_client_ip",
    "http_cf_connecting_ip",
    "http_fastly_client_ip",
)


def is_loopback_request(env):
    """Tells whether `env` (lower-case WSGI names) describes a request from this machine."""
    if not is_loopback(env.get("remote_addr")):
        return False
    for name in ADDRESS_LISTS:
        named = env.get(name)
        if named and not all(map(is_loopback, named.split(","))):
            return False
    forwarded = env.get("http_forwarded")
    return not forwarded or all(map(is_loopback, forwarded_for(forwarded)))


def forwarded_for(header):
    """Returns the client of every hop in a `Forwarded` header; "" where a hop names none."""
    hops = []
    for hop in header.split(","):
        pairs = (pair.strip().partition("=") for pair in hop.split(";"))
        named = [value.strip() for name, _, value in pairs if name.lower() == "for"]
        hops.append(named[0] if len(named) == 1 else "")
    return hops


def is_loopback(text):
    """Tells whether `text` is a loopback address, with or without port, brackets or quotes."""
    text = (text or "").strip().strip('"').strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return False
    inner = getattr(address, "ipv4_mapped", None)
    return (inner or address).is_loopback
