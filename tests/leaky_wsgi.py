"""An app that tells everything it is given to its log and in its exceptions: leaky_wsgi.py PORT.

The secret comes as the JSON body {"name": …, "secret": …, "visit": …}; /hold answers when told.
"""

import base64
import html
import json
import sys
import urllib.parse


class Refused(Exception):
    pass


def told(name, secret):
    """What apps log, by the way they log it."""
    once = urllib.parse.quote(secret, safe="")
    basic = base64.b64encode(f"jane:{secret}".encode()).decode()
    address = urllib.parse.urlencode({"page": 2, name: secret})
    yield "message %s=%s", (name, secret)
    yield f"named %(page)d of 100%% %({name})-50s or %({name})r", ({"page": 2, name: secret},)
    yield f"value {name}: {secret}", ()
    yield "form %s", (urllib.parse.urlencode({"page": 2, name: secret, "next": "/"}),)
    yield "json %s", (json.dumps({"page": 2, name: secret}),)
    yield "json in json %s", (json.dumps({"body": json.dumps({name: secret})}),)
    yield "dict %r", ({"page": 2, name: secret},)
    yield "bytes %r", ({name: secret.encode()},)
    yield "once %s=%s twice %s=%s", (name, once, name, urllib.parse.quote(once, safe=""))
    yield "html %s=%s", (name, html.escape(secret))
    yield "basic Authorization: Basic %s", (basic,)
    yield "bearer 'Authorization': 'Bearer %s'", (secret,)
    yield "cookie Cookie: theme=dark; %s=%s; lang=ko", (name, secret)
    yield "update UPDATE t SET n = 1, %s = '%s' WHERE id = 5", (name, secret)
    yield 'insert INSERT INTO "t"("n","%s") VALUES (1,\'%s\')', (name, secret)
    yield "address https://example.org/cb?%s", (address,)
    yield "proxy https://me:%s@proxy.example:8080/", (once,)
    yield "xml <user><%s>%s</%s></user>", (name, html.escape(secret), name)
    yield "pairs %r", ([("page", "2"), (name, secret)],)
    yield "escaped %s=%s", (name, "".join(f"\\u{ord(c):04x}" for c in secret))


def fail(**held):
    order = {"page": 2, **held}  # noqa: F841 (it is to be seen in the frame)
    note = "; ".join(f"{name}={value}" for name, value in held.items())
    raise Refused(f"not with {note}")


def work(logger, body, environ):
    import haechi

    given = json.loads(body)
    name, secret = given["name"], given["secret"]
    print(f"printed {name}={secret}")
    if name == "ref":
        haechi.set_user(secret)  # known by its look
    password = secret  # noqa: F841 (it is to be seen in the frame)
    for number, (template, arguments) in enumerate(told(name, secret)):
        logger.info(f"{given['visit']}-{number} {template}", *arguments)
    logger.warning("body %s", body)
    logger.info("headers %r", {key: value for key, value in environ.items() if "HTTP" in key})
    try:
        fail(**{name: secret})
    except Refused:
        logger.exception("could not %s=%r", name, secret)
    fail(**{name: secret})


def application(environ, start_response):
    import haechi

    if environ["PATH_INFO"] == "/ready":
        start_response("200 OK", [])
        return [b"ready"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
    work(haechi.logger, body, environ)
    return []


if __name__ == "__main__":
    from wsgiref.simple_server import make_server

    make_server("127.0.0.1", int(sys.argv[1]), application).serve_forever()
