import { describe, expect, it } from "vitest";
import * as range from "./range";

const read = (text: string) => range.readRange(new URLSearchParams(text));
const FROM = Date.UTC(2026, 10, 23, 6, 0, 0);
const TO = FROM + 3_600_000;

describe("reading a range from an address", () => {
  it("knows the named ones", () => {
    expect(read("range=6h")).toEqual({ kind: "last", name: "6h" });
  });

  it("takes two moments", () => {
    expect(read("from=2026-11-23T06:00:00Z&to=2026-11-23T07:00:00Z")).toEqual({ kind: "between", from: FROM, to: TO });
  });

  it.each(["", "range=5y", "range=toString", "from=x&to=y", "from=2026-11-23T07:00:00Z&to=2026-11-23T06:00:00Z", "from=2026-11-23T06:00:00Z"])(
    "falls back to the default for %j",
    (text) => expect(read(text)).toEqual(range.DEFAULT_RANGE),
  );

  it("comes back the same after being written", () => {
    for (const one of [read("range=7d"), read(""), range.between(FROM, TO)]) {
      const params = new URLSearchParams();
      for (const [key, value] of Object.entries(range.rangeParams(one))) if (value !== null) params.set(key, value);
      expect(range.readRange(params)).toEqual(one);
    }
  });
});

describe("the range of a page with its own default", () => {
  it("is that default unless the address names one", () => {
    expect(range.readRange(new URLSearchParams(""), range.ISSUES_RANGE)).toEqual(range.ISSUES_RANGE);
    expect(range.readRange(new URLSearchParams("range=1h"), range.ISSUES_RANGE)).toEqual(range.DEFAULT_RANGE);
  });

  it("is written only when it is another", () => {
    expect(range.rangeParams(range.ISSUES_RANGE, range.ISSUES_RANGE).range).toBeNull();
    expect(range.rangeParams(range.DEFAULT_RANGE, range.ISSUES_RANGE).range).toBe("1h");
  });
});

describe("a range", () => {
  it("is asked of the API as relative or as two moments", () => {
    expect(range.rangeQuery(read("range=24h"))).toEqual({ from: "-24h" });
    expect(range.rangeQuery(range.between(FROM, TO))).toEqual({
      from: "2026-11-23T06:00:00.000Z",
      to: "2026-11-23T07:00:00.000Z",
    });
  });

  it("may be dragged in either direction and is at least a minute", () => {
    expect(range.between(TO, FROM)).toEqual({ kind: "between", from: FROM, to: TO });
    expect(range.between(FROM, FROM + 10_000)).toEqual({ kind: "between", from: FROM - 25_000, to: FROM + 35_000 });
  });

  it("is asked for again unless it is past", () => {
    expect(range.refreshMs(read("range=15m"), TO)).toBe(5_000);
    expect(range.refreshMs(range.between(FROM, TO), TO + 1)).toBeNull();
    expect(range.refreshMs(range.between(FROM, TO), TO - 1)).not.toBeNull();
  });

  it("keeps its minute through the fields of a form", () => {
    expect(range.fromField(range.toField(FROM))).toBe(FROM);
    expect(range.fromField("")).toBeNull();
  });
});
