// Invoices an order and finds its e-invoices: node rest.js ADDRESS TOKEN ORDER
import createClient from 'openapi-fetch';

import type { paths } from './schema.js';

const [baseUrl = '', token = '', orderId = ''] = process.argv.slice(2);
const rest = createClient<paths>({ baseUrl, headers: { accessToken: `Bearer ${token}` } });

const { data: made, error: refused } = await rest.POST('/invoices', { body: { orderId } });
if (!made) throw new Error(JSON.stringify(refused));

const params = { path: { id: made.data.id } };
const { data: found } = await rest.GET('/invoices/{id}/e-invoices', { params });
console.log(JSON.stringify({ made: made.data, formats: found?.data.map(({ format }) => format) }));
