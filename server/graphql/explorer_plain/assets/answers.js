// Sends an operation and yields its answers: one, or each as it comes where the operation goes on.
export async function* answers(asked, headers, signal) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { accept: 'application/json, text/event-stream', ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(asked),
    signal,
  });
  if (!response.headers.get('content-type').startsWith('text/event-stream')) {
    yield await response.json();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const events = (text + part.value).split(/\r?\n\r?\n/);
    text = events.pop();
    for (const event of events) {
      const data = event.match(/^data: (.+)$/m); // none in those that keep the connection alive, or end it
      if (data) yield JSON.parse(data[1]);
    }
  }
}
