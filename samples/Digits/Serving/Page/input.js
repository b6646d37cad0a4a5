// Draws with mouse, finger or pen, and with the keyboard.

import { cells } from "./drawing.js";

/** One pointer draws; others that touch the pad meanwhile do nothing. */
export function drawWithPointer(pad, drawing) {
  let drawingPointer = null;

  const place = event => {
    const box = pad.getBoundingClientRect();
    const x = (event.clientX - box.left - pad.clientLeft) / pad.clientWidth * cells;
    const y = (event.clientY - box.top - pad.clientTop) / pad.clientHeight * cells;
    return [x, y];
  };

  pad.addEventListener("pointerdown", event => {
    if (drawingPointer !== null || event.button !== 0) return;
    event.preventDefault();
    pad.focus({ preventScroll: true });
    pad.classList.remove("keys");
    pad.setPointerCapture(event.pointerId);
    drawingPointer = event.pointerId;
    drawing.begin(...place(event));
  });
  pad.addEventListener("pointermove", event => {
    if (event.pointerId !== drawingPointer) return;
    // What the screen's pace has summed up in one event is given back, so that quick curves stay round.
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length > 0 ? steps : [event]) drawing.extend(...place(step));
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    pad.addEventListener(end, event => {
      if (event.pointerId !== drawingPointer) return;
      drawingPointer = null;
      drawing.end();
    });
  }
  // Long presses and double taps are strokes here, not menus, magnifiers or zoom.
  pad.addEventListener("contextmenu", event => event.preventDefault());
  pad.addEventListener("touchstart", event => event.preventDefault(), { passive: false });
}

const directions = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1],
};

/**
 * A cursor goes over the cells; while the pen is down it leaves a line.
 * @param {(words: string) => void} say tells those who do not see the cursor
 */
export function drawWithKeys(pad, cursor, drawing, say) {
  let [x, y] = [cells / 2, cells / 2];
  let penIsDown = false;
  const held = new Set();

  const show = () => {
    cursor.style.setProperty("--x", x);
    cursor.style.setProperty("--y", y);
    pad.classList.toggle("down", penIsDown);
  };
  const setPen = down => {
    if (down === penIsDown) return;
    penIsDown = down;
    if (down) drawing.begin(x + 0.5, y + 0.5);
    else drawing.end();
  };
  const move = (steps, event) => {
    let [dx, dy] = [0, 0];
    for (const key of held) [dx, dy] = [dx + directions[key][0], dy + directions[key][1]];
    const limit = value => Math.min(cells - 1, Math.max(0, value));
    const [fromX, fromY] = [x, y];
    x = limit(x + steps * Math.sign(dx));
    y = limit(y + steps * Math.sign(dy));
    if (penIsDown && (x !== fromX || y !== fromY)) drawing.extend(x + 0.5, y + 0.5);
  };

  pad.addEventListener("keydown", event => {
    const undoing = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if ((event.ctrlKey || event.metaKey || event.altKey) && !undoing) return;
    if (event.key in directions) {
      held.add(event.key);
      move(event.shiftKey ? 4 : 1);
    } else if (event.key === " " || event.key === "Enter") {
      if (!event.repeat) setPen(!penIsDown);
    } else if (event.key === "Escape") {
      setPen(false);
    } else if (event.key === "Backspace" || undoing) {
      setPen(false);
      drawing.undo();
    } else if (event.key === "Delete") {
      setPen(false);
      drawing.clear();
    } else {
      return;
    }
    event.preventDefault();
    pad.classList.add("keys");
    show();
    say(`Pen ${penIsDown ? "down" : "up"}, column ${x + 1}, row ${y + 1}.`);
  });
  pad.addEventListener("keyup", event => held.delete(event.key));
  pad.addEventListener("focus", () => pad.classList.toggle("keys", pad.matches(":focus-visible")));
  pad.addEventListener("blur", () => {
    held.clear();
    setPen(false);
    pad.classList.remove("keys");
    show();
  });
  // Whoever takes the mouse has put the keyboard's pen aside.
  pad.addEventListener("pointerdown", () => {
    penIsDown = false;
    pad.classList.remove("keys");
    show();
  }, { capture: true });
  drawing.addEventListener("change", () => {
    if (!drawing.isEmpty) return;
    penIsDown = false;
    show();
  });
  show();
}
