import { z } from 'zod';
import { nameTrouble, textTrouble } from '../../schema/text.ts';

/** A line that people read, of so many characters at most: without control characters and line breaks. */
export function lineText(max: number): z.ZodString {
  return without(nameTrouble, max);
}

/** Any text that can be kept and given back as it came, of so many characters at most. */
export function anyText(max: number): z.ZodString {
  return without(textTrouble, max);
}

function without(troubleOf: (text: string) => string | undefined, max: number): z.ZodString {
  return z
    .string()
    .max(max)
    .superRefine((value, context) => {
      const message = troubleOf(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
}
