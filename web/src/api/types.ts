// The answers of the HTTP API, as the contract names them; those about exceptions and
// issues are in issueTypes.ts, that about Haechi itself in statusTypes.ts.

import type { EventHead } from "./issueTypes";

export interface AppInfo {
  app: string;
  first_seen: string;
  last_seen: string;
  requests: number;
  statistics: "on" | "paused";
  workers: number;
}

export interface Apps {
  apps: AppInfo[];
}

type Nullable = number | null;

export interface TrafficColumns {
  /** Unix seconds. */
  time: number[];
  requests: number[];
  errors: number[];
  client_errors: number[];
  mean_ms: Nullable[];
  p50_ms: Nullable[];
  p90_ms: Nullable[];
  p95_ms: Nullable[];
  p99_ms: Nullable[];
  max_ms: Nullable[];
  bytes_in: number[];
  bytes_out: number[];
}

export interface TrafficTotal {
  requests: number;
  errors: number;
  client_errors: number;
  status: Record<string, number>;
  mean_ms: Nullable;
  p50_ms: Nullable;
  p90_ms: Nullable;
  p95_ms: Nullable;
  p99_ms: Nullable;
  max_ms: Nullable;
  bytes_in: number;
  bytes_out: number;
}

export interface Traffic {
  from: string;
  to: string;
  step_seconds: number;
  columns: TrafficColumns;
  total: TrafficTotal;
}

export interface Latency {
  from: string;
  to: string;
  step_seconds: number;
  /** Unix seconds. */
  time: number[];
  /** Below how much each band lies, from the fastest on. */
  below_ms: number[];
  /** Per point, per band. */
  requests: number[][];
}

export interface Visit {
  name: string;
  requests: number;
  by_programs: number;
  bytes_out: number;
}

export interface Visits {
  counted_from: string;
  to: string;
  partial: boolean;
  capped: boolean;
  requests: number;
  by_programs: number;
  clients_seen: number;
  clients: Visit[];
  agents: Visit[];
  referrers: Visit[];
  not_found: Visit[];
  users: Visit[];
  static_files: Visit[];
  countries: Visit[];
  counts_countries: "on" | "off" | "trouble";
  statuses: { status: number; requests: number }[];
}

export interface RouteRow {
  app: string;
  method: string;
  route: string;
  requests: number;
  errors: number;
  client_errors: number;
  /** Part of the range's total time, 0 to 1. */
  time_share: number;
  total_ms: number;
  mean_ms: Nullable;
  p50_ms: Nullable;
  p95_ms: Nullable;
  p99_ms: Nullable;
  max_ms: Nullable;
  cpu_mean_ms: Nullable;
  bytes_in: number;
  bytes_out: number;
  split: PartRow[];
}

/** Time of one part; `rest` is what no part explains. */
export interface PartRow {
  part: string;
  self_ms: number;
  count: number;
  /** Part of the duration, 0 to 1. */
  share: number;
}

export interface Split extends Routes {
  parts: PartRow[];
}

export interface SpanRow {
  id: number;
  parent: number | null;
  part: string;
  name: string;
  start_ms: number;
  duration_ms: number;
  /** More than one: they are not told one by one, and times are sums. */
  count: number;
  rows: number | null;
  status: number | null;
  failed: boolean;
  file: string;
  line: number | null;
}

export interface RepeatRow {
  query: string;
  count: number;
  total_ms: number;
  saves_ms: number;
  file: string;
  line: number | null;
}

/** A frame of a flame graph; `parent` is its caller's place in the list. */
export interface SampledFrame {
  parent: number | null;
  file: string;
  function: string;
  line: number | null;
  in_app: boolean;
  samples: number;
  own: number;
  running: number;
}

export interface TopLine {
  file: string;
  function: string;
  line: number | null;
  in_app: boolean;
  /** Parts, 0 to 1. */
  share: number;
  running: number;
  inside: string | null;
}

/** Where a slow request was each time it was looked at. */
export interface Samples {
  time: string;
  occasion: string;
  unseen: string | null;
  interval_ms: number;
  looks: number;
  samples: number;
  running: number;
  from_ms: number;
  to_ms: number;
  lock_wait_ms: number;
  lock_wait_max_ms: number;
  top: TopLine | null;
  frames: SampledFrame[];
  last: number | null;
  cut_short: number;
}

export interface Routes {
  from: string;
  to: string;
  total_ms: number;
  routes: RouteRow[];
}

export interface RequestRow {
  id: string;
  trace_id: string;
  time: string;
  app: string;
  method: string;
  route: string;
  path: string;
  query: string;
  status: number;
  duration_ms: number;
  cpu_ms: Nullable;
  bytes_in: number;
  bytes_out: number;
  client: string;
  user_agent: string;
  referrer: string;
  pid: number;
  ticket: string | null;
  /** Who was signed in; empty if not known. */
  user: string;
  /** What handled it; empty if not known. */
  release: string;
  flags: string[];
}

export interface Requests {
  requests: RequestRow[];
  next: string | null;
}

export interface RequestDetail extends RequestRow {
  logs: LogLine[];
  exceptions: EventHead[];
  split: PartRow[];
  spans: SpanRow[];
  spans_left_out: number;
  repeats: RepeatRow[];
  samples: Samples | null;
  /** Null if they were not kept. */
  headers: Header[] | null;
  headers_left_out: number;
  response_headers: Header[] | null;
  response_headers_left_out: number;
}

export interface Header {
  name: string;
  value: string;
  left_out_bytes: number;
}

export interface InflightRow {
  id: string;
  time: string;
  app: string;
  method: string;
  path: string;
  route: string | null;
  client: string;
  age_ms: number;
  pid: number;
  /** The part it is in, and for how long; null if nothing is timed now. */
  part: string | null;
  part_ms: Nullable;
  db_ms: number;
  has_stack: boolean;
  asked: boolean;
}

export interface InflightDetail extends InflightRow {
  samples: Samples | null;
}

export interface Inflight {
  inflight: InflightRow[];
}

export interface LogLine {
  id: string;
  time: string;
  level: string;
  app: string;
  route: string;
  logger: string;
  message: string;
  /** Length of the line as it was written; larger than `message` if it was cut. */
  message_bytes: number;
  request_id: string | null;
  pid: number;
  file: string;
  line: number;
  exception: string | null;
  attributes: { key: string; value: string }[];
  pattern: string;
}

export interface Logs {
  logs: LogLine[];
  next: string | null;
  /** Words and phrases that every line has; one that goes on ends with `*`. */
  words: string[];
}

export interface LogHistogram {
  from: string;
  to: string;
  step_s: number;
  counted_from: string;
  partial: boolean;
  lines: number;
  points: { time: string; lines: number; levels: Record<string, number> }[];
}

export interface PatternRow {
  id: string;
  app: string;
  logger: string;
  level: string;
  template: string;
  lines: number;
  counts: number[];
  total: number;
  first_seen: string;
  last_seen: string;
  is_new: boolean;
  line_id: string;
}

export interface Patterns {
  lines: number;
  count: number;
  patterns: PatternRow[];
}

export interface PatternNews {
  id: string;
  app: string;
  level: string;
  template: string;
}

export interface Tick {
  time: string;
  requests_per_second: number;
  errors_per_second: number;
  in_flight: number;
  workers: number;
  p50_ms: Nullable;
  p95_ms: Nullable;
  p99_ms: Nullable;
  apps: {
    app: string;
    requests_per_second: number;
    errors_per_second: number;
    in_flight: number;
    workers: number;
  }[];
  drops: Record<string, number>;
}
