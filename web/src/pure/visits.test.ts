import { describe, expect, it } from "vitest";
import { byHour, calledSame, siteOf } from "./visits";

const visit = (name: string, requests: number) => ({ name, requests, by_programs: 1, bytes_out: 10 * requests });

describe("visits", () => {
  it("adds up what is called the same, the most first", () => {
    const rows = [visit("https://a.example/1", 2), visit("https://b.example/", 4), visit("https://A.example/2", 3)];
    expect(calledSame(rows, siteOf)).toEqual([
      { name: "a.example", requests: 5, by_programs: 2, bytes_out: 50 },
      { name: "b.example", requests: 4, by_programs: 1, bytes_out: 40 },
    ]);
  });

  it("takes the host of a referrer, and what is none as it is", () => {
    expect(siteOf("https://user:pw@News.example:8080/item?id=7")).toBe("news.example:8080");
    expect(siteOf("android-app://com.example/")).toBe("com.example");
    expect(siteOf("<script>")).toBe("<script>");
    expect(siteOf("")).toBe("");
  });

  it("puts every hour of several days into one of 24", () => {
    const noon = new Date(2026, 10, 23, 12).getTime() / 1000;
    const hours = byHour([noon, noon + 86_400, noon + 3600], [3, 4, 5]);
    expect([hours.length, hours[12], hours[13]]).toEqual([24, 7, 5]);
    expect(hours.reduce((sum, n) => sum + n)).toBe(12);
  });
});
