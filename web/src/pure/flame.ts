import type { SampledFrame, Samples } from "../api/types";

/** A frame of a flame graph and where it is drawn: parts of the whole width, 0 to 1. */
export interface Box {
  at: number;
  frame: SampledFrame;
  depth: number;
  left: number;
  width: number;
}

/** Frames that are drawn below one, or all; the widest of each caller comes first. */
export function boxes(frames: readonly SampledFrame[], root: number | null): Box[] {
  const called = new Map<number | null, number[]>();
  frames.forEach((frame, at) => called.set(frame.parent, [...(called.get(frame.parent) ?? []), at]));
  const first = root === null ? (called.get(null) ?? []) : [root];
  const whole = Math.max(first.reduce((sum, at) => sum + (frames[at]?.samples ?? 0), 0), 1);
  const out: Box[] = [];
  const draw = (all: readonly number[], depth: number, from: number) => {
    let left = from;
    for (const at of all.toSorted((a, b) => (frames[b]?.samples ?? 0) - (frames[a]?.samples ?? 0))) {
      const frame = frames[at];
      if (frame === undefined) continue;
      const width = frame.samples / whole;
      out.push({ at, frame, depth, left, width });
      draw(called.get(at) ?? [], depth + 1, left);
      left += width;
    }
  };
  draw(first, 0, 0);
  return out;
}

/** The end of a path, long enough to know the file by: `models/db.py`. */
export function shortFile(file: string): string {
  return file.split("/").slice(-2).join("/");
}

/** `models/db.py:41` */
export function place(file: string, line: number | null): string {
  return line === null ? shortFile(file) : `${shortFile(file)}:${line}`;
}

/** A line of code, with all samples that were at it or in what it called. */
export interface CodeLine {
  file: string;
  function: string;
  line: number | null;
  in_app: boolean;
  samples: number;
  own: number;
  running: number;
}

/** Every line that was seen, the one with most samples first; a recursion counts once. */
export function codeLines(frames: readonly SampledFrame[]): CodeLine[] {
  const key = ({ file, function: name, line }: SampledFrame) => JSON.stringify([file, name, line]);
  const lines = new Map<string, CodeLine>();
  for (const frame of frames) {
    const { file, function: name, line, in_app } = frame;
    const found = lines.get(key(frame)) ?? { file, function: name, line, in_app, samples: 0, own: 0, running: 0 };
    found.own += frame.own;
    if (!callers(frames, frame).some((caller) => key(caller) === key(frame))) {
      found.samples += frame.samples;
      found.running += frame.running;
    }
    lines.set(key(frame), found);
  }
  return [...lines.values()].sort((a, b) => b.samples - a.samples || b.own - a.own);
}

function callers(frames: readonly SampledFrame[], frame: SampledFrame): SampledFrame[] {
  const out: SampledFrame[] = [];
  let at = frame.parent;
  while (at !== null) {
    const caller = frames[at];
    if (caller === undefined) break;
    out.push(caller);
    at = caller.parent;
  }
  return out;
}

/** The stack of the last sample, innermost first. */
export function lastStack({ frames, last }: Pick<Samples, "frames" | "last">): SampledFrame[] {
  const inner = last === null ? undefined : frames[last];
  return inner === undefined ? [] : [inner, ...callers(frames, inner)];
}

/** Which box a key leads to from another. */
export function neighbour(all: readonly Box[], from: Box, key: string): Box | undefined {
  const level = (depth: number) => all.filter((box) => box.depth === depth);
  const beside = level(from.depth).toSorted((a, b) => a.left - b.left);
  const place = beside.indexOf(from);
  if (key === "ArrowRight") return beside[place + 1];
  if (key === "ArrowLeft") return beside[place - 1];
  if (key === "ArrowUp") return all.find((box) => box.at === from.frame.parent);
  if (key === "ArrowDown") return all.find((box) => box.frame.parent === from.at);
  return undefined;
}
