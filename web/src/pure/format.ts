import { t } from "../text";

const whole = new Intl.NumberFormat(t.locale, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(t.locale, { maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat(t.locale, { maximumFractionDigits: 2 });

const STEP_UNITS: [number, string][] = [
  [86_400, t.unit.day],
  [3600, t.unit.h],
  [60, t.unit.min],
];
const SPAN_UNITS: [number, string][] = [
  [86_400, t.unit.d],
  [3600, t.unit.h],
  [60, t.unit.min],
  [1, t.unit.s],
];

/** What stands where there is no value. */
export const NOTHING = "–";

/** 12345 → "12,345". */
export function count(value: number): string {
  return whole.format(value);
}

/** A number short enough for an axis: 1234 → "1.2k", 3400000 → "3.4M". */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${oneDigit.format(value / 1e9)}G`;
  if (size >= 1e6) return `${oneDigit.format(value / 1e6)}M`;
  if (size >= 1e4) return `${oneDigit.format(value / 1e3)}k`;
  return twoDigits.format(value);
}

/** Events per second, without the unit: 0.25 → "0.25", 12.34 → "12.3", 1234.5 → "1,235". */
export function rate(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return whole.format(value);
  return size >= 10 ? oneDigit.format(value) : twoDigits.format(value);
}

/** A part of 0 to 1 in per cent, without the sign: 0.0123 → "1.2", 0.00004 → "<0.01". */
export function percent(part: number): string {
  const value = part * 100;
  if (value > 0 && value < 0.01) return "<0.01";
  if (value < 1) return twoDigits.format(value);
  return value < 99.95 || value >= 100 ? oneDigit.format(value) : "99.9";
}

/** The part `some` is of `all`; 0 when there is nothing. */
export function part(some: number, all: number): number {
  return all > 0 ? some / all : 0;
}

export interface Measure {
  value: string;
  unit: string;
}

/** A time span in the unit that reads best: 0.42 ms, 12.3 ms, 1.24 s, 3 min 20 s. */
export function span(ms: number | null): Measure {
  if (ms === null || !Number.isFinite(ms)) return { value: NOTHING, unit: "" };
  if (ms > 0 && ms < 0.01) return { value: "<0.01", unit: "ms" };
  if (ms < 10) return { value: twoDigits.format(ms), unit: "ms" };
  if (ms < 100) return { value: oneDigit.format(ms), unit: "ms" };
  if (ms < 999.5) return { value: whole.format(ms), unit: "ms" };
  if (ms < 59_950) return { value: twoDigits.format(ms / 1000), unit: "s" };
  return { value: longSpan(Math.round(ms / 1000)), unit: "" };
}

export function spanText(ms: number | null): string {
  const { value, unit } = span(ms);
  return unit === "" ? value : `${value} ${unit}`;
}

/** 3700 s → "1 h 1 min"; the two largest units that are not zero. */
export function longSpan(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.floor(seconds));
  for (const [size, name] of SPAN_UNITS) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0 && parts.length < 2) parts.push(t.ago.span(n, name));
    else if (parts.length > 0) break;
  }
  return parts.length === 0 ? t.ago.span(0, t.unit.s) : parts.join(" ");
}

/** Bytes in powers of 1000: 1234 → "1.2 kB". */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 99.95 ? whole : oneDigit;
  return `${digits.format(size)} ${units[unit]}`;
}

/** What one step of a chart stands for: 60 → "min", 300 → "5 min", 3600 → "h". */
export function stepUnit(seconds: number): string {
  for (const [size, name] of STEP_UNITS) {
    if (seconds >= size && seconds % size === 0) {
      return seconds === size ? name : t.ago.span(seconds / size, name);
    }
  }
  return t.ago.span(seconds, t.unit.s);
}

/** Labels of a latency axis, all in one unit. */
export function spanTicks(splits: readonly number[]): string[] {
  const top = Math.max(0, ...splits.map(Math.abs));
  if (top >= 1000) return splits.map((ms) => (ms === 0 ? "0" : `${twoDigits.format(ms / 1000)} s`));
  return splits.map((ms) => (ms === 0 ? "0" : `${twoDigits.format(ms)} ms`));
}

/** Labels of an axis that counts per something: "40/s", "1.2k/min". */
export function rateTicks(splits: readonly number[], unit: string): string[] {
  return splits.map((value) => (value === 0 ? "0" : `${short(value)}/${unit}`));
}
