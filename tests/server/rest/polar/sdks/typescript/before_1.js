// Polar's client of before 1.0, asked line by line: node before_1.js ADDRESS. The lines are those of before_1.py.
import { Polar } from 'polar-0.49';
import { PolarError } from 'polar-0.49/models/errors/polarerror.js';

import { answerLines, camel, renamed, snake } from './lines.js';

await answerLines(async (serverURL, { call, token, id, given }) => {
  const polar = new Polar({ serverURL, accessToken: token ?? undefined });
  const names = call.split('.').map(camel);
  const name = names.pop();
  const service = names.reduce((found, each) => found[each], polar);
  const isPortal = names[0] === 'customerPortal';
  const body = renamed(given, camel);
  const update = { [isPortal ? 'customerOrderUpdate' : 'orderUpdate']: body };
  const asked = { ...(name === 'update' ? update : body), ...(id ? { id } : {}) };
  try {
    const answer = await service[name](...(isPortal ? [{ customerSession: token }] : []), asked);
    return { answer: renamed(answer?.result ?? answer ?? null, snake) };
  } catch (error) {
    if (!(error instanceof PolarError)) throw error;
    return { raised: error.constructor.name, status: error.statusCode, body: JSON.parse(error.body) };
  }
});
