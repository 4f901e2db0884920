// Apollo Client: const client = apolloClient(ADDRESS, TOKEN)
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';

import { values } from './values.js';

export function apolloClient(address: string, token: string, persisted = new PersistedQueryLink({ sha256 })) {
  const headers = { Authorization: `Bearer ${token}` };
  const http = persisted.concat(new HttpLink({ uri: `${address}/graphql`, headers }));
  const socket = createClient({ url: `${address.replace('http', 'ws')}/graphql`, connectionParams: headers });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    http,
  );
  return new ApolloClient({ link, cache: new InMemoryCache({ typePolicies }) });
}

const pages = relayStylePagination(['filter', 'search']);
const replaced = { merge: false };

export const typePolicies = {
  ...Object.fromEntries(values.map((name) => [name, { keyFields: false as const, merge: true }])),
  Query: {
    fields: { auditLog: pages, customers: pages, invoices: pages, orders: pages, webhookDeliveries: pages },
  },
  // Lists of them are replaced as a whole.
  AuditEntry: { fields: { subjects: replaced } },
  EInvoice: { keyFields: false as const, merge: true, fields: { problems: replaced } },
  Invoice: { fields: { vat: replaced, e_invoices: replaced } },
  InvoicePreview: { keyFields: false as const, merge: true, fields: { vat: replaced, e_invoice_problems: replaced } },
  Order: { fields: { actions: replaced, blocked: replaced, vat: replaced } },
};

async function sha256(text: string) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
