// Made-up answers. Everything is computed from the time it is about, so that a
// reload shows the same past.

const APPS = [
  { app: "your_app", workers: 4, weight: 1, statistics: "on" },
  { app: "shop", workers: 2, weight: 0.4, statistics: "on" },
  { app: "intranet", workers: 1, weight: 0.05, statistics: "paused" },
];

const ROUTES = [
  { method: "GET", route: "default/index", weight: 40, ms: 12, bad: 0.0005 },
  { method: "GET", route: "default/item", weight: 26, ms: 31, bad: 0.002 },
  { method: "GET", route: "default/search", weight: 9, ms: 140, bad: 0.004 },
  { method: "POST", route: "default/checkout", weight: 3, ms: 320, bad: 0.02 },
  { method: "GET", route: "default/stats", weight: 5, ms: 3, bad: 0 },
  { method: "POST", route: "api/v1/orders/<int:id>/lines", weight: 4, ms: 88, bad: 0.006 },
  { method: "GET", route: "static", weight: 22, ms: 0.6, bad: 0 },
  { method: "GET", route: "(unmatched)", weight: 2, ms: 1.4, bad: 0 },
];
const WEIGHT = ROUTES.reduce((sum, route) => sum + route.weight, 0);

const MESSAGES = [
  ["INFO", "item 4821 shown to a visitor"],
  ["INFO", "order 1093 paid with card"],
  ["DEBUG", "cache miss for key catalogue:front:2"],
  ["WARN", "slow query: 412 ms in select item.id, item.name from item where item.name like ?"],
  ["ERROR", "checkout failed: division by zero"],
  ["INFO", "<b>text stays text</b> & is never markup"],
  ["INFO", "주문이 접수되었습니다 — 감사합니다"],
];
const TRACEBACK = `Traceback (most recent call last):
  File "applications/your_app/controllers/default.py", line 42, in checkout
    share = total / len(lines)
            ~~~~~~^~~~~~~~~~~~
ZeroDivisionError: division by zero`;

export function refusal(status, field, message) {
  return Object.assign(new Error(message), { status, field });
}

/** A number in [0, 1) that depends on its arguments alone. */
export function chance(...parts) {
  let h = 2166136261;
  for (const char of parts.join("/")) h = Math.imul(h ^ char.charCodeAt(0), 16777619);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

function moment(text, fallback) {
  if (text === undefined) return fallback;
  const relative = /^-(\d+)([smhdw])$/.exec(text);
  if (relative) {
    const unit = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 }[relative[2]];
    return Date.now() - Number(relative[1]) * unit * 1000;
  }
  const ms = text === "now" ? Date.now() : Date.parse(text);
  if (Number.isNaN(ms)) throw refusal(400, "from", `${text} is no time; write -15m or 2026-11-23T06:00:00Z`);
  return ms;
}

export function span(query) {
  return { from: moment(query.from, Date.now() - 3600_000), to: moment(query.to, Date.now()) };
}

export function chosen(query) {
  const found = query.app === undefined ? APPS : APPS.filter((one) => one.app === query.app);
  if (found.length === 0) throw refusal(400, "app", `no app is named ${query.app}; /api/apps lists them`);
  return found;
}

export const iso = (ms) => new Date(ms).toISOString();
const weight = (list) => list.reduce((sum, one) => sum + one.weight, 0);

/** Requests per second at a moment: a day's wave, ripples, and a spike now and then. */
function load(seconds, name) {
  const day = 0.62 + 0.38 * Math.sin((seconds / 86400) * 2 * Math.PI - 2);
  const ripple = 0.85 + 0.3 * chance("ripple", name, seconds);
  const spike = chance("spike", name, Math.floor(seconds / 900)) > 0.94 ? 1.9 : 1;
  return 38 * day * ripple * spike;
}

function quantiles(seconds, name, scale) {
  const wave = 1 + 0.15 * Math.sin(seconds / 1700) + 0.25 * chance("lat", name, seconds);
  const slow = chance("slow", name, Math.floor(seconds / 1200)) > 0.93 ? 2.6 : 1;
  const p50 = scale * wave;
  return { mean_ms: p50 * 1.7, p50_ms: p50, p90_ms: p50 * 3.2, p95_ms: p50 * 4.6 * slow, p99_ms: p50 * 9 * slow, max_ms: p50 * 31 * slow };
}

export function apps(_query, { empty }) {
  if (empty) return { apps: [] };
  return {
    apps: APPS.map(({ app, workers, weight: w, statistics }) => ({
      app,
      first_seen: iso(Date.now() - 20 * 86400_000),
      last_seen: iso(Date.now()),
      requests: Math.round(4_213_870 * w),
      statistics,
      workers,
    })),
  };
}

