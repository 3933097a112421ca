// The answers of the HTTP API about exceptions and issues, as the contract names them.

import type { LogLine, RequestRow } from "./types";

export type IssueState = "open" | "resolved" | "ignored";

export interface Issue {
  id: string;
  app: string;
  type: string;
  message: string;
  /** Where it happened: a function and its file. */
  culprit: string;
  state: IssueState;
  /** Open again after it had been resolved. */
  regressed: boolean;
  first_seen: string;
  last_seen: string;
  /** In the range that was asked for. */
  events: number;
  events_total: number;
  /** Users it ever occurred to, of those that are known. */
  users: number;
  routes: { route: string; events: number }[];
  /** Events in each of the last 24 hours, oldest first. */
  hours: number[];
}

export interface Issues {
  issues: Issue[];
}

/** One occurrence of an exception, without its stack. */
export interface EventHead {
  id: string;
  time: string;
  issue: string;
  app: string;
  route: string;
  release: string;
  mechanism: string;
  ticket: string | null;
  request_id: string | null;
  pid: number;
  type: string;
  message: string;
  /** Who was signed in; empty if not known. */
  user: string;
}

export interface Frame {
  file: string;
  function: string;
  line: number;
  in_app: boolean;
  /** The source line; empty if unknown. */
  source: string;
  locals: { name: string; value: string }[];
  /** Frames left out after this one. */
  left_out: number;
}

export interface Cause {
  /** How it is tied to the one before. */
  tie: "raised" | "cause" | "context";
  type: string;
  message: string;
  /** Outermost first. */
  frames: Frame[];
}

export interface ExceptionEvent extends EventHead {
  causes: Cause[];
}

export interface EventDetail extends ExceptionEvent {
  request: RequestRow | null;
  logs: LogLine[];
}

export interface IssueDetail extends Issue {
  /** Why its events are one issue: “same because …”. */
  reason: string;
  grouping_version: number;
  releases: { release: string; events: number }[];
  top_users: { user: string; events: number }[];
  state_changed: string | null;
  resolved_in_release: string | null;
  /** The release it came back in, where that is known. */
  regressed_in_release?: string | null;
  ignored_until: string | null;
  ignored_until_events: number | null;
  /** Events in each of the last 168 hours, oldest first. */
  hours_7d: number[];
  first: EventHead;
  latest: ExceptionEvent;
  representative_id: string;
  events_list: EventHead[];
}

/** What a change of an issue's state says. */
export interface StateChange {
  state: IssueState;
  release: string | null;
  until: string | null;
  until_events: number | null;
}

/** An issue that appeared or came back, as the live stream tells it. */
export interface IssueNews {
  id: string;
  app: string;
  type: string;
  message: string;
  new: boolean;
  regressed: boolean;
}

export interface Found {
  kind: "request" | "event" | "issue";
  id: string;
  title: string;
  time: string | null;
}

export interface Search {
  found: Found[];
}
