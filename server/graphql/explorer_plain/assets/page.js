import { answers } from './answers.js';

const field = (id) => document.getElementById(id);
const [form, example, query, variables, headers, result] = [
  'request',
  'example',
  'query',
  'variables',
  'headers',
  'result',
].map(field);

const { authorization, tabs } = JSON.parse(field('config').textContent);

let ending = new AbortController();

function show(tab) {
  ending.abort();
  query.value = tab.query;
  variables.value = tab.variables;
}

async function run() {
  ending.abort();
  const { signal } = (ending = new AbortController());
  const tell = (text) => signal.aborted || (result.textContent = text);
  tell('…');
  try {
    const asked = { query: query.value, variables: JSON.parse(variables.value || '{}') };
    for await (const answer of answers(asked, JSON.parse(headers.value || '{}'), signal)) {
      tell(JSON.stringify(answer, null, 2));
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

headers.value = authorization ? JSON.stringify({ Authorization: authorization }, null, 2) : '{}';
show(tabs[0]);
