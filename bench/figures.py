"""What a measurement gives: rows of figures, each with its goal, its spread and its peers."""

import statistics
from dataclasses import asdict, dataclass, field


@dataclass
class Row:
    """One figure. `limit` is None for figures that no goal was set for.

    `measured`, `low`, `high` and `limit` are in `unit`; low and high are the extremes of the
    repetitions. `at_most` is False where more is better.
    """

    what: str
    measured: float
    unit: str
    limit: "float | None" = None
    at_most: bool = True
    low: "float | None" = None
    high: "float | None" = None
    peers: str = ""
    note: str = ""

    @property
    def reached(self) -> "bool | None":
        if self.limit is None:
            return None
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return "no goal"
        if self.reached:
            return "reached"
        if self.at_most:
            return f"short: {self.measured / self.limit:.2f} times the goal"
        return f"short: {100 * self.measured / self.limit:.0f} % of the goal"

    @property
    def goal(self) -> str:
        if self.limit is None:
            return ""
        return f"{'≤' if self.at_most else '≥'} {number(self.limit)} {self.unit}"

    @property
    def value(self) -> str:
        spread = ""
        if self.low is not None and self.high is not None and self.low != self.high:
            spread = f" ({number(self.low)} – {number(self.high)})"
        return f"{number(self.measured)} {self.unit}{spread}"


@dataclass
class Section:
    """The rows of one bench, under a title, with what must be known to read them."""

    name: str
    title: str
    rows: "list[Row]" = field(default_factory=list)
    text: str = ""
    date: str = ""
    load: str = ""

    def as_dict(self) -> dict:
        return asdict(self)

    @staticmethod
    def of_dict(given: dict) -> "Section":
        rows = [Row(**row) for row in given["rows"]]
        return Section(**{**given, "rows": rows})


def number(value: float) -> str:
    """Writes a figure with as many digits as it deserves."""
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:.2f}".rstrip("0").rstrip(".") if size >= 0.1 or value == 0 else f"{value:.2g}"


def row_of(what: str, values: "list[float]", unit: str, limit=None, **more) -> Row:
    """A row with the median of the repetitions and their extremes."""
    middle = statistics.median(values)
    return Row(what, middle, unit, limit, low=min(values), high=max(values), **more)
