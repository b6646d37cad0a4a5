// Pictures of numbers.

/** Nothing to much. */
export const heat = scale("0b0818", "35125c", "8a226a", "dc4a4e", "f9a242", "fcf4b8");

/** Paper to ink, as the network has them. */
export const grey = scale("000000", "ffffff");

/** Negative to positive. */
export const signed = scale("1d4fa8", "7fb2e0", "f2f2f0", "eea072", "b02a2a");

/** 256 colours between the given ones, as a canvas stores them. */
function scale(...colours) {
  const stops = colours.map(c => [0, 2, 4].map(i => parseInt(c.slice(i, i + 2), 16)));
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let i = 0; i < 256; i++) {
    const place = i / 255 * (stops.length - 1);
    const lower = Math.min(Math.floor(place), stops.length - 2);
    for (let c = 0; c < 3; c++) bytes[4 * i + c] = stops[lower][c] + (stops[lower + 1][c] - stops[lower][c]) * (place - lower);
    bytes[4 * i + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

/** One picture on a canvas of its own size in pixels; the page's style makes it larger. */
export class Picture {
  #context;
  #image;
  #pixels;
  #colours;

  constructor(canvas, colours) {
    this.#context = canvas.getContext("2d");
    this.#image = this.#context.createImageData(canvas.width, canvas.height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#colours = colours;
    this.draw(new Uint8Array(this.#pixels.length));
  }

  draw(bytes) {
    for (let i = 0; i < this.#pixels.length; i++) this.#pixels[i] = this.#colours[bytes[i]];
    this.#context.putImageData(this.#image, 0, 0);
  }
}

/** A row of pictures that are told as one. */
export function gallery(label, count, width, height, colours) {
  const element = document.createElement("div");
  element.className = count > 16 ? "gallery many" : "gallery";
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", label);
  const pictures = Array.from({ length: count }, () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    element.append(canvas);
    return new Picture(canvas, colours);
  });
  return { element, pictures };
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), c => c.charCodeAt(0));
}
