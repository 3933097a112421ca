/** A row of a table as its answer has it. */
export type Row = object;

/** A sheet would run these as formulas. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const plain = typeof value === "string" ? value : JSON.stringify(value);
  const text = FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as CSV (RFC 4180) with the names of their fields first. */
export function csv(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (row: Row) => names.map((name) => cell((row as Record<string, unknown>)[name])).join(",");
  return [names.map(cell).join(","), ...rows.map(line)].map((text) => `${text}\r\n`).join("");
}

/** A name for a file that says what is in it and when it was kept. */
export function fileName(what: string, ending: string, now: Date): string {
  const plain = what.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60);
  return `haechi-${plain}-${now.toISOString().slice(0, 19).replaceAll(":", "")}.${ending}`;
}
