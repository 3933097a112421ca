/** What `/api/queries` sorts by. */
export const QUERY_SORTS = ["time", "calls", "max", "saves"] as const;
export type QuerySort = (typeof QUERY_SORTS)[number];

export function querySort(text: string | null): QuerySort {
  return QUERY_SORTS.find((known) => known === text) ?? "time";
}

/** Where a query is asked: `models/db.py:41`; null if that is not known. */
export function askedIn({ file, line }: { file: string; line: number | null }): string | null {
  if (file === "") return null;
  return line === null ? file : `${file}:${line}`;
}
