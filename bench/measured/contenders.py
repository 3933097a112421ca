"""Ways to watch a trivial WSGI application, each set up as its makers say, sending nothing.

    python contenders.py NAME BATCHES

prints the microseconds a request takes, batch by batch.
"""

import os
import sys
import time

import calling
from environ import environ

BODY = b"hello, world\n"
HEADERS = [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))]


def application(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]


def bare():
    return application


def haechi():
    """Needs `haechi run` around the program."""
    import haechi

    watched = haechi.wsgi(application, "bench")
    if watched is application:
        sys.exit("haechi does not watch this application")
    return watched


def prometheus_client():
    """Counter by method, route and status, histogram by method and route."""
    from prometheus_client import Counter, Histogram

    requests = Counter("requests", "Requests.", ["method", "route", "status"])
    latency = Histogram("latency_seconds", "Latency.", ["method", "route"])

    def counted(environ, start_response):
        begun = time.perf_counter()
        seen = []

        def respond(status, headers, exc_info=None):
            seen.append(status[:3])
            return start_response(status, headers, exc_info)

        try:
            return application(environ, respond)
        finally:
            method = environ["REQUEST_METHOD"]
            requests.labels(method, "/item/<id>", seen[0]).inc()
            latency.labels(method, "/item/<id>").observe(time.perf_counter() - begun)

    return counted


def prometheus_client_multiprocess():
    """As above, in the mode for several worker processes (files mapped to memory)."""
    import tempfile

    # before the import: the client looks at it then
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="bench-prometheus-")
    return prometheus_client()


def opentelemetry():
    """Spans, exported in batches to an exporter that throws them away."""
    from opentelemetry import trace
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, spans):
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    trace.set_tracer_provider(provider)
    return OpenTelemetryMiddleware(application)


def sentry_sdk():
    """Tracing of every request; a transport that throws away."""
    import sentry_sdk
    from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
    from sentry_sdk.transport import Transport

    class Nowhere(Transport):
        def capture_envelope(self, envelope):
            pass

    sentry_sdk.init("http://key@127.0.0.1:9/1", traces_sample_rate=1.0, transport=Nowhere)
    return SentryWsgiMiddleware(application)


def elastic_client():
    """A client of elastic-apm whose transport throws away what it is given."""
    import elasticapm
    from elasticapm.transport.base import Transport

    class Nowhere(Transport):
        def send(self, data, forced_flush=False):
            pass

    globals()["ElasticNowhere"] = Nowhere  # found by its name
    client = elasticapm.Client(
        service_name="bench",
        transport_class=f"{__name__}.ElasticNowhere",
        server_url="http://127.0.0.1:9",
        central_config=False,
        cloud_provider="none",
        disable_metrics="*",
    )
    if not client.config.is_recording:
        sys.exit("elastic-apm does not record")
    return client


def elastic_apm():
    """A transaction for each request with its context, queued to a transport that throws away."""
    import elasticapm
    from elasticapm.utils.wsgi import get_current_url, get_environ, get_headers

    client = elastic_client()

    def context(environ):
        return {
            "method": environ["REQUEST_METHOD"],
            "url": elasticapm.utils.get_url_dict(get_current_url(environ)),
            "headers": dict(get_headers(environ)),
            "env": dict(get_environ(environ)),
        }

    def traced(environ, start_response):
        seen = []

        def respond(status, headers, exc_info=None):
            seen.append(status[:3])
            return start_response(status, headers, exc_info)

        client.begin_transaction("request")
        try:
            elasticapm.set_context(lambda: context(environ), "request")
            return application(environ, respond)
        finally:
            elasticapm.set_context(lambda: {"status_code": int(seen[0])}, "response")
            elasticapm.set_transaction_outcome(http_status_code=int(seen[0]))
            client.end_transaction("GET /item/<id>", f"HTTP {seen[0][0]}xx")

    return traced


def ddtrace():
    """Spans for each request; the agent does not answer, telemetry is off."""
    os.environ.update(
        DD_TRACE_AGENT_URL="http://127.0.0.1:9",
        DD_INSTRUMENTATION_TELEMETRY_ENABLED="false",
        DD_REMOTE_CONFIGURATION_ENABLED="false",
        DD_TRACE_STARTUP_LOGS="false",
    )
    import logging

    logging.getLogger("ddtrace").setLevel(logging.CRITICAL)
    from ddtrace.contrib.wsgi import DDWSGIMiddleware

    return DDWSGIMiddleware(application)


def newrelic():
    """A transaction for each request, in the mode that contacts nobody."""
    os.environ.update(
        NEW_RELIC_DEVELOPER_MODE="true",
        NEW_RELIC_LICENSE_KEY="0" * 40,
        NEW_RELIC_APP_NAME="bench",
        NEW_RELIC_LOG_LEVEL="critical",
    )
    import newrelic.agent

    newrelic.agent.initialize()
    newrelic.agent.register_application(timeout=10)
    return newrelic.agent.WSGIApplicationWrapper(application)


CONTENDERS = (
    *(bare, haechi, prometheus_client, prometheus_client_multiprocess, elastic_apm),
    *(opentelemetry, ddtrace, newrelic, sentry_sdk),
)

if __name__ == "__main__":
    chosen = {make.__name__: make for make in CONTENDERS}[sys.argv[1]]
    calling.answer(us=calling.batches(chosen(), environ(), int(sys.argv[2])))
    # threads of the watchers are left where they are: some wait for servers that are not there
    os._exit(0)
