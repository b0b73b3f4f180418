import { z } from 'zod';
import { operation } from './operation.ts';

/** The documents that ask about the record. */

const NAME = z.object({ name: z.string() });

const COLLECTING = z.object({
  instance: NAME,
  ...{ session: z.number(), source: z.string(), status: z.string() },
  ...{
    startedAt: z.string(),
    endedAt: z.string(),
    open: z.boolean(),
    messages: z.number(),
    bytes: z.number(),
  },
});
const COLLECTING_FIELDS = 'instance { name } session source status startedAt endedAt open messages bytes';

export const listInstances = operation<{ retired: boolean }>()(
  `query ListInstances($retired: Boolean) {
    serverInstances(retired: $retired) {
      instance { name version environment standby retiredAt } alive seenAt
      offers { stream { name } wanted collecting } address { host port storagePath }
    }
  }`,
  z.object({
    serverInstances: z.array(
      z.object({
        instance: z.object({
          ...{ name: z.string(), version: z.string(), environment: z.string() },
          ...{ standby: z.boolean(), retiredAt: z.string().nullable() },
        }),
        ...{ alive: z.boolean(), seenAt: z.string() },
        offers: z.array(z.object({ stream: NAME, wanted: z.boolean(), collecting: z.boolean() })),
        address: z
          .object({ host: z.string(), port: z.number().nullable(), storagePath: z.string() })
          .nullable(),
      }),
    ),
  }),
);

export const whoCollected = operation<{ stream: string; at: string | null }>()(
  `query WhoCollected($stream: ID!, $at: DateTime) { collecting(stream: $stream, at: $at) { ${COLLECTING_FIELDS} } }`,
  z.object({ collecting: z.array(COLLECTING) }),
);

export interface StretchVariables {
  readonly stream: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly first: number;
}

export const readTimeline = operation<StretchVariables>()(
  `query ReadTimeline($stream: ID, $from: DateTime, $to: DateTime, $first: Int) {
    timeline(stream: $stream, from: $from, to: $to, first: $first) {
      from to total messages bytes coveredMs sessions { durationMs ${COLLECTING_FIELDS} }
    }
  }`,
  z.object({
    timeline: z.object({
      ...{ from: z.string(), to: z.string(), total: z.number(), messages: z.number(), bytes: z.number() },
      ...{ coveredMs: z.number(), sessions: z.array(COLLECTING.extend({ durationMs: z.number() })) },
    }),
  }),
);

export interface GapVariables extends StretchVariables {
  readonly kind: string | null;
  readonly minSeconds: number;
  readonly cadences: number;
}

export const findGaps = operation<GapVariables>()(
  `query FindGaps($stream: ID, $from: DateTime, $to: DateTime, $first: Int, $kind: GapKind, $minSeconds: Float, $cadences: Float) {
    gaps(stream: $stream, from: $from, to: $to, first: $first, kind: $kind, minSeconds: $minSeconds, cadences: $cadences) {
      kind stream { name } from to durationMs open
    }
  }`,
  z.object({
    gaps: z.array(
      z.object({
        ...{ kind: z.string(), stream: NAME, from: z.string(), to: z.string() },
        ...{ durationMs: z.number(), open: z.boolean() },
      }),
    ),
  }),
);

export const retireInstance = operation<{ instance: string }>()(
  'mutation RetireInstance($instance: String!) { retireInstance(instance: $instance) }',
  z.object({ retireInstance: z.boolean() }),
);
