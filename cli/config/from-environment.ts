import { nearest } from './did-you-mean.ts';
import type { Environment } from './environment.ts';
import type { Given, SourceReading } from './given.ts';
import { SETTINGS } from './paths.ts';

/**
 * Takes the settings out of the environment. An empty variable counts as unset, as shells and compose files have it.
 * A variable that is one slip away from a setting's is a problem; other strangers may belong to somebody else.
 */
export function readEnvironment(variables: Environment): SourceReading {
  const given = new Map<string, Given>();
  for (const { env, path } of SETTINGS) {
    const raw = variables[env];
    if (raw !== undefined && raw !== '') given.set(path, { raw, origin: { kind: 'environment', name: env } });
  }
  const names = SETTINGS.map((setting) => setting.env);
  const problems: string[] = [];
  for (const name of Object.keys(variables)) {
    if (!name.startsWith('PRESAGE_') || names.includes(name)) continue;
    const near = nearest(
      name.slice('PRESAGE_'.length),
      names.map((known) => known.replace(/^PRESAGE_/, '')),
    );
    if (near) problems.push(`environment ${name}: is not a setting; did you mean PRESAGE_${near}?`);
  }
  return { given, problems };
}
