import { builder } from './builder.ts';

export const Role = builder.enumType('Role', {
  description: 'What a peer may do.',
  values: {
    READER: { description: 'Reads.' },
    PEER: { description: 'Reads, owns streams and predicts.' },
    OPERATOR: { description: 'Runs its tenant: lets peers in, names, limits and revokes them.' },
  },
});
