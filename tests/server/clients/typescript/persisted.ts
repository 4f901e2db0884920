// For a server that executes only the documents of generated/persisted-documents.json.
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { persistedExchange } from '@urql/exchange-persisted';
import type { DocumentNode } from 'graphql';

async function idOf(document: DocumentNode) {
  return (document as DocumentNode & { __meta__: { hash: string } }).__meta__.hash;
}

export const listedForApollo = new PersistedQueryLink({ generateHash: idOf });

export const listedForUrql = persistedExchange({
  generateHash: (_, document) => idOf(document as DocumentNode),
  enforcePersistedQueries: true,
  enableForMutation: true,
  enableForSubscriptions: true,
});
