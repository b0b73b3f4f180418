import type { LeaderboardEntry } from '../domain/scoring/scores.ts';
import { builder } from './builder.ts';
import { listCost } from './connection.ts';
import { streamUuid } from './ids.ts';
import { Peer } from './refs.ts';

const Entry = builder.objectRef<LeaderboardEntry>('LeaderboardEntry').implement({
  description: 'A peer among those who predicted the next observation. Rules are in docs/scoring.md.',
  fields: (t) => ({
    rank: t.exposeInt('rank', { description: 'By shrunkSkill, from 1; equal ones share a rank.' }),
    peer: t.expose('peer', { type: Peer, description: 'Who predicted.' }),
    skill: t.exposeFloat('skill', {
      description:
        '1 − Σ|error| / Σ|naive error| over the same targets, where a missed one counts as the naive error.',
    }),
    shrunkSkill: t.exposeFloat('shrunkSkill', {
      description: 'The skill × scored / (scored + 10): few scores say little.',
    }),
    meanScaledError: t.exposeFloat('meanScaledError', {
      description: "Mean scaled error, where a missed target counts as the naive forecast's.",
    }),
    scored: t.exposeInt('scored', { description: 'Targets that it predicted.' }),
    missed: t.exposeInt('missed', { description: 'Targets that it did not, since its first prediction.' }),
    weight: t.exposeFloat('weight', {
      description: "Its part of 1, by how well it did; 0 for the network's own consensus.",
    }),
  }),
});

builder.queryField('leaderboard', (t) =>
  t.field({
    type: [Entry],
    description: 'Who predicts the next observation best, best first.',
    args: {
      stream: t.arg.id({ description: 'On this stream, by its uuid or id; on all if left out.' }),
      window: t.arg.int({
        defaultValue: 100,
        description: 'How many of the newest targets of each stream count: 1 to 1,000.',
      }),
      first: t.arg.int({ defaultValue: 50, description: 'How many entries at most: 1 to 1,000.' }),
    },
    complexity: ({ first }) => ({ field: 500, multiplier: listCost(first ?? 50) }),
    resolve: (_root, { stream, window, first }, { domain, tenant }) =>
      domain.scores.leaderboard(tenant, {
        streamUuid: stream == null ? null : streamUuid(stream),
        window: window ?? 100,
        first: first ?? 50,
      }),
  }),
);
