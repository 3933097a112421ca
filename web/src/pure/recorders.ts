import type { RecorderRow } from "../api/statusTypes";

/** Processes with the same program, version and runtime. */
export interface Recorders {
  program: string;
  version: string | null;
  compared: RecorderRow["compared"];
  runtime: string | null;
  pids: number[];
}

/** Those that are the same in all that is told, in the order of the first of each. */
export function grouped(rows: readonly RecorderRow[]): Recorders[] {
  const found = new Map<string, Recorders>();
  for (const { pid, program, version, compared, runtime } of rows) {
    const key = JSON.stringify([program, version, runtime]);
    const group = found.get(key);
    if (group === undefined) found.set(key, { program, version, compared, runtime, pids: [pid] });
    else group.pids.push(pid);
  }
  return [...found.values()];
}
