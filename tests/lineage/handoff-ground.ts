import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '../../server/domain/actor.ts';
import type { Gap } from '../../server/domain/lineage/questions/questions.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import type { Database } from '../../server/storage/database.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import { freePort, Presage } from '../support/presage.ts';

const READY = 'Presage is ready';
const COLLECTS = 'Collecting.';
/** Of all processes: an instance that was not heard of for so long is dead. */
export const HEARTBEAT_TIMEOUT_MS = 4_000;

export type Side = 'east' | 'west';
const SIDES: readonly Side[] = ['east', 'west'];

/** What the two instances are: servers, or `presage collect` beside a server that only drives. */
export type InstanceKind = 'serve' | 'collect';

interface State {
  readonly id: string;
  readonly state: string;
  /** Streams that are moved and confirmed. */
  readonly moved: number;
  readonly reason: string | null;
  readonly finished: boolean;
}

interface GroundParts {
  readonly kind: InstanceKind;
  readonly directory: string;
  readonly db: TestDatabase;
  /** What they collect from. */
  readonly api: Server;
  readonly ports: Readonly<Record<Side, number>>;
  /** Where the instances are no servers. */
  readonly server: Presage | undefined;
}

/** Real processes that hand streams to each other, over one database. */
export class HandoffGround {
  readonly streams = ['x', 'y', 'z'];
  readonly instances: Readonly<Record<Side, Presage>>;
  readonly domain: OpenDomain;
  /** Who reads what is so. */
  readonly operator: Actor;
  readonly #parts: GroundParts;

