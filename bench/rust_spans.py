"""What a span of `tracing` costs that Haechi records, beside its peers."""

import statistics

import rust_layer
from figures import Row, Section, row_of

# what a contender is measured against: the same without spans
BASES = {
    "spans-off": "bare",
    "spans-registry": "bare",
    "spans-haechi": "haechi-unrouted",
    "spans-opentelemetry": "bare",
}
NAMES = {
    "spans-off": "no subscriber",
    "spans-registry": "tracing-subscriber's registry alone",
    "spans-opentelemetry": "registry and OpenTelemetry's layer, batches",
}
SPANS = 4
THREADS = (1, 2)


def measure(options) -> Section:
    program = rust_layer.build()
    contenders = dict.fromkeys([*BASES.values(), *BASES])
    found = {(contender, threads): [] for threads in THREADS for contender in contenders}
    for _ in range(2 if options.quick else 11):
        for contender, threads in found:
            found[contender, threads].append(rust_layer.once(program, contender, threads))
    return Section(
        "rust-spans",
        "A span of `tracing` in a request: Rust, an empty tower service",
        [row for threads in THREADS for row in rows_of(found, threads)],
        f"Each of 11 rounds runs every contender in a fresh process, {rust_layer.REQUESTS:,} "
        f"requests a thread with {SPANS} spans of one field; a figure is what a span takes from "
        "its making to its drop, over the same service without spans. Haechi's includes the "
        "registry and the split of the request, and each span is a record in the spool; the "
        "registry alone keeps nothing; OpenTelemetry's are exported nowhere.",
    )


def rows_of(found: dict, threads: int) -> "list[Row]":
    word = "one thread" if threads == 1 else f"{threads} threads at once"

    def each(contender: str) -> "list[float]":
        pairs = zip(found[contender, threads], found[BASES[contender], threads], strict=True)
        return [(with_it["median"] - without["median"]) / SPANS for with_it, without in pairs]

    def lost(contender: str) -> float:
        # haechi's requests are records, too
        kept = SPANS + (contender == "spans-haechi")
        runs = found[contender, threads]
        return 100 * statistics.median(run["dropped"] / run["requests"] / kept for run in runs)

    def peer(contender: str) -> str:
        text = f"{NAMES[contender]} {statistics.median(each(contender)):,.0f}"
        return text + (f" (drops {lost(contender):.0f} %)" if lost(contender) >= 1 else "")

    peers = f"{', '.join(peer(contender) for contender in NAMES)} ns"
    first = row_of(
        f"a span recorded by haechi, {word}",
        each("spans-haechi"),
        "ns",
        peers=peers,
        note=f"drops {lost('spans-haechi'):.0f} %",
    )
    others = (
        row_of(f"a span, {name}, {word}", each(contender), "ns")
        for contender, name in NAMES.items()
    )
    return [first, *others]
