// The answer of the API about Haechi itself, as the contract names it.

export interface StatusNote {
  time: string;
  kind: string;
  name: string;
  text: string;
  count: number;
}

export interface RecorderRow {
  pid: number;
  program: string;
  apps: string[];
  /** Null if it is from before that was told. */
  version: string | null;
  compared: "same" | "older" | "newer" | "other";
  runtime: string | null;
}

export interface Status {
  version: string;
  uptime_s: number;
  cpu_s: number;
  memory_bytes: number | null;
  stored_since_start: number;
  lag_ms: number;
  commits_failed: number;
  store_version: number;
  recorders: number;
  recorder_processes: RecorderRow[];
  data_dir: string;
  store_bytes: number;
  store_budget_bytes: number;
  spool_bytes: number;
  spool_budget_bytes: number;
  records_stored: number;
  /** Null if no table of addresses is set. */
  countries: { file: string; kind: string | null; built: string | null; bytes: number; trouble: string | null } | null;
  tickets: { waiting: number; read: number; refused: number; trouble: string | null };
  trouble: string | null;
  drops: Record<string, number>;
  notes: StatusNote[];
}
