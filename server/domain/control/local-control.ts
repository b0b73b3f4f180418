import type { Control, ControlEvent, ControlListener } from './control.ts';

/** Events within one process: for tools and tests that are alone with their database. */
export class LocalControl implements Control {
  readonly #listeners = new Set<ControlListener>();

  async announce(event: ControlEvent): Promise<void> {
    for (const listener of this.#listeners) listener(event);
  }

  listen(listener: ControlListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }
}
