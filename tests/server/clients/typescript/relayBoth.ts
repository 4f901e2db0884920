// What Relay shows of an order and an invoice of the same id: node relayBoth.js ADDRESS TOKEN ID
import { createOperationDescriptor, fetchQuery, getRequest, graphql } from 'relay-runtime';

import { address, id, token } from './ask.js';
import again from './__generated__/relayBothAgainQuery.graphql.js';
import both, { type relayBothQuery } from './__generated__/relayBothQuery.graphql.js';
import { relayEnvironment } from './relay.js';

// Read by relay-compiler; babel-plugin-relay would put what it makes of them in their places.
void (() => [
  graphql`
    query relayBothQuery($id: String!) {
      account { id name }
      order(id: $id) { id number total vat { amount } blocked { action id reason } node_id }
      invoice(id: $id) {
        id number total vat { amount } created_by { id name } customer { id name } lines { id total } node_id
        ...relayBoth_invoice
      }
    }
  `,
  graphql`
    fragment relayBoth_invoice on Invoice @refetchable(queryName: "relayBothAgainQuery") {
      number reimbursement { amount_due }
    }
  `,
]);

const warnings: string[] = [];
console.warn = console.error = (...words: unknown[]) => warnings.push(words.join(' '));

const environment = relayEnvironment(address, token);
await fetchQuery<relayBothQuery>(environment, both, { id }).toPromise();
const operation = createOperationDescriptor(getRequest(both), { id });
environment.retain(operation); // as a component does that shows it
const read = () => environment.lookup(operation.fragment).data as relayBothQuery['response'];
const shown = read();
const refetched = await fetchQuery(environment, again, { node_id: shown.invoice?.node_id }).toPromise();
console.log(JSON.stringify({ shown, after: read(), refetched, text: both.params.text, warnings }));
