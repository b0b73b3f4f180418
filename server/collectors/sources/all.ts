import { coincap } from './coincap.ts';
import { coingecko } from './coingecko.ts';
import { coinpaprika } from './coinpaprika.ts';
import { command } from './command.ts';
import { csv } from './csv.ts';
import { host } from './host.ts';
import { httpJson } from './http-json.ts';
import { kraken } from './kraken.ts';
import { safetrade } from './safetrade.ts';
import type { SourceKind } from './source-kind.ts';

/** Every type of source that `collectors.yaml` may name. */
export const SOURCE_KINDS: readonly SourceKind[] = [
  ...[host, coingecko, coinpaprika, coincap, kraken],
  ...[safetrade, httpJson, csv, command],
];
