import { API_ERRORS } from '@sluice/contracts';
import type { ApiServer } from '../api-server.ts';
import { JOB_ERROR_EXPLANATIONS } from '../job-error-explanations.ts';

/** `/docs/errors`: where every `doc_url` points. */
export function addErrorDocsRoute(app: ApiServer): void {
  const page = renderPage();
  app.route({
    method: 'GET',
    url: '/docs/errors',
    schema: { hide: true },
    handler: async (_request, reply) => reply.type('text/html; charset=utf-8').send(page),
  });
}

function renderPage(): string {
  const requestRows = Object.entries(API_ERRORS).map(
    ([code, { status, type, todo }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td><code>${type}</code></td><td>${toHtml(todo)}</td></tr>`,
  );
  const jobRows = Object.entries(JOB_ERROR_EXPLANATIONS).map(([code, text]) => {
    // Where both tables know a code, the link of a job's error leads to the row of the request's.
    const id = code in API_ERRORS ? `job-${code}` : code;
    return `<tr id="${id}"><td><code>${code}</code></td><td>${toHtml(text)}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice errors</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; }
tr:target { background: #fc04; }
</style>
</head>
<body>
<h1>Errors</h1>
<h2>Answers of the API</h2>
<p>Every error answer is <code>{"error": {"message", "type", "code", "param", "request_id", "doc_url"}}</code>.</p>
<table><thead><tr><th>code</th><th>status</th><th>type</th><th>what to do</th></tr></thead>
<tbody>${requestRows.join('\n')}</tbody></table>
<h2>Errors of attempts and jobs</h2>
<p>In <code>error</code> of a job and of its <code>attempts</code>.</p>
<table><thead><tr><th>code</th><th>what it means</th></tr></thead>
<tbody>${jobRows.join('\n')}</tbody></table>
</body>
</html>
`;
}

function toHtml(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
