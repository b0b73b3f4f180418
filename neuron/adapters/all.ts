import { ADAPTER_NAMES, type Adapter, type AdapterName } from './adapter.ts';
import { naive } from './naive.ts';
import { starter } from './starter.ts';

const ADAPTERS: Readonly<Record<AdapterName, Adapter>> = { naive, starter };

/** The allowed adapters in the order of `ADAPTER_NAMES`, however they were listed. */
export function adaptersNamed(allowed: readonly AdapterName[]): readonly Adapter[] {
  return ADAPTER_NAMES.filter((name) => allowed.includes(name)).map((name) => ADAPTERS[name]);
}
