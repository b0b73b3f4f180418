import { type ItemCode, type ItemError, PresageError } from '../../../schema/errors.ts';
import type { NewStream } from '../../domain/stream/streams.ts';
import type { Sink, SinkItem } from '../sink.ts';

/** Keeps streams and observations as a server would, and fails as one does. */
export class MemorySink implements Sink {
  readonly created: NewStream[] = [];
  readonly published: SinkItem[] = [];
  readonly streams = new Set<string>();
  /** Streams of somebody else. */
  readonly taken = new Set<string>();
  /** So many calls fail before anything happens. */
  away = 0;
  /** The answers to so many calls are lost on their way. */
  unheard = 0;
  refuse: (item: SinkItem) => ItemCode | undefined = () => undefined;
  readonly #slots = new Set<string>();

  add(stream: string): void {
    this.streams.add(stream);
  }

  valuesOf(stream: string): readonly string[] {
    return this.published.filter((item) => item.streamName === stream).map((item) => item.value);
  }

  async ensure(stream: NewStream): Promise<string> {
    if (this.taken.has(stream.name)) throw new PresageError('FORBIDDEN', 'It belongs to another peer.');
    if (!this.streams.has(stream.name)) this.created.push(stream);
    this.streams.add(stream.name);
    return `uuid-${stream.name}`;
  }

  async publish(items: readonly SinkItem[]): Promise<readonly ItemError[]> {
    if (this.away-- > 0) throw new PresageError('UNAVAILABLE', 'The server is away.');
    const errors = items.flatMap((item, index): ItemError[] => {
      const slot = `${item.streamName} ${item.observedAt}`;
      const code = this.refuse(item) ?? (this.#slots.has(slot) ? 'DUPLICATE' : undefined);
      if (code) return [{ index, code, message: code }];
      this.#slots.add(slot);
      this.published.push(item);
      return [];
    });
    if (this.unheard-- > 0) throw new PresageError('UNAVAILABLE', 'The answer was lost.');
    return errors;
  }
}
