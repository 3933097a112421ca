import { describe, expect, it } from "vitest";
import { en } from "./en";
import { ko } from "./ko";

interface Document {
  components: { schemas: { FailureCode: { enum?: string[]; oneOf?: { enum?: string[]; const?: string }[] } } };
}

const DOCUMENT = Object.values(
  import.meta.glob<Document>("../../../docs/openapi.json", { import: "default", eager: true }),
)[0];

/** Every kind of refusal that the API has. */
function codes(): string[] {
  const found = DOCUMENT?.components.schemas.FailureCode;
  return [...(found?.enum ?? []), ...(found?.oneOf ?? []).flatMap((one) => one.enum ?? (one.const === undefined ? [] : [one.const]))];
}

describe("refusals", () => {
  it("have a sentence in both languages for every code of the API, and for no other", () => {
    expect(codes().length).toBeGreaterThan(10);
    for (const text of [en, ko]) expect(Object.keys(text.error.code).sort()).toEqual(codes().sort());
    for (const code of codes()) expect(ko.error.code[code], code).toMatch(/[가-힣]/);
  });

  // as the server words them, with values that it names
  it.each([
    "no app of this name was seen; /api/apps lists those that were",
    "against must be before, day or week",
    "id must be a request id: 16 hexadecimal digits",
    "id must be an issue id: 16 hexadecimal digits",
    "request 00000000000000aa is not stored; it may be too old or not have ended yet",
    "issue 00000000000000aa is not stored; /api/search says what else it may be",
    "event 00000000000000aa is not stored; its day may be deleted",
    "no request was handled by this release then",
    "the slowest requests have no pages; take a shorter range or more at once",
    "release must have 1 to 200 bytes; or leave it out",
    "release goes with state resolved only; leave it out",
    "until goes with state ignored only; leave it out",
    "until must be a time to come such as 2026-11-23T06:00:00Z, 24h or 7d",
    "until_events must be a whole number from 1 to 1000000000",
    "step must be whole minutes",
    "the step must be a multiple of one minute, such as 1m or 1h",
    "patterns are found by words of their text, level, app and logger",
    "the search text is longer than 1,024 bytes; use fewer words",
    "the search text has no word; type letters or digits",
    "the search text has more than 32 words; use fewer",
    "the query string is longer than 4096 bytes; ask for less",
    "app is given twice; give it once",
    "app is not percent-encoded UTF-8",
    "a parameter has no name; write it as name=value",
    "too many questions are being answered; ask again in a moment",
    "the query took longer than allowed; ask for a shorter range or fewer rows",
    "the disk is full; free some room or lower the store's budget",
    "the store was left in an unknown state by a failed thread; restart the program",
    "the content-type must be application/json",
    "the body is longer than 4096 bytes; send less",
    "the body did not come within 5 s; send it at once",
    "a change must carry the header X-Haechi: 1",
    "a change must come from the dashboard itself",
    "the host must be localhost, 127.0.0.1 or [::1]; open the dashboard by one of these",
    "the request came through a proxy (via); haechi answers only programs on its own machine",
    "the request comes from a page of another origin",
    "PUT is not allowed here; it is read by GET",
    "there is nothing at this path; /api/openapi.json lists what there is",
  ])("are told in Korean: %s", (text) => {
    const korean = ko.error.told(text) ?? "";
    expect(korean).toMatch(/[가-힣]/);
    expect(korean).not.toMatch(/undefined/);
    // the values that it names are still there
    for (const value of text.match(/\b(?:0{14}aa|until_events|\d{3,})\b/g) ?? []) expect(korean).toContain(value);
    expect(en.error.told(text)).toBe(text);
  });
});
