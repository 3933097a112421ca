// Moments that charts mark: a thin line from top to bottom with its name.

/** A moment worth a line of its own. */
export interface Mark {
  /** Unix seconds. */
  time: number;
  label: string;
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Marks by their place, in the canvas's own pixels. */
export function paintMarks(
  to: CanvasRenderingContext2D,
  marks: readonly { x: number; label: string }[],
  box: Box,
  css: (name: string) => string,
): void {
  const scale = devicePixelRatio || 1;
  const room = 4 * scale;
  to.save();
  to.strokeStyle = to.fillStyle = css("--text");
  to.lineWidth = scale;
  to.setLineDash([3 * scale, 3 * scale]);
  to.font = `${11 * scale}px ${css("--sans")}`;
  to.textBaseline = "top";
  // the axes leave their own
  to.textAlign = "left";
  let taken = -Infinity;
  for (const { x, label } of marks) {
    to.beginPath();
    to.moveTo(x, box.top);
    to.lineTo(x, box.top + box.height);
    to.stroke();
    const wide = to.measureText(label).width;
    const before = x + room + wide > box.left + box.width;
    const from = before ? x - room - wide : x + room;
    if (from < taken || from < box.left) continue;
    to.globalAlpha = 0.8;
    to.fillStyle = css("--surface");
    to.fillRect(from - 2 * scale, box.top, wide + room, 14 * scale);
    to.globalAlpha = 1;
    to.fillStyle = css("--text");
    to.fillText(label, from, box.top + scale);
    taken = Math.max(x, from + wide) + room;
  }
  to.restore();
}
