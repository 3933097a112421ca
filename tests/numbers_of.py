"""What a test reads out of an app's statistics."""

from visitor import Visitor
from waiting import until


def statistics(visitor: Visitor, app: str) -> dict:
    """Asks the app itself, as a browser script does."""
    answer = visitor.get(f"/{app}/default/stats.json")
    assert answer.status == 200, answer.text
    return answer.json()


def requests_in_all(numbers: dict) -> int:
    return numbers["requests"]["total"]


def settled(visitor: Visitor, app: str) -> dict:
    """Returns the statistics once they hold all that `visitor` sent before; fails otherwise.

    The asking request itself is not over while it reads the numbers. More than was sent
    is as wrong as less.
    """

    def same():
        expected = visitor.sent[app]
        numbers = statistics(visitor, app)
        counted = requests_in_all(numbers)
        assert counted <= expected, f"{counted} counted, only {expected} sent"
        return numbers if counted == expected else None

    return until(same, what=f"the count of {app} to reach what was sent")
