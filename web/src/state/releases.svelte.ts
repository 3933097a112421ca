import type { ReleaseRow } from "../api/releaseTypes";
import type { Mark } from "../parts/marks";
import { here } from "./here.svelte";

/** The newest releases of the app that is looked at, or of all: charts mark them. */
class KnownReleases {
  /** Newest first. */
  list = $state.raw<readonly ReleaseRow[]>([]);

  /** Those that began between two moments, unix seconds, the oldest first. */
  within(from: number, to: number): Mark[] {
    const marks = this.list.map((row) => ({ time: Date.parse(row.first_seen) / 1000, label: nameOf(row) }));
    return marks.filter(({ time }) => time >= from && time <= to).reverse();
  }
}

/** With its app, unless only that is looked at. */
function nameOf({ app, release }: ReleaseRow): string {
  return here.app === null ? `${app} ${release}` : release;
}

export const releases = new KnownReleases();
