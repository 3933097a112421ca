import type { Latency } from "../api/types";
import { type Mark, paintMarks } from "../parts/marks";
import { spanText } from "../pure/format";
import { timeTicks } from "../pure/moment";

/** Space around the cells, in pixels: left for latencies, below for times. */
export const SPACE = { left: 72, right: 20, top: 8, bottom: 28 } as const;
const FONT = '11px ui-sans-serif, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
const LABEL_HEIGHT = 26;
const LABEL_WIDTH = 74;

export interface Size {
  width: number;
  height: number;
}

/** Which cell lies under a place; null beside all. */
export function cellAt(data: Latency, size: Size, x: number, y: number): { point: number; band: number } | null {
  const wide = (size.width - SPACE.left - SPACE.right) / data.time.length;
  const tall = (size.height - SPACE.top - SPACE.bottom) / data.below_ms.length;
  const point = Math.floor((x - SPACE.left) / wide);
  const band = data.below_ms.length - 1 - Math.floor((y - SPACE.top) / tall);
  const inside = point >= 0 && point < data.time.length && band >= 0 && band < data.below_ms.length;
  return inside ? { point, band } : null;
}

/** Time steps of an axis that leave room for their labels, in seconds. */
const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000];

export function drawHeat(canvas: HTMLCanvasElement, data: Latency, size: Size, css: (name: string) => string, moments: readonly Mark[]): void {
  const scale = devicePixelRatio || 1;
  canvas.width = size.width * scale;
  canvas.height = size.height * scale;
  const to = canvas.getContext("2d");
  if (to === null || data.time.length === 0 || data.below_ms.length === 0) return;
  to.scale(scale, scale);
  const wide = (size.width - SPACE.left - SPACE.right) / data.time.length;
  const tall = (size.height - SPACE.top - SPACE.bottom) / data.below_ms.length;
  const floor = size.height - SPACE.bottom;
  const most = Math.max(1, ...data.requests.flat());
  to.fillStyle = css("--c-requests");
  data.requests.forEach((bands, point) =>
    bands.forEach((requests, band) => {
      if (requests === 0) return;
      // Few requests are still seen beside many.
      to.globalAlpha = 0.14 + 0.86 * Math.sqrt(requests / most);
      const [x, y] = [SPACE.left + point * wide, floor - (band + 1) * tall];
      to.fillRect(x, y, Math.max(1, wide - 0.6), Math.max(1, tall - 0.6));
    }),
  );
  to.globalAlpha = 1;
  to.font = FONT;
  to.fillStyle = css("--axis");
  to.textBaseline = "middle";
  to.textAlign = "right";
  const each = Math.max(1, Math.ceil(LABEL_HEIGHT / tall));
  data.below_ms.forEach((ms, band) => {
    if ((band + 1) % each === 0) to.fillText(spanText(ms), SPACE.left - 8, floor - (band + 1) * tall);
  });
  times(to, data, size, wide);
  const first = data.time[0] ?? 0;
  const place = (mark: Mark) => Math.round(scale * (SPACE.left + ((mark.time - first) / data.step_seconds) * wide));
  const area = { left: SPACE.left, top: SPACE.top, width: wide * data.time.length, height: floor - SPACE.top };
  to.setTransform(1, 0, 0, 1, 0, 0);
  to.textAlign = "left";
  paintMarks(
    to,
    moments.map((mark) => ({ x: place(mark), label: mark.label })),
    { left: area.left * scale, top: area.top * scale, width: area.width * scale, height: area.height * scale },
    css,
  );
}

function times(to: CanvasRenderingContext2D, data: Latency, size: Size, wide: number): void {
  const first = data.time[0] ?? 0;
  const room = (LABEL_WIDTH / wide) * data.step_seconds;
  const step = STEPS.find((one) => one >= room && one >= data.step_seconds) ?? STEPS.at(-1) ?? 86_400;
  const zone = new Date(first * 1000).getTimezoneOffset() * 60;
  const marks: number[] = [];
  for (let at = Math.ceil((first - zone) / step) * step + zone; at <= (data.time.at(-1) ?? 0); at += step) marks.push(at);
  to.textAlign = "center";
  const labels = timeTicks(marks, step);
  marks.forEach((at, i) => {
    const x = SPACE.left + ((at - first) / data.step_seconds) * wide;
    to.fillRect(x, size.height - SPACE.bottom, 1, 4);
    to.fillText(labels[i] ?? "", x, size.height - SPACE.bottom + 14);
  });
}
