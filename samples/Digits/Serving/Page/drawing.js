// What is drawn: strokes through points of a square of 28 by 28 cells; vectors for the eye, pixels for the network.

export const cells = 28;

const penWidth = 2.1;
const side = 112;
const xmlns = "http://www.w3.org/2000/svg";

export class Drawing extends EventTarget {
  #paper;
  #strokes = [];
  #open = null;
  #plane;

  /** @param {SVGSVGElement} paper where it is shown */
  constructor(paper) {
    super();
    this.#paper = paper;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    this.#plane = canvas.getContext("2d", { willReadFrequently: true });
  }

  get isEmpty() {
    return this.#strokes.length === 0;
  }

  /** Puts the pen down. */
  begin(x, y) {
    const path = document.createElementNS(xmlns, "path");
    path.setAttribute("stroke-width", penWidth);
    this.#paper.append(path);
    this.#open = { points: [[x, y]], path, shown: 0 };
    this.#strokes.push(this.#open);
    this.#changed();
  }

  /** Moves the pen; nothing happens while it is up. */
  extend(x, y) {
    if (!this.#open) return;
    this.#open.points.push([x, y]);
    this.#changed();
  }

  /** Lifts the pen. */
  end() {
    this.#open = null;
  }

  /** Takes the last stroke back. */
  undo() {
    this.end();
    this.#strokes.pop()?.path.remove();
    this.#changed();
  }

  clear() {
    this.end();
    for (const stroke of this.#strokes) stroke.path.remove();
    this.#strokes = [];
    this.#changed();
  }

  /** Brings what is shown up to date. */
  show() {
    for (const stroke of this.#strokes) {
      if (stroke.shown === stroke.points.length) continue;
      stroke.path.setAttribute("d", outline(stroke.points));
      stroke.shown = stroke.points.length;
    }
  }

  /** Row by row, a byte for a pixel: 0 is paper, 255 is ink. */
  toInk() {
    const plane = this.#plane;
    plane.setTransform(1, 0, 0, 1, 0, 0);
    plane.fillStyle = "#000";
    plane.fillRect(0, 0, side, side);
    plane.setTransform(side / cells, 0, 0, side / cells, 0, 0);
    plane.fillStyle = plane.strokeStyle = "#fff";
    plane.lineWidth = penWidth;
    plane.lineCap = plane.lineJoin = "round";
    for (const { points } of this.#strokes) {
      plane.stroke(new Path2D(outline(points)));
      // A canvas draws no line of length 0, so a dot is drawn as one.
      plane.beginPath();
      plane.arc(...points[0], penWidth / 2, 0, 2 * Math.PI);
      plane.fill();
    }
    const { data } = plane.getImageData(0, 0, side, side);
    const ink = new Uint8Array(side * side);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i];
    return ink;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** A smooth line: curves from the middle between two points to the next such middle. */
function outline(points) {
  const at = ([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`;
  const middle = ([x, y], [u, v]) => [(x + u) / 2, (y + v) / 2];
  let path = `M${at(points[0])}`;
  for (let i = 1; i + 1 < points.length; i++) path += `Q${at(points[i])} ${at(middle(points[i], points[i + 1]))}`;
  return `${path}L${at(points.at(-1))}`;
}
