// Polar's client since 1.0, which has a module for each version of Polar's API. Else as before_1.js.
import { PolarClientError } from '@polar-sh/sdk';

import { answerLines, camel } from './lines.js';

await answerLines(async (baseUrl, { call, token, id, given, version }) => {
  const { createPolar } = await import(`@polar-sh/sdk/${version}`);
  const names = call.split('.').map(camel);
  const name = names.pop();
  const service = names.reduce((found, each) => found[each], createPolar({ accessToken: token ?? '', baseUrl }));
  try {
    return { answer: (await service[name](...(id ? [id] : []), given)) ?? null };
  } catch (error) {
    if (!(error instanceof PolarClientError)) throw error;
    const body = typeof error.error === 'string' ? JSON.parse(error.error) : error.error;
    return { raised: error.constructor.name, status: error.statusCode, body };
  }
});
