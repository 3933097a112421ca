import uPlot from "uplot";
import { timeTicks } from "../pure/moment";
import { type Mark, paintMarks } from "./marks";

export type Values = (number | null)[];

export interface Series {
  key: string;
  label: string;
  /** Name of the CSS variable that holds its colour. */
  color: string;
  shape: "bars" | "area" | "line";
  values: Values;
  /** What is drawn instead of `values`, for bars that stand on each other. */
  drawn?: Values;
  width?: number;
  /** Of another time: drawn thin and dashed. */
  dashed?: boolean;
}

export interface Looks {
  series: readonly Series[];
  width: number;
  height: number;
  /** The x axis: from and to, in unix seconds. */
  window: () => readonly [number, number];
  /** The y axis reaches at least this far. */
  top: number;
  ticks: (splits: number[]) => string[];
  /** Charts of the same name share their cursor. */
  sync: string;
  onCursor: (index: number | null) => void;
  /** Present when a range can be chosen by dragging; unix seconds. */
  onBrush: ((from: number, to: number) => void) | undefined;
  /** Present when a point is a door: its index. */
  onPoint: ((index: number) => void) | undefined;
  marks: () => readonly Mark[];
  css: (name: string) => string;
}

const FONT = '11px ui-sans-serif, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
/** Ranges up to this one, in seconds, have labels with seconds. */
const SECONDS_SHOWN = 600;
/** Shortest drag, in pixels, that is meant as one. */
const SHORTEST_DRAG = 6;

export function options(looks: Looks): uPlot.Options {
  const { css, onBrush } = looks;
  return {
    width: looks.width,
    height: looks.height,
    // Half a label stands beyond the last moment.
    padding: [8, 27, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: onBrush !== undefined, y: false, setScale: false },
      sync: { key: looks.sync, setSeries: false },
    },
    scales: {
      x: { time: true, range: () => looks.window() as [number, number] },
      y: { range: (_u, _low, high) => [0, Math.max(looks.top, (high ?? 0) * 1.08)] },
    },
    axes: [
      {
        stroke: css("--axis"),
        font: FONT,
        grid: { show: false },
        ticks: { stroke: css("--line"), width: 1, size: 4 },
        // Narrow charts put their labels closer, or they would have only one; seconds need room.
        space: (_u, _axis, low, high, size) => (size >= 320 || high - low <= SECONDS_SHOWN ? 72 : 44),
        size: 28,
        gap: 4,
        values: (_u, splits, _axis, _space, increment) => timeTicks(splits, increment),
      },
      {
        stroke: css("--axis"),
        font: FONT,
        grid: { stroke: css("--grid"), width: 1 },
        ticks: { show: false },
        space: 36,
        size: 72,
        gap: 8,
        values: (_u, splits) => looks.ticks(splits),
      },
    ],
    series: [{}, ...looks.series.map((one) => drawnAs(one, css))],
    hooks: {
      ready: [(u) => looks.onPoint !== undefined && doors(u, looks.onPoint)],
      draw: [(u) => drawMarks(u, looks.marks(), css)],
      setCursor: [(u) => looks.onCursor(u.cursor.idx ?? null)],
      setSelect: [(u) => onBrush !== undefined && brushed(u, onBrush)],
    },
  };
}

/** Thin lines from top to bottom, each with its name where that has room. */
function drawMarks(u: uPlot, marks: readonly Mark[], css: (name: string) => string): void {
  const place = (mark: Mark) => Math.round(u.valToPos(mark.time, "x", true));
  const { left, top, width, height } = u.bbox;
  const shown = marks.filter((mark) => place(mark) >= left && place(mark) <= left + width);
  if (shown.length > 0) paintMarks(u.ctx, shown.map((mark) => ({ x: place(mark), label: mark.label })), { left, top, width, height }, css);
}

/** A press that is no drag opens the point under it. */
function doors(u: uPlot, onPoint: (index: number) => void): void {
  let from = 0;
  u.over.addEventListener("mousedown", (event) => (from = event.clientX));
  u.over.addEventListener("click", (event) => {
    const index = u.cursor.idx;
    if (index != null && Math.abs(event.clientX - from) < SHORTEST_DRAG) onPoint(index);
  });
}

function brushed(u: uPlot, onBrush: (from: number, to: number) => void): void {
  const { left, width } = u.select;
  if (width >= SHORTEST_DRAG) onBrush(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
  if (width > 0) u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function drawnAs(one: Series, css: (name: string) => string): uPlot.Series {
  const color = css(one.color);
  if (one.shape === "bars") {
    const bars = uPlot.paths.bars?.({ size: [0.78, 26], align: 1 });
    return { stroke: color, fill: color, width: 0, points: { show: false }, ...(bars && { paths: bars }) };
  }
  return {
    stroke: color,
    width: one.width ?? (one.dashed ? 1.25 : 1.5),
    ...(one.dashed && { dash: [5, 4] }),
    ...(one.shape === "area" && { fill: `${color}2e` }),
    spanGaps: false,
    points: { show: !one.dashed, size: 4, fill: color, filter: lonely },
  };
}

/** Points with no neighbour: a line cannot show them. */
function lonely(u: uPlot, series: number): number[] {
  const values = u.data[series] ?? [];
  const out: number[] = [];
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) out.push(i);
  }
  return out;
}

/** The data in the order uPlot wants: times, then each series. */
export function aligned(times: number[], series: readonly Series[]): uPlot.AlignedData {
  return [times, ...series.map((one) => one.drawn ?? one.values)];
}
