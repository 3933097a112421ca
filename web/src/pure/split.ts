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
