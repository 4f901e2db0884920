const PAPERS = { pdf_url: 'PDF', receipt_url: 'Receipt' };

// The papers that an answer has links to: each a label and the link.
export function papers(answer) {
  const found = [];
  const look = (value) => {
    for (const [name, inner] of Object.entries(value)) {
      const paper = PAPERS[name] ?? (name === 'url' && value.format);
      const label = [paper, value.number].filter(Boolean).join(' ');
      if (paper && /^https?:\/\//.test(inner)) found.push({ label, url: inner });
      else if (inner && typeof inner === 'object') look(inner);
    }
  };
  look(answer);
  return found;
}
