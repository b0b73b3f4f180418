import { join } from 'node:path';
import { publisherKey } from '../client/key-file.ts';

/** The key file in the data directory that operator commands use. */
export const OPERATOR_KEY_FILE = 'operator.key';

/** Who runs the installation: the keys of the setting or, where it is empty, one that is made on the first start. */
export async function operatorKeys(given: readonly string[], dataDir: string): Promise<readonly string[]> {
  if (given.length > 0) return given;
  return [(await publisherKey(join(dataDir, OPERATOR_KEY_FILE))).publicKey];
}
