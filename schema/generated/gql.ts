/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "fragment ObservationLink on Observation {\n  position\n  value\n  observedAt\n  hash\n  provider\n  revision\n  retracted\n  stream {\n    uuid\n    serverId\n    name\n  }\n}\n\nsubscription FollowObservations($where: ObservationWhere, $after: Cursor!) {\n  observations(where: $where, after: $after, ready: true) {\n    type\n    cursor\n    observation {\n      ...ObservationLink\n    }\n  }\n}\n\nquery NewestPosition($where: ObservationWhere) {\n  observations(where: $where, last: 1) {\n    edges {\n      node {\n        position\n      }\n    }\n  }\n}": typeof types.ObservationLinkFragmentDoc,
    "mutation SubmitPredictions($input: SubmitPredictionsInput!) {\n  submitPredictions(input: $input) {\n    totalSubmitted\n    successful\n    duplicates\n    failed\n    predictionIds\n    errors {\n      index\n      code\n      message\n    }\n  }\n}\n\nquery PredictionAtServer($id: ID!) {\n  node(id: $id) {\n    __typename\n    ... on Prediction {\n      horizon\n      stream {\n        uuid\n      }\n      peer {\n        publicKey\n      }\n    }\n  }\n}": typeof types.SubmitPredictionsDocument,
    "query OwnScores($peer: ID!, $stream: ID, $last: Int!) {\n  predictions(peer: $peer, stream: $stream, last: $last) {\n    edges {\n      node {\n        id\n        score {\n          absoluteError\n          naiveError\n          scaledError\n        }\n      }\n    }\n  }\n}": typeof types.OwnScoresDocument,
    "mutation RequestChallenge($publicKey: String!) {\n  requestChallenge(publicKey: $publicKey) {\n    challenge\n  }\n}\n\nmutation Authenticate($input: AuthenticateInput!) {\n  authenticate(input: $input) {\n    accessToken\n    refreshToken\n    expiresIn\n  }\n}\n\nmutation RefreshSession($refreshToken: String!) {\n  refreshSession(refreshToken: $refreshToken) {\n    accessToken\n    refreshToken\n    expiresIn\n  }\n}": typeof types.RequestChallengeDocument,
    "fragment StreamFacts on Stream {\n  uuid\n  serverId\n  name\n  author\n  secondary\n  target\n  meta\n  description\n  tags\n  cadenceSeconds\n}\n\nquery ListStreams($where: StreamWhere, $first: Int!, $after: String) {\n  streams(where: $where, first: $first, after: $after) {\n    edges {\n      node {\n        ...StreamFacts\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}": typeof types.StreamFactsFragmentDoc,
};
const documents: Documents = {
    "fragment ObservationLink on Observation {\n  position\n  value\n  observedAt\n  hash\n  provider\n  revision\n  retracted\n  stream {\n    uuid\n    serverId\n    name\n  }\n}\n\nsubscription FollowObservations($where: ObservationWhere, $after: Cursor!) {\n  observations(where: $where, after: $after, ready: true) {\n    type\n    cursor\n    observation {\n      ...ObservationLink\n    }\n  }\n}\n\nquery NewestPosition($where: ObservationWhere) {\n  observations(where: $where, last: 1) {\n    edges {\n      node {\n        position\n      }\n    }\n  }\n}": types.ObservationLinkFragmentDoc,
    "mutation SubmitPredictions($input: SubmitPredictionsInput!) {\n  submitPredictions(input: $input) {\n    totalSubmitted\n    successful\n    duplicates\n    failed\n    predictionIds\n    errors {\n      index\n      code\n      message\n    }\n  }\n}\n\nquery PredictionAtServer($id: ID!) {\n  node(id: $id) {\n    __typename\n    ... on Prediction {\n      horizon\n      stream {\n        uuid\n      }\n      peer {\n        publicKey\n      }\n    }\n  }\n}": types.SubmitPredictionsDocument,
    "query OwnScores($peer: ID!, $stream: ID, $last: Int!) {\n  predictions(peer: $peer, stream: $stream, last: $last) {\n    edges {\n      node {\n        id\n        score {\n          absoluteError\n          naiveError\n          scaledError\n        }\n      }\n    }\n  }\n}": types.OwnScoresDocument,
    "mutation RequestChallenge($publicKey: String!) {\n  requestChallenge(publicKey: $publicKey) {\n    challenge\n  }\n}\n\nmutation Authenticate($input: AuthenticateInput!) {\n  authenticate(input: $input) {\n    accessToken\n    refreshToken\n    expiresIn\n  }\n}\n\nmutation RefreshSession($refreshToken: String!) {\n  refreshSession(refreshToken: $refreshToken) {\n    accessToken\n    refreshToken\n    expiresIn\n  }\n}": types.RequestChallengeDocument,
    "fragment StreamFacts on Stream {\n  uuid\n  serverId\n  name\n  author\n  secondary\n  target\n  meta\n  description\n  tags\n  cadenceSeconds\n}\n\nquery ListStreams($where: StreamWhere, $first: Int!, $after: String) {\n  streams(where: $where, first: $first, after: $after) {\n    edges {\n      node {\n        ...StreamFacts\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}": types.StreamFactsFragmentDoc,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment ObservationLink on Observation {\n  position\n  value\n  observedAt\n  hash\n  provider\n  revision\n  retracted\n  stream {\n    uuid\n    serverId\n    name\n  }\n}\n\nsubscription FollowObservations($where: ObservationWhere, $after: Cursor!) {\n  observations(where: $where, after: $after, ready: true) {\n    type\n    cursor\n    observation {\n      ...ObservationLink\n    }\n  }\n}\n\nquery NewestPosition($where: ObservationWhere) {\n  observations(where: $where, last: 1) {\n    edges {\n      node {\n        position\n      }\n    }\n  }\n}"): (typeof documents)["fragment ObservationLink on Observation {\n  position\n  value\n  observedAt\n  hash\n  provider\n  revision\n  retracted\n  stream {\n    uuid\n    serverId\n    name\n  }\n}\n\nsubscription FollowObservations($where: ObservationWhere, $after: Cursor!) {\n  observations(where: $where, after: $after, ready: true) {\n    type\n    cursor\n    observation {\n      ...ObservationLink\n    }\n  }\n}\n\nquery NewestPosition($where: ObservationWhere) {\n  observations(where: $where, last: 1) {\n    edges {\n      node {\n        position\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation SubmitPredictions($input: SubmitPredictionsInput!) {\n  submitPredictions(input: $input) {\n    totalSubmitted\n    successful\n    duplicates\n    failed\n    predictionIds\n    errors {\n      index\n      code\n      message\n    }\n  }\n}\n\nquery PredictionAtServer($id: ID!) {\n  node(id: $id) {\n    __typename\n    ... on Prediction {\n      horizon\n      stream {\n        uuid\n      }\n      peer {\n        publicKey\n      }\n    }\n  }\n}"): (typeof documents)["mutation SubmitPredictions($input: SubmitPredictionsInput!) {\n  submitPredictions(input: $input) {\n    totalSubmitted\n    successful\n    duplicates\n    failed\n    predictionIds\n    errors {\n      index\n      code\n      message\n    }\n  }\n}\n\nquery PredictionAtServer($id: ID!) {\n  node(id: $id) {\n    __typename\n    ... on Prediction {\n      horizon\n      stream {\n        uuid\n      }\n      peer {\n        publicKey\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query OwnScores($peer: ID!, $stream: ID, $last: Int!) {\n  predictions(peer: $peer, stream: $stream, last: $last) {\n    edges {\n      node {\n        id\n        score {\n          absoluteError\n          naiveError\n          scaledError\n        }\n      }\n    }\n  }\n}"): (typeof documents)["query OwnScores($peer: ID!, $stream: ID, $last: Int!) {\n  predictions(peer: $peer, stream: $stream, last: $last) {\n    edges {\n      node {\n        id\n        score {\n          absoluteError\n          naiveError\n          scaledError\n        }\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation RequestChallenge($publicKey: String!) {\n  requestChallenge(publicKey: $publicKey) {\n    challenge\n  }\n}\n\nmutation Authenticate($input: AuthenticateInput!) {\n  authenticate(input: $input) {\n    accessToken\n    refreshToken\n    expiresIn\n  }\n}\n\nmutation RefreshSession($refreshToken: String!) {\n  refreshSession(refreshToken: $refreshToken) {\n    accessToken\n    refreshToken\n    expiresIn\n  }\n}"): (typeof documents)["mutation RequestChallenge($publicKey: String!) {\n  requestChallenge(publicKey: $publicKey) {\n    challenge\n  }\n}\n\nmutation Authenticate($input: AuthenticateInput!) {\n  authenticate(input: $input) {\n    accessToken\n    refreshToken\n    expiresIn\n  }\n}\n\nmutation RefreshSession($refreshToken: String!) {\n  refreshSession(refreshToken: $refreshToken) {\n    accessToken\n    refreshToken\n    expiresIn\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment StreamFacts on Stream {\n  uuid\n  serverId\n  name\n  author\n  secondary\n  target\n  meta\n  description\n  tags\n  cadenceSeconds\n}\n\nquery ListStreams($where: StreamWhere, $first: Int!, $after: String) {\n  streams(where: $where, first: $first, after: $after) {\n    edges {\n      node {\n        ...StreamFacts\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}"): (typeof documents)["fragment StreamFacts on Stream {\n  uuid\n  serverId\n  name\n  author\n  secondary\n  target\n  meta\n  description\n  tags\n  cadenceSeconds\n}\n\nquery ListStreams($where: StreamWhere, $first: Int!, $after: String) {\n  streams(where: $where, first: $first, after: $after) {\n    edges {\n      node {\n        ...StreamFacts\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;