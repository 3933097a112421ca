import { type Language, languageFor } from "../pure/language";
import { en } from "./en";
import { ko } from "./ko";

/** Every language has all of these, in the same shape. */
export type Text = typeof en;

const TEXTS: Record<Language, Text> = { en, ko };
const KEPT = "haechi.language";

/** What each language calls itself, and so is called in all of them. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", ko: "한국어" };

export const language = languageFor(kept(), typeof document === "undefined" ? [] : navigator.languages);

/** The words of the pages in the viewer's language. */
export const t: Text = TEXTS[language];

/** Remembers the language. The page starts anew with it: words are read once. */
export function speak(other: Language): void {
  try {
    localStorage.setItem(KEPT, other);
  } catch {
    // Without a memory the browser's own language is the only way to choose.
  }
  location.reload();
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
