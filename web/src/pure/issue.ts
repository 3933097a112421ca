import type { Issue, IssueNews, IssueState, StateChange } from "../api/issueTypes";

export type Badge = IssueState | "regressed";

/** What an issue's badge says: an open issue that was resolved before has regressed. */
export function badge(issue: { state: IssueState; regressed: boolean }): Badge {
  return issue.state === "open" && issue.regressed ? "regressed" : issue.state;
}

/** For how long an issue can be ignored. */
export const IGNORE = ["hour", "day", "events", "ever"] as const;
export type Ignore = (typeof IGNORE)[number];
/** How many more events end the third of them. */
export const IGNORE_EVENTS = 100;

const IGNORE_MS: Partial<Record<Ignore, number>> = { hour: 3_600_000, day: 86_400_000 };

export function ignoring(how: Ignore, now: number): StateChange {
  const ms = IGNORE_MS[how];
  return {
    state: "ignored",
    release: null,
    until: ms === undefined ? null : new Date(now + ms).toISOString(),
    until_events: how === "events" ? IGNORE_EVENTS : null,
  };
}

export function becoming(state: "open" | "resolved"): StateChange {
  return { state, release: null, until: null, until_events: null };
}

const HOUR = 3600;

/** When the hours of a chart begin, unix seconds; the last one is the hour of `now` (ms). */
export function hourTimes(count: number, now: number): number[] {
  const last = Math.floor(now / 1000 / HOUR) * HOUR;
  return Array.from({ length: count }, (_, i) => last - (count - 1 - i) * HOUR);
}

/** An issue is new for this long after it was first seen, in ms. */
const NEW_MS = 86_400_000;

/** An issue worth a look now, with or without the numbers that only an answer has. */
export interface Story {
  id: string;
  app: string;
  type: string;
  message: string;
  regressed: boolean;
  issue: Issue | null;
}

/** The issues that are new or came back: those just told of first, then by when they were last seen. */
export function stories(issues: readonly Issue[], told: readonly IssueNews[], now: number, limit: number): Story[] {
  const known = new Map(issues.map((issue) => [issue.id, issue]));
  const fresh = told.filter((news) => !known.has(news.id)).map((news): Story => ({ ...story(news), issue: null }));
  const worth = issues
    .filter((issue) => badge(issue) === "regressed" || now - Date.parse(issue.first_seen) < NEW_MS)
    .toSorted((a, b) => Date.parse(b.last_seen) - Date.parse(a.last_seen))
    .map((issue): Story => ({ ...story(issue), issue }));
  return fresh.concat(worth).slice(0, limit);
}

function story({ id, app, type, message, regressed }: Omit<Story, "issue">): Omit<Story, "issue"> {
  return { id, app, type, message, regressed };
}
