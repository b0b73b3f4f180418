import type { GraphiQLOptions } from 'graphql-yoga';

/** The operations that GraphiQL opens with, one a tab. */
export const EXAMPLES: readonly { readonly query: string; readonly variables?: object }[] = [
  {
    query: `# Welcome to Presage. Press the play button, or Ctrl-Enter.
# The newest observation of each stream, newest first.
query LatestObservations {
  latestObservations(limit: 20) {
    stream { name tags }
    value
    observedAt
    provider
  }
}
`,
  },
  {
    query: `# Events as they happen, over WebSocket. READY says where the subscription starts.
# Give the cursor of an event as "after" to go on from there without losing or repeating anything.
subscription LiveObservations($where: ObservationWhere, $after: Cursor) {
  observations(where: $where, after: $after, ready: true, snapshot: true) {
    type
    cursor
    observation { stream { name } value observedAt }
  }
}
`,
    variables: { where: { value: { gte: '0' } } },
  },
  {
    query: `# Streams with their newest value, a page at a time.
query Streams($where: StreamWhere, $after: String) {
  streams(where: $where, first: 20, after: $after) {
    edges { node { uuid name author tags cadenceSeconds latest { value observedAt } } }
    pageInfo { hasNextPage endCursor }
  }
}
`,
    variables: { where: { tags: { contains: 'host' } } },
  },
  {
    query: `# The newest predictions, with what they were made from.
query Predictions {
  predictions(last: 20) {
    edges { node { stream { name } peer { name } base { value } horizon value submittedAt } }
  }
}
`,
  },
  {
    query: `# Signing in, first step: a challenge for your Ed25519 public key (base64url of the raw 32 bytes).
# Sign the UTF-8 bytes of the challenge with your private key; it can be answered once, within two minutes.
mutation RequestChallenge($publicKey: String!) {
  requestChallenge(publicKey: $publicKey) { challenge expiresAt }
}

# Second step: send the signature (base64url). Then put the access token into the Headers editor below, as
#   { "Authorization": "Bearer <accessToken>" }
mutation Authenticate($input: AuthenticateInput!) {
  authenticate(input: $input) { accessToken refreshToken expiresIn peer { publicKey role } }
}
`,
    variables: {
      publicKey: '',
      input: { publicKey: '', challenge: '', signature: '', name: 'me' },
    },
  },
  {
    query: `# Writing needs a token, see the tab before. Create a stream of your own, then publish on it.
mutation CreateStream {
  createStream(input: { name: "my/first/stream", tags: ["example"], cadenceSeconds: 60 }) { uuid name }
}

# Publishing the same again changes nothing; each item is judged on its own.
mutation Publish($input: PublishObservationsInput!) {
  publishObservations(input: $input) {
    successful duplicates failed cursor observationIds
    errors { index code message }
  }
}
`,
    variables: {
      input: { observations: [{ streamName: 'my/first/stream', value: '12.5', provider: 'GraphiQL' }] },
    },
  },
];

const OPTIONS: GraphiQLOptions = {
  title: 'Presage',
  subscriptionsProtocol: 'WS',
  shouldPersistHeaders: false,
  defaultEditorToolsVisibility: 'variables',
  schemaDescription: true,
  defaultTabs: EXAMPLES.map(({ query, variables }) => ({
    query,
    variables: variables ? JSON.stringify(variables, null, 2) : '',
    headers: '{}',
  })),
};

let page: Promise<string> | undefined;

/** GraphiQL as one page that needs nothing from elsewhere. Megabytes, so it is loaded when first asked for. */
export function graphiqlPage(): Promise<string> {
  page ??= import('@graphql-yoga/render-graphiql').then(({ renderGraphiQL }) =>
    String(renderGraphiQL(OPTIONS)),
  );
  return page;
}
