import { expect, test } from "vitest";
import { marked } from "./marks";

const shown = (text: string, ...words: string[]) =>
  marked(text, words)
    .map((piece) => (piece.found ? `[${piece.text}]` : piece.text))
    .join("");

test("words, phrases and beginnings are marked wherever they stand", () => {
  expect(shown("Timeout, timeouts (TIMEOUT)", "timeout")).toBe("[Timeout], timeouts ([TIMEOUT])");
  expect(shown("timeouts past", "time*")).toBe("[timeouts] past");
  expect(shown("no-cover, no", "no cover")).toBe("[no-cover], no");
  expect(shown("a b c", "a b", "b c")).toBe("[a b] c");
  expect(shown("ŻÓŁĆ!", "żółć")).toBe("[ŻÓŁĆ]!");
});

test("without words a text is one piece", () => {
  expect(marked("<b>x</b>", [])).toEqual([{ text: "<b>x</b>", found: false }]);
  expect(shown("x", "*", "")).toBe("x");
});
