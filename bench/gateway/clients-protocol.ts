/** What the bench and its process of clients tell each other. Times are `process.hrtime`, the machine's own clock. */
export type ToClients =
  | {
      readonly kind: 'connect';
      readonly port: number;
      readonly path: string;
      /** Empty for a server that speaks nothing: then nothing is sent either. */
      readonly subprotocol: string;
      readonly connections: number;
      /** What each connection sends once it may; `{n}` stands for its number, `{s}` for the subscription's. */
      readonly subscribe: string;
      /** How many subscriptions each connection makes. */
      readonly subscriptions: number;
    }
  | { readonly kind: 'expect'; readonly events: number }
  | { readonly kind: 'stall'; readonly connections: number }
  | { readonly kind: 'close' };

export type FromClients =
  | { readonly kind: 'connected' }
  /** All connections that read have had as many events as they should; milliseconds. */
  | {
      readonly kind: 'received';
      readonly lastAt: number;
      readonly arrivals: readonly number[];
      /** Processor time of the process since it was told to expect them, milliseconds. */
      readonly processorMs: number;
    }
  | { readonly kind: 'closed' };

/** Milliseconds on a clock that all processes of the machine share. */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
