// Opens the explorer in a headless Chromium, runs its first tabs and prints what happened as JSON.
//   node open.mjs URL [--chromium FILE] [--run TABS] [--meanwhile MUTATION] [--until TEXT] [--click]
//     [--width PIXELS] [--screenshot FILE]
// What goes on, a subscription, is read until TEXT is shown. MUTATION is sent once its first answer is there, by
// another way than the page but with the tab's variables and headers. --click opens the first link to a paper.
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    run: { type: 'string', default: '1' },
    meanwhile: { type: 'string' },
    until: { type: 'string', default: '"pdf_url": "' },
    click: { type: 'boolean', default: false },
    width: { type: 'string', default: '1280' },
    screenshot: { type: 'string' },
  },
});
const url = new URL(positionals[0]);
const PATIENCE = 200_000; // milliseconds: more than a busy machine needs

const GRAPHIQL = {
  editors: '.CodeMirror',
  run: '.graphiql-execute-button',
  titles: '.graphiql-tab-button',
  panels: '.graphiql-sidebar button',
  choose: (page, index) => page.locator('.graphiql-tab-button').nth(index).click(),
  stop: (page) => page.locator('.graphiql-execute-button').click(),
};
const PLAIN = {
  editors: 'textarea, pre',
  run: 'button',
  titles: 'option',
  choose: (page, index) => page.locator('select').selectOption({ index }),
  stop: (page) => page.locator('select').selectOption({ index: 0 }),
};

// Both pages have the same four fields, in this order.
const FIELDS = ['query', 'variables', 'headers', 'result'];

async function read(page, ui) {
  const texts = await page.$$eval(ui.editors, (editors) =>
    editors.map((editor) => editor.CodeMirror?.getValue() ?? editor.value ?? editor.textContent),
  );
  return Object.fromEntries(FIELDS.map((field, index) => [field, texts[index]]));
}

async function open(page) {
  await page.goto(url.href, { waitUntil: 'networkidle' });
  const ui = (await page.locator('#graphiql').count()) ? GRAPHIQL : PLAIN;
  await page.locator(ui.editors).nth(FIELDS.length - 1).waitFor({ state: 'attached' });
  return ui;
}

async function run(page, ui, index) {
  await ui.choose(page, index);
  await delay(page, 500); // GraphiQL notices the other operation with a delay
  const answer = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.locator(ui.run).click();
  const goesOn = (await answer).headers()['content-type'].startsWith('text/event-stream');
  const shown = [];
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const now = await read(page, ui);
    if (isJson(now.result) && now.result !== shown.at(-1)) {
      if (goesOn && options.meanwhile && !shown.length) await send(options.meanwhile, now);
      shown.push(now.result);
    }
    if (shown.length && (!goesOn || now.result.includes(options.until))) break;
    await page.waitForTimeout(50);
  }
  if (!shown.length) throw new Error('The answer was not shown');
  if (goesOn) {
    const stopped = page.waitForEvent('requestfailed');
    await ui.stop(page);
    await stopped;
  }
  const results = shown.map((result) => JSON.parse(result));
  await delay(page, 100); // the links are drawn after the answer
  const papers = await page.locator('nav[aria-label=Papers] a').evaluateAll(labelled);
  return { result: goesOn ? results : results[0], papers };
}

function labelled(links) {
  return Object.fromEntries(links.map((link) => [link.textContent, link.href]));
}

// Opens the first paper of which the page shows a link, in a window of its own, and returns what came.
async function click(page) {
  const opened = new Promise((done) => page.context().on('response', done));
  await page.locator('nav[aria-label=Papers] a').first().click();
  const response = await opened;
  return { url: response.url(), status: response.status(), type: response.headers()['content-type'] };
}

// What is cut off at the right or has no room to be read.
async function squeezed(page, ui) {
  const width = page.viewportSize().width;
  const boxes = await page.locator(`${ui.run}, ${ui.editors}`).evaluateAll((all) =>
    all.map((one) => ({ ...one.getBoundingClientRect().toJSON(), name: one.className || one.id })),
  );
  return boxes.filter((box) => box.right > width + 1 || (box.height > 40 && box.width < 200 && box.width)).map((box) => box.name);
}

// By the page's own clock, on which its timers are: however slow it is, they are due first.
function delay(page, milliseconds) {
  return page.evaluate((time) => new Promise((done) => setTimeout(done, time)), milliseconds);
}

async function send(query, { variables, headers }) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...JSON.parse(headers), 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: JSON.parse(variables) }),
  });
  const { errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
}

// As if the page had been opened before it had its last tab.
function forgetLast() {
  const state = JSON.parse(localStorage.getItem('graphiql:tabState'));
  if (!state) return;
  state.tabs.pop();
  state.activeTabIndex = Math.min(state.activeTabIndex, state.tabs.length - 1);
  const shown = state.tabs[state.activeTabIndex];
  localStorage.setItem('graphiql:query', shown.query);
  localStorage.setItem('graphiql:variables', shown.variables);
  const offered = JSON.parse(localStorage.getItem('invoicing:offered'));
  localStorage.setItem('graphiql:tabState', JSON.stringify(state));
  localStorage.setItem('invoicing:offered', JSON.stringify(offered.slice(0, -1)));
}

function isJson(text) {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

const browser = await chromium.launch({
  executablePath: options.chromium,
  args: [
    '--disable-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), // Chromium has no sandbox for root
  ],
});
try {
  const page = await browser.newPage({ viewport: { width: Number(options.width), height: 800 } });
  page.setDefaultTimeout(PATIENCE);
  const problems = [];
  const offSite = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && host !== url.host) offSite.push(request.url());
  });
  await page.exposeFunction('violated', (directive, uri) => problems.push(`CSP ${directive}: ${uri}`));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violated(event.effectiveDirective, event.blockedURI),
    ),
  );

  const ui = await open(page);
  const first = await read(page, ui);
  const titles = await page.locator(ui.titles).allTextContents();
  const hint = await page.locator('#hint').isVisible();
  const [results, papers] = [[], []];
  let paper = null;
  for (let index = 0; index < Number(options.run); index++) {
    const done = await run(page, ui, index);
    results.push(done.result);
    papers.push(done.papers);
    if (options.click && !paper && Object.keys(done.papers).length) paper = await click(page);
  }
  if (options.screenshot) await page.screenshot({ path: options.screenshot });

  const narrow = await squeezed(page, ui);

  for (const panel of ui.panels ? await page.locator(ui.panels).all() : []) {
    await panel.click();
    await page.keyboard.press('Escape');
  }
  await delay(page, 1000); // GraphiQL stores its tabs with a delay
  await page.evaluate(forgetLast);
  await open(page);
  const again = { ...(await read(page, ui)), titles: await page.locator(ui.titles).allTextContents() };

  const name = ui === GRAPHIQL ? 'graphiql' : 'plain';
  const seen = { ui: name, titles, first, hint, results, papers, paper, narrow, again, problems, offSite };
  console.log(JSON.stringify(seen, null, 2));
} finally {
  await browser.close();
}
