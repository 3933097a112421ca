import { t } from "../text";

const names = new Intl.DisplayNames([t.locale], { type: "region", fallback: "code" });

/** What a country is called in the page's language; a code that is none stays as it is. */
export function countryName(code: string): string {
  if (code === "local") return t.traffic.countryLocal;
  if (code === "unknown") return t.traffic.countryUnknown;
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}
