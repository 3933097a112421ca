import type { SplitHistory } from "../api/loadTypes";
import type { PartRow, Traffic } from "../api/types";

/** From here on CPUs and memory count as used up. */
const USED_UP = { cpu: 0.9, memory: 0.95 } as const;

export type Fullness = "full" | "cpu" | "memory" | "room" | "idle";

interface State {
  busy: number;
  workers: number;
  /** 0 to 1; null while unknown. */
  cpu: number | null;
  memory: number | null;
}

/** Whether there is room for more, or what is used up. */
export function fullness({ busy, workers, cpu, memory }: State): Fullness {
  if (memory !== null && memory >= USED_UP.memory) return "memory";
  if (busy === 0) return "idle";
  if (cpu !== null && cpu >= USED_UP.cpu) return "cpu";
  return busy >= workers ? "full" : "room";
}

/** How many workers were busy on average at each point: all durations over the time that passed. */
export function busyOverTime({ columns, step_seconds, from, to }: Traffic, now: number): (number | null)[] {
  const start = Date.parse(from) / 1000;
  const end = Math.min(now, Date.parse(to) / 1000);
  return columns.time.map((time, i) => {
    const passed = Math.min(end, time + step_seconds) - Math.max(start, time);
    const spent = ((columns.requests[i] ?? 0) * (columns.mean_ms[i] ?? 0)) / 1000;
    return passed > 0 ? spent / passed : null;
  });
}

/** Mean wait for a worker; null if no front server tells when it got a request. */
export function queueMs(parts: readonly PartRow[]): number | null {
  const queue = parts.find((row) => row.part === "queue");
  return queue === undefined || queue.count === 0 ? null : queue.self_ms / queue.count;
}

/** The same at each point; null as a whole if it was never told. */
export function waits({ parts, requests }: SplitHistory): (number | null)[] | null {
  const queue = parts.find((row) => row.part === "queue");
  if (queue === undefined) return null;
  return queue.self_ms.map((ms, i) => ((requests[i] ?? 0) > 0 ? ms / (requests[i] ?? 1) : null));
}
