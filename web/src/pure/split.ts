import type { PartRow, SpanRow } from "../api/types";

/** Every part, in the order they are drawn over time; each has a colour of its own. */
export const PARTS = [
  "db",
  "http_client",
  "template_render",
  "template_parse",
  "session_wait",
  "cache",
  "model",
  "controller",
  "gc",
  "gil",
  "blocked",
  "queue",
  "other",
  "rest",
] as const;
export type Hue = (typeof PARTS)[number];

/** The colour of a part; those of a newer version look like any other. */
export function hue(part: string): Hue {
  return PARTS.find((name) => name === part) ?? "other";
}

/** The parts within a duration that have any width, the longest first, the rest last. */
export function pieces(parts: readonly PartRow[]): PartRow[] {
  return parts.filter((row) => row.part !== "queue" && row.share > 0);
}

/** Parts over time: each stands on those after it. Queue time lies before a request and is left out. */
export function stacked(parts: readonly { part: string; self_ms: readonly number[] }[]): { hue: Hue; values: number[]; drawn: number[] }[] {
  const own = new Map<Hue, number[]>();
  for (const { part, self_ms } of parts) {
    if (part === "queue") continue;
    const sum = own.get(hue(part));
    own.set(hue(part), self_ms.map((ms, i) => ms + (sum?.[i] ?? 0)));
  }
  let below: number[] = [];
  const rising = PARTS.toReversed().flatMap((name) => {
    const values = own.get(name);
    if (values === undefined) return [];
    below = values.map((ms, i) => ms + (below[i] ?? 0));
    return [{ hue: name, values, drawn: below }];
  });
  return rising.reverse();
}

export interface Bar {
  span: SpanRow;
  depth: number;
  /** Parts of the whole width, 0 to 1. */
  left: number;
  width: number;
}

/** Where each span is drawn: below the one around it, neighbours in the order they began. */
export function bars(spans: readonly SpanRow[], duration_ms: number): Bar[] {
  const whole = Math.max(duration_ms, 1e-6);
  const known = new Set(spans.map((span) => span.id));
  const within = new Map<number | null, SpanRow[]>();
  for (const span of [...spans].sort((a, b) => a.start_ms - b.start_ms || a.id - b.id)) {
    // one that is not told, or comes from nonsense, is around nothing
    const parent = span.parent !== null && known.has(span.parent) ? span.parent : null;
    within.set(parent, [...(within.get(parent) ?? []), span]);
  }
  const drawn: Bar[] = [];
  const waiting = [...(within.get(null) ?? [])].reverse().map((span) => ({ span, depth: 0 }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, depth } = next;
    const left = Math.min(Math.max(span.start_ms / whole, 0), 1);
    drawn.push({ span, depth, left, width: Math.min(Math.max(span.duration_ms / whole, 0), 1 - left) });
    const inside = (within.get(span.id) ?? []).reverse();
    within.delete(span.id);
    waiting.push(...inside.map((inner) => ({ span: inner, depth: Math.min(depth + 1, 12) })));
  }
  // spans around each other, as no recorder writes them
  const seen = new Set(drawn.map((bar) => bar.span.id));
  const lost = spans.filter((span) => !seen.has(span.id));
  return [...drawn, ...lost.map((span) => ({ span, depth: 0, left: 0, width: 0 }))];
}
