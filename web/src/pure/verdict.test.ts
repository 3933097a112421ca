import { describe, expect, it } from "vitest";
import { isWorse, sureness } from "./verdict";

describe("a verdict", () => {
  it("tells what is worse from what is better", () => {
    expect(["slower", "slower_tail", "fails_more"].every(isWorse)).toBe(true);
    expect(["faster", "faster_tail", "fails_less", "", "new"].some(isWorse)).toBe(false);
  });

  it("is never called surer than it is", () => {
    expect(sureness(0.003)).toBe("99.7");
    expect(sureness(0.00999)).toBe("99");
    expect(sureness(0.0001)).toBe("99.99");
    expect(sureness(1e-9)).toBe(">99.99");
    expect(sureness(0)).toBe(">99.99");
  });
});
