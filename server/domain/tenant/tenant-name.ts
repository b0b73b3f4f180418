/** Lower-case letters, digits and hyphens, as they stand in keys and file names. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export function mayNameATenant(name: string): boolean {
  return NAME.test(name);
}
