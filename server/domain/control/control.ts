/** What changed that every process has to know of at once. */
export type ControlEvent =
  | { readonly kind: 'peer'; readonly tenant: string; readonly publicKey: string }
  /** Something may have been missed: whatever is remembered of peers has to be asked for again. */
  | { readonly kind: 'everything' };

export type ControlListener = (event: ControlEvent) => void;

/**
 * Tells every process of the installation what an operator changed. An event may come several times, and says only that
 * there is something to look at: the truth is in the database.
 */
export interface Control {
  /** Announces a change that is committed. Throws nothing: who misses it learns of it by the poll. */
  announce(event: ControlEvent): Promise<void>;
  listen(listener: ControlListener): () => void;
  close(): Promise<void>;
}
