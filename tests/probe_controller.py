# the controller `probe` of the test site: one action for each thing a test asks about
import logging
import os
import time


def ok():
    return "ok"


def pid():
    return str(os.getpid())


def item():
    raise HTTP(404, "no such item")


def boom():
    raise RuntimeError("boom")


def slow():
    time.sleep(float(request.args(0) or 0.5))
    return "slow"


def stream():
    def parts():
        for number in range(5):
            yield b"part %d\n" % number

    raise HTTP(200, parts())


def broken_stream():
    def parts():
        yield b"first\n"
        raise RuntimeError("the stream broke")

    raise HTTP(200, parts())


def lines():
    for number in range(int(request.args(1))):
        current.logger.info("line %s %d %s", request.args(0), number, "x" * 300)
    return "ok"


def other_loggers():
    try:
        from gluon.tools import logger
    except ImportError:
        # PyPI's 2.26.1 forgot a name without which gluon.tools cannot be imported
        import gluon._compat

        gluon._compat.FancyURLopener = object
        from gluon.tools import logger

    logger.info("through gluon.tools")
    logging.getLogger("web2py.app.your_app").info("through logging")
    current.logger.warning("a warning")
    return "ok"


def own_logger():
    current.logger = logging.getLogger("the.apps.own")
    current.logger.warning("to my own logger")
    return str(current.logger.name)


def disabled_logger():
    import logging.config

    logging.config.dictConfig({"version": 1, "disable_existing_loggers": True})
    return "ok"


def switch():
    request.statistics = request.args(0) == "on"
    return "switched"


def in_dict():
    return dict(stats=request.statistics)


def in_view():
    response.view = "generic.html"
    return dict(component=LOAD("probe", "component", ajax=False))


def in_ajax_view():
    response.view = "generic.html"
    return dict(component=LOAD("probe", "component.load", ajax=True))


def component():
    return request.statistics


def like_a_dict():
    numbers = request.statistics
    same = sorted(numbers.keys()) == sorted(numbers.as_dict())
    return f"{bool(numbers)} {same}"


def unguarded():
    return request.statistics


def unguarded_keys():
    return ",".join(str(key) for key in request.statistics)


def pack():
    import tarfile
    import tempfile

    from gluon.fileutils import w2p_pack

    with tempfile.NamedTemporaryFile(suffix=".w2p") as packed:
        w2p_pack(packed.name, request.folder)
        return "\n".join(tarfile.open(packed.name).getnames())


def sign_in():
    from gluon.storage import Storage

    session.auth = Storage(user=Storage(id=int(request.args(0))))
    return "in"
