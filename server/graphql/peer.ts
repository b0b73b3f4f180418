import type { PeerDocument } from '../../schema/log-entry.ts';
import { encodeNodeId } from '../../schema/node-id.ts';
import type { SessionTokens } from '../domain/peer/peers.ts';
import { builder } from './builder.ts';
import { carried } from './carried.ts';
import { isPublicKey } from './ids.ts';
import { Peer } from './refs.ts';
import { Role } from './role.ts';

builder.node(Peer, {
  description: 'Who may act, named by an Ed25519 public key.',
  id: {
    resolve: (peer) => peer.publicKey,
    ...carried(({ publicKey }: PeerDocument) => encodeNodeId('Peer', publicKey)),
  },
  loadOne: async (publicKey, { domain, tenant }) =>
    isPublicKey(publicKey) ? ((await domain.peers.find(tenant, publicKey)) ?? null) : null,
  fields: (t) => ({
    publicKey: t.exposeString('publicKey', { description: 'Base64url of the 32 bytes.' }),
    name: t.exposeString('name', { nullable: true, description: 'What it calls itself.' }),
    role: t.expose('role', { type: Role, description: 'What it may do.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it first signed in.' }),
  }),
});

builder.queryField('me', (t) =>
  t.field({
    type: Peer,
    nullable: true,
    description: "The caller's peer; null without a token.",
    resolve: (_root, _args, { viewer }) => viewer.actor?.peer ?? null,
  }),
);

const Challenge = builder
  .objectRef<{ readonly challenge: string; readonly expiresAt: number }>('Challenge')
  .implement({
    description: 'A text to sign, which proves that the caller has the private key.',
    fields: (t) => ({
      challenge: t.exposeString('challenge', {
        description: 'Sign its UTF-8 bytes. It can be answered once.',
      }),
      expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Until when it can be answered.' }),
    }),
  });

const Session = builder.objectRef<SessionTokens>('Session').implement({
  description: 'The tokens of somebody who signed in.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description: 'Send it as `Authorization: Bearer <accessToken>`.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description:
        'Gives the next session, once. Using it twice ends this sign-in, as it must have been stolen.',
    }),
    expiresIn: t.exposeInt('expiresIn', { description: 'Seconds until the access token expires.' }),
    peer: t.expose('peer', { type: Peer, description: 'Who signed in.' }),
  }),
});

const AuthenticateInput = builder.inputType('AuthenticateInput', {
  description: 'The answer to a challenge.',
  fields: (t) => ({
    publicKey: t.string({
      required: true,
      description: 'Base64url of the 32 bytes of an Ed25519 public key.',
    }),
    challenge: t.string({ required: true, description: 'The challenge, as requestChallenge gave it.' }),
    signature: t.string({
      required: true,
      description: "Base64url of the Ed25519 signature of the challenge's UTF-8 bytes.",
    }),
    name: t.string({
      description: 'What the peer calls itself: at most 200 characters. Kept as it was if left out.',
    }),
    joinCode: t.string({ description: "Lets the key into the code's tenant. Not together with `tenant`." }),
    tenant: t.string({
      description: 'A tenant that the key is a peer of; without this and a code it is `default`.',
    }),
  }),
});

builder.mutationFields((t) => ({
  requestChallenge: t.field({
    type: Challenge,
    description: 'The first step of signing in: a challenge for this key.',
    args: {
      publicKey: t.arg.string({
        required: true,
        description: 'Base64url of the 32 bytes of an Ed25519 public key.',
      }),
    },
    resolve: (_root, { publicKey }, { domain, address }) => domain.peers.challenge(publicKey, address),
  }),
  authenticate: t.field({
    type: Session,
    description: 'The second step: a session for whoever signed the challenge. Makes the peer if it is new.',
    args: { input: t.arg({ type: AuthenticateInput, required: true, description: 'The answer.' }) },
    resolve: (_root, { input }, { domain, address }) => domain.peers.authenticate(input, address),
  }),
  refreshSession: t.field({
    type: Session,
    description: 'The next session, without signing again.',
    args: {
      refreshToken: t.arg.string({ required: true, description: "The last session's refresh token." }),
    },
    resolve: (_root, { refreshToken }, { domain, address }) => domain.peers.refresh(refreshToken, address),
  }),
}));
