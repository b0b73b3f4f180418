import { createRequire } from 'node:module';

/** Rows of features (row-major) and what they are to explain. */
export interface Table {
  readonly features: Float32Array;
  readonly columns: number;
  readonly targets: Float32Array;
}

/** What ml-xgboost takes for one of its own matrices, from which it only wants the numbers in a row. */
export interface Matrix {
  readonly klass: 'Matrix';
  readonly rows: number;
  readonly columns: number;
  to1DArray(): Float32Array;
}

/** A table as it is: rows as arrays would be copied four times before they reach the library. */
export function matrixOf({ features, columns, targets }: Table): Matrix {
  return { klass: 'Matrix', rows: targets.length, columns, to1DArray: () => features };
}

/** The part of ml-xgboost that is used here: XGBoost 0.7 as WebAssembly. */
interface Booster {
  train(features: Matrix | readonly (readonly number[])[], targets: Float32Array | readonly number[]): void;
  predict(features: readonly (readonly number[])[]): number[];
  /** The model in XGBoost's own binary format, as signed bytes. */
  toJSON(): { readonly model: readonly number[] };
  /** Gives its memory back; nothing else does. */
  free(): void;
}

/**
 * Memory that it may have outside of the JavaScript heap, in MB. It begins with 16, and takes this for the most rows that
 * are ever fitted to: past some 10,000 it would double once more.
 */
export const LIBRARY_MB = 32;

export type BoosterClass = new (parameters: Readonly<Record<string, string | number>>) => Booster;

let loading: Promise<BoosterClass> | undefined;

/**
 * Loads the library, once a thread. It dates from before Node had `fetch`: it would try that for its own file and
 * complain on stderr, and it listens to uncaught exceptions of the whole process. It gets to do neither.
 */
export function loadXgboost(): Promise<BoosterClass> {
  loading ??= loadQuietly();
  return loading;
}

function loadQuietly(): Promise<BoosterClass> {
  const webAssembly: object = Reflect.get(globalThis, 'WebAssembly');
  const streaming = Object.getOwnPropertyDescriptor(webAssembly, 'instantiateStreaming');
  const listeners = process.listeners('uncaughtException');
  Reflect.deleteProperty(webAssembly, 'instantiateStreaming');
  try {
    const loaded: Promise<BoosterClass> = createRequire(import.meta.url)('ml-xgboost');
    return loaded;
  } finally {
    if (streaming) Object.defineProperty(webAssembly, 'instantiateStreaming', streaming);
    for (const listener of process.listeners('uncaughtException')) {
      if (!listeners.includes(listener)) process.off('uncaughtException', listener);
    }
  }
}
