import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { XgboostFit } from './counting-worker.ts';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('./xgboost_fits.py', import.meta.url));

export interface PeerResult {
  readonly seconds: number;
  readonly version: string;
}

/** The same fits by native XGBoost in Python; undefined where that is not installed. */
export async function pythonFits(fits: readonly XgboostFit[]): Promise<PeerResult | undefined> {
  const child = spawn(PYTHON, [SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(fits));
  const output = await text(child.stdout);
  return (await ended) === 0 ? JSON.parse(output) : undefined;
}
