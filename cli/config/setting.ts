import { z } from 'zod';
import type { Kind } from './kinds.ts';

/** What people need to know of a setting, beside its type. */
export interface SettingFacts {
  readonly env: string;
  /** As commander has it: `--port <number>`. Settings without one are set by file or environment only. */
  readonly flag?: string;
  /** One sentence: what it does, with its unit. */
  readonly about: string;
  /** In words where the default isn't a plain value. */
  readonly defaultText?: string;
  /** Never shown, neither in problems nor anywhere else. */
  readonly secret?: boolean;
}

/** What the registry holds of each setting. */
export interface RegisteredSetting extends SettingFacts {
  readonly allowed: string;
}

/** The facts of every setting, by its zod type: what flags, problems and docs/configuration.md are made from. */
export const settingFacts = z.registry<RegisteredSetting>();

/** A setting of the config: its kind, its default, and how it is set. */
export function setting<T>(
  kind: Kind<T>,
  defaultValue: NoInfer<T>,
  facts: SettingFacts,
): z.ZodPrefault<z.ZodType<T>> {
  const type = kind.type.prefault(() => defaultValue);
  settingFacts.add(type, { ...facts, allowed: kind.allowed });
  return type;
}
