import { describe, expect, it } from "vitest";
import { changed, onward, readPlace, writePlace } from "./place";

const at = (hash: string) => {
  const place = readPlace(hash);
  if (place === null) throw new Error(`${hash} names no page`);
  return place;
};

describe("a place", () => {
  it.each(["", "#", "#/", "#/?app=shop"])("is the overview at %j", (hash) => {
    expect(at(hash).page).toBe("overview");
  });

  it("has a page, an id and parameters", () => {
    const place = at("#/requests/00ff?app=shop&range=6h");
    expect([place.page, place.id, place.params.get("app")]).toEqual(["requests", "00ff", "shop"]);
  });

  it.each(["requests", "issues", "events"])("can be one thing of #/%s", (page) => {
    const place = at(`#/${page}/00ff`);
    expect([place.page, place.id, writePlace(place)]).toEqual([page, "00ff", `#/${page}/00ff`]);
  });

  it.each(["#/nowhere", "#/logs/1", "#/requests/1/2", "#/events", "#/events/", "#/requests/%E0%A4%A"])("does not exist at %j", (hash) => {
    expect(readPlace(hash)).toBeNull();
  });

  it("comes back the same after being written, whatever is in it", () => {
    const place = changed(at("#/requests"), { path: "/a?b&c=d#e", route: "예약/<int:id>" });
    expect(at(writePlace(place)).params.get("path")).toBe("/a?b&c=d#e");
    expect(at(writePlace(place)).params.get("route")).toBe("예약/<int:id>");
  });

  it("drops parameters that are emptied", () => {
    expect(writePlace(changed(at("#/logs?q=x&level=warn"), { q: "", level: null }))).toBe("#/logs");
  });

  it("takes the app and the range to the next page, and nothing else", () => {
    const next = onward(at("#/?app=shop&range=6h&sort=-p95&route=x"), "logs", null, { level: "warn" });
    expect(writePlace(next)).toBe("#/logs?app=shop&range=6h&level=warn");
  });
});
