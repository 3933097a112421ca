import { describe, expect, it } from "vitest";
import type { Issue, IssueNews } from "../api/issueTypes";
import { badge, becoming, hourTimes, ignoring, stories } from "./issue";

const NOW = Date.parse("2026-11-23T06:30:00Z");
const ago = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();
const issue = (id: string, changes: Partial<Issue>): Issue => ({
  id, app: "shop", type: "KeyError", message: "'x'", culprit: "", state: "open", regressed: false, first_seen: ago(100),
  last_seen: ago(1), events: 1, events_total: 1, users: 0, routes: [], hours: [], ...changes,
});
const told = (id: string): IssueNews => ({ id, app: "shop", type: "KeyError", message: "'x'", new: true, regressed: false });
const ids = (list: { id: string }[]) => list.map(({ id }) => id);

it("calls an issue regressed only while it is open", () => {
  expect(badge({ state: "open", regressed: true })).toBe("regressed");
  expect(badge({ state: "open", regressed: false })).toBe("open");
  expect(badge({ state: "resolved", regressed: true })).toBe("resolved");
  expect(badge({ state: "ignored", regressed: true })).toBe("ignored");
});

describe("a change of state", () => {
  it("ends ignoring at a time, after a count, or never", () => {
    expect(ignoring("hour", NOW)).toEqual({ state: "ignored", release: null, until: "2026-11-23T07:30:00.000Z", until_events: null });
    expect(ignoring("day", NOW).until).toBe("2026-11-24T06:30:00.000Z");
    expect([ignoring("events", NOW).until, ignoring("events", NOW).until_events]).toEqual([null, 100]);
    expect([ignoring("ever", NOW).until, ignoring("ever", NOW).until_events]).toEqual([null, null]);
  });

  it("names the state alone when that is all", () => {
    expect(becoming("resolved")).toEqual({ state: "resolved", release: null, until: null, until_events: null });
  });
});

it("ends a chart of hours with the hour that runs", () => {
  const times = hourTimes(168, NOW);
  expect(times.length).toBe(168);
  expect(new Date((times.at(-1) ?? 0) * 1000).toISOString()).toBe("2026-11-23T06:00:00.000Z");
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(3600);
  expect(hourTimes(0, NOW)).toEqual([]);
});

describe("new and regressed issues", () => {
  it("leave out what is old and was never resolved", () => {
    const list = [issue("old", {}), issue("new", { first_seen: ago(2) }), issue("back", { regressed: true })];
    expect(ids(stories(list, [], NOW, 5))).toEqual(["new", "back"]);
  });

  it("begin with what was just told, each once", () => {
    const list = [issue("a", { first_seen: ago(2), last_seen: ago(2) }), issue("b", { first_seen: ago(3), last_seen: ago(0) })];
    const rows = stories(list, [told("c"), told("a")], NOW, 5);
    expect(ids(rows)).toEqual(["c", "b", "a"]);
    expect(rows.map((row) => row.issue?.id ?? null)).toEqual([null, "b", "a"]);
  });

  it("are never more than asked for", () => {
    expect(stories([], ["a", "b", "c"].map(told), NOW, 2).length).toBe(2);
  });
});
