// urql with graphcache: const client = urqlClient(ADDRESS, TOKEN)
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { persistedExchange } from '@urql/exchange-persisted';

import { values } from './values.js';

export function urqlClient(address: string, token: string, persisted = persistedExchange({ enableForMutation: true })) {
  const keys = Object.fromEntries(values.map((name) => [name, () => null]));
  return new Client({
    url: `${address}/graphql`,
    fetchOptions: { headers: { Authorization: `Bearer ${token}` } },
    fetchSubscriptions: true,
    preferGetMethod: false,
    exchanges: [cacheExchange({ keys }), persisted, fetchExchange],
  });
}
