// The answers about where time goes: parts over time, queries, workers.

type Nullable = number | null;

export interface SplitHistory {
  from: string;
  to: string;
  step_seconds: number;
  /** Unix seconds. */
  time: number[];
  requests: number[];
  total_ms: number[];
  /** The longest first, `rest` and `queue` last. */
  parts: { part: string; self_ms: number[] }[];
}

export interface QueryRow {
  id: string;
  app: string;
  query: string;
  file: string;
  line: number | null;
  calls: number;
  /** Part of the time of all queries, 0 to 1. */
  time_share: number;
  total_ms: number;
  mean_ms: Nullable;
  max_ms: number;
  failed: number;
  rows: number;
  /** Requests that asked it five times or more from one line. */
  repeats: number;
  repeated: number;
  saves_ms: number;
  longest: QueryRequest | null;
  repeating: QueryRequest | null;
}

export interface QueryRequest {
  id: string;
  method: string;
  route: string;
}

export interface Queries {
  from: string;
  to: string;
  count: number;
  total_ms: number;
  queries: QueryRow[];
}

export interface WorkerRow {
  pid: number;
  program: string;
  apps: string[];
  started: string;
  age_s: number;
  busy: boolean;
  in_flight: number;
  requests: number;
  memory_bytes: Nullable;
  cpu_s: Nullable;
  /** CPUs it keeps busy. */
  cpu_share: Nullable;
}

export interface AppWorkers {
  app: string;
  workers: number;
  busy: number;
  in_flight: number;
  ended: number;
}

export interface Workers {
  host: {
    cpus: number;
    cpu_s: Nullable;
    cpu_share: Nullable;
    load_1m: Nullable;
    memory_bytes: Nullable;
    memory_available_bytes: Nullable;
  };
  apps: AppWorkers[];
  workers: WorkerRow[];
}
