// Made-up exceptions and issues, tied to the made-up requests.

import { chance, chosen, iso, lineOf, refusal, requestAt, span } from "./made-up.mjs";

const HOUR = 3_600_000;
const START = Date.now();

const frame = (file, fn, line, source, locals = [], more = {}) => ({
  file, function: fn, line, in_app: file.startsWith("applications/"), source, left_out: 0, ...more,
  locals: locals.map(([name, value]) => ({ name, value })),
});
const GLUON = [
  frame("/srv/web2py/gluon/main.py", "wsgibase", 462, "serve_controller(request, response, session)"),
  frame("/srv/web2py/gluon/main.py", "serve_controller", 185, "page = run_controller_in(request.controller, request.function, environment)"),
  frame("/srv/web2py/gluon/compileapp.py", "run_controller_in", 752, "restricted(code, environment, filename)"),
  frame("/srv/web2py/gluon/restricted.py", "restricted", 219, "exec(ccode, environment)"),
];
const caused = (tie, type, message, frames) => ({ tie, type, message, frames });
const page = "applications/your_app/controllers/default.py";

/** What is the same for every event of an issue. Ages in hours, rates in events per hour. */
const ISSUES = [
  {
    id: "5f1c09a7e2b84d36", app: "your_app", route: "default/checkout", culprit: "checkout (controllers/default.py)", age: 0.4, rate: 46, state: "open",
    causes: [
      caused("raised", "RuntimeError", "could not price the order", [
        ...GLUON,
        frame(page, "<module>", 97, "response._vars = response._caller(checkout)"),
        frame("/srv/web2py/gluon/globals.py", "<lambda>", 430, "self._caller = lambda f: f()"),
        frame(page, "checkout", 42, "total = price_of(order)", [
          ["order", "<Row {'id': 1093, 'lines': <Rows (3)>, 'visitor': 'b.kim@example.org'}>"], ["session.card", "[cut:card:16]"],
          ["headers", "{'host': '127.0.0.1:8000', 'authorization': '[cut:header:71]', 'accept-language': 'ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7'}"],
        ]),
        frame("applications/your_app/models/prices.py", "price_of", 18, 'raise RuntimeError("could not price the order") from error', [["order", "<Row {'id': 1093}>"], ["share", "0.35"]]),
      ]),
      caused("cause", "ZeroDivisionError", "division by zero", [
        frame("applications/your_app/models/prices.py", "price_of", 15, "return total / len(lines)", [["total", "Decimal('48.20')"], ["lines", "[]"]]),
      ]),
      caused("context", "KeyError", "'voucher'", [
        frame("applications/your_app/models/vouchers.py", "voucher_of", 7, 'return session["voucher"]', [["session", "<Storage {'visits': 3}>"]]),
        frame("/srv/web2py/gluon/storage.py", "__getitem__", 64, "return dict.__getitem__(self, key)", []),
      ]),
    ],
  },
  {
    id: "11d2a90f4c7be583", app: "shop", route: "default/item", culprit: "item (controllers/default.py)", age: 400, rate: 3, state: "open", regressed: true, back: "2026.47",
    causes: [
      caused("raised", "AttributeError", "'NoneType' object has no attribute 'price'", [
        ...GLUON,
        frame("applications/shop/controllers/default.py", "item", 31, "return dict(item=item, price=item.price)", [["item", "None"], ["request.args", "['99120']"]]),
      ]),
    ],
  },
  {
    id: "2b7c64e1908f3da5", app: "your_app", route: "api/v1/orders/<int:id>/lines", culprit: "lines (controllers/api.py)", age: 2000, rate: 9, state: "open",
    causes: [
      caused("raised", "psycopg2.errors.DeadlockDetected", "deadlock detected\nDETAIL:  Process 4121 waits for ShareLock on transaction 88123; blocked by process 4117.\nHINT:  See server log for query details.", [
        ...GLUON,
        frame("applications/your_app/controllers/api.py", "lines", 58, "db(db.line.order_id == id).update(state=request.vars.state)", [["id", "641"], ["request.vars", "<Storage {'state': 'packed', 'token': '[cut:key:32]'}>"]]),
        frame("/srv/web2py/gluon/packages/dal/pydal/objects.py", "update", 2564, "ret = self._db._adapter.update(table, self.query, fields)"),
        frame("/srv/web2py/gluon/packages/dal/pydal/adapters/base.py", "execute", 413, "rv = self.cursor.execute(command, *args[1:], **kwargs)"),
      ]),
    ],
  },
  {
    id: "30e8ab5512fc7096", app: "shop", route: "", culprit: "send_mails (models/scheduler.py)", age: 70, rate: 0.6, state: "open", mechanism: "task",
    causes: [caused("raised", "RecursionError", "maximum recursion depth exceeded", [
      frame("applications/shop/models/scheduler.py", "send_mails", 12, "walk(tree)", [["tree", "<Node 'root' with 2 children>"]], { left_out: 984 }),
      frame("applications/shop/models/scheduler.py", "walk", 22, "return [walk(child) for child in node.children]", [["node", "<Node 'loop'>"]]),
    ])],
  },
  {
    id: "44a1f7c0de925b18", app: "your_app", route: "default/search", culprit: "", age: 30, rate: 0.3, state: "open", mechanism: "worker_died",
    causes: [caused("raised", "WorkerDied", "killed by signal 9 after 48.2 s, most likely out of memory", [])],
  },
  {
    id: "58d03b6a1e7c24f9", app: "intranet", route: "default/upload", culprit: "upload (controllers/default.py)", age: 900, rate: 0.2, state: "open", mechanism: "logged",
    causes: [caused("raised", "UnicodeDecodeError", "'utf-8' codec can't decode byte 0xc3 in position 11: invalid continuation byte <b>not markup</b>", [
      ...GLUON, frame("applications/intranet/controllers/default.py", "upload", 77, "text = data.decode('utf-8')", [["data", "b'na\\xc3\\x28ve'"]]),
    ])],
  },
  {
    id: "6c92e4f81b0d37a5", app: "your_app", route: "default/index", culprit: "front (models/cache.py)", age: 700, rate: 0, state: "resolved", release: "2026.46",
    causes: [caused("raised", "ConnectionRefusedError", "[Errno 111] Connection refused", [...GLUON, frame("applications/your_app/models/cache.py", "front", 9, "return redis.get('front')", [])])],
  },
  {
    id: "7f0be1d25a63c894", app: "shop", route: "default/search", culprit: "search (controllers/default.py)", age: 1200, rate: 14, state: "ignored", untilEvents: 100,
    causes: [caused("raised", "ValueError", "invalid literal for int() with base 10: 'undefined'", [...GLUON, frame("applications/shop/controllers/default.py", "search", 14, "page = int(request.vars.page)", [["request.vars.page", "'undefined'"]])])],
  },
];

