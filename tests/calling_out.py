"""A WSGI app that calls another server by whatever it is told to: /KIND/…?ADDRESS."""

import http.client
import urllib.error
import urllib.request


def by_http_client(address):
    host, _, path = address.partition("://")[2].partition("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("GET", f"/{path}")
    answer = connection.getresponse()
    return answer.status, answer.read()


def by_urllib(address):
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def by_requests(address):
    import requests

    answer = requests.get(address, timeout=10)
    return answer.status_code, answer.content


def by_httpx(address):
    import httpx

    answer = httpx.get(address, timeout=10)
    return answer.status_code, answer.content


WAYS = {
    "/http_client": by_http_client,
    "/urllib": by_urllib,
    "/requests": by_requests,
    "/httpx": by_httpx,
}


def application(environ, start_response):
    way = WAYS["/" + environ["PATH_INFO"].split("/")[1]]
    try:
        text = repr(way(environ["QUERY_STRING"]))
    except Exception as error:
        text = type(error).__name__
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]
