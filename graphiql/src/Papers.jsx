import { useEditorContext } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { papers } from './papers.js';

// Links to the papers in the answer that is shown.
export function Papers() {
  const { responseEditor } = useEditorContext();
  const [found, setFound] = useState([]);
  useEffect(() => {
    const read = () => setFound(papersIn(responseEditor.getValue()));
    responseEditor?.on('change', read);
    return () => responseEditor?.off('change', read);
  }, [responseEditor]);
  return (
    <nav className="papers" aria-label="Papers">
      {found.map(({ label, url }) => (
        <a key={url} href={url} target="_blank" rel="noopener">
          {label}
        </a>
      ))}
    </nav>
  );
}

function papersIn(text) {
  try {
    return papers(JSON.parse(text));
  } catch {
    return []; // nothing was answered yet
  }
}
