/** Nobody is asked who he is: all clients without a session are one caller. Slots are shared by address all the same. */
import type { Identity } from '../../core/ports/identity.ts';

export const anonymous: Identity = {
  identify: ({ from }) => ({ key: 'anonymous', kind: 'anonymous', share: from.network }),
};
