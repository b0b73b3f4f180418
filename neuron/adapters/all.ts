import { ADAPTER_NAMES, type Adapter, type AdapterName } from './adapter.ts';
import { ar } from './ar.ts';
import { arXgboost } from './ar-xgboost.ts';
import { ensembleOf } from './ensemble.ts';
import { ets } from './ets.ts';
import { kernelRidge } from './kernel-ridge.ts';
import { mlp } from './mlp.ts';
import { naive } from './naive.ts';
import { seasonalNaive } from './seasonal-naive.ts';
import { starter } from './starter.ts';
import { theta } from './theta.ts';
import { xgboost } from './xgboost.ts';

const ADAPTERS: Readonly<Record<AdapterName, Adapter>> = {
  naive,
  starter,
  'seasonal-naive': seasonalNaive,
  theta,
  ets,
  ar,
  'kernel-ridge': kernelRidge,
  mlp,
  xgboost,
  'ar-xgboost': arXgboost,
  ensemble: ensembleOf(adapterNamed),
};

export function adapterNamed(name: AdapterName): Adapter {
  return ADAPTERS[name];
}

/** The allowed adapters in the order of `ADAPTER_NAMES`, however they were listed. */
export function adaptersNamed(allowed: readonly AdapterName[]): readonly Adapter[] {
  return ADAPTER_NAMES.filter((name) => allowed.includes(name)).map(adapterNamed);
}
