import { Drawing } from "./drawing.js";
import { drawWithKeys, drawWithPointer } from "./input.js";
import { fromBase64, gallery, grey, heat, Picture, signed } from "./maps.js";
import { Reader } from "./reader.js";

const $ = id => document.getElementById(id);
const calm = 700;

const drawing = new Drawing($("paper"));
const reader = new Reader(show, fail);
const seen = new Picture($("seen"), grey);
const bars = Array.from({ length: 10 }, (_, digit) => makeBar(digit));
let stages = [];

drawWithPointer($("pad"), drawing);
drawWithKeys($("pad"), $("cursor"), drawing, teller($("moved")));
$("undo").addEventListener("click", () => drawing.undo());
$("clear").addEventListener("click", () => drawing.clear());
const announce = teller($("said"));

// However many points come between two frames, the newest drawing is shown and read once.
let frame = 0;
drawing.addEventListener("change", () => {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    drawing.show();
    $("hint").hidden = !drawing.isEmpty;
    if (drawing.isEmpty) showNothing();
    else reader.read(drawing.toInk());
  });
});

prepare();

async function prepare() {
  try {
    const response = await fetch("api/network");
    if (!response.ok) throw new Error(response.statusText);
    const network = await response.json();
    stages = network.stages.map((stage, index) => makeStage(stage, index === 0 ? network.filters : null));
    $("stages").append(...stages.map(s => s.element));
  } catch {
    fail("The program does not answer. Is it still running?");
  }
}

function makeBar(digit) {
  const item = document.createElement("li");
  item.dataset.digit = digit;
  const [name, column, fill, share] = ["span", "span", "span", "span"].map(tag => document.createElement(tag));
  name.textContent = digit;
  [name.className, column.className, fill.className, share.className] = ["name", "column", "fill", "share"];
  column.append(fill);
  item.append(name, column, share);
  $("chart").append(item);
  return { item, fill, share };
}

function makeStage({ name, channels, height, width }, filters) {
  const element = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const title = document.createElement("h2");
  title.textContent = name;
  const text = document.createElement("p");
  text.textContent = `${channels} maps of ${width} × ${height}`;
  caption.append(title, " ", text);
  const maps = gallery(`${name}: ${channels} pictures of what the network found`, channels, width, height, heat);
  element.append(caption);
  if (filters) {
    text.textContent += ", under their filters";
    element.append(makeFilters(filters));
  }
  element.append(maps.element);
  return { element, pictures: maps.pictures, size: width * height };
}

function makeFilters({ count, side, weights }) {
  const row = gallery("The first layer's filters", count, side, side, signed);
  row.element.classList.add("filters");
  row.pictures.forEach((picture, i) => {
    const own = weights.slice(i * side * side, (i + 1) * side * side);
    const most = Math.max(1e-12, ...own.map(Math.abs));
    picture.draw(own.map(w => Math.round(127.5 + 127.5 * w / most)));
  });
  return row.element;
}

function percent(share) {
  return share > 0.995 ? ">99%" : `${Math.round(100 * share)}%`;
}

function show(reading, milliseconds) {
  const { digit, probabilities } = reading;
  $("message").hidden = true;
  $("digit").textContent = digit;
  $("sure").textContent = `${percent(probabilities[digit])} sure`;
  probabilities.forEach((share, i) => showBar(i, share, i === digit));
  seen.draw(fromBase64(reading.image));
  reading.stages.forEach((stage, s) => {
    const bytes = fromBase64(stage.maps);
    const { pictures, size } = stages[s] ?? { pictures: [] };
    pictures.forEach((picture, i) => picture.draw(bytes.subarray(i * size, (i + 1) * size)));
  });
  $("time").textContent = `Network ${reading.microseconds.toFixed(0)} µs, there and back ${milliseconds.toFixed(1)} ms`;
  announce(`Reads as ${digit}, ${percent(probabilities[digit])} sure.`);
}

function showBar(digit, share, best) {
  const { item, fill, share: text } = bars[digit];
  item.classList.toggle("best", best);
  fill.style.setProperty("--share", share);
  text.textContent = percent(share);
  text.classList.toggle("little", share < 0.005);
}

function showNothing() {
  reader.forget();
  $("message").hidden = true;
  $("digit").textContent = "–";
  $("sure").textContent = "nothing yet";
  for (let digit = 0; digit < 10; digit++) showBar(digit, 0, false);
  seen.draw(new Uint8Array(28 * 28));
  for (const { pictures, size } of stages) pictures.forEach(picture => picture.draw(new Uint8Array(size)));
  $("time").textContent = "";
  announce("The paper is empty.");
}

function fail(message) {
  $("message").textContent = message;
  $("message").hidden = false;
}

/** Says the last of several things once no more come: nobody wants to hear every step. */
function teller(element) {
  let timer = 0;
  return words => {
    clearTimeout(timer);
    timer = setTimeout(() => { element.textContent = words; }, calm);
  };
}
