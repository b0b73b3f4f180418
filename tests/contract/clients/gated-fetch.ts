import type { ContractClient } from '../contract-client.ts';

/** `fetch` whose body is read only while the client may, so that a stalled one leaves the rest in its socket. */
export function gatedFetch(client: ContractClient, onRefused: (body: unknown) => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!response.ok) {
      onRefused(await response.clone().json());
      return response;
    }
    const reader = response.body?.getReader();
    const body = new ReadableStream({
      pull: async (controller) => {
        await client.mayRead();
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader?.cancel(reason),
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
}
