import type { Buffers } from './buffer/buffers.ts';
import type { Consensuses } from './consensus/consensuses.ts';
import type { Handoffs } from './lineage/handoff/handoffs.ts';
import type { PeerRecord } from './lineage/peers/peer-record.ts';
import type { LineageQuestions } from './lineage/questions/questions.ts';
import type { Log } from './log/log.ts';
import type { Observations } from './observation/observations.ts';
import type { Peers } from './peer/peers.ts';
import type { Predictions } from './prediction/predictions.ts';
import type { Scores } from './scoring/scores.ts';
import type { Streams } from './stream/streams.ts';
import type { Tenants } from './tenant/tenants.ts';

/** Everything the API, the collectors and the gateway's ports may ask of the rules. Times are epoch ms. */
export interface Domain {
  readonly streams: Streams;
  readonly observations: Observations;
  readonly predictions: Predictions;
  readonly consensus: Consensuses;
  readonly scores: Scores;
  readonly peers: Peers;
  readonly tenants: Tenants;
  readonly lineage: LineageQuestions;
  readonly handoffs: Handoffs;
  /** The record of peers' own instances, which they keep over the API. */
  readonly peerRecord: PeerRecord;
  readonly buffers: Buffers;
  readonly log: Log;
}
