// The answers about releases and about what became of routes.

export interface ReleaseRow {
  app: string;
  release: string;
  first_seen: string;
  last_seen: string;
  is_latest: boolean;
}

export interface Releases {
  releases: ReleaseRow[];
}

export interface RouteChange {
  /** `slower`, `faster`, `slower_tail`, `faster_tail`, `fails_more`, `fails_less`. */
  change: string;
  /** Milliseconds, or the part of requests that failed, 0 to 1. */
  before: number;
  after: number;
  /** How often chance alone would show as much in any route. */
  p: number;
}

export interface RouteVerdict {
  app: string;
  method: string;
  route: string;
  /** `worse`, `better`, `mixed`, `same`, `not_enough`, `new`, `gone`. */
  verdict: string;
  changes: RouteChange[];
  requests_before: number;
  requests_after: number;
  p50_before_ms: number | null;
  p50_after_ms: number | null;
  p95_before_ms: number | null;
  p95_after_ms: number | null;
  errors_before: number;
  errors_after: number;
}

export interface Changes {
  /** As of one route; of a release also `first`. */
  verdict: string;
  before_from: string;
  before_to: string;
  after_from: string;
  after_to: string;
  requests_before: number;
  requests_after: number;
  judged: number;
  routes: RouteVerdict[];
}

export type ReleaseVerdict = ReleaseRow & Changes;

export interface Verdict {
  verdict: ReleaseVerdict | null;
}
