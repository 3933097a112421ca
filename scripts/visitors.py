"""Gentle visitors for the example app: a few real HTTP requests a second over loopback."""

import http.client
import random
import threading

# how often, method, path; `{n}` is an item's number
WEB2PY = (
    (4, "GET", "/your_app/default/index"),
    (5, "GET", "/your_app/default/items"),
    (8, "GET", "/your_app/default/item/{n}"),
    (4, "GET", "/your_app/static/shop.css"),
    (3, "POST", "/your_app/default/checkout"),
    (1, "GET", "/your_app/orders/one_by_one"),
    (1, "GET", "/your_app/orders/at_once"),
    (1, "GET", "/your_app/default/report"),
    (1, "GET", "/your_app/default/download"),
    (0.6, "GET", "/your_app/default/item/404"),
    (0.4, "GET", "/your_app/default/nowhere"),
    (0.2, "GET", "/your_app/default/broken"),
)
RUST = (
    (4, "GET", "/your_app"),
    (5, "GET", "/your_app/items"),
    (8, "GET", "/your_app/item/{n}"),
    (3, "POST", "/your_app/checkout"),
    (1, "GET", "/your_app/report"),
    (1, "GET", "/your_app/download"),
    (0.6, "GET", "/your_app/item/404"),
    (0.4, "GET", "/your_app/nowhere"),
    (0.2, "GET", "/your_app/broken"),
)
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "ExampleBot/1.0 (+https://example.org/bot)",
)
PAUSE_S = 0.25  # between two requests of one visitor, on average
VISITORS = 2


def visit(port: int, walks: tuple, stop: threading.Event) -> None:
    """Walks through the app until `stop` is set; an app that does not answer is waited for."""
    weights = [walk[0] for walk in walks]
    while not stop.wait(random.expovariate(1 / PAUSE_S)):
        _, method, path = random.choices(walks, weights)[0]
        reloads = 3 if random.random() < 0.05 else 1
        for _ in range(reloads):
            request(port, method, path.format(n=random.randint(1, 12)))


def request(port: int, method: str, path: str) -> None:
    """Sends one request and reads its answer to the end."""
    headers = {
        "User-Agent": random.choice(AGENTS),
        "Accept": "text/html",
        "Connection": "close",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers, body="" if method == "POST" else None)
        connection.getresponse().read()
    except OSError:
        pass  # the server is stopping or starting again
    except http.client.HTTPException:
        pass
    finally:
        connection.close()


def start(port: int, walks: tuple, stop: threading.Event) -> "list[threading.Thread]":
    """Starts the visitors; they leave when `stop` is set."""
    threads = [
        threading.Thread(target=visit, args=(port, walks, stop), daemon=True)
        for _ in range(VISITORS)
    ]
    for thread in threads:
        thread.start()
    return threads
