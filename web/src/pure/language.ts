export const LANGUAGES = ["en", "ko"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language that was chosen, else the first of the browser's that there is, else English. */
export function languageFor(chosen: string | null, wanted: readonly string[]): Language {
  const names = [chosen ?? "", ...wanted].map((tag) => tag.toLowerCase().split("-")[0]);
  return names.map((name) => LANGUAGES.find((known) => known === name)).find((known) => known !== undefined) ?? "en";
}
