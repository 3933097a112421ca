import type { Series } from "./chart";

export interface Picture {
  title: string;
  series: readonly Pick<Series, "label" | "color">[];
  canvas: HTMLCanvasElement;
  css: (name: string) => string;
}

const HEAD = 44;
const PAD = 14;

/** A chart with its title and what its colours mean, as a PNG. */
export function picture({ title, series, canvas, css }: Picture): Promise<Blob | null> {
  const scale = devicePixelRatio || 1;
  const out = document.createElement("canvas");
  out.width = canvas.width;
  out.height = canvas.height + HEAD * scale;
  const to = out.getContext("2d");
  if (to === null) return Promise.resolve(null);
  to.fillStyle = css("--surface");
  to.fillRect(0, 0, out.width, out.height);
  to.drawImage(canvas, 0, HEAD * scale);
  to.scale(scale, scale);
  to.textBaseline = "middle";
  to.font = `600 13px ${css("--sans")}`;
  to.fillStyle = css("--text");
  to.fillText(title, PAD, HEAD / 2);
  let x = PAD + to.measureText(title).width + 18;
  to.font = `12px ${css("--sans")}`;
  for (const { label, color } of series) {
    to.fillStyle = css(color);
    to.fillRect(x, HEAD / 2 - 5, 10, 10);
    to.fillStyle = css("--muted");
    to.fillText(label, x + 15, HEAD / 2);
    x += 33 + to.measureText(label).width;
  }
  return new Promise((resolve) => out.toBlob(resolve, "image/png"));
}
