// Relay: const environment = relayEnvironment(ADDRESS, TOKEN)
import { Environment, Network, RecordSource, Store } from 'relay-runtime';

export function relayEnvironment(address: string, token: string) {
  return new Environment({
    network: Network.create(async ({ text: query }, variables) => {
      const answer = await fetch(`${address}/graphql`, {
        method: 'POST',
        headers: { 'Authorization': `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      return answer.json();
    }),
    store: new Store(new RecordSource()),
    getDataID: ({ node_id }) => node_id, // `id` is unique only among things of the same type
  });
}
