import type { PartRow, SpanRow } from "../api/types";

/** Parts worth a colour of their own, in the order they are drawn. */
const COLOURED = ["db", "http_client", "template", "session_wait", "code", "pause", "rest"] as const;
export type Hue = (typeof COLOURED)[number];

/** Parts that look the same share a colour. */
export function hue(part: string): Hue {
  if (part === "db" || part === "http_client" || part === "session_wait" || part === "rest") return part;
  if (part === "template_parse" || part === "template_render") return "template";
  if (part === "gc" || part === "gil" || part === "blocked" || part === "queue") return "pause";
  return "code";
}

/** The parts within a duration that have any width, the longest first, the rest last. */
export function pieces(parts: readonly PartRow[]): PartRow[] {
  return parts.filter((row) => row.part !== "queue" && row.share > 0);
}

/** Parts over time by colour: each stands on those after it. Queue time lies before a request and is left out. */
export function stacked(parts: readonly { part: string; self_ms: readonly number[] }[]): { hue: Hue; values: number[]; drawn: number[] }[] {
  const own = new Map<Hue, number[]>();
  for (const { part, self_ms } of parts) {
    if (part === "queue") continue;
    const sum = own.get(hue(part));
    own.set(hue(part), self_ms.map((ms, i) => ms + (sum?.[i] ?? 0)));
  }
  let below: number[] = [];
  const rising = COLOURED.toReversed().flatMap((name) => {
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

/** Where each span is drawn: in the order they began, below the one around it. */
export function bars(spans: readonly SpanRow[], duration_ms: number): Bar[] {
  const whole = Math.max(duration_ms, 1e-6);
  const depths = new Map<number, number>();
  return spans.map((span) => {
    const around = span.parent === null ? undefined : depths.get(span.parent);
    const depth = around === undefined ? 0 : Math.min(around + 1, 12);
    depths.set(span.id, depth);
    const left = Math.min(Math.max(span.start_ms / whole, 0), 1);
    return { span, depth, left, width: Math.min(Math.max(span.duration_ms / whole, 0), 1 - left) };
  });
}
