// A stand-in for the haechi binary while the pages are being worked on: serves
// dist/ under the same policy, and made-up answers of the same shape as the API.
//   node mock/server.mjs [--port 4241] [--empty] [--slow MS]
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import * as issues from "./issues.mjs";
import * as made from "./made-up.mjs";
import * as visitors from "./visitors.mjs";

const { values: flags } = parseArgs({
  options: {
    port: { type: "string", default: "4241" },
    empty: { type: "boolean", default: false },
    slow: { type: "string", default: "0" },
  },
});

const DIST = join(import.meta.dirname, "..", "dist");
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Resource → the parameters it knows and what it answers. */
const RANGE = ["app", "from", "to"];
const RESOURCES = {
  "/api/apps": [[], made.apps],
  "/api/traffic": [[...RANGE, "route", "method", "step"], made.traffic],
  "/api/routes": [[...RANGE, "sort", "limit"], made.routes],
  "/api/requests": [
    [...RANGE, "route", "method", "status", "client", "user", "min_ms", "path", "sort", "limit", "before"],
    made.requests,
  ],
  "/api/inflight": [["app"], made.inflight],
  "/api/logs": [[...RANGE, "level", "q", "pattern", "request", "limit", "before"], made.logs],
  "/api/logs/histogram": [[...RANGE, "level", "q", "pattern", "step"], made.logHistogram],
  "/api/patterns": [[...RANGE, "level", "q", "sort", "limit"], made.patterns],
  "/api/issues": [[...RANGE, "state", "q", "sort", "limit"], issues.issues],
  "/api/search": [["q"], issues.search],
  "/api/status": [[], made.status],
  "/api/latency": [[...RANGE, "route", "method", "step"], visitors.latency],
  "/api/visits": [[...RANGE, "who", "limit"], visitors.visits],
};

/** Resources of one thing: what follows the name is its id. */
const THINGS = {
  requests: (id) => {
    const found = made.request(id);
    return { ...found, exceptions: issues.exceptionsOf(found) };
  },
  issues: issues.issue,
  events: issues.event,
};
/** Longest body of a change, in bytes. */
const BODY_BYTES = 4096;

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    json(response, error.status ?? 500, { error: { field: error.field ?? null, message: error.message } });
  });
});

async function answer(request, response) {
  const url = new URL(request.url, "http://127.0.0.1");
  const query = Object.fromEntries(url.searchParams);
  if (url.pathname === "/api/live") return live(response, query);
  if (!url.pathname.startsWith("/api/")) return file(response, url.pathname);
  if (request.method === "POST") return json(response, 200, await changed(request, url.pathname));
  const one = /^\/api\/(requests|issues|events)\/([^/]+)$/.exec(url.pathname);
  const [known, make] = one ? [[], () => THINGS[one[1]](one[2])] : (RESOURCES[url.pathname] ?? []);
  if (make === undefined) throw made.refusal(404, null, `nothing is at ${url.pathname}`);
  for (const name of Object.keys(query)) {
    if (!known.includes(name)) throw made.refusal(400, name, `there is no parameter ${name} here`);
  }
  const body = make(query, { empty: flags.empty });
  await new Promise((resolve) => setTimeout(resolve, Number(flags.slow)));
  json(response, 200, body);
}

async function changed(request, path) {
  const one = /^\/api\/issues\/([^/]+)\/state$/.exec(path);
  if (one === null) throw made.refusal(404, null, `nothing is at ${path}`);
  if (request.headers["x-haechi"] !== "1") throw made.refusal(403, null, "send the header X-Haechi: 1 with a change");
  if (request.headers["content-type"] !== "application/json") throw made.refusal(400, null, "a change is JSON");
  let text = "";
  for await (const part of request) {
    text += part;
    if (text.length > BODY_BYTES) throw made.refusal(400, null, "a change has at most 4 kB");
  }
  return issues.change(one[1], JSON.parse(text));
}

function live(response, query) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const send = (event, data) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const tick = () => {
    send("tick", made.tick(query, { empty: flags.empty }));
    if (!flags.empty) for (const line of made.newLines(query)) send("log", line);
    const told = flags.empty ? [] : issues.news(Math.floor(Date.now() / 1000));
    for (const news of told) if (query.app === undefined || query.app === news.app) send("issue", news);
  };
  tick();
  const timer = setInterval(tick, 1000);
  response.on("close", () => clearInterval(timer));
}

async function file(response, path) {
  const name = path === "/" ? "/index.html" : path;
  if (name !== "/index.html" && !name.startsWith("/assets/")) {
    throw made.refusal(404, null, `nothing is at ${path}`);
  }
  let content;
  try {
    content = await readFile(join(DIST, normalize(name)));
  } catch {
    throw made.refusal(404, null, `${name} is not there; run npm run build first`);
  }
  response.writeHead(200, {
    "content-type": TYPES[extname(name)] ?? "application/octet-stream",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
  });
  response.end(content);
}

function json(response, status, body) {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}

server.listen(Number(flags.port), "127.0.0.1", () => {
  console.log(`made-up data at http://127.0.0.1:${flags.port}/`);
});
