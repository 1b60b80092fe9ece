// Asks every few seconds how the pipeline is, for the banner of all pages and for the pipeline's own.

import { get } from "../api.js";

const EVERY = 5000;
const STUCK_AFTER = 2; // answers in which a reader that is behind has not moved

export class Health extends EventTarget {
  state = null;
  error = null;
  #still = new Map();
  #timer = null;

  start() {
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.ask());
    return this.ask();
  }

  /** Ask now; listeners of "state" hear of the answer or of its absence. */
  async ask() {
    clearTimeout(this.#timer);
    try {
      this.#take(await get("/v1/pipeline"));
    } catch (error) {
      this.error = error;
    }
    this.dispatchEvent(new Event("state"));
    // A page that nobody looks at asks nothing.
    if (document.visibilityState === "visible") this.#timer = setTimeout(() => this.ask(), EVERY);
  }

  #take(state) {
    for (const reader of state.readers) {
      const key = `${reader.group} ${reader.topic}`;
      const before = this.#still.get(key);
      const same = reader.lag > 0 && before?.committed === reader.committed;
      this.#still.set(key, { committed: reader.committed, times: same ? before.times + 1 : 0 });
      reader.stuck = this.#still.get(key).times >= STUCK_AFTER;
    }
    this.state = state;
    this.error = null;
  }

  /** Readers that are behind and do not move. */
  get stuck() {
    return this.state?.readers.filter((reader) => reader.stuck) ?? [];
  }
}
