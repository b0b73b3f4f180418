import { z } from 'zod';
import { operation } from './operation.ts';

/** The documents of `presage handoff`. */

const NAME = z.object({ name: z.string() });

const HANDOFF = z.object({
  ...{ uuid: z.string(), source: NAME, target: NAME, strategy: z.string(), streams: z.array(NAME) },
  ...{ moved: z.number(), state: z.string(), startedAt: z.string(), finishedAt: z.string().nullable() },
  ...{ reason: z.string().nullable(), waitingFor: z.string().nullable() },
  events: z.array(
    z.object({
      ...{ number: z.number(), type: z.string(), step: z.string(), status: z.string() },
      ...{ startedAt: z.string(), endedAt: z.string().nullable(), notes: z.string().nullable() },
    }),
  ),
});
export type ShownHandoff = z.output<typeof HANDOFF>;

const FIELDS = `uuid source { name } target { name } strategy streams { name } moved state startedAt finishedAt reason
  waitingFor events { number type step status startedAt endedAt notes }`;

export interface HandoffInput {
  readonly from: string;
  readonly to: string;
  readonly strategy: string;
  readonly streams: readonly string[] | null;
  readonly stepTimeoutSeconds: number;
  readonly windowSeconds: number;
}

export const planHandoff = operation<{ input: HandoffInput }>()(
  `query PlanHandoff($input: HandoffInput!) {
    handoffPlan(input: $input) { streams { name } steps problems }
  }`,
  z.object({
    handoffPlan: z.object({
      ...{ streams: z.array(NAME), steps: z.array(z.string()), problems: z.array(z.string()) },
    }),
  }),
);

export const startHandoff = operation<{ input: HandoffInput }>()(
  `mutation StartHandoff($input: HandoffInput!) { handoff: startHandoff(input: $input) { ${FIELDS} } }`,
  z.object({ handoff: HANDOFF }),
);

export const advanceHandoff = operation<{ handoff: string }>()(
  `mutation AdvanceHandoff($handoff: ID!) { handoff: advanceHandoff(handoff: $handoff) { ${FIELDS} } }`,
  z.object({ handoff: HANDOFF }),
);

export const abortHandoff = operation<{ handoff: string }>()(
  `mutation AbortHandoff($handoff: ID!) { handoff: abortHandoff(handoff: $handoff) { ${FIELDS} } }`,
  z.object({ handoff: HANDOFF }),
);

export const listHandoffs = operation<{ unfinished: boolean }>()(
  `query ListHandoffs($unfinished: Boolean) { handoffs(unfinished: $unfinished) { ${FIELDS} } }`,
  z.object({ handoffs: z.array(HANDOFF) }),
);
