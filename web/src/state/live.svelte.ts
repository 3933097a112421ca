import { address } from "../api/client";
import type { IssueNews } from "../api/issueTypes";
import type { LogLine, PatternNews, Tick } from "../api/types";
import { backoff } from "../pure/backoff";
import { Ring } from "../pure/ring";

export type Connection = "connecting" | "live" | "lost";
export type LiveKey = "time" | "requests" | "errors" | "p50" | "p95" | "p99";

/** Seconds the live charts look back. */
export const LIVE_SECONDS = 300;
/** Ticks come every second; this long without one and the connection counts as lost. */
const SILENCE_MS = 5_000;
/** A page nobody looks at gives its connection back after this long. */
const SLEEP_MS = 300_000;

const KEYS = ["time", "requests", "errors", "p50", "p95", "p99"] as const;

/** The one live stream of this page: its ticks, log lines and issues, and whether it is up. */
class Live {
  connection = $state<Connection>("connecting");
  tick = $state.raw<Tick | null>(null);
  /** Grows with every tick, so that charts know that `ring` changed. */
  beat = $state(0);
  /** Grows with every regained connection, so that what was missed is asked for again. */
  generation = $state(0);
  /** When the next try is due, in ms since 1970; 0 when none is planned. */
  retryAt = $state(0);

  readonly ring = new Ring<LiveKey>(KEYS, LIVE_SECONDS);
  readonly #listeners = new Set<(line: LogLine) => void>();
  readonly #issueListeners = new Set<(issue: IssueNews) => void>();
  readonly #patternListeners = new Set<(pattern: PatternNews) => void>();
  #app: string | null = null;
  #started = false;
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #sleep: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor() {
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  /** Follows one app, or all of them; another app starts the charts anew. */
  watch(app: string | null): void {
    if (this.#started && app === this.#app) return;
    this.#started = true;
    this.#app = app;
    this.#failures = 0;
    this.tick = null;
    this.ring.clear();
    this.beat += 1;
    this.#open();
  }

  /** Calls `listener` with each new log line; the answer ends that. */
  onLog(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` with each issue that appears or comes back; the answer ends that. */
  onIssue(listener: (issue: IssueNews) => void): () => void {
    this.#issueListeners.add(listener);
    return () => this.#issueListeners.delete(listener);
  }

  /** Calls `listener` with each pattern of log lines that was never seen before. */
  onPattern(listener: (pattern: PatternNews) => void): () => void {
    this.#patternListeners.add(listener);
    return () => this.#patternListeners.delete(listener);
  }

  retryNow(): void {
    if (this.#started && this.connection !== "live") this.#open();
  }

  #open(): void {
    this.#close();
    this.retryAt = 0;
    const source = new EventSource(address("/api/live", { app: this.#app }));
    this.#source = source;
    source.addEventListener("tick", (event) => this.#ticked(JSON.parse(event.data) as Tick));
    source.addEventListener("log", (event) => {
      const line = JSON.parse(event.data) as LogLine;
      for (const listener of this.#listeners) listener(line);
    });
    source.addEventListener("issue", (event) => {
      const issue = JSON.parse(event.data) as IssueNews;
      for (const listener of this.#issueListeners) listener(issue);
    });
    source.addEventListener("pattern", (event) => {
      const pattern = JSON.parse(event.data) as PatternNews;
      for (const listener of this.#patternListeners) listener(pattern);
    });
    source.onerror = () => this.#lost();
    this.#listen();
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #ticked(tick: Tick): void {
    this.#listen();
    this.#failures = 0;
    if (this.connection !== "live") {
      if (this.connection === "lost") this.generation += 1;
      this.connection = "live";
    }
    this.tick = tick;
    this.#keep(tick);
    this.beat += 1;
  }

  #keep(tick: Tick): void {
    const time = Date.parse(tick.time) / 1000;
    const last = this.ring.last("time");
    // The charts need rising times: a repeated or turned-back clock starts them anew.
    if (last !== null && time <= last) {
      if (last - time < 2) return;
      this.ring.clear();
    } else if (last !== null && time - last > 2.5) {
      // A row without values, so that the gap is seen as a gap.
      this.ring.push({ time: last + 1, requests: null, errors: null, p50: null, p95: null, p99: null });
    }
    this.ring.push({
      time,
      requests: tick.requests_per_second,
      errors: tick.errors_per_second,
      p50: tick.p50_ms,
      p95: tick.p95_ms,
      p99: tick.p99_ms,
    });
  }

  #lost(): void {
    this.#close();
    this.connection = "lost";
    this.#failures += 1;
    const wait = backoff(this.#failures, Math.random());
    this.retryAt = Date.now() + wait;
    this.#retry = setTimeout(() => this.#open(), wait);
  }

  #close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = null;
  }

  #seen(): void {
    clearTimeout(this.#sleep);
    if (document.hidden) {
      // Browsers allow few connections per host; forgotten tabs must not use them up.
      this.#sleep = setTimeout(() => {
        this.#close();
        this.retryAt = 0;
        this.connection = "lost";
      }, SLEEP_MS);
    } else {
      this.retryNow();
    }
  }
}

export const live = new Live();
