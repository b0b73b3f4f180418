import type { Target } from '../clients.ts';
import type { Filters } from './peer.ts';

export const PEER_NAMES = ['presage', 'yoga', 'mercurius'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/** What the bench and a server's process tell each other. */
export type ToPeer =
  | { readonly kind: 'start'; readonly name: PeerName; readonly filters: Filters }
  | { readonly kind: 'await'; readonly subscriptions: number }
  /** So many events at once, as one write to the log may bring them. */
  | { readonly kind: 'publish'; readonly events: number; readonly prepared: boolean }
  | { readonly kind: 'measure' };

export type FromPeer =
  | { readonly kind: 'listening'; readonly target: Target }
  | { readonly kind: 'subscribed' }
  /** When events were published last, on the machine's clock in ms, and the process's processor time since, ms. */
  | { readonly kind: 'measured'; readonly publishedAt: number; readonly processorMs: number };
