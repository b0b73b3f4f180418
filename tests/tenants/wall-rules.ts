/** What a value names. Each has one of the caller's tenant, one of a foreign tenant, and one of nobody's. */
export type Naming =
  | 'streamUuid'
  | 'streamRef'
  | 'streamName'
  | 'author'
  | 'tag'
  | 'text'
  | 'observationId'
  | 'nodeId'
  | 'peerRef'
  | 'hash'
  | 'value'
  | 'time'
  | 'provider'
  | 'logCursor'
  | 'idCursor'
  | 'tenant'
  | 'joinCodeId'
  | 'instance'
  | 'handoff'
  | 'collector'
  | 'run'
  | 'session';

/** Why a place needs no comparison: what stands there is the proof of its owner, or nothing is looked up by it. */
type Exempt = { readonly exempt: string };

const PROOF: Exempt = { exempt: 'a secret that proves its owner, who acts in the tenant that it is of' };
const NEW: Exempt = { exempt: 'becomes a text of a new thing; nothing is looked up by it' };

/** The rule of every place where a client can put a value, the first that fits. A place without one fails the test. */
export const RULES: readonly (readonly [RegExp, Naming | Exempt])[] = [
  [/^Query\.node\(id\)$/, 'nodeId'],
  [/^Query\.stream\(uuid\)$/, 'streamUuid'],
  [/^Query\.(?:verifyChain|leaderboard|buffer)\(stream\)$/, 'streamRef'],
  [/^Mutation\.backfill\(stream\)$/, 'streamRef'],
  [/^(?:Query\.buffer|Mutation\.backfill)\((?:from|to|after)\)$/, 'time'],
  [/^(?:Query\.buffer|Mutation\.backfill)\((?:last|instance)\)$/, 'text'],
  [/^Mutation\.archiveStream\(id\)$/, 'streamRef'],
  [/^Query\.stream\(name\)$/, 'streamName'],
  [/\((?:where\.)(?:stream\.)?uuid\.\w+\)$/, 'streamUuid'],
  [/\((?:where\.)(?:stream\.)?name\.\w+\)$/, 'streamName'],
  [/\((?:where\.)(?:stream\.)?author\.\w+\)$/, 'author'],
  [/\((?:where\.)(?:stream\.)?tags\.\w+\)$/, 'tag'],
  [/\((?:where\.)(?:stream\.)?(?:secondary|target)\.\w+\)$/, 'text'],
  [/\(where\.value\.\w+\)$/, 'value'],
  [/\(where\.observedAt\.\w+\)$/, 'time'],
  [/\(where\.provider\.\w+\)$/, 'provider'],
  [/\(where\.hash\.\w+\)$/, 'hash'],
  [/^Query\.(?:streams|peers)\((?:after|before)\)$/, 'idCursor'],
  [/^Query\.streamsSince\(after\)$/, 'logCursor'],
  [/^(?:Query|Subscription|Stream)\.\w+\((?:after|before)\)$/, 'logCursor'],
  [/^(?:Query|Subscription)\.predictions\(stream\)$/, 'streamRef'],
  [/^(?:Query|Subscription)\.predictions\(peer\)$/, 'peerRef'],
  [/^Query\.(?:collecting|timeline|gaps)\(stream\)$/, 'streamRef'],
  [/^Query\.(?:collecting|timeline|gaps)\((?:at|from|to)\)$/, 'time'],
  [/^Subscription\.lineage\(where\.kind\.\w+\)$/, { exempt: 'one of four words, the same for all' }],
  [/^Subscription\.lineage\(where\.instance\.\w+\)$/, 'instance'],
  [/^Subscription\.lineage\(where\.streams\.\w+\)$/, 'streamUuid'],
  [/^(?:Query\.handoffPlan|Mutation\.startHandoff)\(input\.(?:from|to)\)$/, 'instance'],
  [/^(?:Query\.handoffPlan|Mutation\.startHandoff)\(input\.streams\)$/, 'streamRef'],
  [/^(?:Query\.handoffPlan|Mutation\.startHandoff)\(input\.tenant\)$/, 'tenant'],
  [/^Mutation\.(?:advance|abort)Handoff\(handoff\)$/, 'handoff'],
  [/^Mutation\.retireInstance\(instance\)$/, 'instance'],
  [/^Mutation\.registerInstance\(input\.run\)$/, 'run'],
  [/^Mutation\.\w+\(instance\.name\)$/, 'collector'],
  [/^Mutation\.\w+\(instance\.run\)$/, 'run'],
  [
    /^Mutation\.(?:offerStreams|openSession|changeSessionStreams)\((?:input\.)?(?:streams|start)\.stream\)$/,
    'streamUuid',
  ],
  [/^Mutation\.changeSessionStreams\(stop\)$/, 'streamUuid'],
  [/^Mutation\.(?:beat|closeSessions)\(sessions\.streams\.stream\)$/, 'streamUuid'],
  [/^Mutation\.openSession\(input\.resumes\)$/, 'session'],
  [/^Mutation\.changeSessionStreams\(session\)$/, 'session'],
  [/^Mutation\.(?:beat|closeSessions)\(sessions\.session\)$/, 'session'],
  [/\(tenant\)$/, 'tenant'],
  [/^Mutation\.createJoinCode\(input\.tenant\)$/, 'tenant'],
  [/^Mutation\.authenticate\(input\.tenant\)$/, 'tenant'],
  [/^Mutation\.revokeJoinCode\(id\)$/, 'joinCodeId'],
  [/^Mutation\.\w+Peer\w*\(peer\)$/, 'peerRef'],
  [/^Mutation\.publishObservations\(input\.observations\.streamUuid\)$/, 'streamUuid'],
  [/^Mutation\.publishObservations\(input\.observations\.streamName\)$/, 'streamName'],
  [/^Mutation\.submitPredictions\(input\.predictions\.streamUuid\)$/, 'streamUuid'],
  [/^Mutation\.submitPredictions\(input\.predictions\.baseHash\)$/, 'hash'],
  [/^Mutation\.(?:correct|retract)Observation\(id\)$/, 'observationId'],
  [/^Mutation\.authenticate\(input\.(?:publicKey|challenge|signature|joinCode)\)$/, PROOF],
  [/^Mutation\.refreshSession\(refreshToken\)$/, PROOF],
  [/^Mutation\.requestChallenge\(publicKey\)$/, { exempt: 'every key of the right form gets a challenge' }],
  [
    /^Mutation\.createTenant\(name\)$/,
    { exempt: 'only for operators of the installation, who see all tenants' },
  ],
  [/^Mutation\.(?:createStream|authenticate|createJoinCode)\(input\.\w+\)$/, NEW],
  [/^Mutation\.renamePeer\(name\)$/, NEW],
  [/^Mutation\.publishObservations\(input\.observations\.(?:value|observedAt|provider)\)$/, NEW],
  [/^Mutation\.submitPredictions\(input\.predictions\.(?:value|quantiles\.value)\)$/, NEW],
  [/^Mutation\.correctObservation\(value\)$/, NEW],
  [/^Mutation\.registerInstance\(input\.(?:name|version|environment)\)$/, NEW],
  [/^Mutation\.offerStreams\(streams\.source\)$/, NEW],
  [/^Mutation\.openSession\(input\.(?:source|config|streams\.(?:symbol|kinds))\)$/, NEW],
  [/^Mutation\.changeSessionStreams\(start\.(?:symbol|kinds)\)$/, NEW],
  [/^Mutation\.(?:beat|closeSessions)\(sessions\.streams\.(?:kinds|firstMessageAt|lastMessageAt)\)$/, NEW],
  [/^Mutation\.closeSessions\(reason\)$/, NEW],
];

export function ruleOf(coordinate: string): Naming | Exempt | undefined {
  return RULES.find(([pattern]) => pattern.test(coordinate))?.[1];
}
