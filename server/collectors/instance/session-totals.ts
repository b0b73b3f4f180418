import type { StreamCounts } from '../../domain/lineage/lineage.ts';
import type { StreamReport } from '../collection-report.ts';

type Counts = Omit<StreamCounts, 'streamServerId'> & { readonly name: string };

/** Takes a collection's totals, which run since it started, to those of the session's periods, by what they were then. */
export class SessionTotals {
  readonly #before = new Map<string, { readonly messages: number; readonly bytes: number }>();

  /** A period of each of these streams begins. */
  begin(names: readonly string[], report: readonly StreamReport[]): void {
    for (const name of names) {
      const { messages = 0, bytes = 0 } = report.find(({ stream }) => stream === name) ?? {};
      this.#before.set(name, { messages, bytes });
    }
  }

  /** The totals of the present periods of these streams. */
  of(report: readonly StreamReport[], names: ReadonlySet<string>): readonly Counts[] {
    return report
      .filter(({ stream }) => names.has(stream))
      .map(({ stream, kinds, messages, bytes, firstObservedAt, lastObservedAt }) => {
        const before = this.#before.get(stream) ?? { messages: 0, bytes: 0 };
        const fresh = messages > before.messages;
        return {
          ...{
            name: stream,
            kinds: messages > before.messages ? kinds : [],
            messages: messages - before.messages,
            bytes: bytes - before.bytes,
          },
          // Of what came before the period only the first time is known, which is none of this one's.
          firstMessageAt: fresh && before.messages === 0 ? firstObservedAt : fresh ? lastObservedAt : null,
          lastMessageAt: fresh ? lastObservedAt : null,
        };
      });
  }
}
