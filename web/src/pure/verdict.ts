/** Whether a change is one for the worse. */
export function isWorse(change: string): boolean {
  return change === "slower" || change === "slower_tail" || change === "fails_more";
}

/** How sure a change is, in per cent without the sign: p of 0.003 → "99.7", of nearly nothing → ">99.99". */
export function sureness(p: number): string {
  if (p < 0.0001) return ">99.99";
  return (Math.floor((1 - p) * 10_000) / 100).toString();
}
