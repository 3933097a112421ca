# A small shop whose pages take different times, so that there is something to watch.
import random
import time


class PaymentRefused(Exception):
    """The bank said no."""


def work(low, high):
    """Stands for a database or another service: takes `low` to `high` milliseconds."""
    time.sleep(random.uniform(low, high) / 1000)


def index():
    # watching starts here; only somebody at this machine may switch it on
    if request.is_local:
        request.statistics = True
    work(1, 6)
    return dict()


def stats():
    # the numbers, for nobody but this machine
    if not request.is_local:
        raise HTTP(403)
    return request.statistics


def items():
    work(4, 25)
    current.logger.info("showing %d items", len(CATALOGUE))
    return dict(catalogue=CATALOGUE)


def item():
    number = int(request.args(0)) if (request.args(0) or "").isdigit() else 0
    if number not in CATALOGUE:
        current.logger.warning("nobody sells item %s", request.args(0))
        raise HTTP(404, "We do not sell that.")
    work(2, 14 + 4 * number)
    name, price = CATALOGUE[number]
    return dict(number=number, name=name, price=price)


def pay(amount):
    """Charges `amount` won; the bank refuses one payment in five."""
    work(20, 120)
    if random.random() < 0.2:
        raise PaymentRefused(f"no cover for {amount} won")


def checkout():
    amount = sum(price for _, price in random.sample(list(CATALOGUE.values()), 2))
    try:
        pay(amount)
    except Exception as error:
        # the log gets the line and where it came from; the visitor gets a kind word
        current.logger.error(f"payment failed: {error}")
        return "The payment did not go through. Please try again in a moment."
    current.logger.info(f"paid {amount} won")
    return "Thank you. Your guardian is on its way."


def report():
    # slow on purpose: half waiting, half counting
    work(250, 900)
    total = sum(number * price for number, (_, price) in CATALOGUE.items() for _ in range(4000))
    return dict(total=total // 4000)


def download():
    # sent piece by piece: the request lasts until the last of them
    def lines():
        yield b"number,name,price\n"
        for number, (name, price) in CATALOGUE.items():
            work(5, 20)
            yield f'{number},"{name}",{price}\n'.encode()

    raise HTTP(200, lines(), **{"Content-Type": "text/csv; charset=utf-8"})


def broken():
    # nobody catches this one: web2py writes a ticket
    return CATALOGUE["no such number"]
