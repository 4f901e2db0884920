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

function show(tab) {
  query.value = tab.query;
  variables.value = tab.variables;
}

async function run() {
  result.textContent = '…';
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { ...JSON.parse(headers.value || '{}'), 'content-type': 'application/json' },
      body: JSON.stringify({ query: query.value, variables: JSON.parse(variables.value || '{}') }),
    });
    result.textContent = JSON.stringify(await response.json(), null, 2);
  } catch (error) {
    result.textContent = String(error);
  }
}

for (const tab of tabs) example.add(new Option(tab.query.match(/(?:query|mutation)\s+(\w+)/)[1]));
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