export function traffic(query, { empty }) {
  const { from, to } = span(query);
  if (from >= to) throw refusal(400, "from", "from must lie before to");
  const step = [60, 300, 900, 3600, 10800, 86400].find((s) => (to - from) / 1000 / s <= 400) ?? 86400;
  const names = ["time", "requests", "errors", "client_errors", "mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms", "bytes_in", "bytes_out"];
  const columns = Object.fromEntries(names.map((name) => [name, []]));
  const one = ROUTES.find((route) => route.route === query.route);
  const share = (query.route === undefined ? 1 : (one?.weight ?? 0) / WEIGHT) * weight(chosen(query));
  for (let t = Math.floor(from / 1000 / step) * step; t < to / 1000; t += step) {
    const quiet = empty || chance("quiet", Math.floor(t / 600)) > 0.97;
    const n = quiet ? 0 : Math.round(load(t, "all") * step * share);
    const bad = chance("bad", Math.floor(t / 1800)) > 0.9 ? 0.09 : 0.003;
    const q = quantiles(t, "all", one?.ms ?? 14);
    const row = { time: t, requests: n, errors: Math.round(n * bad), client_errors: Math.round(n * 0.021), bytes_in: n * 420, bytes_out: n * 18200, ...q };
    for (const name of names) columns[name].push(name.endsWith("_ms") && n === 0 ? null : row[name]);
  }
  return { from: iso(from), to: iso(to), step_seconds: step, columns, total: total(columns, one?.ms ?? 14) };
}

function total(columns, ms) {
  const sum = (name) => columns[name].reduce((a, b) => a + b, 0);
  const requests = sum("requests");
  const errors = sum("errors");
  const client = sum("client_errors");
  const q = quantiles(1, "all", ms);
  const latency = Object.fromEntries(Object.entries(q).map(([k, v]) => [k, requests === 0 ? null : v]));
  const status = { "1xx": 0, "2xx": requests - errors - client, "3xx": 0, "4xx": client, "5xx": errors, none: 0 };
  return { requests, errors, client_errors: client, status, ...latency, bytes_in: sum("bytes_in"), bytes_out: sum("bytes_out") };
}

export function routes(query, { empty }) {
  const { from, to } = span(query);
  const all = empty ? [] : chosen(query).flatMap((app) =>
    ROUTES.map(({ method, route, weight: w, ms, bad }) => {
      const requests = Math.round(((24 * (to - from)) / 1000) * app.weight * (w / WEIGHT));
      const q = quantiles(1, route, ms);
      return {
        app: app.app, method, route, requests,
        errors: Math.round(requests * bad), client_errors: Math.round(requests * 0.01),
        time_share: 0, total_ms: requests * q.mean_ms, mean_ms: q.mean_ms, p50_ms: q.p50_ms, p95_ms: q.p95_ms,
        p99_ms: q.p99_ms, max_ms: q.max_ms, cpu_mean_ms: q.mean_ms * 0.6, bytes_in: requests * 400, bytes_out: requests * 9000,
      };
    }),
  );
  const total_ms = all.reduce((sum, row) => sum + row.total_ms, 0);
  for (const row of all) row.time_share = row.total_ms / total_ms;
  all.sort((a, b) => b.total_ms - a.total_ms);
  return { from: iso(from), to: iso(to), total_ms, routes: all };
}

/** The request that began in a given tenth of a second. */
export function requestAt(tenth) {
  let pick = chance("route", tenth) * WEIGHT;
  const { method, route, ms } = ROUTES.find((one) => (pick -= one.weight) < 0) ?? ROUTES[0];
  const app = APPS[chance("app", tenth) > 0.72 ? 1 : 0].app;
  const dice = chance("status", tenth);
  const status = route === "(unmatched)" ? 404 : dice > 0.985 ? 500 : dice > 0.96 ? 403 : dice > 0.9 ? 303 : 200;
  const duration = ms * (0.5 + 6 * chance("ms", tenth) ** 4);
  const path = { "default/item": `/${app}/default/item/${tenth % 9000}`, "(unmatched)": "/wp-login.php", static: `/${app}/static/css/web2py-bootstrap4.css` }[route] ?? `/${app}/${route.replace("<int:id>", String(tenth % 700))}`;
  return {
    id: tenth.toString(16).padStart(16, "0"), trace_id: tenth.toString(16).padStart(32, "7"), time: iso(tenth * 100), app, method, route, path,
    query: route === "default/search" ? "q=red+shoes&token=[redacted]" : "", status, duration_ms: duration,
    cpu_ms: chance("cpu", tenth) > 0.5 ? duration * 0.6 : null, bytes_in: 412, bytes_out: Math.round(2000 + 40000 * chance("out", tenth)),
    client: `203.0.113.${tenth % 250}`, user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    referrer: "", user: "", pid: 4100 + (tenth % 4), ticket: status === 500 ? `${app}/203.0.113.9.2026-11-23.06-00-00.1f2e3d4c` : null,
    flags: status === 500 ? ["raised"] : route === "static" ? ["static"] : [],
  };
}

