/** Where an error code is explained; the path is served by the API itself. */
export function errorDocUrl(code: string, publicBaseUrl: string): string {
  return `${publicBaseUrl}/docs/errors#${code}`;
}
