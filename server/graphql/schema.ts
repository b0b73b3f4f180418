import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import './scalars.ts';
import './stream.ts';
import './observation.ts';
import './publish.ts';
import './chain.ts';
import './buffer.ts';
import './prediction.ts';
import './submit.ts';
import './consensus.ts';
import './score.ts';
import './leaderboard.ts';
import './peer.ts';
import './tenant.ts';
import './join-code.ts';
import './member.ts';
import './lineage.ts';
import './lineage-questions.ts';
import './handoff.ts';
import './peer-record.ts';
import './subscription.ts';

/** The public schema: everything that the files above added to the builder. */
export const schema: GraphQLSchema = builder.toSchema();
