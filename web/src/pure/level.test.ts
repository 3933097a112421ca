import { describe, expect, it } from "vitest";
import { holds, lastLine, passes, readLevel } from "./level";

describe("levels", () => {
  it("are known by all their names", () => {
    expect(["INFO", "warning", "CRITICAL", "Error", "odd"].map(readLevel)).toEqual(["info", "warn", "fatal", "error", "info"]);
  });

  it("pass a minimum from it upwards", () => {
    expect(["DEBUG", "INFO", "WARN", "FATAL"].map((name) => passes(name, "warn"))).toEqual([false, false, true, true]);
    expect(passes("TRACE", null)).toBe(true);
  });
});

describe("a search", () => {
  it("wants every word, in any order and case", () => {
    expect(holds("Order 1093 paid with card", "CARD order")).toBe(true);
    expect(holds("Order 1093 paid with card", "order cash")).toBe(false);
    expect(holds("anything", "")).toBe(true);
  });
});

describe("a traceback", () => {
  it("is summed up by its last line", () => {
    expect(lastLine("Traceback:\n  File x\nValueError: no\n")).toBe("ValueError: no");
    expect(lastLine("")).toBe("");
  });
});
