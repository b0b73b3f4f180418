import { PresageError } from '../../schema/errors.ts';
import type { Actor, Domain, NewStream } from '../domain/domain.ts';

/** Makes sure of the streams of a source, once each. */
export class CollectedStreams {
  readonly #streams: Domain['streams'];
  readonly #actor: Actor;
  readonly #known = new Set<string>();

  constructor(streams: Domain['streams'], actor: Actor) {
    this.#streams = streams;
    this.#actor = actor;
  }

  /**
   * Finds or creates a stream. Throws `FORBIDDEN` if another peer has one of that name, and what the domain throws;
   * the next call tries again.
   */
  async ensure(stream: NewStream): Promise<void> {
    if (this.#known.has(stream.name)) return;
    const found = (await this.#find(stream.name)) ?? (await this.#create(stream));
    if (found.author !== this.#actor.peer.publicKey) {
      throw new PresageError(
        'FORBIDDEN',
        `The stream "${stream.name}" belongs to another peer; rename it, or run with collecting switched off.`,
      );
    }
    this.#known.add(stream.name);
  }

  #find(name: string) {
    return this.#streams.find(this.#actor.tenant, { name });
  }

  /** Another process may create it between our look and our call: then theirs is the one. */
  async #create(stream: NewStream) {
    try {
      return await this.#streams.create(this.#actor, stream);
    } catch (error) {
      const found = await this.#find(stream.name);
      if (found) return found;
      throw error;
    }
  }
}
