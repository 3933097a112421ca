import { expect, test } from "vitest";
import type { EventHead } from "../api/issueTypes";
import type { LogLine } from "../api/types";
import { course } from "./course";

const at = (ms: number) => new Date(1_800_000_000_000 + ms).toISOString();
const line = (ms: number, message: string, exception: string | null = null) =>
  ({ time: at(ms), message, exception }) as LogLine;
const event = (ms: number, type: string) => ({ time: at(ms), type }) as EventHead;

function told(lines: LogLine[], events: EventHead[]): string[] {
  return course(lines, events).map((step) => step.line?.message ?? `!${step.event?.type}`);
}

test("exceptions stand among the lines by their time", () => {
  const lines = [line(10, "a"), line(20, "b"), line(30, "c")];
  const events = [event(5, "First"), event(20, "Second"), event(40, "Last")];
  expect(told(lines, events)).toEqual(["!First", "a", "b", "!Second", "c", "!Last"]);
  expect(told([], events)).toEqual(["!First", "!Second", "!Last"]);
  expect(told(lines, [])).toEqual(["a", "b", "c"]);
});

test("an exception stands behind the line that carries it, though others are as old", () => {
  const lines = [line(10, "before"), line(10, "failed", "…\nValueError: x"), line(10, "after")];
  expect(told(lines, [event(10, "ValueError")])).toEqual(["before", "failed", "!ValueError", "after"]);
  const late = [line(10, "before"), line(900, "another", "…\nValueError: y")];
  expect(told(late, [event(10, "ValueError")])).toEqual(["before", "!ValueError", "another"]);
});
