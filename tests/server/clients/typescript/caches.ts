// What the caches of Apollo and urql show, and what they warn of: node caches.js ADDRESS TOKEN INVOICE
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { Client, cacheExchange as documentCache, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import WebSocket from 'ws';

import { apolloClient } from './apollo.js';
import { address, id, token } from './ask.js';
import { InvoiceUpdatedDocument } from './generated/graphql.js';
import { urqlClient } from './urql.js';

Object.assign(globalThis, { WebSocket }); // which Node 20 lacks

const FIRST = gql`
  query First($id: String!) {
    account { id address { locality } branding { accent_color } }
    invoice(id: $id) {
      id
      created_by { id name }
      seller { name address { locality } }
      buyer { name address { locality } }
      reimbursement { status amount_due }
      vat { rate base }
      lines { id vat { rate base } }
      e_invoices { format problems { rule } }
      orders { id actions { action } blocked { action id reason } vat { rate base } }
    }
  }
`;
const SECOND = gql`
  query Second($id: String!) {
    account { id address { country_code } branding { paper_size } }
    invoice(id: $id) {
      id
      created_by { id type }
      seller { legal_name address { country_code } }
      buyer { legal_name address { country_code } }
      reimbursement { amount_outstanding }
      vat { category amount }
      lines { id vat { amount } }
      e_invoices { format url problems { field message } }
      orders { id actions { ids } blocked { action id message } vat { amount } }
    }
  }
`;
const KEPT = gql`
  query Kept($id: String!) {
    account { id address { locality country_code } branding { accent_color paper_size } }
    invoice(id: $id) {
      id
      created_by { id name type }
      seller { name legal_name address { locality country_code } }
      reimbursement { status amount_due amount_outstanding }
      lines { id vat { rate base amount } }
    }
  }
`;
const variables = { id };

let warnings: string[] = [];
console.warn = console.error = (...words: unknown[]) => warnings.push(words.join(' '));

function taken<T>(found: T) {
  const said = warnings;
  warnings = [];
  return { ...found, warnings: said };
}

async function throughApollo(client: ApolloClient) {
  const options = { variables, fetchPolicy: 'network-only' as const };
  const { data: first } = await client.query({ query: FIRST, ...options });
  const { data: second } = await client.query({ query: SECOND, ...options });
  return taken({ first, second, kept: client.readQuery({ query: KEPT, variables }) });
}

async function throughUrql(client: Client) {
  const first = await client.query(FIRST, variables, { requestPolicy: 'network-only' });
  const second = await client.query(SECOND, variables, { requestPolicy: 'network-only' });
  const kept = client.readQuery(KEPT, variables);
  return taken({ first: first.data, second: second.data, kept: kept?.data, error: second.error?.message });
}

const apollo = apolloClient(address, token);
const headers = { Authorization: `Bearer ${token}` };
const plain = new ApolloClient({
  link: new HttpLink({ uri: `${address}/graphql`, headers }),
  cache: new InMemoryCache(),
});
const bare = new Client({
  url: `${address}/graphql`,
  fetchOptions: { headers },
  exchanges: [cacheExchange(), fetchExchange],
});
const uncached = new Client({
  url: `${address}/graphql`,
  fetchOptions: { headers },
  exchanges: [documentCache, fetchExchange],
});
const urql = urqlClient(address, token);
const answers = {
  server: await throughUrql(uncached),
  apollo: await throughApollo(apollo),
  urql: await throughUrql(urql),
  without: { apollo: await throughApollo(plain), urql: await throughUrql(bare) },
};

const told = await new Promise((tell, fail) =>
  apollo
    .subscribe({ query: InvoiceUpdatedDocument, variables })
    .subscribe({ next: ({ data }) => data?.invoiceUpdated.pdf_url && tell(data.invoiceUpdated), error: fail }),
);
urql.subscription(InvoiceUpdatedDocument, variables).subscribe(({ data, error }) => {
  if (error) throw error;
  if (!data?.invoiceUpdated.pdf_url) return;
  console.log(JSON.stringify({ ...answers, told: [told, data.invoiceUpdated] }));
  process.exit();
});
