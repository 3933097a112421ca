import { describe, expect, it } from "vitest";
import * as format from "./format";

describe("numbers", () => {
  it("groups whole numbers by thousands", () => {
    expect(format.count(0)).toBe("0");
    expect(format.count(1_234_567)).toBe("1,234,567");
  });

  it("shortens numbers for an axis from ten thousand on", () => {
    expect([999, 9_500, 12_000, 3_400_000, 2e9].map(format.short)).toEqual(["999", "9,500", "12k", "3.4M", "2G"]);
  });

  it("gives a rate about three digits", () => {
    expect([0, 0.254, 12.34, 1234.5].map(format.rate)).toEqual(["0", "0.25", "12.3", "1,235"]);
  });

  it("never rounds a small share to zero nor a large one to all", () => {
    expect([0, 0.00004, 0.0012, 0.0123, 0.99999, 1].map(format.percent)).toEqual(["0", "<0.01", "0.12", "1.2", "99.9", "100"]);
  });

  it("calls a part of nothing zero", () => {
    expect(format.part(0, 0)).toBe(0);
    expect(format.part(1, 4)).toBe(0.25);
  });
});

describe("time spans", () => {
  it("take the unit that reads best", () => {
    const text = [0.4234, 9.87, 31.44, 412.4, 999.4, 999.6, 1240, 59_900, 61_000].map(format.spanText);
    expect(text).toEqual(["0.42 ms", "9.87 ms", "31.4 ms", "412 ms", "999 ms", "1 s", "1.24 s", "59.9 s", "1 min 1 s"]);
  });

  it("show a dash where there is no value", () => {
    expect(format.spanText(null)).toBe("–");
    expect(format.span(Number.NaN)).toEqual({ value: "–", unit: "" });
    expect(format.span(0)).toEqual({ value: "0", unit: "ms" });
    expect(format.span(0.003)).toEqual({ value: "<0.01", unit: "ms" });
  });

  it("keep the two largest units next to each other", () => {
    expect([0, 59, 3700, 86_400, 86_401, 90_061].map(format.longSpan)).toEqual([
      "0 s", "59 s", "1 h 1 min", "1 d", "1 d", "1 d 1 h",
    ]);
  });
});

describe("bytes", () => {
  it("count in powers of a thousand and never show 1000 of a unit", () => {
    expect([0, 999, 1234, 67_108_864, 999_999, 5e9].map(format.bytes)).toEqual([
      "0 B", "999 B", "1.2 kB", "67.1 MB", "1 MB", "5 GB",
    ]);
  });
});

describe("axis labels", () => {
  it("name the step of a chart", () => {
    expect([60, 300, 3600, 10_800, 86_400, 90].map(format.stepUnit)).toEqual(["min", "5 min", "h", "3 h", "day", "90 s"]);
  });

  it("share one unit on a latency axis", () => {
    expect(format.spanTicks([0, 50, 100])).toEqual(["0", "50 ms", "100 ms"]);
    expect(format.spanTicks([0, 500, 1000])).toEqual(["0", "0.5 s", "1 s"]);
  });

  it("say per what a count is", () => {
    expect(format.rateTicks([0, 20, 40_000], "min")).toEqual(["0", "20/min", "40k/min"]);
  });
});
