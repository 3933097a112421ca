"""Times capturing an exception: capture_call.py NAME BATCHES; `haechi` needs `haechi run`.

The exception comes from five functions deep, each with some locals, inside of a request.
"""

import os
import sys
import time

import calling
from contenders import elastic_client
from environ import environ

CAPTURES = 300


def price_of(item):
    discount, currency = 0.1, "EUR"
    return round(item["price"] * (1 - discount)), currency


def line_of(order, number):
    item = order["items"][number]
    return item["name"], price_of(item)


def total_of(order):
    lines = []
    for number in range(len(order["items"])):
        lines.append(line_of(order, number))
    return lines


def checkout(cart, user):
    order = {"user": user, "items": [{"name": name, "id": id} for id, name in cart.items()]}
    return total_of(order)


def page(number):
    cart = {1: "a teapot", 2: "two cups", number: "a spoon"}
    return checkout(cart, user="anna")


def nothing():
    return lambda error: None


def format_exc():
    import traceback

    return lambda error: traceback.format_exc()


def haechi():
    from haechi import native

    capture = native.load().capture
    return lambda error: capture(error, "unhandled", "bench", "")


def sentry_sdk():
    """Events with locals; a transport that throws away."""
    import sentry_sdk
    from sentry_sdk.transport import Transport

    class Nowhere(Transport):
        def capture_envelope(self, envelope):
            pass

    sentry_sdk.init("http://key@127.0.0.1:9/1", transport=Nowhere, default_integrations=False)
    return sentry_sdk.capture_exception


def elastic_apm():
    """Events with locals and source lines; queued to a transport that throws away."""
    client = elastic_client()
    return lambda error: client.capture_exception()


def measure(name, number):
    capture = WAYS[name]()
    figures = []

    def application(environ, start_response):
        start_response("200 OK", [])
        clock = time.perf_counter
        for batch in range(number + 1):
            begun = clock()
            for turn in range(CAPTURES):
                try:
                    page(turn)
                except KeyError as error:
                    capture(error)
            if batch > 0:
                figures.append((clock() - begun) / CAPTURES * 1e6)
        return [b""]

    if name == "haechi":
        import haechi as watching

        application = watching.wsgi(application, "bench")
    calling.call(application, environ(), 1)
    return figures


WAYS = {make.__name__: make for make in (nothing, haechi, format_exc, elastic_apm, sentry_sdk)}

if __name__ == "__main__":
    calling.answer(us=measure(sys.argv[1], int(sys.argv[2])))
    os._exit(0)
