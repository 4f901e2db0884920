// The same by urql: node urql.js ADDRESS TOKEN INVOICE
import { Client, fetchExchange } from '@urql/core';

import { address, id, token } from './ask.js';
import { InvoiceUpdatedDocument, type InvoiceUpdatedSubscription } from './generated/graphql.js';

const client = new Client({
  url: `${address}/graphql`,
  fetchOptions: { headers: { Authorization: `Bearer ${token}` } },
  fetchSubscriptions: true,
  exchanges: [fetchExchange],
});

const seen: InvoiceUpdatedSubscription['invoiceUpdated'][] = [];
client.subscription(InvoiceUpdatedDocument, { id }).subscribe(({ data, error }) => {
  if (error || !data) throw error;
  seen.push(data.invoiceUpdated);
  if (!data.invoiceUpdated.pdf_url) return;
  console.log(JSON.stringify(seen));
  process.exit();
});
