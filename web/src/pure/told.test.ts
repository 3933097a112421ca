import { expect, it } from "vitest";
import { en } from "../text/en";
import { ko } from "../text/ko";
import { because, told } from "./told";

it("says what it knows and leaves what it does not", () => {
  const sayings = [[/^(.+) must be (\d+)$/, (what: string, n: string) => `${what}=${n}`]] as const;
  expect(told("step must be 5", sayings)).toBe("step=5");
  expect(told("<script>", sayings)).toBe("<script>");
});

it("says the server's refusals in Korean, with the place of the mistake", () => {
  const loud = "level must be trace, debug, info, warn, error or fatal (at character 7)";
  expect(ko.error.told(loud)).toBe("level에는 trace, debug, info, warn, error, fatal 가운데 하나를 씁니다 (7번째 글자)");
  expect(ko.error.told("from must be before to")).toMatch(/^[^a-z]*from[^a-z]*to[^a-z]*$/);
  expect(en.error.told(loud)).toBe(loud);
  expect(ko.error.told("something new")).toBeNull();
  expect(ko.error.told("something new (at character 3)")).toBeNull();
});

const REASON =
  "same because all are NoCover with the message “no cover for <n> won”, raised in pay (controllers/trouble.py) and called through the same 1 functions of the app, after KeyError";

it("takes the reason of an issue apart, and says it in both languages", () => {
  expect(because(REASON)).toEqual({
    kind: "NoCover",
    message: "no cover for <n> won",
    place: "pay (controllers/trouble.py)",
    callers: 1,
    after: "KeyError",
  });
  expect(because("same because all are X, with no frame of the app's own")).toMatchObject({ kind: "X", place: "", callers: 0 });
  expect(because("another sentence")).toBeNull();
  expect(en.issue.because(REASON)).toContain("called through the same function of the app");
  const korean = ko.issue.because(REASON);
  for (const part of ["NoCover", "no cover for <n> won", "pay (controllers/trouble.py)", "1개", "KeyError"]) expect(korean).toContain(part);
  expect(korean).not.toMatch(/same|raised|called/);
  expect(ko.issue.because("same because all are workers killed by SIGKILL in the route default/slow")).toContain("default/slow");
});