/** What was changed by hand since the start. */
const changes = new Map();

const stateOf = (one) => changes.get(one.id) ?? {
  state: one.state, regressed: one.regressed ?? false, changed: one.state === "open" && !one.regressed ? null : iso(START - 9 * HOUR),
  release: one.release ?? null, until: null, until_events: one.untilEvents ?? null,
};

function hoursOf(one, count) {
  const now = Math.floor(Date.now() / HOUR);
  return Array.from({ length: count }, (_, i) => {
    const hour = now - (count - 1 - i);
    if ((START - hour * HOUR) / HOUR - 1 > one.age) return 0;
    const wave = 0.6 + 0.5 * Math.sin((hour / 24) * 2 * Math.PI);
    return Math.floor(one.rate * wave * (0.5 + chance(one.id, hour)) + chance(one.id, hour, "rest"));
  });
}

const sum = (list) => list.reduce((a, b) => a + b, 0);
const ageOf = (one) => (one.rate === 0 ? 30 * HOUR : (chance(one.id, "age") * HOUR) / Math.max(1, one.rate));

function summary(one, hours) {
  const { state, regressed } = stateOf(one);
  const events = sum(hoursOf(one, hours)) || (one.rate === 0 ? 3 : 1);
  return {
    id: one.id, app: one.app, type: one.causes[0].type, message: one.causes[0].message, culprit: one.culprit, state, regressed,
    first_seen: iso(START - one.age * HOUR), last_seen: iso(START - ageOf(one)), events,
    events_total: events + Math.round(one.age * one.rate * 0.4),
    users: Math.ceil(events / 3),
    routes: one.route === "" ? [] : [{ route: one.route, events: Math.ceil(events * 0.8) }, ...(one.rate > 8 ? [{ route: "default/item", events: Math.floor(events * 0.2) }] : [])],
    hours: hoursOf(one, 24),
  };
}

/** An event of an issue: 8 digits of the issue, 8 of its number, newest is 0. */
function headOf(one, n) {
  const ms = START - ageOf(one) - (n * HOUR) / Math.max(0.1, one.rate);
  const row = requestOf(one, ms);
  return {
    id: one.id.slice(0, 8) + n.toString(16).padStart(8, "0"), time: iso(ms), issue: one.id, app: one.app, route: one.route, release: n < 9 ? "2026.47" : "2026.46",
    mechanism: one.mechanism ?? "unhandled", user: row === null ? "" : "7", ticket: row === null || one.mechanism !== undefined ? null : `${one.app}/${row.client}.2026-11-23.06-00-00.${row.id}`,
    request_id: row?.id ?? null, pid: 4100 + (n % 4), type: one.causes[0].type, message: one.causes[0].message,
  };
}

function requestOf(one, ms) {
  if (one.route === "") return null;
  const row = requestAt(Math.floor(ms / 100));
  return { ...row, app: one.app, route: one.route, path: `/${one.app}/${one.route.replace("<int:id>", "641")}`, status: one.mechanism === "logged" ? 200 : one.mechanism === "worker_died" ? 0 : 500, flags: ["raised"] };
}

const eventOf = (one, n) => ({ ...headOf(one, n), causes: one.causes });
const LISTED = 50;
const countOf = (one) => Math.min(LISTED, one.rate === 0 ? 3 : Math.max(1, Math.round(one.age * one.rate)));

