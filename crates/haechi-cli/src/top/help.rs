//! The keys, for people.

pub(super) const KEYS: [(&str, &str); 14] = [
    ("1 … 7, tab", "the pane: routes, in flight, logs, issues, workers, queries, time"),
    ("j k, arrows", "one row down or up"),
    ("page up/down, g G", "a screen, to the first or last row"),
    ("enter", "look closer: a route, a request, an issue; of a query a request"),
    ("esc", "go back; on a pane: show all again"),
    ("/", "filter; in logs a search, as `haechi logs` takes it"),
    ("s", "routes, queries: by time, requests and so on; in a route: failed first"),
    ("r", "the least first"),
    ("t", "routes, queries, time of 15 min, 1 h, 24 h, 7 days"),
    ("l", "logs: all levels, from info, warn, error"),
    ("p", "pause"),
    ("ctrl-z", "stop for a while; `fg` goes on"),
    ("?", "this"),
    ("q, ctrl-c", "quit"),
];
