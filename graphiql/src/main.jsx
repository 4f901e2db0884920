import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';
import { answers } from './answers.js';
import { offer } from './offer.js';
import { Papers } from './Papers.jsx';

const { authorization, tabs } = JSON.parse(document.getElementById('config').textContent);
const headers = { Authorization: authorization ?? 'Bearer ' };
const hint = document.getElementById('hint');
hint.hidden = Boolean(authorization);
offer(tabs);

// What GraphiQL can show answer by answer, and stop.
const observed = (asked, options) => ({
  subscribe(observer) {
    const ending = new AbortController();
    const tell = async () => {
      for await (const answer of answers(asked, options?.headers, ending.signal)) {
        if (answer.data) hint.hidden = true;
        observer.next(answer);
      }
    };
    tell().then(
      () => observer.complete(),
      (error) => ending.signal.aborted || observer.error(error),
    );
    return { unsubscribe: () => ending.abort() };
  },
});

// GraphiQL asks for the schema before its headers editor is there, and would ask without the key.
const fetcher = (asked, options) =>
  observed(asked, asked.operationName === 'IntrospectionQuery' ? { headers, ...options } : options);

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={[explorerPlugin()]}
    defaultTabs={tabs}
    defaultQuery=""
    defaultHeaders={JSON.stringify(headers, null, 2)}
    defaultEditorToolsVisibility={authorization ? 'variables' : 'headers'}
    isHeadersEditorEnabled
  >
    <GraphiQL.Logo>Invoicing</GraphiQL.Logo>
    <GraphiQL.Footer>
      <Papers />
    </GraphiQL.Footer>
  </GraphiQL>,
);
