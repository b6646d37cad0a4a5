// Asks the network. One question is on its way at a time; of the drawings made meanwhile only the newest is asked about next.

const patience = 10_000;
const pause = 1_000;

export class Reader {
  #waiting = null;
  #asking = false;
  #round = 0;
  #show;
  #fail;

  /**
   * @param {(reading: object, milliseconds: number) => void} show gets each reading
   * @param {(message: string) => void} fail gets what went wrong, in words
   */
  constructor(show, fail) {
    this.#show = show;
    this.#fail = fail;
  }

  /** Reads this drawing as soon as the last question is answered. */
  read(ink) {
    this.#waiting = ink;
    if (!this.#asking) this.#ask();
  }

  /** There is nothing to read any more: what is still to come is not shown. */
  forget() {
    this.#waiting = null;
    this.#round++;
  }

  async #ask() {
    this.#asking = true;
    while (this.#waiting) {
      const [ink, round] = [this.#waiting, this.#round];
      this.#waiting = null;
      const start = performance.now();
      try {
        const response = await fetch("api/read", {
          method: "POST",
          headers: { "Content-Type": "application/octet-stream" },
          body: ink,
          signal: AbortSignal.timeout(patience),
        });
        const answer = await response.json();
        if (round !== this.#round) continue;
        if (response.ok) this.#show(answer, performance.now() - start);
        else this.#fail(answer.detail ?? answer.title);
      } catch {
        if (round !== this.#round) continue;
        this.#fail("The program does not answer. Is it still running? Trying again.");
        await new Promise(resolve => setTimeout(resolve, pause));
        if (round === this.#round) this.#waiting ??= ink;
      }
    }
    this.#asking = false;
  }
}
