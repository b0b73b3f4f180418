import type { ItemError as ItemErrorShape } from '../../schema/errors.ts';
import { builder } from './builder.ts';

/** What a batch says of one of its items. */
export const ItemError = builder.objectRef<ItemErrorShape>('ItemError').implement({
  description:
    'What one item of a batch is answered with. Its code `DUPLICATE` is information, others are failures.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: "The item's place in the batch, from 0." }),
    code: t.exposeString('code', { description: 'Why, from a closed list, such as `UNKNOWN_STREAM`.' }),
    message: t.exposeString('message', { description: 'Why, and what to do.' }),
  }),
});
