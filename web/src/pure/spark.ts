/** The bars of a small chart as the path of an SVG of this size; no path without a value above zero. */
export function sparkPath(values: readonly number[], width: number, height: number): string {
  const top = Math.max(0, ...values);
  if (top === 0) return "";
  const step = width / values.length;
  const bar = Math.max(1, step - 1);
  return values
    .map((value, i) => {
      if (value <= 0) return "";
      // One event among thousands is still seen.
      const tall = Math.max(1.5, (value / top) * height);
      return `M${short(i * step)} ${height}v${short(-tall)}h${short(bar)}v${short(tall)}z`;
    })
    .join("");
}

function short(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The values added up into so many bins of the same width, fewer if there are fewer values. */
export function inBins(values: readonly number[], bins: number): number[] {
  const out = new Array<number>(Math.min(bins, values.length)).fill(0);
  values.forEach((value, i) => {
    const at = Math.floor((i * out.length) / values.length);
    out[at] = (out[at] ?? 0) + value;
  });
  return out;
}
