import { afterEach, expect, it, vi } from "vitest";
import { address, ApiError, ask, send } from "./client";

afterEach(() => vi.unstubAllGlobals());

const answers = (answer: () => Promise<Response>) => vi.stubGlobal("fetch", answer);
const refused = (answer: () => Promise<Response>) => {
  answers(answer);
  return ask("/api/apps", new AbortController().signal).then(
    () => null,
    (error: unknown) => error as ApiError,
  );
};

it("leaves absent and empty parameters out of an address", () => {
  expect(address("/api/logs", { app: null, q: "", level: undefined, limit: 20 })).toBe("/api/logs?limit=20");
  expect(address("/api/apps")).toBe("/api/apps");
});

it("escapes what an address cannot hold", () => {
  expect(address("/api/traffic", { route: "a&b=c #<int:id>" })).toBe("/api/traffic?route=a%26b%3Dc+%23%3Cint%3Aid%3E");
});

it("gives the server's own words when it refuses", async () => {
  const body = { error: { field: "from", message: "from must lie before to" } };
  const error = await refused(async () => Response.json(body, { status: 400 }));
  expect([error?.status, error?.field, error?.message]).toEqual([400, "from", "from must lie before to"]);
});

it("tells the kind of a refusal by its code", async () => {
  const body = { error: { code: "bad_parameter", field: "from", message: "from must be before to" } };
  const error = await refused(async () => Response.json(body, { status: 400 }));
  expect([error?.code, error?.said]).toEqual(["bad_parameter", null]);
});

it("names the status when a refusal has no words", async () => {
  const error = await refused(async () => new Response("<html>", { status: 502 }));
  expect([error?.status, error?.message]).toEqual([502, "Haechi answered with status 502."]);
});

it("says that nothing answers when the server is gone", async () => {
  const error = await refused(async () => {
    throw new TypeError("Failed to fetch");
  });
  expect([error?.status, error?.message]).toEqual([0, "Haechi does not answer. Is it still running?"]);
});

it("marks a change as one of these pages and sends it as JSON", async () => {
  const asked = vi.fn<typeof fetch>(async () => Response.json({ state: "resolved" }));
  vi.stubGlobal("fetch", asked);
  const answer = await send("/api/issues/00ff/state", { state: "resolved" }, new AbortController().signal);
  const [url, options] = asked.mock.calls[0] ?? [];
  const headers = new Headers(options?.headers);
  expect(answer).toEqual({ state: "resolved" });
  expect([url, options?.method, options?.body]).toEqual(["/api/issues/00ff/state", "POST", '{"state":"resolved"}']);
  expect([headers.get("x-haechi"), headers.get("content-type")]).toEqual(["1", "application/json"]);
});
