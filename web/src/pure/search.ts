/** Words as the log search takes them; signs that it would read as its own are put in quotes. */
export function logWords(text: string): string {
  const words = text.trim();
  if (/^[\p{L}\p{N}_\s]*$/u.test(words)) return words;
  return `"${words.replaceAll('"', " ").trim()}"`;
}

/** Where an arrow key leads in a list of links; before the first is the field, -1. */
export function moved(at: number, key: string, count: number): number {
  if (key === "ArrowDown") return Math.min(at + 1, count - 1);
  return key === "ArrowUp" ? Math.max(at - 1, -1) : at;
}

/** The search for log lines of a route. A quotation mark cannot be written in one. */
export function ofRoute(route: string): string {
  return `route:"${route.replaceAll('"', "")}"`;
}
