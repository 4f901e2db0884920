const OFFERED = 'invoicing:offered';

// GraphiQL keeps its tabs in the browser's storage, and they win over the page's. So what the page offers is put there:
// at the first opening the first tab (GraphiQL forgets its variables otherwise), and later the new values of variables
// that the page had filled in and nobody has edited, since the order of the example may have been invoiced by then; and
// the tabs that a newer version of the page has at the end.
export function offer(tabs) {
  const offered = tabs.map((tab) => tab.variables);
  const before = JSON.parse(localStorage.getItem(OFFERED) ?? '[]');
  const renewed = (text) => offered[before.indexOf(text)] ?? text;

  const stored = localStorage.getItem('graphiql:tabState');
  if (stored === null) {
    localStorage.setItem('graphiql:query', tabs[0].query);
    localStorage.setItem('graphiql:variables', tabs[0].variables);
  } else {
    const state = JSON.parse(stored, (key, value) => (key === 'variables' ? renewed(value) : value));
    if (before.length) state.tabs.push(...tabs.slice(before.length).map(stand));
    localStorage.setItem('graphiql:tabState', JSON.stringify(state));
    localStorage.setItem('graphiql:variables', renewed(localStorage.getItem('graphiql:variables') ?? ''));
  }
  localStorage.setItem(OFFERED, JSON.stringify(offered));
}

function stand({ query, variables }) {
  const operationName = query.match(/^\w+ (\w+)/m)[1];
  const names = { id: `offered-${operationName}`, title: operationName, operationName };
  return { ...names, query, variables, headers: null, hash: null, response: null };
}
