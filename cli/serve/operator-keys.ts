import { join } from 'node:path';
import { OPERATOR_KEY_FILE, publisherKey } from '../client/key-file.ts';

/** Who runs the installation: the keys of the setting or, where it is empty, one that is made on the first start. */
export async function operatorKeys(given: readonly string[], dataDir: string): Promise<readonly string[]> {
  if (given.length > 0) return given;
  return [(await publisherKey(join(dataDir, OPERATOR_KEY_FILE))).publicKey];
}
