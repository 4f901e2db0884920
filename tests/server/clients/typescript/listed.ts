// What a server of listed documents answers to Apollo and urql: node listed.js ADDRESS TOKEN ORDER
import { gql } from '@apollo/client';
import WebSocket from 'ws';

import { apolloClient } from './apollo.js';
import { address, id, token } from './ask.js';
import { GetOrderActionsDocument, InvoiceItemsDocument } from './generated/graphql.js';
import { listedForApollo, listedForUrql } from './persisted.js';
import { urqlClient } from './urql.js';

Object.assign(globalThis, { WebSocket }); // which Node 20 lacks

const apollo = apolloClient(address, token, listedForApollo);
const urql = urqlClient(address, token, listedForUrql);
const other = gql`query Other { account { id } }`;

const { data: order } = await apollo.query({ query: GetOrderActionsDocument, variables: { id } });
const items = order?.order?.actions.find(({ action }) => action === 'INVOICE')?.ids ?? [];
const made = await urql.mutation(InvoiceItemsDocument, { input: { items } });
const again = await urql.query(GetOrderActionsDocument, { id });
const refused = await apolloClient(address, token).query({ query: other, errorPolicy: 'all' });
console.log(
  JSON.stringify({
    items,
    made: made.data?.invoiceItems.invoice,
    left: again.data?.order?.actions.map(({ action }) => action),
    refused: String(refused.error),
  }),
);
process.exit();
