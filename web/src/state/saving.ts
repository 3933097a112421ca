import { fileName } from "../pure/keep";

/** Gives the visitor a file made here; nothing leaves the browser. */
export function save(what: string, ending: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName(what, ending, new Date());
  link.click();
  // The download has begun by then; without this the content stays in memory.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
