/** A fixed number of the newest rows of numbers, one array per column. */
export class Ring<K extends string> {
  readonly #columns: Record<K, (number | null)[]>;
  readonly #keys: readonly K[];
  readonly #capacity: number;
  #start = 0;
  #length = 0;

  constructor(keys: readonly K[], capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError("the capacity of a ring is a whole number of at least 1");
    }
    this.#keys = keys;
    this.#capacity = capacity;
    this.#columns = Object.fromEntries(
      keys.map((key) => [key, new Array<number | null>(capacity).fill(null)]),
    ) as Record<K, (number | null)[]>;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a row; the oldest one goes when the ring is full. */
  push(row: Record<K, number | null>): void {
    const at = (this.#start + this.#length) % this.#capacity;
    for (const key of this.#keys) this.#columns[key][at] = row[key];
    if (this.#length < this.#capacity) this.#length += 1;
    else this.#start = (this.#start + 1) % this.#capacity;
  }

  /** A column, oldest first. */
  column(key: K): (number | null)[] {
    const source = this.#columns[key];
    const out = new Array<number | null>(this.#length);
    for (let i = 0; i < this.#length; i += 1) {
      out[i] = source[(this.#start + i) % this.#capacity] ?? null;
    }
    return out;
  }

  /** The newest value of a column, or null when the ring is empty. */
  last(key: K): number | null {
    if (this.#length === 0) return null;
    return this.#columns[key][(this.#start + this.#length - 1) % this.#capacity] ?? null;
  }

  clear(): void {
    this.#start = 0;
    this.#length = 0;
  }
}

/**
 * Puts `fresh` rows before `kept` (both newest first), drops those already
 * kept, and keeps at most `limit`.
 */
export function prepend<T extends { id: string }>(
  fresh: readonly T[],
  kept: readonly T[],
  limit: number,
): T[] {
  const seen = new Set(kept.map((row) => row.id));
  const added: T[] = [];
  for (const row of fresh) {
    if (seen.has(row.id)) continue;
    seen.add(row.id);
    added.push(row);
    if (added.length === limit) return added;
  }
  return added.concat(kept.slice(0, limit - added.length));
}
