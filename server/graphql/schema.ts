import { GraphQLSchema } from 'graphql';
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

/** What explorers of the API begin with. */
const DESCRIPTION = `Presage: streams of observations, what neurons predict of them, and how good that was. Everything is \
in one log without holes: subscribe with \`ready: true\`, keep the \`cursor\` of the last event, and give it as \`after\` to go \
on exactly there. Reading needs no token where the operator allows that; \`requestChallenge\` and \`authenticate\` give one.`;

/** The public schema: everything that the files above added to the builder. */
export const schema = new GraphQLSchema({ ...builder.toSchema().toConfig(), description: DESCRIPTION });
