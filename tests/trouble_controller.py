"""Ways in which an app's code fails, one an action."""


class NoCover(Exception):
    pass


def pay(amount, password="hunter2"):
    order = {"amount": amount, "card": "4111 1111 1111 1111"}
    raise NoCover(f"no cover for {order['amount']} won")


def unhandled():
    pay(int(request.args(0) or 5))


def handled():
    try:
        pay(7)
    except NoCover as error:
        current.logger.error(f"payment failed: {error}")
    return "sorry"


def logged_and_raised():
    try:
        pay(8)
    except NoCover:
        current.logger.exception("payment failed")
        raise


def chained():
    try:
        {}["card"]
    except KeyError as error:
        raise NoCover("no card") from error


def view():
    return dict(denominator=0)


def component():
    return dict(part=LOAD("trouble", "unhandled", ajax=False))


def streamed():
    def pieces():
        yield b"first"
        raise NoCover("half-way")

    response.stream_is_ours = True
    raise HTTP(200, pieces())


def in_thread():
    import threading

    thread = threading.Thread(target=pay, args=(9,))
    thread.start()
    thread.join()
    return "done"


def fine():
    return "fine"
