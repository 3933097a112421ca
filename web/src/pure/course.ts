import type { EventHead } from "../api/issueTypes";
import type { LogLine } from "../api/types";

export type Step = { line: LogLine; event?: never } | { event: EventHead; line?: never };

/** What happened in a request, oldest first. An exception stands right behind the
 * line that carries it, else behind all lines that are not younger. */
export function course(lines: LogLine[], events: EventHead[]): Step[] {
  const behind = new Map<number, EventHead[]>();
  for (const event of events) {
    const carrier = lines.findIndex((line) => carries(line, event));
    const place = carrier >= 0 ? carrier : lines.filter((line) => line.time <= event.time).length - 1;
    behind.set(place, [...(behind.get(place) ?? []), event]);
  }
  const at = (place: number): Step[] => (behind.get(place) ?? []).map((event) => ({ event }));
  return [...at(-1), ...lines.flatMap((line, place) => [{ line }, ...at(place)])];
}

/** How far apart an exception and the line that tells of it are at the most. */
const NEAR_MS = 100;

function carries(line: LogLine, event: EventHead): boolean {
  if (line.exception === null || !line.exception.includes(event.type)) return false;
  return Math.abs(Date.parse(line.time) - Date.parse(event.time)) <= NEAR_MS;
}
