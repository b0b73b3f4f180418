import { randomFrom } from '../../schema/seeded-random.ts';

/** Seeded numbers: the same seed gives the same network on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Normal of mean 0 and deviation 1 (Box–Muller). */
  normal(): number;
}

export function seededRandom(seed: number): Random {
  const uniform = randomFrom(seed);
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** A seed out of a name (FNV-1a), so that a series' numbers do not depend on which others are run. */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}
