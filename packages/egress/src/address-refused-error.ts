/** A name that resolved to, or a socket that reached, an address which the policy does not allow. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}
