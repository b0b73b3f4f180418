import type { LineageEntry } from '../../../../schema/log-entry.ts';

/** Whether people are to be told: a gap, a session that failed, a step of a handoff that failed, a rollback. */
export function isAlert({ type, document }: Pick<LineageEntry, 'type' | 'document'>): boolean {
  switch (document.kind) {
    case 'gap':
      return true;
    case 'session':
      return type === 'UPDATE' && document.status === 'FAILED';
    case 'migration':
      return (
        document.status === 'FAILED' || (document.type === 'ROLLBACK' && document.status === 'COMPLETED')
      );
    case 'instance':
      return false;
  }
}
