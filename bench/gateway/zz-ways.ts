import { Clients } from '/work/gw-core/bench/gateway/clients.ts';
import { barePeer, type Way } from '/work/gw-core/bench/gateway/prepared.ts';

const N = 1000;
for (const size of [300, 4000, 40000]) {
  const payload = Buffer.alloc(size, 'x');
  const clients = Clients.start();
  for (let turn = 0; turn < 2; turn++)
    for (const way of ['prepared', 'ws-send', 'copied', 'corked'] as Way[]) {
      const peer = await barePeer(way, (c) => ({
        head: `{"id":"${c}","type":"next","payload":`,
        payload,
        tail: '}',
      }));
      await clients.connect({ port: peer.port, path: '/', subprotocol: '', subscribe: '' }, N);
      for (let i = 0; i < 10; i++) await clients.receive(1, peer.publish);
      const times: number[] = [];
      const writes: number[] = [];
      const cpu = process.cpuUsage();
      for (let i = 0; i < 40; i++)
        times.push(
          (
            await clients.receive(1, () => {
              const t = performance.now();
              peer.publish();
              writes.push(performance.now() - t);
            })
          ).lastMs,
        );
      const used = process.cpuUsage(cpu);
      times.sort((a, b) => a - b);
      writes.sort((a, b) => a - b);
      console.log(
        size,
        way,
        'wall p50',
        times[20]!.toFixed(2),
        'write p50',
        writes[20]!.toFixed(2),
        'cpu/event ms',
        ((used.user + used.system) / 40000).toFixed(2),
      );
      await clients.close();
      await peer.stop();
    }
  await clients.stop();
}
