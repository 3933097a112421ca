import type { AppInfo } from "../api/types";

/** Which apps have ever been seen; null until the first answer. */
class KnownApps {
  list = $state.raw<AppInfo[] | null>(null);

  /** Whether the list is there and lacks this app. */
  lacks(app: string | null): boolean {
    return app !== null && this.list !== null && !this.list.some((known) => known.app === app);
  }

  /** Whether no app was ever seen. */
  get none(): boolean {
    return this.list !== null && this.list.length === 0;
  }

  /** The list is worth asking for again more often while nothing is known. */
  get refreshMs(): number {
    return this.list === null || this.list.length === 0 ? 2_000 : 10_000;
  }
}

export const apps = new KnownApps();
