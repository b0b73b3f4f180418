import type {
  ConsensusDocument,
  ObservationDocument,
  PeerDocument,
  PredictionDocument,
  QuantileDocument,
  StreamDocument,
} from '../../schema/log-entry.ts';
import { builder } from './builder.ts';

/** The types that mention each other, named before any is described, so that their files need not import in a circle. */
export const Stream = builder.objectRef<StreamDocument>('Stream');
export const Observation = builder.objectRef<ObservationDocument>('Observation');
export const Prediction = builder.objectRef<PredictionDocument>('Prediction');
export const Peer = builder.objectRef<PeerDocument>('Peer');
export const Consensus = builder.objectRef<ConsensusDocument>('Consensus');
export const Quantile = builder.objectRef<QuantileDocument>('Quantile');
