// The same as server-sent events: node events.js ADDRESS TOKEN INVOICE
import { print } from 'graphql';
import { createClient } from 'graphql-sse';

import { address, id, token } from './ask.js';
import { InvoiceUpdatedDocument, type InvoiceUpdatedSubscription } from './generated/graphql.js';

const client = createClient({
  url: `${address}/graphql`,
  headers: { Authorization: `Bearer ${token}` },
});

const seen: InvoiceUpdatedSubscription['invoiceUpdated'][] = [];
const query = print(InvoiceUpdatedDocument);
for await (const { data, errors } of client.iterate<InvoiceUpdatedSubscription>({ query, variables: { id } })) {
  if (errors || !data) throw new Error(errors?.map((error) => error.message).join('; '));
  seen.push(data.invoiceUpdated);
  if (data.invoiceUpdated.pdf_url) break;
}
client.dispose();
console.log(JSON.stringify(seen));
