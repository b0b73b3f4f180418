import type { ItemError } from '../../schema/errors.ts';
import type { TestLog } from './test-log.ts';
import { refusal } from './test-peers.ts';

export interface TestPredictionInput {
  readonly streamUuid: string;
  readonly value: string;
  readonly baseHash: string;
  readonly horizon: number;
}

/** Predictions as the server takes them, judged one by one: the same once, another from the same base in its place. */
export class TestPredictions {
  /** Accepted predictions by `stream base horizon`. */
  readonly accepted = new Map<string, TestPredictionInput>();
  /** Sizes of the calls that came. */
  readonly calls: number[] = [];
  duplicates = 0;
  /** Predictions that took the place of another from the same base: once each, after the first training. */
  revised = 0;
  /** Those that did so again, or gave way to what had been there before: there must be none. */
  changed = 0;
  readonly #replaced = new Set<string>();
  /** A code to answer an item with, instead of judging it; `undefined` to judge it. */
  verdict: (item: TestPredictionInput) => ItemError['code'] | undefined = () => undefined;
  /** A code to refuse a whole call with; `undefined` to judge its items. */
  refuseCallWith: (items: readonly TestPredictionInput[]) => string | undefined = () => undefined;
  /** What the server makes of a prediction whose target has come; `undefined` to work it out. */
  scoreAs: () => { readonly absoluteError: string; readonly naiveError: string } | undefined = () =>
    undefined;
  readonly #log: TestLog;
  readonly #peers = new Map<string, string>();

  constructor(log: TestLog) {
    this.#log = log;
  }

  /** A prediction as a node of the API; null if there is none, or it was forgotten. */
  find(id: string) {
    const item = this.accepted.get(id);
    if (!item) return null;
    const { streamUuid: uuid, horizon } = item;
    return { __typename: 'Prediction', horizon, stream: { uuid }, peer: { publicKey: this.#peers.get(id) } };
  }

  submit(items: readonly TestPredictionInput[], publicKey = '') {
    this.calls.push(items.length);
    const code = this.refuseCallWith(items);
    if (code) throw refusal(code, `refused with ${code}`);
    const errors: ItemError[] = [];
    let duplicates = 0;
    const predictionIds = items.map((item, index) => {
      const code = this.verdict(item) ?? this.#judge(item);
      if (code) errors.push({ index, code, message: `answered with ${code}` });
      if (code === 'DUPLICATE') duplicates += 1;
      if (code && code !== 'DUPLICATE') return null;
      const key = `${item.streamUuid} ${item.baseHash} ${item.horizon}`;
      const before = this.accepted.get(key);
      if (before && before.value !== item.value) {
        this.revised += 1;
        if (this.#replaced.has(key)) this.changed += 1;
        this.#replaced.add(key);
      }
      this.accepted.set(key, item);
      this.#peers.set(key, publicKey);
      return key;
    });
    this.duplicates += duplicates;
    const failed = errors.length - duplicates;
    const successful = items.length - errors.length;
    return { totalSubmitted: items.length, successful, duplicates, failed, predictionIds, errors };
  }

  /** Forgets what was taken from bases that the log has not got any more, and as many of the last ones. */
  goBack(last = 0): void {
    const keys = [...this.accepted.keys()];
    for (const [index, key] of keys.entries()) {
      const isLost = index >= keys.length - last || !this.#log.hashes.has(key.split(' ')[1] ?? '');
      if (isLost) this.accepted.delete(key);
    }
  }

  /** The accepted predictions in their order, with what was made of them once their targets came. */
  scores() {
    return [...this.accepted].map(([id, { streamUuid, baseHash, horizon, value }]) => {
      const rows = this.#log.present().filter((row) => row.stream.uuid === streamUuid);
      const base = rows.findIndex((row) => row.hash === baseHash);
      const target = base < 0 ? undefined : rows[base + horizon];
      const off = (from: string | undefined) => String(Math.abs(Number(from) - Number(target?.value)));
      const score = target && {
        ...(this.scoreAs() ?? { absoluteError: off(value), naiveError: off(rows[base]?.value) }),
        scaledError: 1,
        scoredAt: target.observedAt,
      };
      return { id, stream: streamUuid, score: score ?? null };
    });
  }

  #judge(item: TestPredictionInput): ItemError['code'] | undefined {
    const before = this.accepted.get(`${item.streamUuid} ${item.baseHash} ${item.horizon}`);
    if (before?.value === item.value) return 'DUPLICATE';
    const known = this.#log.hashes.has(item.baseHash);
    return known ? undefined : 'UNKNOWN_BASE';
  }
}
