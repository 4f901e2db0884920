// Audits a server for GraphQL over HTTP and prints each audit's verdict as JSON.
//   node audits.mjs URL TOKEN
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);

function fetchFn(address, { headers, ...init } = {}) {
  return fetch(address, { ...init, headers: { ...headers, authorization: `Bearer ${token}` } });
}

const verdicts = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  verdicts.push({ id, name, status, reason });
}
console.log(JSON.stringify(verdicts, null, 2));
