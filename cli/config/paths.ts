import type { z } from 'zod';
import { configSchema } from './schema.ts';
import { type RegisteredSetting, settingFacts } from './setting.ts';

/** A setting with its place in the config: `server.port`. */
export interface PlacedSetting extends RegisteredSetting {
  readonly path: string;
  readonly section: string;
  readonly key: string;
  /** What it is when nobody sets it. */
  readonly defaultValue: unknown;
}

/** Every setting of the schema, in its order. */
export const SETTINGS: readonly PlacedSetting[] = Object.entries(configSchema.shape).flatMap(
  ([section, object]) =>
    Object.entries(object.shape).map(([key, type]: [string, z.ZodType]) => {
      const facts = settingFacts.get(type);
      if (!facts) throw new Error(`The setting ${section}.${key} is not made by setting().`);
      return { ...facts, section, key, path: `${section}.${key}`, defaultValue: type.parse(undefined) };
    }),
);

export const SECTIONS: readonly string[] = Object.keys(configSchema.shape);

const BY_PATH = new Map(SETTINGS.map((setting) => [setting.path, setting]));

/** The setting at a path such as `server.port`. */
export function settingAt(path: string): PlacedSetting | undefined {
  return BY_PATH.get(path);
}
