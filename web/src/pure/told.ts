/** What the server says in English, and how another language says it. */
export type Saying = readonly [said: RegExp, otherwise: (...parts: string[]) => string];

/** A sentence of the server's in another language; one that is not known stays as it is. */
export function told(text: string, sayings: readonly Saying[]): string {
  for (const [said, otherwise] of sayings) {
    const found = said.exec(text);
    if (found !== null) return otherwise(...found.slice(1).map((part) => part ?? ""));
  }
  return text;
}

/** Why events are one issue, as the server words it, taken apart. */
export interface Because {
  kind: string;
  message: string;
  /** Where it was raised; "" where no frame is the app's own. */
  place: string;
  /** Functions of the app that led there. */
  callers: number;
  after: string;
}

const BECAUSE =
  /^same because all are (.+?)(?: with the message “([^]*)”)?(?:, with no frame of the app's own|, raised in (.+?))(?: and called through the same (\d+) functions of the app)?(?:, after (.+))?$/;

export function because(reason: string): Because | null {
  const found = BECAUSE.exec(reason);
  if (found === null) return null;
  const [, kind = "", message = "", place = "", callers = "0", after = ""] = found;
  return { kind, message, place, callers: Number(callers), after };
}
