import { NeuronError } from '../../neuron/errors.ts';
import { PresageError } from '../../schema/errors.ts';

/** Rethrows what a neuron gave up with as what the command line shows without a stack; anything else as it is. */
export function expectedOnly(error: unknown): never {
  if (!(error instanceof NeuronError)) throw error;
  const code = error.code === 'BAD_CONFIG' || error.code === 'BAD_IMPORT' ? 'BAD_INPUT' : 'UNAVAILABLE';
  throw new PresageError(code, error.message, { cause: error });
}
