import type { ObservationDocument, StreamDocument } from '../../schema/log-entry.ts';
import type { Actor } from '../../server/domain/actor.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';

const START = Date.parse('2026-01-01T00:00:00Z');

/** A stream whose observations come a second apart, and peers that predict it. */
export class Network {
  readonly stream: StreamDocument;
  readonly #domain: OpenDomain;
  readonly #author: Actor;
  #steps = 0;

  private constructor(domain: OpenDomain, author: Actor, stream: StreamDocument) {
    this.#domain = domain;
    this.#author = author;
    this.stream = stream;
  }

  static async open(domain: OpenDomain, author: Actor, name: string): Promise<Network> {
    return new Network(domain, author, await domain.streams.create(author, { name, tags: ['net'] }));
  }

  /** Publishes the next observation and gives it. */
  async observe(value: number | string): Promise<ObservationDocument> {
    this.#steps += 1;
    const observedAt = START + this.#steps * 1_000;
    await this.#domain.observations.publish(this.#author, [
      { streamUuid: this.stream.uuid, value, observedAt: new Date(observedAt).toISOString() },
    ]);
    const ref = { streamServerId: this.stream.serverId, observedAt };
    const found = await this.#domain.observations.find('default', ref);
    if (!found) throw new Error('not published');
    return found;
  }

  async predict(
    peer: Actor,
    base: ObservationDocument,
    value: number | string,
    spread?: number,
  ): Promise<void> {
    const quantiles =
      spread === undefined
        ? null
        : [0.1, 0.5, 0.9].map((level, i) => ({ level, value: Number(value) + (i - 1) * spread }));
    const report = await this.#domain.predictions.submit(peer, [
      { streamUuid: this.stream.uuid, baseHash: base.hash, value, quantiles },
    ]);
    if (report.failed > 0) throw new Error(report.errors[0]?.message);
  }
}
