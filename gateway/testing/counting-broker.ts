import { InProcessBroker } from '../broker/in-process.ts';
import { SILENT } from './running-gateway.ts';

/** The broker of one process, of which can be seen how many are still told. */
export class CountingBroker extends InProcessBroker {
  consumers = 0;

  constructor() {
    super(SILENT);
  }

  override consume(...given: Parameters<InProcessBroker['consume']>): () => void {
    const stop = super.consume(...given);
    this.consumers += 1;
    return () => {
      this.consumers -= 1;
      stop();
    };
  }
}
