import type { IssueNews } from "../api/issueTypes";
import { prepend } from "../pure/ring";
import { live } from "./live.svelte";

/** A burst of news is asked about once, this many ms after its first. */
const CALM_MS = 2_000;
/** News kept until an answer has them. */
const KEPT = 5;

/** What happened to issues since they were last asked for. */
class IssueChanges {
  /** Grows when lists of issues are to be asked for again; read by their polls. */
  beat = $state(0);
  /** Issues that appeared or came back since the last answer, newest first. */
  told = $state.raw<IssueNews[]>([]);
  #waiting: ReturnType<typeof setTimeout> | undefined;

  /** Listens to the live stream; the answer ends that. */
  follow(): () => void {
    const end = live.onIssue((news) => {
      this.told = prepend([news], this.told, KEPT);
      this.#waiting ??= setTimeout(() => this.changed(), CALM_MS);
    });
    return () => {
      end();
      clearTimeout(this.#waiting);
      this.#waiting = undefined;
    };
  }

  /** An issue is known to be different now. */
  changed(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.beat += 1;
  }

  /** An answer holds all that was told. */
  answered(): void {
    if (this.told.length > 0) this.told = [];
  }
}

export const issueChanges = new IssueChanges();
