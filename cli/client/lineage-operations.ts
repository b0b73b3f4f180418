import { z } from 'zod';
import { operation } from './operation.ts';

/** The documents that ask the storage of instances. */

const INSTANCES = z.array(z.object({ name: z.string(), unreachable: z.string().nullable() }));

export interface BufferVariables {
  readonly stream: string;
  readonly last: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly after: string | null;
  readonly first: number;
  readonly instance: string | null;
}

export const queryBuffer = operation<BufferVariables & { readonly local: boolean }>()(
  `query Buffer($stream: ID!, $last: String, $from: DateTime, $to: DateTime, $after: DateTime, $first: Int,
                $instance: String, $local: Boolean) {
    buffer(stream: $stream, last: $last, from: $from, to: $to, after: $after, first: $first, instance: $instance,
           local: $local) {
      rows { observedAt value provider published instance }
      instances { name unreachable }
      next
    }
  }`,
  z.object({
    buffer: z.object({
      rows: z.array(
        z.object({
          ...{ observedAt: z.string(), value: z.string(), provider: z.string() },
          ...{ published: z.boolean(), instance: z.string() },
        }),
      ),
      instances: INSTANCES,
      next: z.string().nullable(),
    }),
  }),
);

export const backfill = operation<BufferVariables & { readonly dryRun: boolean }>()(
  `mutation Backfill($stream: ID!, $last: String, $from: DateTime, $to: DateTime, $after: DateTime, $first: Int,
                     $instance: String, $dryRun: Boolean) {
    backfill(stream: $stream, last: $last, from: $from, to: $to, after: $after, first: $first, instance: $instance,
             dryRun: $dryRun) {
      checked missing filled different missingTimes errors { index code message } instances { name unreachable } next
    }
  }`,
  z.object({
    backfill: z.object({
      ...{ checked: z.number(), missing: z.number(), filled: z.number(), different: z.number() },
      missingTimes: z.array(z.string()),
      errors: z.array(z.object({ index: z.number(), code: z.string(), message: z.string() })),
      instances: INSTANCES,
      next: z.string().nullable(),
    }),
  }),
);
