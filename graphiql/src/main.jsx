import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';
import { offer } from './offer.js';

const { authorization, tabs } = JSON.parse(document.getElementById('config').textContent);
const headers = authorization ? { Authorization: authorization } : undefined;
offer(tabs);

const send = createGraphiQLFetcher({ url: '/graphql', enableIncrementalDelivery: false });

// GraphiQL asks for the schema before its headers editor is there, and would ask without the key.
const fetcher = (params, options) =>
  send(params, params.operationName === 'IntrospectionQuery' ? { headers, ...options } : options);

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={[explorerPlugin()]}
    defaultTabs={tabs}
    defaultQuery=""
    defaultHeaders={headers && JSON.stringify(headers, null, 2)}
    defaultEditorToolsVisibility="variables"
    isHeadersEditorEnabled
  >
    <GraphiQL.Logo>Invoicing</GraphiQL.Logo>
  </GraphiQL>,
);
