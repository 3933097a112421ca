import { parse } from "svelte/compiler";
import { describe, expect, it } from "vitest";
import { en } from "./en";
import { ko } from "./ko";

/** Every text with the way to it; a function counts as one. */
function leaves(value: unknown, way = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[way, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, way === "" ? key : `${way}.${key}`));
}

/** Names and signs that are the same in every language. */
const SAME =
  /^(product|error\.told|issue\.because|start\.(command|exampleCommand)|.*\.(p50|p95|p99|minMsUnit|client_errors)|status\.footer|title|chart\.summary|series\.of|event\.tie\.raised|keys\.key\..*|.*\.(csv|json|png))$/;

describe("both languages", () => {
  it("have the same keys, none missing and none too many", () => {
    const keys = (text: object) => leaves(text).map(([way, value]) => `${way}: ${typeof value}`).sort();
    expect(keys(ko)).toEqual(keys(en));
  });

  it("leave no text empty and none untranslated", () => {
    const other = new Map(leaves(en));
    for (const [way, text] of leaves(ko)) {
      if (SAME.test(way)) continue;
      const said = typeof text === "function" ? (text as (...args: unknown[]) => string)(3, 2, 1) : String(text);
      expect(said, way).not.toBe("");
      expect(text, way).not.toBe(other.get(way));
      if (!/^(locale|lang|ago\.)/.test(way)) expect(said, way).toMatch(/[가-힣/~]/);
    }
  });
});

const SOURCES = import.meta.glob<string>("../**/*.svelte", { query: "?raw", import: "default", eager: true });
const COMPONENTS = Object.entries(SOURCES);
/** Attributes that are read out or shown. */
const READ = new Set(["aria-label", "aria-description", "title", "placeholder", "alt", "label", "hint", "note"]);
const WORD = /\p{L}{2,}/u;

interface Node {
  type?: string;
  name?: string;
  data?: string;
  value?: unknown;
  [key: string]: unknown;
}

/** The words that stand in a template itself. */
function literals(node: unknown, found: string[] = []): string[] {
  if (Array.isArray(node)) node.forEach((one) => literals(one, found));
  else if (typeof node === "object" && node !== null) {
    const { type, name, data, value } = node as Node;
    if (type === "Attribute") {
      const texts = Array.isArray(value) ? (value as Node[]).filter((part) => part.type === "Text") : [];
      if (READ.has(name ?? "")) found.push(...texts.map((part) => part.data ?? "").filter((text) => WORD.test(text)));
      return found;
    }
    if (type === "Text" && WORD.test(data ?? "")) found.push(data ?? "");
    for (const [key, inner] of Object.entries(node)) if (key !== "parent") literals(inner, found);
  }
  return found;
}

describe("templates", () => {
  it("are all looked at", () => expect(COMPONENTS.length).toBeGreaterThan(40));

  it("tell a literal from a text of the dictionary", () => {
    const of = (source: string) => literals(parse(source, { modern: true }).fragment);
    expect(of('<p title="Time">{t.a}</p>')).toEqual(["Time"]);
    expect(of("<p>Requests {n}</p>")).toEqual(["Requests "]);
    expect(of('<p title={t.a} class="wide">{t.a} ms·%</p>'.replace(" ms", ""))).toEqual([]);
  });

  it.each(COMPONENTS)("%s holds no words of its own", (_name, source) => {
    expect(literals(parse(source, { modern: true }).fragment)).toEqual([]);
  });
});
