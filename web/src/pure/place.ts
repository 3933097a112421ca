// A place in the dashboard is the part of the address after `#`:
// `#/requests/ID?app=shop&range=6h`.

/** The pages in the navigation, in its order. */
export const PAGES = [
  "overview",
  "routes",
  "queries",
  "requests",
  "running",
  "logs",
  "issues",
  "traffic",
  "status",
] as const;
/** Pages that other pages lead to; that of one thing is `#/events/ID`. */
const BEHIND = ["events", "releases", "workers"] as const;
export type Page = (typeof PAGES)[number] | (typeof BEHIND)[number];

/** Pages that can have an id after their name. */
const WITH_ID: readonly Page[] = ["routes", "requests", "issues", "events"];

export interface Place {
  page: Page;
  /** What stands after the page's name, for example a request's id. */
  id: string | null;
  params: URLSearchParams;
}

/** Parameters that go along from page to page. */
const CARRIED = ["app", "range", "from", "to", "compare"] as const;

/** Reads a location hash; null when it names no page. */
export function readPlace(hash: string): Place | null {
  const text = hash.replace(/^#\/?/, "");
  const mark = text.indexOf("?");
  const path = mark < 0 ? text : text.slice(0, mark);
  const params = new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1));
  const [name = "", ...rest] = path.split("/");
  const page = name === "" ? "overview" : [...PAGES, ...BEHIND].find((known) => known === name);
  if (page === undefined || rest.length > 1) return null;
  const id = decoded(rest[0] ?? "");
  if (id === null || (id !== "" && !WITH_ID.includes(page)) || (id === "" && page === "events")) return null;
  return { page, id: id === "" ? null : id, params };
}

export function writePlace(place: Place): string {
  const name = place.page === "overview" ? "" : place.page;
  const id = place.id === null ? "" : `/${encodeURIComponent(place.id)}`;
  const search = place.params.toString();
  return `#/${name}${id}${search === "" ? "" : `?${search}`}`;
}

export type Changes = Record<string, string | null>;

/** The same place with some parameters set (text) or removed (null or empty). */
export function changed(place: Place, changes: Changes): Place {
  const params = new URLSearchParams(place.params);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") params.delete(key);
    else params.set(key, value);
  }
  return { ...place, params };
}

/** Another page, taking the app and the range along. */
export function onward(place: Place, page: Page, id: string | null, changes: Changes): Place {
  const params = new URLSearchParams();
  for (const key of CARRIED) {
    const value = place.params.get(key);
    if (value !== null) params.set(key, value);
  }
  return changed({ page, id, params }, changes);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
