import type { z } from 'zod';
import type { Schedule } from '../schedule.ts';
import type { CollectorSource } from '../source.ts';

/** What a source gets beside its own options. */
export interface SourceContext {
  /** Its name in `collectors.yaml`; that of its type if none is given. */
  readonly name: string;
  readonly schedule: Schedule;
  /** Where relative paths start: the directory of `collectors.yaml`. */
  readonly directory: string;
  /** The variables of this process, of which programs are passed on some. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the source remembered in an earlier run. */
  recall(key: string): string | undefined;
  remember(key: string, value: string): void;
}

/** A type of source as `collectors.yaml` names it. */
export interface SourceKind {
  readonly type: string;
  /** The schedule where none is given, as a duration. */
  readonly every: string;
  /** Judges the options of an entry; `open` makes its sources of them. */
  check(raw: unknown): SourceChecked;
}

type SourceChecked =
  | { readonly ok: true; readonly open: (context: SourceContext) => readonly CollectorSource[] }
  | { readonly ok: false; readonly error: z.ZodError };

/** Describes a type of source. One small file each, and one line in `all.ts`. */
export function sourceKind<Options>(kind: {
  readonly type: string;
  readonly every: string;
  readonly options: z.ZodType<Options>;
  readonly open: (options: Options, context: SourceContext) => readonly CollectorSource[];
}): SourceKind {
  return {
    type: kind.type,
    every: kind.every,
    check: (raw) => {
      const result = kind.options.safeParse(raw);
      if (!result.success) return { ok: false, error: result.error };
      return { ok: true, open: (context) => kind.open(result.data, context) };
    },
  };
}