export function issues(query, { empty }) {
  const { from, to } = span({ from: "-7d", ...query });
  const state = query.state ?? "open";
  const apps = new Set(chosen(query).map((one) => one.app));
  const text = (query.q ?? "").toLowerCase();
  const found = (empty ? [] : ISSUES)
    .map((one) => summary(one, Math.max(1, Math.round((to - from) / HOUR))))
    .filter((row) => apps.has(row.app) && (state === "all" || row.state === state) && Date.parse(row.last_seen) >= from)
    .filter((row) => `${row.type} ${row.message} ${row.culprit}`.toLowerCase().includes(text));
  const key = { first: (row) => Date.parse(row.first_seen), events: (row) => row.events }[query.sort] ?? ((row) => Date.parse(row.last_seen));
  return { issues: found.sort((a, b) => key(b) - key(a)).slice(0, Number(query.limit ?? 100)) };
}

function known(id) {
  if (!/^[0-9a-f]{16}$/.test(id)) throw refusal(400, "id", "an issue id is 16 hexadecimal digits");
  const one = ISSUES.find((issue) => issue.id === id);
  if (one === undefined) throw refusal(404, "id", `no issue ${id} is stored`);
  return one;
}

export function issue(id) {
  const one = known(id);
  const now = stateOf(one);
  const { events_total, ...rest } = summary(one, 168);
  const own = one.causes[0].frames.filter((each) => each.in_app);
  return {
    ...rest, events_total,
    reason: `same because all are ${rest.type} with the message “${rest.message.replace(/\d+/g, "<n>")}”, ${own.length === 0 ? "with no frame of the app's own" : `raised in ${one.culprit}`}${own.length > 1 ? ` and called through the same ${own.length - 1} functions of the app` : ""}${one.causes.length > 1 ? `, after ${one.causes.slice(1).map((each) => each.type).join(", ")}` : ""}`,
    grouping_version: 1, top_users: [{ user: "7", events: Math.ceil(events_total * 0.4) }, { user: "anna@shop.example", events: Math.floor(events_total * 0.2) }], releases: [{ release: "2026.47", events: Math.ceil(events_total * 0.7) }, { release: "2026.46", events: Math.floor(events_total * 0.3) }],
    state_changed: now.changed, resolved_in_release: now.release, regressed_in_release: now.regressed ? (one.back ?? null) : null,
    ignored_until: now.until, ignored_until_events: now.until_events, hours_7d: hoursOf(one, 168),
    first: headOf(one, countOf(one) - 1), latest: eventOf(one, 0), representative_id: headOf(one, Math.min(2, countOf(one) - 1)).id,
    events_list: Array.from({ length: countOf(one) }, (_, n) => headOf(one, n)),
  };
}

export function event(id) {
  const one = ISSUES.find((each) => id.startsWith(each.id.slice(0, 8)));
  const n = Number.parseInt(id.slice(8), 16);
  if (id.length !== 16 || one === undefined || !(n < countOf(one))) throw refusal(404, "id", `no event ${id} is stored`);
  const found = eventOf(one, n);
  const ms = Date.parse(found.time);
  const request = requestOf(one, ms);
  const logs = request === null ? [] : [lineOf(ms - 40, 2, request), lineOf(ms - 12, 3, request), lineOf(ms, 4, request)];
  return { ...found, request, logs };
}

/** The exceptions of a made-up request: one if it failed. */
export function exceptionsOf(row) {
  if (row.status !== 500) return [];
  const one = ISSUES.find((each) => each.app === row.app) ?? ISSUES[0];
  return [{ ...headOf(one, 0), time: row.time, request_id: row.id, ticket: row.ticket, route: row.route, pid: row.pid }];
}

export function search(query) {
  const q = (query.q ?? "").trim();
  const found = [];
  for (const one of ISSUES) {
    const head = headOf(one, 0);
    const title = `${head.type}: ${head.message}`;
    if (one.id === q) found.push({ kind: "issue", id: one.id, title, time: head.time });
    if ([head.id, head.ticket, head.request_id].includes(q)) {
      found.push({ kind: "event", id: head.id, title, time: head.time });
      if (head.request_id !== null) found.push({ kind: "request", id: head.request_id, title: `GET /${one.app}/${one.route}`, time: head.time });
    }
  }
  return { found };
}

export function change(id, body) {
  const one = known(id);
  if (!["open", "resolved", "ignored"].includes(body.state)) throw refusal(400, "state", "state is open, resolved or ignored");
  changes.set(id, {
    state: body.state, regressed: false, changed: iso(Date.now()), release: body.release ?? null,
    until: body.until ?? null, until_events: body.until_events ?? null,
  });
  return issue(one.id);
}

/** Every 20 seconds, what was resolved by hand comes back. */
export function news(second) {
  if (second % 20 !== 7) return [];
  return ISSUES.filter((one) => changes.get(one.id)?.state === "resolved").map((one) => {
    changes.set(one.id, { ...changes.get(one.id), state: "open", regressed: true, changed: iso(Date.now()) });
    const { id, app, causes: [{ type, message }] } = one;
    return { id, app, type, message, new: false, regressed: true };
  });
}

