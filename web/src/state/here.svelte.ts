import {
  type Changes,
  type Page,
  type Place,
  changed,
  onward,
  readPlace,
  writePlace,
} from "../pure/place";
import {
  between,
  type Compare,
  DEFAULT_RANGE,
  ISSUES_RANGE,
  type LastRange,
  type Range,
  rangeParams,
  readCompare,
  readRange,
} from "../pure/range";

const START: Place = { page: "overview", id: null, params: new URLSearchParams() };

/** Where the visitor is: the address after `#`, and the ways to another one. */
class Here {
  place = $state.raw<Place>(readPlace(location.hash) ?? START);

  constructor() {
    addEventListener("hashchange", () => this.#read());
  }

  get page(): Page {
    return this.place.page;
  }

  get id(): string | null {
    return this.place.id;
  }

  get app(): string | null {
    return this.param("app");
  }

  get compare(): Compare | null {
    return readCompare(this.param("compare"));
  }

  get range(): Range {
    return readRange(this.place.params, this.#usualRange);
  }

  /** A parameter of the address; null when absent or empty. */
  param(name: string): string | null {
    const value = this.place.params.get(name);
    return value === null || value === "" ? null : value;
  }

  /** The link to another page that takes the app and the range along. */
  to(page: Page, id: string | null = null, changes: Changes = {}): string {
    return writePlace(onward(this.place, page, id, changes));
  }

  /** The link to this page with other parameters. */
  with(changes: Changes): string {
    return writePlace(changed(this.place, changes));
  }

  /** Goes to this page with other parameters; `quietly` leaves no step in the history. */
  change(changes: Changes, quietly = false): void {
    const hash = this.with(changes);
    if (hash === writePlace(this.place)) return;
    if (quietly) {
      history.replaceState(null, "", hash);
      this.#read();
    } else {
      location.hash = hash;
    }
  }

  changeRange(range: Range): void {
    this.change({ ...rangeParams(range, this.#usualRange), before: null });
  }

  go(page: Page, id: string | null = null, changes: Changes = {}): void {
    location.hash = this.to(page, id, changes);
  }

  /** Goes to another page and looks at this range there; unix seconds. */
  goRange(page: Page, from: number, to: number, changes: Changes = {}): void {
    this.go(page, null, { ...rangeParams(between(from * 1000, to * 1000)), ...changes });
  }

  get #usualRange(): LastRange {
    return this.page === "issues" ? ISSUES_RANGE : DEFAULT_RANGE;
  }

  #read(): void {
    const place = readPlace(location.hash);
    if (place === null) {
      history.replaceState(null, "", writePlace(START));
      this.place = START;
    } else {
      this.place = place;
    }
  }
}

export const here = new Here();
