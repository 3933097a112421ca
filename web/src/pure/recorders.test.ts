import { expect, it } from "vitest";
import type { RecorderRow } from "../api/statusTypes";
import { grouped } from "./recorders";

const row = (pid: number, version: string | null, runtime = "CPython 3.13.1"): RecorderRow => ({
  pid,
  program: "gunicorn",
  apps: [],
  version,
  compared: version === null ? "older" : "same",
  runtime,
});

it("puts processes together that differ in nothing but their number", () => {
  const groups = grouped([row(1, null), row(2, "1.0"), row(3, "1.0"), row(4, "1.0", "Rust"), row(5, null)]);
  expect(groups.map((group) => [group.version, group.runtime, group.pids])).toEqual([
    [null, "CPython 3.13.1", [1, 5]],
    ["1.0", "CPython 3.13.1", [2, 3]],
    ["1.0", "Rust", [4]],
  ]);
});
