// The invoice of a paid order, for its customer: node polar.js ADDRESS TOKEN CUSTOMER ORDER
import { createPolar, errors } from '@polar-sh/sdk/2026-10';

const [baseUrl, accessToken, external_customer_id, order] = process.argv.slice(2);

const merchant = createPolar({ baseUrl, accessToken });
const session = await merchant.customerSessions.create({ external_customer_id });

const { orders } = createPolar({ baseUrl, accessToken: session.token }).customerPortal;
await orders.generateInvoice(order);
for (let url; !url; ) {
  try {
    ({ url } = await orders.invoice(order));
    console.log(url);
  } catch (error) {
    if (!(error instanceof errors.ResourceNotFound)) throw error;
    await new Promise((waited) => setTimeout(waited, 100)); // until the PDF is there
  }
}
