import type { WireAnswer } from './vendor-wire.ts';

/** 502 comes from the edge in front of the vendors' servers, as a page and not as JSON. */
export function badGatewayPage(server: string): WireAnswer {
  return {
    status: 502,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    body: `<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>${server}</center>\r\n</body>\r\n</html>\r\n`,
  };
}
