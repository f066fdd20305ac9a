/** The projects of vitest.config.ts, in the order in which they run: the quick ones first. */
export const vitestProjects = ['unit', 'conformance', 'integration', 'chaos', 'e2e'];
