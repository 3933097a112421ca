import { expect, it } from "vitest";
import { languageFor } from "./language";

it("takes what was chosen before what the browser wants", () => {
  expect(languageFor("en", ["ko-KR", "en"])).toBe("en");
  expect(languageFor("ko", ["en"])).toBe("ko");
});

it("takes the first of the browser's languages that there is", () => {
  expect(languageFor(null, ["fr-FR", "ko-KR", "en"])).toBe("ko");
  expect(languageFor(null, ["KO"])).toBe("ko");
  expect(languageFor("xx", ["de"])).toBe("en");
  expect(languageFor(null, [])).toBe("en");
});
