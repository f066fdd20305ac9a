/**
 * The version that the mapping is written for. The SDK sends the newest one, which refuses sampling parameters even
 * for models that take them.
 */
export const API_VERSION = '2023-06-01';
