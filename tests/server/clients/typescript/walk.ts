// The three steps of the guide: node walk.js ADDRESS TOKEN ORDER
import { ask, id } from './ask.js';
import { GetOrderActionsDocument, InvoiceDocument, InvoiceItemsDocument } from './generated/graphql.js';

const { order } = await ask(GetOrderActionsDocument, { id });
const items = order?.actions.find(({ action }) => action === 'INVOICE')?.ids ?? [];

const made = (await ask(InvoiceItemsDocument, { input: { items } })).invoiceItems.invoice;
if (!made) throw new Error('nothing was invoiced');

let { invoice } = await ask(InvoiceDocument, { id: made.id });
while (invoice && !invoice.pdf_url) {
  await new Promise((waited) => setTimeout(waited, 20));
  ({ invoice } = await ask(InvoiceDocument, { id: made.id }));
}
console.log(JSON.stringify({ items, made, invoice }));
