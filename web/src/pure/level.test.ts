import { describe, expect, it } from "vitest";
import { lastLine, readLevel } from "./level";

describe("levels", () => {
  it("are known by all their names", () => {
    expect(["INFO", "warning", "CRITICAL", "Error", "odd"].map(readLevel)).toEqual(["info", "warn", "fatal", "error", "info"]);
  });
});

describe("a traceback", () => {
  it("is summed up by its last line", () => {
    expect(lastLine("Traceback:\n  File x\nValueError: no\n")).toBe("ValueError: no");
    expect(lastLine("")).toBe("");
  });
});
