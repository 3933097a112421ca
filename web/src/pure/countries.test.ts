import { describe, expect, it } from "vitest";
import { countryName } from "./countries";

describe("countries", () => {
  it("are called by their names, and what is no code as it is", () => {
    const called = ["KR", "DE", "ZQ", "local", "unknown", "(other)", "<b>", ""].map(countryName);
    expect(called).toEqual([
      "South Korea",
      "Germany",
      "ZQ",
      "This machine and private networks",
      "Not in the table",
      "(other)",
      "<b>",
      "",
    ]);
  });
});
