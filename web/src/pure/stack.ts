import type { Cause, Frame } from "../api/issueTypes";

/** A part of a stack as it is shown: the app's own frames stand alone, others in runs. */
export type Piece =
  | { kind: "own"; frame: Frame }
  | { kind: "framework"; frames: Frame[] }
  | { kind: "left_out"; count: number };

/** The frames (outermost first) as pieces, innermost first. */
export function pieces(frames: readonly Frame[]): Piece[] {
  const out: Piece[] = [];
  for (const frame of frames.toReversed()) {
    // What was left out after a frame lies inside of it, so it is shown before it.
    if (frame.left_out > 0) out.push({ kind: "left_out", count: frame.left_out });
    const last = out.at(-1);
    if (frame.in_app) out.push({ kind: "own", frame });
    else if (last?.kind === "framework") last.frames.push(frame);
    else out.push({ kind: "framework", frames: [frame] });
  }
  return out;
}

/** Every frame with the exception it belongs to, in the order they are shown. */
export function stackRows(causes: readonly Cause[]): object[] {
  return causes.flatMap(({ tie, type, message, frames }) =>
    frames.toReversed().map(({ locals, ...frame }) => ({
      tie,
      type,
      message,
      ...frame,
      locals: Object.fromEntries(locals.map(({ name, value }) => [name, value])),
    })),
  );
}

export interface Bit {
  text: string;
  /** It stands for a secret that was cut out. */
  cut: boolean;
}

/** Bounds the pieces of one text, whatever stands in it. */
const BITS = 200;

/** A text with its marks of cut secrets, `[cut:RULE:LENGTH]`, apart from the rest. */
export function cuts(text: string): Bit[] {
  return text
    .split(/(\[cut:[a-z_-]{1,40}:\d{1,9}\])/, BITS)
    .map((part, i) => ({ text: part, cut: i % 2 === 1 }))
    .filter((bit) => bit.text !== "");
}