  private constructor(parts: GroundParts, domain: OpenDomain, operator: Actor) {
    this.#parts = parts;
    this.domain = domain;
    this.operator = operator;
    this.instances = { east: this.#instance('east'), west: this.#instance('west') };
  }

  static async open(kind: InstanceKind): Promise<HandoffGround> {
    const directory = await mkdtemp(join(tmpdir(), 'presage-handoff-'));
    const db = await openTestDatabase();
    const domain = await openTestDomain(db.database);
    const actor = await makeActor(db.database, 'operator');
    await db.database.prisma.peer.update({ where: { id: actor.peer.id }, data: { role: 'OPERATOR' } });
    const operator: Actor = { ...actor, peer: { ...actor.peer, role: 'OPERATOR' } };
    const api = createServer((_, response) => void response.end(`{"now":${Date.now() % 1_000}}`));
    await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening));
    const ports = { east: await freePort(), west: await freePort() };
    const server =
      kind === 'serve'
        ? undefined
        : new Presage(
            [
              'serve',
              '--port',
              String(ports.east),
              '--data-dir',
              join(directory, 'server'),
              '--collect',
              'none',
            ],
            environmentOf(db, directory),
          );
    const ground = new HandoffGround({ kind, directory, db, api, ports, server }, domain, operator);
    await ground.#begin();
    return ground;
  }

  get directory(): string {
    return this.#parts.directory;
  }

  get database(): Database {
    return this.#parts.db.database;
  }

  /** Where commands are sent on this side. */
  url(side: Side): string {
    const { kind, ports } = this.#parts;
    return `http://127.0.0.1:${ports[kind === 'serve' ? side : 'east']}`;
  }

  startInstance(side: Side): Promise<void> {
    return this.instances[side].start(this.#parts.kind === 'serve' ? READY : COLLECTS);
  }

  /** `presage handoff …`, said at a side. */
  command(by: Side, args: readonly string[]): Presage {
    return this.run(by, ['handoff', ...args]);
  }

  /** Any command that asks a server. */
  run(by: Side, args: readonly string[]): Presage {
    const { kind, directory } = this.#parts;
    const data = join(directory, kind === 'serve' ? by : 'server');
    return new Presage(
      [...args, '--server', this.url(by), '--data-dir', data],
      environmentOf(this.#parts.db, directory),
    );
  }

  async until(holds: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
    const deadline = Date.now() + limitMs;
    while (!(await holds())) {
      if (Date.now() > deadline)
        throw new Error(`waited in vain; the handoff: ${JSON.stringify(await this.state())}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** The latest handoff. */
  async state(): Promise<State> {
    const { rows } = await this.database.pool.query(
      'SELECT id, state, moved, reason, finished_at IS NOT NULL AS finished FROM handoffs ORDER BY started_at DESC LIMIT 1',
    );
    return rows[0] ?? { id: '', state: '', moved: 0, reason: null, finished: true };
  }

  /** How many streams a side is collecting now, as the record has it. */
  async collecting(side: Side): Promise<number> {
    const { rows } = await this.database.pool.query(
      `SELECT count(*)::int AS streams FROM session_streams x JOIN collection_sessions c ON c.id = x.session_id
         JOIN server_instances i ON i.id = c.instance_id
        WHERE i.name = $1 AND x.ended_at IS NULL AND c.status = 'ACTIVE'
          AND c.heartbeat_at > now() - $2 * interval '1 millisecond'`,
      [side, HEARTBEAT_TIMEOUT_MS],
    );
    return rows[0].streams;
  }

  async isTakenForAlive(side: Side): Promise<boolean> {
    const { rows } = await this.database.pool.query(
      `SELECT EXISTS (SELECT FROM collection_sessions c WHERE c.instance_id = i.id AND c.status = 'ACTIVE')
              OR i.seen_at > now() - $2 * interval '1 millisecond' AS alive
         FROM server_instances i WHERE i.name = $1 AND i.retired_at IS NULL`,
      [side, HEARTBEAT_TIMEOUT_MS],
    );
    return rows[0]?.alive ?? false;
  }

  /** Where sessions of a side were closed as failed since a time, by stream. */
  async failedAt(side: Side, since: number): Promise<readonly { stream: string; at: number }[]> {
    const { rows } = await this.database.pool.query(
      `SELECT s.name AS stream, (extract(epoch FROM x.ended_at) * 1000)::float8 AS at
         FROM session_streams x JOIN streams s ON s.id = x.stream_id JOIN collection_sessions c ON c.id = x.session_id
         JOIN server_instances i ON i.id = c.instance_id
        WHERE i.name = $1 AND c.status = 'FAILED' AND x.ended_at = c.ended_at
          AND x.ended_at >= to_timestamp($2::float8 / 1000) - interval '1 second'`,
      [side, since],
    );
    return rows;
  }

  /** Times at which nobody was collecting one of the streams. */
  async coverageGaps(from: number): Promise<readonly Gap[]> {
    const all = { streamUuid: null, kind: 'COVERAGE', minMs: 0, factor: 3, limit: 1_000 } as const;
    return this.domain.lineage.gaps('default', { ...all, stretch: { from, to: Date.now() } });
  }

  async #begin(): Promise<void> {
    const { api, directory, server } = this.#parts;
    const address = api.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const streams = this.streams.map((name) => `{ name: ${name}, value: now }`).join(', ');
    await writeFile(
      join(directory, 'collectors.yaml'),
      `sources:\n  - { type: http-json, name: api, url: "${url}", every: 500ms, streams: [${streams}] }\n`,
    );
    await server?.start(READY);
    await Promise.all(SIDES.map((side) => this.startInstance(side)));
    await this.until(async () => (await this.collecting('east')) === this.streams.length);
  }

  async close(): Promise<void> {
    const { db, api, directory, server } = this.#parts;
    await Promise.all(Object.values(this.instances).map((instance) => instance.stop()));
    await server?.stop();
    await db.close();
    api.close();
    await rm(directory, { recursive: true, force: true });
  }

  /** A `presage collect` beside the two. */
  collector(name: string, file: string): Presage {
    const { directory, db } = this.#parts;
    const place = ['--server', this.url('east'), '--data-dir', join(directory, name)];
    return new Presage(
      ['collect', '--collectors', file, ...place, '--instance', name],
      environmentOf(db, directory),
    );
  }

  #instance(side: Side): Presage {
    const { kind, directory, ports, db } = this.#parts;
    const place = ['--data-dir', join(directory, side), '--collectors', join(directory, 'collectors.yaml')];
    const role = ['--instance', side, '--standby', String(side === 'west')];
    const args =
      kind === 'serve'
        ? ['serve', '--port', String(ports[side]), '--collect', 'none']
        : ['collect', '--server', this.url(side)];
    return new Presage([...args, ...place, ...role], environmentOf(db, directory));
  }
}

function environmentOf(db: TestDatabase, directory: string): NodeJS.ProcessEnv {
  return {
    ...{ DATABASE_URL: db.url, PRESAGE_COLLECTOR_KEY: join(directory, 'collector.key') },
    ...{ PRESAGE_GAP_CADENCES: '30', PRESAGE_HEARTBEAT_MS: '200' },
    PRESAGE_HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS),
  };
}
