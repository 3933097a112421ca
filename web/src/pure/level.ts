export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type Level = (typeof LEVELS)[number];

const ALIASES: Record<string, Level> = { warning: "warn", critical: "fatal", notset: "trace" };

/** A level by any of its names; an unknown one counts as info. */
export function readLevel(name: string): Level {
  const low = name.toLowerCase();
  return LEVELS.find((level) => level === low) ?? ALIASES[low] ?? "info";
}

/** Whether a line of level `name` passes a minimum; an empty minimum lets all pass. */
export function passes(name: string, minimum: string | null): boolean {
  if (minimum === null || minimum === "") return true;
  return LEVELS.indexOf(readLevel(name)) >= LEVELS.indexOf(readLevel(minimum));
}

/** Whether a text holds every word of a search, in any order and case. */
export function holds(text: string, search: string): boolean {
  const low = text.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => low.includes(word.replaceAll('"', "")));
}

/** The line that says what went wrong: the last one of a traceback. */
export function lastLine(traceback: string): string {
  return traceback.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
