export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type Level = (typeof LEVELS)[number];

const ALIASES: Record<string, Level> = { warning: "warn", critical: "fatal", notset: "trace" };

/** A level by any of its names; an unknown one counts as info. */
export function readLevel(name: string): Level {
  const low = name.toLowerCase();
  return LEVELS.find((level) => level === low) ?? ALIASES[low] ?? "info";
}

/** The line that says what went wrong: the last one of a traceback. */
export function lastLine(traceback: string): string {
  return traceback.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
