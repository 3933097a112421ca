"""A plain WSGI application that logs and prints in every way a test asks about."""

import logging
import sys
import warnings

logging.basicConfig(format="CONSOLE %(message)s", level=logging.INFO)
logger = logging.getLogger("shop.orders")
print("told before the first request")


class Hostile:
    def __repr__(self):
        raise RuntimeError("never asked for")

    __str__ = __eq__ = __len__ = __bool__ = __iter__ = __repr__
    __hash__ = object.__hash__


def together():
    print("first", 1, sep="-")
    logger.info("second")
    sys.stderr.write("third\n")
    try:
        raise KeyError("fourth")
    except KeyError:
        logger.exception("fifth")
    print("six", end="")
    logger.info("between the pieces")
    print("th")
    print("left without an end", end="")


def handlers():
    logger.warning("a line that a handler prints")
    logger.warning("no %d", "number")  # logging complains on stderr


def attributes():
    logger.info("order %s of %d took %.2f", "A77", 3, 1.25, extra={"customer": "anna", "vip": True})
    logger.info("%(who)s paid", {"who": "bob", "not_named": "stays here"})
    logger.info("plain")


def secrets():
    key = "AKIAIOSFODNN7EXAMPLE"
    extra = {"password": "hunter2-a", "note": f"with {key}", "all": {"api_key": "hunter2-b"}}
    logger.info("secrets password=%s token %.4s", "hunter2-c", "hunter2-d", extra=extra)
    logger.info("secrets by name %(secret)s", {"secret": "hunter2-e"})
    named = {"pin": 1234567, "token": "a%s b", "user": "anna", "password": None, "tokens": ["t"]}
    logger.info("100%% of %(user)s: %(pin)09d %(token)r %(password)s %(tokens)s", named)
    logger.info("secret %(secret)d of %(user)s", {"secret": "hunter2-f", "user": "anna"})


def hostile():
    loop = {}
    loop["loop"] = loop
    extra = {"object": Hostile(), "big": "b" * 10_000_000, "wide": "é" * 10_000_000, "loop": loop}
    logger.info("hostile extras", extra=extra)
    logger.info("hostile thousand", extra={f"k{number}": number for number in range(1000)})
    logger.info("hostile keys", extra={1: "one", None: "none", (): "tuple"})
    try:
        logger.info("hostile message", extra={"message": "taken"})
    except KeyError:
        logger.info("hostile message refused by logging")
    logger.info("hostile argument %s", Hostile())
    logger.info("hostile huge %s", 10**5000 if sys.version_info < (3, 11) else 10**4000)


def warned():
    warnings.warn("something is old", stacklevel=1)


def application(environ, start_response):
    globals()[environ["PATH_INFO"].strip("/")]()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