export function requests(query, { empty }) {
  const { from, to } = span(query);
  const limit = Number(query.limit ?? 100);
  chosen(query);
  const rows = [];
  let tenth = query.before === undefined ? Math.floor(to / 100) : Number.parseInt(query.before, 16) - 1;
  for (let tries = 0; !empty && rows.length < limit && tries < 40_000 && tenth * 100 > from; tries += 1, tenth -= 1) {
    const row = requestAt(tenth);
    const status = query.status ?? "";
    if (query.app !== undefined && row.app !== query.app) continue;
    if (query.route !== undefined && row.route !== query.route) continue;
    if (query.method !== undefined && row.method !== query.method) continue;
    if (query.path !== undefined && !row.path.includes(query.path)) continue;
    if (query.min_ms !== undefined && row.duration_ms < Number(query.min_ms)) continue;
    if (status.endsWith("xx") ? Math.floor(row.status / 100) !== Number(status[0]) : status !== "" && row.status !== Number(status)) continue;
    rows.push(row);
  }
  if (query.sort === "slowest") return { requests: rows.sort((a, b) => b.duration_ms - a.duration_ms), next: null };
  return { requests: rows, next: rows.length === limit ? rows.at(-1).id : null };
}

export function request(id) {
  if (!/^[0-9a-f]{16}$/.test(id)) throw refusal(400, "id", "a request id is 16 hexadecimal digits");
  const tenth = Number.parseInt(id, 16);
  if (tenth * 100 > Date.now() || tenth < 1e9) throw refusal(404, "id", `no request ${id} is stored`);
  const row = requestAt(tenth);
  const lines = row.status === 500 ? [0, 1, 4] : chance("lines", tenth) > 0.5 ? [2, 0] : [];
  return { ...row, logs: lines.map((which, i) => lineOf(tenth * 100 + i * 3, which, row)) };
}

export function lineOf(ms, which, row) {
  const [level, message] = MESSAGES[which];
  return {
    id: `${ms}-${which}`, time: iso(ms), level, app: row.app, route: row.route, logger: `web2py.app.${row.app}`, message,
    message_bytes: Buffer.byteLength(message), request_id: row.id, pid: row.pid, file: "default.py", line: 42,
    exception: level === "ERROR" ? TRACEBACK : null,
    attributes: which === 2 ? [{ key: "order_id", value: String(1000 + (ms % 97)) }] : [],
    pattern: patternOf(which),
  };
}

const patternOf = (which) => which.toString(16).padStart(16, "0");

function lineAt(second) {
  const dice = chance("line", second);
  const which = dice < 0.4 ? 0 : dice < 0.62 ? 1 : dice < 0.8 ? 2 : dice < 0.88 ? 3 : dice < 0.92 ? 4 : dice < 0.96 ? 5 : 6;
  return lineOf(second * 1000, which, requestAt(second * 10));
}

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

export function logs(query, { empty }) {
  const { from, to } = span(query);
  const limit = Number(query.limit ?? 100);
  const minimum = LEVELS.indexOf((query.level ?? "trace").toUpperCase());
  chosen(query);
  const rows = [];
  let second = query.before === undefined ? Math.floor(to / 1000) : Math.floor(Number.parseInt(query.before, 10) / 1000) - 1;
  for (let tries = 0; !empty && rows.length < limit && tries < 40_000 && second * 1000 > from; tries += 1, second -= 1) {
    const row = lineAt(second);
    if (query.app !== undefined && row.app !== query.app) continue;
    if (LEVELS.indexOf(row.level) < minimum) continue;
    if (query.pattern !== undefined && row.pattern !== query.pattern) continue;
    if (query.q !== undefined && !row.message.toLowerCase().includes(query.q.toLowerCase())) continue;
    rows.push(row);
  }
  const words = query.q === undefined ? [] : [query.q];
  return { logs: rows, next: rows.length === limit ? rows.at(-1).id : null, words };
}

