import type { NeuronReport, StreamReport } from '../../neuron/dashboard/reports.ts';

export interface NeuronState {
  readonly neuron: NeuronReport;
  readonly streams: readonly StreamReport[];
}

/** After this many ms a neuron that doesn't answer counts as stopped. */
const TIMEOUT_MS = 3_000;

/** The state of the neuron of a data directory: as it tells, or as its files say where it doesn't answer. */
export async function readState(dataDir: string, uiPort: number): Promise<NeuronState> {
  return (uiPort === 0 ? undefined : await fromNeuron(dataDir, uiPort)) ?? (await fromFiles(dataDir));
}

/** Undefined if nobody answers at the port, or another neuron does. */
async function fromNeuron(dataDir: string, uiPort: number): Promise<NeuronState | undefined> {
  const get = async (path: string) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`http://127.0.0.1:${uiPort}${path}`, { signal });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
    return response.json();
  };
  try {
    const neuron: NeuronReport = await get('/api/state');
    if (neuron.dataDir !== dataDir) return undefined;
    const { streams }: { streams: readonly StreamReport[] } = await get('/api/streams');
    return { neuron, streams };
  } catch {
    return undefined;
  }
}

async function fromFiles(dataDir: string): Promise<NeuronState> {
  const [{ readStore }, { isLocked }, { Reports }, { ModelFiles }, { skillOf }] = await Promise.all([
    import('../../neuron/storage/store.ts'),
    import('../../neuron/storage/lock.ts'),
    import('../../neuron/dashboard/reports.ts'),
    import('../../neuron/training/model-files.ts'),
    import('../../neuron/training/trainees.ts'),
  ]);
  const quiet = () => undefined;
  const headers = new ModelFiles(dataDir, { debug: quiet, info: quiet, warn: quiet, error: quiet }).headers();
  const store = readStore(dataDir);
  try {
    const trained = ({ uuid }: { readonly uuid: string }) => {
      const header = headers.get(uuid);
      return header ? { at: header.trainedAt, skill: skillOf(header) } : null;
    };
    const reports = new Reports({ store, dataDir, trained, live: null, running: isLocked(dataDir) });
    return { neuron: reports.neuron(), streams: reports.followed().map((row) => reports.stream(row)) };
  } finally {
    store.close();
  }
}
