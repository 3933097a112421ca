import { t } from "../text";

const clock = formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clockMs = formatter({
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const minute = formatter({ hour: "2-digit", minute: "2-digit" });
const day = formatter({ day: "numeric", month: "short" });
const dayMinute = formatter({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const full = formatter({
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  timeZoneName: "short",
});

/** Seconds that need no number. */
const JUST_NOW = 5;

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(t.locale, { ...options, hourCycle: "h23" });
}

/** 14:05:06.123, and the day before it when that is not `now`'s day. */
export function lineTime(time: string, now: number): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const text = clockMs.format(at);
  return sameDay(at, new Date(now)) ? text : `${day.format(at)} ${text}`;
}

/** 23 Nov 2026, 14:05:06.123 GMT+9. */
export function fullTime(time: string): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? time : full.format(at);
}

/** How far a moment is from `now`, in the largest unit that fits: "3 min ago", "in 2 h". */
export function ago(time: string, now: number): string {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return time;
  const seconds = Math.round(Math.abs(now - ms) / 1000);
  if (seconds < JUST_NOW) return t.ago.now;
  const text = t.ago.span(...unitOf(seconds));
  return ms > now ? t.ago.ahead(text) : t.ago.past(text);
}

function unitOf(seconds: number): [number, string] {
  if (seconds < 60) return [seconds, t.unit.s];
  if (seconds < 3600) return [Math.floor(seconds / 60), t.unit.min];
  return seconds < 86_400 ? [Math.floor(seconds / 3600), t.unit.h] : [Math.floor(seconds / 86_400), t.unit.d];
}

/** 23 Nov, 14:05. */
export function minuteTime(ms: number): string {
  return dayMinute.format(new Date(ms));
}

/** The moment under the cursor of a chart, as exact as its step. */
export function pointTime(seconds: number, stepSeconds: number): string {
  const at = new Date(seconds * 1000);
  if (stepSeconds < 60) return clock.format(at);
  return stepSeconds >= 86_400 ? day.format(at) : dayMinute.format(at);
}

/** Labels of a time axis (unix seconds) whose ticks are `increment` seconds apart. */
export function timeTicks(splits: readonly number[], increment: number): string[] {
  let previous = "";
  return splits.map((seconds) => {
    const at = new Date(seconds * 1000);
    if (increment >= 86_400) return day.format(at);
    const midnight = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;
    const text = midnight ? day.format(at) : increment < 60 ? clock.format(at) : minute.format(at);
    if (text === previous) return "";
    previous = text;
    return text;
  });
}

function sameDay(a: Date, b: Date): boolean {
  return (
    a.getFullYear() === b.getFullYear() &&
    a.getMonth() === b.getMonth() &&
    a.getDate() === b.getDate()
  );
}