export function logHistogram(query, { empty }) {
  const { from, to } = span(query);
  const step_s = to - from > 86_400_000 ? 3600 : to - from > 7_200_000 ? 300 : 60;
  const points = [];
  for (let at = Math.floor(from / 1000 / step_s) * step_s; at * 1000 < to; at += step_s) {
    const info = empty ? 0 : Math.round(step_s * (0.6 + 0.4 * chance("info", at)));
    const failed = empty ? 0 : Math.round(step_s * 0.05 * chance("failed", at));
    const levels = { ...(info > 0 && { INFO: info }), ...(failed > 0 && { ERROR: failed }) };
    points.push({ time: iso(at * 1000), lines: info + failed, levels });
  }
  const lines = points.reduce((sum, point) => sum + point.lines, 0);
  return { from: iso(from), to: iso(to), step_s, counted_from: iso(from), partial: false, lines, points };
}

export function patterns(query, { empty }) {
  const { from, to } = span(query);
  chosen(query);
  const minimum = LEVELS.indexOf((query.level ?? "trace").toUpperCase());
  const rows = MESSAGES.map(([level, message], which) => {
    const counts = Array.from({ length: 30 }, (_, i) => Math.floor(chance(message, i) * (900 >> which)));
    const lines = counts.reduce((sum, n) => sum + n, 0);
    return {
      id: patternOf(which), app: "shop", logger: "web2py.app.shop", level, template: message.replace(/\d+/g, "<n>"), lines, counts,
      total: lines * 7, first_seen: iso(which === 5 ? to - 90_000 : from - 9e8), last_seen: iso(to - which * 4000),
      is_new: which === 5, line_id: `${to}-${which}`,
    };
  }).filter((row) => !empty && LEVELS.indexOf(row.level) >= minimum);
  const lines = rows.reduce((sum, row) => sum + row.lines, 0);
  return { from: iso(from), to: iso(to), step_s: 300, times: [], lines, count: rows.length, patterns: rows };
}

export function newLines(query) {
  const row = lineAt(Math.floor(Date.now() / 1000));
  return query.app === undefined || row.app === query.app ? [row] : [];
}

export function inflight(query, { empty }) {
  if (empty) return { inflight: [] };
  chosen(query);
  const now = Date.now();
  const ages = [48_200, 2_310, 640, 122, 31, 4].slice(Math.floor(chance("in", Math.floor(now / 2000)) * 4));
  const rows = ages.map((age, i) => ({ ...requestAt(Math.floor(now / 20_000) * 200 + i), age_ms: age }));
  return {
    inflight: rows
      .filter((row) => query.app === undefined || row.app === query.app)
      .map(({ id, app, method, path, route, client, age_ms, pid }) => ({
        id, time: iso(now - age_ms), app, method, path, route, client, age_ms, pid, has_stack: false, asked: false,
        part: age_ms > 600 ? "db" : null, part_ms: age_ms > 600 ? age_ms * 0.8 : null, db_ms: age_ms > 600 ? age_ms * 0.85 : 0,
      })),
  };
}

export function tick(query, { empty }) {
  const now = Math.floor(Date.now() / 1000);
  const list = empty ? [] : chosen(query);
  const rps = load(now, "live") * weight(list);
  const errors = chance("err", Math.floor(now / 7)) > 0.8 ? rps * 0.06 : 0;
  const { p50_ms, p95_ms, p99_ms } = quantiles(now, "live", 14);
  const round = (x) => Math.round(x * 10) / 10;
  return {
    time: iso(now * 1000), requests_per_second: round(rps), errors_per_second: round(errors), in_flight: empty ? 0 : Math.round(3 * chance("fl", now)) + 1,
    workers: list.reduce((sum, one) => sum + one.workers, 0), p50_ms: empty ? null : p50_ms, p95_ms: empty ? null : p95_ms, p99_ms: empty ? null : p99_ms,
    apps: list.map((one) => ({ app: one.app, requests_per_second: round(load(now, one.app) * one.weight), errors_per_second: 0, in_flight: 1, workers: one.workers })),
    drops: {},
  };
}

export function status(_query, { empty }) {
  return {
    version: "0.1.0", uptime_s: Math.round(process.uptime()), data_dir: "/srv/your_app/.haechi", store_bytes: empty ? 40_960 : 1_284_000_000,
    store_budget_bytes: 5_000_000_000, spool_bytes: empty ? 0 : 6_291_456, spool_budget_bytes: 67_108_864, records_stored: empty ? 0 : 18_442_116,
    cpu_s: 81.2, memory_bytes: 21_300_000, stored_since_start: empty ? 0 : 1_204_551, lag_ms: 240, commits_failed: 0, recorders: empty ? 0 : 6,
    tickets: { waiting: 0, read: 12, refused: 1, trouble: null }, countries: null, trouble: null,
    drops: empty ? {} : { "spool budget": 214, torn: 2 },
    notes: empty ? [] : [{ time: iso(Date.now() - 7_200_000), kind: "quarantine", name: "boot-77-4102-9.seg", text: "segment of unknown version 9 was set aside", count: 1 }],
  };
}
