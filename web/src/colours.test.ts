import { describe, expect, it } from "vitest";
import { PARTS } from "./pure/split";

const APP = Object.values(import.meta.glob<string>("./app.css", { query: "?raw", import: "default", eager: true }))[0] ?? "";
const STATISTICS = Object.values(import.meta.glob<string>("../../crates/haechi/src/statistics/style.css", { query: "?raw", import: "default", eager: true }))[0] ?? "";
const RECORDED = Object.values(import.meta.glob<string>("../../crates/haechi-event/src/part.rs", { query: "?raw", import: "default", eager: true }))[0] ?? "";

type Three = readonly [number, number, number];
type Matrix = readonly [Three, Three, Three];

/** The named colours of a scheme, as they stand in a style sheet. */
function colours(css: string, dark: boolean): Map<string, string> {
  const [light = "", rest = ""] = css.split("@media (prefers-color-scheme: dark)", 2);
  // the scheme ends where its rule does
  const text = dark ? (rest.split(/\n\}/)[0] ?? "") : light;
  return new Map([...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{3,6})\b/g)].map(([, name = "", hex = ""]) => [name, whole(hex)]));
}

const whole = (hex: string) => (hex.length === 4 ? `#${[...hex.slice(1)].map((digit) => digit + digit).join("")}` : hex);

function linear(hex: string): Three {
  const of = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [of(1), of(3), of(5)];
}

const dot = (a: Three, b: Three) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const times = (m: Matrix, v: Three): Three => [dot(m[0], v), dot(m[1], v), dot(m[2], v)];
const each = (v: Three, change: (one: number) => number): Three => [change(v[0]), change(v[1]), change(v[2])];

/** OKLab of linear sRGB (Ottosson). */
function oklab(rgb: Three): Three {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  );
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    each(cones, Math.cbrt),
  );
}

/** What is seen, as linear sRGB; the latter two after Machado et al., severity 1. */
const EYES: Record<string, Matrix> = {
  "all cones": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
};

function apart(a: string, b: string, eyes: Matrix): number {
  const seen = (hex: string) => oklab(each(times(eyes, linear(hex)), (one) => Math.min(1, Math.max(0, one))));
  const [p, q] = [seen(a), seen(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

const light = (hex: string) => dot([0.2126, 0.7152, 0.0722], linear(hex)) + 0.05;
const contrast = (a: string, b: string) => Math.max(light(a), light(b)) / Math.min(light(a), light(b));

const SERIES = ["c-requests", "c-client-errors", "c-errors", "c-p50", "c-p95", "c-p99"];
/** How far apart in OKLab: parts from each other, and from what charts beside them draw. */
const BETWEEN_PARTS = 0.09;
const FROM_SERIES = { "all cones": 0.075, deuteranopia: 0.035, protanopia: 0.035 };

describe.each([
  ["light", false],
  ["dark", true],
] as const)("the colours on a %s surface", (_name, dark) => {
  const named = colours(APP, dark);
  const get = (name: string) => named.get(name) ?? `no --${name}`;
  const parts = PARTS.map((part) => get(`part-${part}`));

  it("are all there, and no part is without one", () => {
    for (const hex of [...parts, ...SERIES.map(get), get("surface")]) expect(hex).toMatch(/^#[0-9a-f]{6}$/);
    expect([...named.keys()].filter((name) => name.startsWith("part-")).sort()).toEqual(
      PARTS.map((part) => `part-${part}`).sort(),
    );
  });

  it.each(Object.keys(EYES))("keep any two parts apart, and parts from the series: %s", (eyes) => {
    const seen = EYES[eyes] as Matrix;
    parts.forEach((hex, at) => {
      parts.slice(at + 1).forEach((other, k) => {
        const pair = `${PARTS[at]} and ${PARTS[at + 1 + k]}`;
        expect(apart(hex, other, seen), pair).toBeGreaterThanOrEqual(BETWEEN_PARTS);
      });
      for (const name of SERIES) {
        const least = FROM_SERIES[eyes as keyof typeof FROM_SERIES];
        expect(apart(hex, get(name), seen), `${PARTS[at]} and ${name}`).toBeGreaterThanOrEqual(least);
      }
    });
  });

  it("can be told from the surface", () => {
    parts.forEach((hex, at) => expect(contrast(hex, get("surface")), PARTS[at]).toBeGreaterThanOrEqual(3));
  });

  it("are those of the statistics that the app itself shows", () => {
    const page = colours(STATISTICS, dark);
    const same = { "h-error": "c-errors", "h-warn": "c-client-errors", "h-info": "c-requests" };
    for (const [theirs, ours] of Object.entries({ ...same, "h-surface": "surface", "h-text": "text", "h-accent": "accent" })) {
      expect(page.get(theirs), theirs).toBe(get(ours));
    }
    // it shows no parts; should it, by these names
    for (const [name, hex] of page) if (name.startsWith("part-")) expect(hex, name).toBe(get(name));
  });
});

it("every part that apps record has a colour", () => {
  const names = [...RECORDED.matchAll(/^\s+Self::\w+ => "(\w+)",$/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(10);
  expect([...names, "rest"].sort()).toEqual([...PARTS].sort());
});
