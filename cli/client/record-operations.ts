import { z } from 'zod';
import { operation } from './operation.ts';

/** The documents by which an instance keeps its own record. */

const DONE = z.boolean();
const IDS = z.array(z.string());

interface Run {
  readonly instance: { readonly name: string; readonly run: string };
}

interface CollectedStreamInput {
  readonly stream: string;
  readonly symbol: string | null;
  readonly kinds: readonly string[];
}

export interface SessionCountsInput {
  readonly session: string;
  readonly streams: readonly {
    readonly stream: string;
    readonly kinds: readonly string[];
    readonly messages: number;
    readonly bytes: number;
    readonly firstMessageAt: string | null;
    readonly lastMessageAt: string | null;
  }[];
}

interface NewInstanceInput {
  readonly name: string;
  readonly run: string;
  readonly version: string;
  readonly environment: string;
  readonly standby: boolean;
}

export const registerInstance = operation<{ input: NewInstanceInput }>()(
  'mutation RegisterInstance($input: NewInstanceInput!) { registerInstance(input: $input) }',
  z.object({ registerInstance: DONE }),
);

export const offerStreams = operation<
  Run & { streams: readonly { readonly stream: string; readonly source: string }[] }
>()(
  `mutation OfferStreams($instance: InstanceRun!, $streams: [OfferInput!]!) {
    offerStreams(instance: $instance, streams: $streams)
  }`,
  z.object({ offerStreams: IDS }),
);

export const openSession = operation<
  Run & {
    input: {
      readonly source: string;
      readonly config: unknown;
      readonly streams: readonly CollectedStreamInput[];
      readonly resumes: string | null;
    };
  }
>()(
  `mutation OpenSession($instance: InstanceRun!, $input: OpenSessionInput!) {
    openSession(instance: $instance, input: $input)
  }`,
  z.object({ openSession: z.string() }),
);

export const changeSessionStreams = operation<
  Run & { session: string; start: readonly CollectedStreamInput[]; stop: readonly string[] }
>()(
  `mutation ChangeSessionStreams($instance: InstanceRun!, $session: ID!, $start: [CollectedStreamInput!], $stop: [ID!]) {
    changeSessionStreams(instance: $instance, session: $session, start: $start, stop: $stop)
  }`,
  z.object({ changeSessionStreams: DONE }),
);

export const beat = operation<Run & { sessions: readonly SessionCountsInput[] }>()(
  `mutation Beat($instance: InstanceRun!, $sessions: [SessionCountsInput!]!) {
    beat(instance: $instance, sessions: $sessions) { current active wanted }
  }`,
  z.object({ beat: z.object({ current: z.boolean(), active: IDS, wanted: IDS }) }),
);

export const closeSessions = operation<
  Run & { sessions: readonly SessionCountsInput[]; status: string; reason: string }
>()(
  `mutation CloseSessions($instance: InstanceRun!, $sessions: [SessionCountsInput!]!, $status: SessionStatus, $reason: String!) {
    closeSessions(instance: $instance, sessions: $sessions, status: $status, reason: $reason)
  }`,
  z.object({ closeSessions: DONE }),
);
