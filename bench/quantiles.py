"""How far quantiles lie from exact ones."""

from figures import Row, Section
from programs import example, json_of

LIMIT_PERCENT = 2.5


def measure(options) -> Section:
    values = 200_000 if options.quick else 2_000_000
    found = json_of([example("haechi-event", "quantile_bench"), values])
    rows = [
        Row(f"largest error, {shape}", 100 * error, "%", LIMIT_PERCENT)
        for shape, error in found.items()
    ]
    return Section(
        "quantiles",
        "Quantiles against exact ones",
        rows,
        f"p1 to p99.9 of {values:,} durations each, two histograms merged through their byte form.",
    )
