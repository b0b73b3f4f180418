/** What a contract's subscription asks for, in words that every transport has. */
export interface Ask {
  /** Conditions in symbols, such as `value>=10`; all must hold. */
  readonly filter?: readonly string[];
  readonly after?: string;
  readonly snapshot?: boolean;
  readonly ready?: boolean;
  readonly includeData?: boolean;
  readonly token?: string;
}

export interface ContractEvent {
  readonly type: string;
  readonly cursor: string;
  readonly id: string | null;
  readonly observation: { readonly value: string } | null;
}

/** One subscription of one client over a transport, with nothing that resumes by itself. */
export class ContractClient {
  readonly events: ContractEvent[] = [];
  /** Resolves when it is over: with an error code, or `GONE` if the server ended the connection without one. */
  readonly ended: Promise<string>;
  readonly #watchers = new Set<() => void>();
  #end: (why: string) => void = () => undefined;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;
  /** Ends the connection from the client's side. */
  stop: () => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get values(): (string | undefined)[] {
    return this.events.map(({ observation }) => observation?.value);
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** For the transport: an event came. */
  take(event: ContractEvent): void {
    this.events.push({ ...event, type: event.type.toUpperCase(), observation: event.observation ?? null });
    for (const watcher of this.#watchers) watcher();
  }

  /** For the transport: it is over. */
  over(why: string): void {
    this.#end(why);
  }

  /** Takes nothing from its socket any more, until `flow`. */
  stall(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  flow(): void {
    this.#open();
  }

  /** For the transport: resolves while it may read on. */
  mayRead(): Promise<void> {
    return this.#gate;
  }

  async until(holds: (events: readonly ContractEvent[]) => boolean): Promise<void> {
    if (holds(this.events)) return;
    await new Promise<void>((resolve) => {
      const watcher = () => {
        if (!holds(this.events)) return;
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
    });
  }

  async count(events: number): Promise<void> {
    await this.until(({ length }) => length >= events);
  }
}

/** A transport under contract. */
export interface ContractTransport {
  readonly name: 'graphql-transport-ws' | 'graphql-sse' | 'eventsource';
  /** Connects to `http://host:port` and subscribes to observations. */
  subscribe(url: string, ask: Ask): ContractClient;
  /** Runs a query or mutation, if the transport has them; gives the JSON of its result. */
  readonly execute?: (url: string, query: string) => Promise<string>;
  /** The code by which a token in the URL is refused. */
  withTokenInUrl(url: string): Promise<string>;
}

export const OBSERVATIONS = `subscription ($where: ObservationWhere, $after: Cursor, $snapshot: Boolean, $ready: Boolean, $includeData: Boolean) {
  observations(where: $where, after: $after, snapshot: $snapshot, ready: $ready, includeData: $includeData) {
    type cursor id observation { value stream { name } } } }`;
