import { eventSource } from './clients/event-source.ts';
import { graphqlSse } from './clients/graphql-sse.ts';
import { webSocket } from './clients/web-socket.ts';
import { transportContract } from './transport.suite.ts';

for (const transport of [webSocket, graphqlSse, eventSource]) transportContract(transport);
