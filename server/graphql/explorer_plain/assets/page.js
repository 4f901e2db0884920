import { answers } from './answers.js';
import { papers } from './papers.js';

const field = (id) => document.getElementById(id);
const [form, example, query, variables, headers, result, nav, hint] = [
  'request',
  'example',
  'query',
  'variables',
  'headers',
  'result',
  'papers',
  'hint',
].map(field);

const { authorization, tabs } = JSON.parse(field('config').textContent);

let ending = new AbortController();

function show(tab) {
  ending.abort();
  query.value = tab.query;
  variables.value = tab.variables;
}

function link({ label, url }) {
  const shown = document.createElement('a');
  return Object.assign(shown, { href: url, target: '_blank', rel: 'noopener', textContent: label });
}

async function run() {
  ending.abort();
  const { signal } = (ending = new AbortController());
  const tell = (text, answer = {}) => {
    if (signal.aborted) return;
    result.textContent = text;
    nav.replaceChildren(...papers(answer).map(link));
    if (answer.data) hint.hidden = true;
  };
  tell('…');
  try {
    const asked = { query: query.value, variables: JSON.parse(variables.value || '{}') };
    for await (const answer of answers(asked, JSON.parse(headers.value || '{}'), signal)) {
      tell(JSON.stringify(answer, null, 2), answer);
    }
  } catch (error) {
    tell(String(error));
  }
}

for (const tab of tabs) example.add(new Option(tab.query.match(/(?:query|mutation|subscription)\s+(\w+)/)[1]));
example.addEventListener('change', () => show(tabs[example.selectedIndex]));
form.addEventListener('submit', (event) => {
  event.preventDefault();
  run();
});
form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run();
});

headers.value = JSON.stringify({ Authorization: authorization ?? 'Bearer ' }, null, 2);
hint.hidden = Boolean(authorization);
show(tabs[0]);
