import { randomUUID } from 'node:crypto';
import { formatTime } from '../../schema/time.ts';
import type {
  BeatAnswer,
  CollectedStream,
  LineageRecord,
  NewInstance,
  NewSession,
  OfferedStream,
  Registration,
  SessionCounts,
  SessionEnd,
} from '../../server/domain/lineage/lineage.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import {
  beat,
  changeSessionStreams,
  closeSessions,
  offerStreams,
  openSession,
  registerInstance,
  type SessionCountsInput,
} from '../client/record-operations.ts';

/**
 * The record of this process's instance, kept over a server's API. Servers know streams by uuid there: `numberOf` gives
 * the number that stands for one in this process, where those inside a server have its server id.
 */
export class ApiRecord implements Omit<LineageRecord, 'retire'> {
  readonly #client: Pick<GraphqlClient, 'request'>;
  /** The same in every attempt, so that a registration whose answer was lost is not taken for another process. */
  readonly #run = randomUUID();
  readonly #numbers = new Map<string, number>();
  readonly #uuids = new Map<number, string>();

  constructor(client: Pick<GraphqlClient, 'request'>) {
    this.#client = client;
  }

  numberOf(uuid: string): number {
    const number = this.#numbers.get(uuid) ?? this.#numbers.size + 1;
    this.#numbers.set(uuid, number);
    this.#uuids.set(number, uuid);
    return number;
  }

  async register(
    tenant: string,
    { name, version, environment, standby }: NewInstance,
  ): Promise<Registration> {
    const run = this.#run;
    await this.#client.request(registerInstance, { input: { name, run, version, environment, standby } });
    return { tenant, instanceId: 0, name, run };
  }

  async offer(registration: Registration, streams: readonly OfferedStream[]): Promise<ReadonlySet<number>> {
    const { offerStreams: wanted } = await this.#client.request(offerStreams, {
      instance: runOf(registration),
      streams: streams.map(({ streamServerId, source }) => ({ stream: this.#uuid(streamServerId), source })),
    });
    return new Set(wanted.map((uuid) => this.numberOf(uuid)));
  }

  async openSession(
    registration: Registration,
    { source, config, streams, resumes }: NewSession,
  ): Promise<number> {
    const answer = await this.#client.request(openSession, {
      instance: runOf(registration),
      input: {
        ...{ source, config, streams: streams.map((stream) => this.#collected(stream)) },
        resumes: resumes === undefined ? null : String(resumes),
      },
    });
    return Number(answer.openSession);
  }

  async changeStreams(
    registration: Registration,
    sessionId: number,
    { start, stop }: { readonly start: readonly CollectedStream[]; readonly stop: readonly number[] },
  ): Promise<void> {
    await this.#client.request(changeSessionStreams, {
      ...{ instance: runOf(registration), session: String(sessionId) },
      start: start.map((stream) => this.#collected(stream)),
      stop: stop.map((number) => this.#uuid(number)),
    });
  }

  async beat(registration: Registration, sessions: readonly SessionCounts[]): Promise<BeatAnswer> {
    const { beat: answer } = await this.#client.request(beat, {
      ...{ instance: runOf(registration), sessions: this.#counts(sessions) },
    });
    return {
      current: answer.current,
      active: new Set(answer.active.map(Number)),
      wanted: new Set(answer.wanted.map((uuid) => this.numberOf(uuid))),
    };
  }

  async closeSessions(
    registration: Registration,
    sessions: readonly SessionCounts[],
    { status, reason }: SessionEnd,
  ): Promise<void> {
    await this.#client.request(closeSessions, {
      ...{ instance: runOf(registration), sessions: this.#counts(sessions), status, reason },
    });
  }

  #collected({ streamServerId, symbol, kinds }: CollectedStream) {
    return { stream: this.#uuid(streamServerId), symbol, kinds };
  }

  #counts(sessions: readonly SessionCounts[]): readonly SessionCountsInput[] {
    return sessions.map(({ sessionId, streams }) => ({
      session: String(sessionId),
      streams: streams.map(({ streamServerId, kinds, messages, bytes, firstMessageAt, lastMessageAt }) => ({
        ...{ stream: this.#uuid(streamServerId), kinds, messages, bytes },
        firstMessageAt: firstMessageAt === null ? null : formatTime(firstMessageAt),
        lastMessageAt: lastMessageAt === null ? null : formatTime(lastMessageAt),
      })),
    }));
  }

  #uuid(number: number): string {
    const uuid = this.#uuids.get(number);
    if (uuid === undefined) throw new Error(`no stream has the number ${number} here`);
    return uuid;
  }
}

function runOf({ name, run }: Registration) {
  return { name, run };
}
